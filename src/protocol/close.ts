/** Close frames, §5.5.1, and their codes, §7.4. */
import { decodeIfUtf8, encodeUtf8, utf8Length } from '#platform';
import { type CloseFrame, ProtocolError, UsageError } from './errors.ts';

/** The codes that this library itself sends or reports (§7.4.1). */
export const CLOSE_CODE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** Reported, never sent: the Close frame had no code. */
  noCode: 1005,
  /** Reported, never sent: there was no Close frame. */
  abnormal: 1006,
  invalidPayload: 1007,
  policyViolation: 1008,
  messageTooBig: 1009,
  internalError: 1011,
} as const;

/** A control frame carries 125 bytes at most (§5.5), and the code takes two of them. */
export const MAX_REASON_BYTES = 123;

/**
 * Whether a code may stand in a Close frame: §7.4.1 with what IANA has registered since (1012–1014), never the
 * codes that are only for reporting (1004, 1005, 1006, 1015); §7.4.2's 3000–3999 for libraries and 4000–4999 for
 * applications. The rule is the same for what is sent and for what is received.
 */
export function mayBeSent(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/**
 * Checks what a caller wants to say in a Close frame.
 * @throws {UsageError} for a code that may not be sent, other than 1005, which stands for none, and for a reason that is no
 * string, has no code, or has more than 123 bytes
 */
export function verifyCloseArguments(code: number, reason: string): void {
  if (code !== CLOSE_CODE.noCode && !mayBeSent(code))
    throw new UsageError(`${code} may not be sent as a close code`);
  if (code === CLOSE_CODE.noCode && reason !== '') throw new UsageError('a reason needs a code');
  if (typeof reason !== 'string') throw new UsageError(`a reason is a string, not ${typeof reason}`);
  if (utf8Length(reason) > MAX_REASON_BYTES)
    throw new UsageError('a close reason has 123 bytes of UTF-8 at most');
}

/** What the payload of a received Close frame says. @throws {ProtocolError} when it breaks a rule */
export function parseClosePayload(bytes: Uint8Array, start: number, end: number): CloseFrame {
  if (start === end) return { code: CLOSE_CODE.noCode, reason: '' }; // §7.1.5
  if (end - start === 1) throw new ProtocolError('close-payload-too-short');
  const code = (bytes[start]! << 8) | bytes[start + 1]!;
  if (!mayBeSent(code)) throw new ProtocolError('invalid-close-code');
  const reason = decodeIfUtf8(bytes, start + 2, end);
  if (reason === undefined) throw new ProtocolError('invalid-close-reason');
  return { code, reason };
}

/** The payload of a Close frame: the code in network byte order, then the reason. The inverse of parsing. */
export function serializeClosePayload({ code, reason }: CloseFrame): Uint8Array {
  if (code === CLOSE_CODE.noCode) return new Uint8Array(0);
  const payload = new Uint8Array(2 + utf8Length(reason));
  payload[0] = code >>> 8;
  payload[1] = code;
  encodeUtf8(reason, payload, 2);
  return payload;
}
