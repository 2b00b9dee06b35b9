/**
 * The frame, §5.2.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     |F|R|R|R| opcode|M| length      | length, 16 or 64 bits         |
 *     |I|S|S|S|  (4)  |A|  (7)        | (when the 7 bits say 126 or   |
 *     |N|V|V|V|       |S|             |  127), masking key, 32 bits   |
 *     | |1|2|3|       |K|             |  (when MASK is 1), payload    |
 */
import { lengthOf, verifyBytes, viewOf } from './bytes.ts';
import { ProtocolError, UsageError } from './errors.ts';
import { applyMask } from './mask.ts';

export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** Which end of the connection an endpoint is. */
export type Role = 'client' | 'server';

/** The longest payload of a control frame (§5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

/** Two bytes, a 64-bit length, and a masking key. */
export const MAX_HEADER_BYTES = 14;

const FIN = 0x80;
const RESERVED_BITS = 0x70;
const RSV1 = 0x40;
/** In the first byte of a frame. */
export const OPCODE_BITS = 0x0f;
const MASK = 0x80;
const LENGTH_BITS = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** The fields of a header, except for MASK, which the role of the sender determines. */
export interface FrameHeader {
  /** Whether this is the last, or only, fragment of its message. */
  fin: boolean;
  /** The first reserved bit: with permessage-deflate, whether the message is compressed (RFC 7692 §6). */
  rsv1: boolean;
  opcode: number;
  /** 32 bits, in which the first byte on the wire is the most significant; 0, which changes nothing, in an unmasked frame. */
  maskingKey: number;
  payloadLength: number;
}

/** @throws {UsageError} for more bytes than a control frame may have (§5.5), and for what is not a Uint8Array */
export function verifyControl(payload: Uint8Array): void {
  verifyBytes(payload);
  if (lengthOf(payload) > MAX_CONTROL_PAYLOAD)
    throw new UsageError('a Ping or a Pong must have at most 125 bytes');
}

/** A control frame has an opcode with the most significant bit set (§5.5). */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

/**
 * Reads the header of a frame that begins at `bytes[start]` into `header`.
 * @param receiver the role of the endpoint that reads
 * @param allowsRsv1 whether an extension was negotiated that defines RSV1 for the first frame of a message
 * @returns the header's length in bytes, or 0 if the header is not complete
 * @throws {ProtocolError} as soon as the bytes so far break a rule
 */
export function parseFrameHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  receiver: Role,
  header: FrameHeader,
  allowsRsv1 = false,
): number {
  if (end - start < 2) return 0;
  const first = bytes[start]!;
  const second = bytes[start + 1]!;
  const opcode = first & OPCODE_BITS;
  const length = second & LENGTH_BITS;
  verifyFirstBytes(first, second, receiver, allowsRsv1);

  const lengthBytes = length < LENGTH_16 ? 0 : length === LENGTH_16 ? 2 : 8;
  const headerLength = 2 + lengthBytes + (receiver === 'server' ? 4 : 0);
  if (end - start < headerLength) return 0;

  header.fin = (first & FIN) !== 0;
  header.rsv1 = (first & RSV1) !== 0;
  header.opcode = opcode;
  header.payloadLength = lengthBytes === 0 ? length : parseExtendedLength(bytes, start + 2, lengthBytes);
  header.maskingKey = receiver === 'server' ? readUint32(bytes, start + headerLength - 4) | 0 : 0;
  return headerLength;
}

