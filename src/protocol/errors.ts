/**
 * Every rule that a peer can break, one row each, and the errors of the library. The class of an error tells
 * whose fault it is: the peer's (`ProtocolError`, `HandshakeError`), the caller's (`UsageError`) or no one's (`ClosedError`).
 */

interface Violation {
  readonly closeCode: number;
  readonly section: string;
  readonly message: string;
}

/**
 * What can be wrong with the frames that a peer sends. The message is sent as the reason of the Close frame, so it has at
 * most 123 bytes (§5.5).
 */
export const VIOLATIONS = {
  'reserved-bit-set': {
    closeCode: 1002,
    section: 'RFC 6455 §5.2',
    message: 'a reserved bit is set and no extension was negotiated that defines it',
  },
  'reserved-opcode': {
    closeCode: 1002,
    section: 'RFC 6455 §5.2',
    message: 'the opcode is reserved',
  },
  'length-not-minimal': {
    closeCode: 1002,
    section: 'RFC 6455 §5.2',
    message: 'the payload length must be encoded in the fewest bytes',
  },
  'length-out-of-range': {
    closeCode: 1002,
    section: 'RFC 6455 §5.2',
    message: 'the most significant bit of a 64-bit payload length must be 0',
  },
  'unmasked-frame': {
    closeCode: 1002,
    section: 'RFC 6455 §5.1',
    message: 'a client must mask all frames',
  },
  'masked-frame': {
    closeCode: 1002,
    section: 'RFC 6455 §5.1',
    message: 'a server must not mask any frames',
  },
  'fragmented-control-frame': {
    closeCode: 1002,
    section: 'RFC 6455 §5.5',
    message: 'a control frame must not be fragmented',
  },
  'control-frame-too-long': {
    closeCode: 1002,
    section: 'RFC 6455 §5.5',
    message: 'a control frame must have a payload of 125 bytes or less',
  },
  'nothing-to-continue': {
    closeCode: 1002,
    section: 'RFC 6455 §5.4',
    message: 'a continuation frame came when no message was begun',
  },
  'message-not-finished': {
    closeCode: 1002,
    section: 'RFC 6455 §5.4',
    message: 'a new message was begun before the last one was finished',
  },
  'message-too-big': {
    closeCode: 1009,
    section: 'RFC 6455 §10.4',
    message: 'the message is bigger than this endpoint accepts',
  },
  'too-many-fragments': {
    closeCode: 1009,
    section: 'RFC 6455 §10.4',
    message: 'the message has more fragments than this endpoint accepts',
  },
  'invalid-utf8': {
    closeCode: 1007,
    section: 'RFC 6455 §8.1',
    message: 'text must be valid UTF-8',
  },
  'invalid-compressed-data': {
    closeCode: 1007,
    section: 'RFC 7692 §7.2.2',
    message: 'a compressed message must be what DEFLATE makes within the agreed window',
  },
  'close-payload-too-short': {
    closeCode: 1002,
    section: 'RFC 6455 §5.5.1',
    message: 'the payload of a Close frame must be empty or begin with a 2-byte code',
  },
  'invalid-close-code': {
    closeCode: 1002,
    section: 'RFC 6455 §7.4',
    message: 'the code of a Close frame must be one that may be sent',
  },
  'invalid-close-reason': {
    closeCode: 1007,
    section: 'RFC 6455 §5.5.1',
    message: 'the reason in a Close frame must be valid UTF-8',
  },
} as const;

/** The id of a rule in {@link VIOLATIONS}. */
export type ViolationId = keyof typeof VIOLATIONS;

/** What all errors of this library have in common. */
export class BarewireError extends Error {
  override name = 'BarewireError';
}

/** The peer broke a rule of the protocol after the opening handshake; the connection was failed (§7.1.7). */
export class ProtocolError extends BarewireError {
  override name = 'ProtocolError';
  /** Which rule: its row in {@link VIOLATIONS}. */
  readonly violation: ViolationId;
  /** The code that the peer was told (§7.4.1). */
  readonly closeCode: number;
  /** The section that states the rule. */
  readonly section: string;
  /**
   * What the peer has sent in that place, where it is one number: an opcode, the first byte of a frame with reserved bits, the
   * length of a control frame, a close code.
   */
  readonly found: number | undefined;

  /** @param options the cause, if another error has led to this one; and what was found */
  constructor(violation: ViolationId, options?: ErrorOptions & { readonly found?: number }) {
    const { closeCode, section, message }: Violation = VIOLATIONS[violation];
    super(message, options);
    this.found = options?.found;
    this.violation = violation;
    this.closeCode = closeCode;
    this.section = section;
  }
}

/** An HTTP answer that did not open a connection, as far as it is known. */
export interface HandshakeAnswer {
  readonly status?: number | undefined;
  /** By their names in lower case; the values of a header that came more than once are joined by `, `. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The first kilobyte of the body as text. */
  readonly body?: string;
}

/** The opening handshake failed: no connection was established. */
export class HandshakeError extends BarewireError {
  override name = 'HandshakeError';
  /** The HTTP status of the answer; undefined when there was none. */
  readonly status: number | undefined;
  /** The headers of the answer, by their names in lower case; empty when there was none. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first kilobyte of the answer's body; empty when there was none. */
  readonly body: string;

  constructor(message: string, answer: HandshakeAnswer = {}, options?: ErrorOptions) {
    super(message, options);
    this.status = answer.status;
    this.headers = answer.headers ?? {};
    this.body = answer.body ?? '';
  }
}

/** The contents of a Close frame; 1005 stands for a frame without a code (§7.1.5). */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

/** Something could not be done, because the connection closed first. */
export class ClosedError extends BarewireError {
  override name = 'ClosedError';
  /** The Close frame that this side sent, if any. */
  readonly sent: CloseFrame | undefined;
  /** The Close frame that the peer sent, if any. */
  readonly received: CloseFrame | undefined;

  constructor(message: string, sent?: CloseFrame, received?: CloseFrame, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
    this.received = received;
  }
}

/** The caller has broken a rule of this library's interface; nothing was sent. */
export class UsageError extends BarewireError {
  override name = 'UsageError';
}

/** A value in a message to a developer: short ones as they are, of others what they are. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

/** What a value is, for a message to a developer: `a number`, `an array`, `null`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
