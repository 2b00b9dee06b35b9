/** Close frames, §5.5.1, and their codes, §7.4. */
import { decodeIfUtf8, encodeUtf8, utf8Length } from '#platform';
import { type CloseFrame, kindOf, ProtocolError, UsageError } from './errors.ts';

/** The codes that this library sends or reports by itself (§7.4.1). */
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
 * Whether a Close frame may have this code. §7.4.1, with the codes that IANA has registered since (1012–1014), but without
 * those that are only for reporting (1004, 1005, 1006, 1015). §7.4.2: 3000–3999 for libraries, 4000–4999 for applications.
 * The same codes may be sent and received.
 */
export function mayBeSent(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/**
 * Checks the code and reason that a caller wants to send; 1005 means a Close frame without a code.
 * @throws {UsageError} for a code that may not be sent, and for a reason that is not a string, has no code, or is longer than
 * 123 bytes
 */
export function verifyClose(code: number, reason: string): void {
  if (code !== CLOSE_CODE.noCode && !mayBeSent(code))
    throw new UsageError(`${code} may not be sent as a close code`);
  if (code === CLOSE_CODE.noCode && reason !== '') throw new UsageError('a reason needs a code');
  if (typeof reason !== 'string') throw new UsageError(`the reason must be a string, got ${kindOf(reason)}`);
  if (utf8Length(reason) > MAX_REASON_BYTES)
    throw new UsageError('the reason must have at most 123 bytes of UTF-8');
}

/** Parses the payload of a received Close frame. @throws {ProtocolError} when it breaks a rule */
export function parseClosePayload(bytes: Uint8Array, start: number, end: number): CloseFrame {
  if (start === end) return { code: CLOSE_CODE.noCode, reason: '' }; // §7.1.5
  if (end - start === 1) throw new ProtocolError('close-payload-too-short');
  const code = (bytes[start]! << 8) | bytes[start + 1]!;
  if (!mayBeSent(code)) throw new ProtocolError('invalid-close-code', { found: code });
  const reason = decodeIfUtf8(bytes, start + 2, end);
  if (reason === undefined) throw new ProtocolError('invalid-close-reason');
  return { code, reason };
}

/** The payload of a Close frame: the code in network byte order, then the reason. */
export function serializeClosePayload({ code, reason }: CloseFrame): Uint8Array {
  if (code === CLOSE_CODE.noCode) return new Uint8Array(0);
  const payload = new Uint8Array(2 + utf8Length(reason));
  payload[0] = code >>> 8;
  payload[1] = code;
  encodeUtf8(reason, payload, 2);
  return payload;
}
