/**
 * The few things that Node does faster than portable JavaScript. `imports` in package.json chooses this file under the
 * condition `node`, and `default.ts` everywhere else; both export the same functions. This is the only file of the protocol
 * that may import a Node module.
 */
import { isAscii as isAsciiBuffer, isUtf8 as isUtf8Buffer } from 'node:buffer';
import { hash } from 'node:crypto';

// Methods of Buffer that work on any Uint8Array and take offsets, so that no view has to be made.
const { latin1Slice, latin1Write, utf8Slice, utf8Write } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number;
};

/** Up to this length a loop in JavaScript is faster than a call into native code. */
const SHORT = 48;

/** Bytes with undefined contents. Not from Node's pool, which a long-lived view would keep alive. */
export function allocate(byteLength: number): Uint8Array {
  return Buffer.allocUnsafeSlow(byteLength);
}

/**
 * The widest words that are fast to XOR. V8 compiles arithmetic on these to instructions of 64 bits: 23 GB/s where words of 32
 * bits take twice the time. In other engines each word would be an object, so that Bun gets `default.ts`.
 */
export const Words: BigUint64ArrayConstructor = BigUint64Array;

/** How many bytes `text` takes as UTF-8, a lone surrogate counted as U+FFFD. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

/**
 * Writes `text` as UTF-8 at `offset`, lone surrogates as U+FFFD; there must be room for it.
 * @param byteLength the result of {@link utf8Length}, if it is known
 * @returns bytes written
 */
export function encodeUtf8(text: string, into: Uint8Array, offset: number, byteLength?: number): number {
  const { length } = text;
  if (length > SHORT) {
    if ((byteLength ?? utf8Length(text)) === length) return latin1Write.call(into, text, offset, length);
    return utf8Write.call(into, text, offset, into.length - offset);
  }
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return utf8Write.call(into, text, offset, into.length - offset);
    into[offset + i] = unit;
  }
  return length;
}

/** The text in `bytes[start, end)`, which must be valid UTF-8; U+FEFF is kept. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return isAscii(bytes, start, end) ? latin1Slice.call(bytes, start, end) : utf8Slice.call(bytes, start, end);
}

/** A character for each byte, with the same number. */
export function decodeBytes(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** The text in `bytes[start, end)`, or undefined if it is not valid UTF-8. */
export function decodeIfUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (isAscii(bytes, start, end)) return latin1Slice.call(bytes, start, end);
  return isUtf8(bytes, start, end) ? utf8Slice.call(bytes, start, end) : undefined;
}

/** Whether `bytes[start, end)` is valid UTF-8, complete at its end. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= SHORT && isAscii(bytes, start, end)) return true;
  return isUtf8Buffer(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
}

/** SHA-1 of an ASCII text, as base64. */
export function sha1Base64(text: string): string {
  return hash('sha1', text, 'base64');
}

/** Most text is ASCII, and then decoding takes half of the time, and encoding a tenth. */
function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > SHORT) return isAsciiBuffer(bytes.subarray(start, end));
  let seen = 0;
  for (let i = start; i < end; i++) seen |= bytes[i]!;
  return seen < 0x80;
}
