/** Cuts a long payload into parts, and writes each directly into the output. */
import { encodeUtf8 } from '#platform';

/** The most bytes of UTF-8 that a UTF-16 code unit takes. */
export const MAX_UTF8_PER_UNIT = 3;

/**
 * Writes the next part to `bytes[at, at + room)`, all that is left if it fits. `room` is never more than what is left.
 * @returns how many bytes it has
 */
export type NextPart = (bytes: Uint8Array, at: number, room: number) => number;

export function partsOfBytes(payload: Uint8Array): NextPart {
  let from = 0;
  return (bytes, at, room) => {
    bytes.set(payload.subarray(from, from + room), at);
    from += room;
    return room;
  };
}

/** @param byteLength how many bytes the text has as UTF-8 */
export function partsOfText(text: string, byteLength: number): NextPart {
  const bytesPerUnit = byteLength === text.length ? 1 : MAX_UTF8_PER_UNIT;
  let from = 0;
  let rest = byteLength;
  return (bytes, at, room) => {
    const end = room === rest ? text.length : beforeCharacter(text, from + Math.floor(room / bytesPerUnit));
    const length = encodeUtf8(text.slice(from, end), bytes, at);
    from = end;
    rest -= length;
    return length;
  };
}

/** Does not cut a surrogate pair: each half alone would become U+FFFD. */
function beforeCharacter(text: string, index: number): number {
  const isHighSurrogate = (text.charCodeAt(index - 1) & 0xfc00) === 0xd800;
  return isHighSurrogate ? index - 1 : index;
}