/** The rules for the first two bytes. */
function verifyFirstBytes(first: number, second: number, receiver: Role, allowsRsv1: boolean): void {
  const opcode = first & OPCODE_BITS;
  // RFC 7692 §6.1: the bit is set on the first frame of a message, never on a control frame or a continuation.
  const isFirstOfMessage = opcode === OPCODE.text || opcode === OPCODE.binary;
  // §5.2 RSV1–3: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
  const allowed = allowsRsv1 && isFirstOfMessage ? RSV1 : 0;
  if ((first & RESERVED_BITS & ~allowed) !== 0) throw new ProtocolError('reserved-bit-set', { found: first });
  // §5.2: 3–7 and B–F are reserved; "If an unknown opcode is received, the receiving endpoint MUST _Fail_".
  if ((opcode & 0x7) > OPCODE.binary) throw new ProtocolError('reserved-opcode', { found: opcode });
  if (isControl(opcode)) {
    // §5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
    if ((first & FIN) === 0) throw new ProtocolError('fragmented-control-frame');
    const found = second & LENGTH_BITS;
    if (found > MAX_CONTROL_PAYLOAD) throw new ProtocolError('control-frame-too-long', { found });
  }
  // §5.1: a server closes on an unmasked frame, a client on a masked one.
  if (receiver === 'server' && (second & MASK) === 0) throw new ProtocolError('unmasked-frame');
  if (receiver === 'client' && (second & MASK) !== 0) throw new ProtocolError('masked-frame');
}

/** The 16 or 64 bits after a 126 or 127, in network byte order. */
function parseExtendedLength(bytes: Uint8Array, at: number, lengthBytes: number): number {
  if (lengthBytes === 2) {
    const length = (bytes[at]! << 8) | bytes[at + 1]!;
    // §5.2: "the minimal number of bytes MUST be used to encode the length"
    if (length < LENGTH_16) throw new ProtocolError('length-not-minimal');
    return length;
  }
  const high = readUint32(bytes, at);
  // §5.2: "the most significant bit MUST be 0"
  if (high > 0x7fff_ffff) throw new ProtocolError('length-out-of-range');
  // Above 2^53 this rounds; every limit is far below that.
  const length = high * 0x1_0000_0000 + readUint32(bytes, at + 4);
  if (length < 0x1_0000) throw new ProtocolError('length-not-minimal');
  return length;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** How many bytes the header of a frame takes. */
export function frameHeaderLength(payloadLength: number, masked: boolean): number {
  const lengthBytes = payloadLength < LENGTH_16 ? 0 : payloadLength < 0x1_0000 ? 2 : 8;
  return 2 + lengthBytes + (masked ? 4 : 0);
}

/**
 * Writes the header of a frame at `into[at]`. The payload follows it, and is masked by the caller.
 * @param maskingKey undefined for an unmasked frame, that is, a frame from a server
 * @param rsv1 on the first frame of a message, whether that is compressed
 * @returns the header's length in bytes
 */
export function serializeFrameHeader(
  into: Uint8Array,
  at: number,
  fin: boolean,
  opcode: number,
  payloadLength: number,
  maskingKey: number | undefined,
  rsv1 = false,
): number {
  const masked = maskingKey !== undefined;
  let next = at + 2;
  into[at] = (fin ? FIN : 0) | (rsv1 ? RSV1 : 0) | opcode;
  if (payloadLength < LENGTH_16) {
    into[at + 1] = payloadLength;
  } else if (payloadLength < 0x1_0000) {
    into[at + 1] = LENGTH_16;
    into[next++] = payloadLength >>> 8;
    into[next++] = payloadLength;
  } else {
    into[at + 1] = LENGTH_64;
    next = writeUint32(into, next, Math.floor(payloadLength / 0x1_0000_0000));
    next = writeUint32(into, next, payloadLength >>> 0);
  }
  if (masked) {
    into[at + 1]! |= MASK;
    next = writeUint32(into, next, maskingKey);
  }
  return next - at;
}

function writeUint32(into: Uint8Array, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}

/** The bytes of a whole frame; the payload is copied. The other parameters are those of {@link serializeFrameHeader}. */
export function serializeFrame(
  fin: boolean,
  opcode: number,
  payload: Uint8Array,
  maskingKey?: number,
  rsv1 = false,
): Uint8Array {
  const bytes = viewOf(payload);
  const headerLength = frameHeaderLength(bytes.length, maskingKey !== undefined);
  const frame = new Uint8Array(headerLength + bytes.length);
  serializeFrameHeader(frame, 0, fin, opcode, bytes.length, maskingKey, rsv1);
  frame.set(bytes, headerLength);
  if (maskingKey !== undefined) applyMask(frame, headerLength, frame.length, maskingKey);
  return frame;
}
