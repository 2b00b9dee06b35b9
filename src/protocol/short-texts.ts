/**
 * Short texts that come together are decoded together: one call for all of them, and each text is cut out of the result. V8 keeps
 * the result alive for each text of 13 characters or more that is cut out of it and kept: {@link MAX_BYTES} at most.
 */
import { decodeBytes } from '#platform';

/** The most bytes that are decoded together. */
const MAX_BYTES = 1024;

/** The first byte of a text message in one frame, not compressed: FIN and the opcode (§5.2). */
const WHOLE_TEXT = 0x81;
const MASK = 0x80;
/** The longest payload whose length is in the second byte. */
const MAX_SHORT = 125;

export class ShortTexts {
  #chunk: Uint8Array | undefined;
  /** What `chunk[from, to)` is, a character for each byte. */
  #text = '';
  #from = 0;
  #to = 0;

  /**
   * Looks ahead in `chunk[start, end)`, which begins with a frame. Where several whole text messages come first, they are unmasked,
   * with 0 as their masking key from now on, and decoded, if they are ASCII.
   * @param isMasked whether the peer masks (§5.1)
   */
  begin(chunk: Uint8Array, start: number, end: number, isMasked: boolean): void {
    if (end - start > MAX_BYTES) return;
    const headerLength = isMasked ? 6 : 2;
    let to = start;
    let seen = 0;
    for (let at = start; at + headerLength < end && chunk[at] === WHOLE_TEXT; at = to) {
      const length = isMasked ? chunk[at + 1]! ^ MASK : chunk[at + 1]!;
      const payloadAt = at + headerLength;
      // A broken rule, another form of the length, and a message that is alone or ends later: all that is for others.
      if (length > MAX_SHORT || payloadAt + length > end) break;
      if (at === start && payloadAt + length === end) return;
      to = payloadAt + length;
      seen |= isMasked ? unmask(chunk, payloadAt, to) : allBits(chunk, payloadAt, to);
    }
    if (to === start || seen >= 0x80) return;
    this.#chunk = chunk;
    this.#text = decodeBytes(chunk, start, to);
    this.#from = start;
    this.#to = to;
  }

  /** The text in `chunk[start, end)`, if it was decoded. */
  take(chunk: Uint8Array, start: number, end: number): string | undefined {
    if (chunk !== this.#chunk || start < this.#from || end > this.#to) return undefined;
    return this.#text.slice(start - this.#from, end - this.#from);
  }

  /** The chunk is about to change. */
  end(): void {
    this.#chunk = undefined;
  }
}

/** @returns the bits that are set in any byte */
function unmask(chunk: Uint8Array, start: number, end: number): number {
  const keyAt = start - 4;
  let seen = 0;
  for (let i = start; i < end; i++) seen |= chunk[i]! ^= chunk[keyAt + ((i - start) & 3)]!;
  chunk[keyAt] = 0;
  chunk[keyAt + 1] = 0;
  chunk[keyAt + 2] = 0;
  chunk[keyAt + 3] = 0;
  return seen;
}

/** @returns as {@link unmask} */
function allBits(chunk: Uint8Array, start: number, end: number): number {
  let seen = 0;
  for (let i = start; i < end; i++) seen |= chunk[i]!;
  return seen;
}
