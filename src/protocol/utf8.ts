/** Validates UTF-8 that arrives in pieces, §8.1: fails at the first byte that no valid text can have there. */
import { isUtf8 } from '#platform';

/** From this length on the platform's check is worth the call. */
const WORTH_A_CALL = 32;

export class Utf8Validator {
  /** How many continuation bytes the current character still needs. */
  #needed = 0;
  /** The range of the next continuation byte: it is narrower for the second byte after E0, ED, F0 and F4. */
  #lowest = 0x80;
  #highest = 0xbf;

  /** Whether the text so far ends at the end of a character. */
  get isComplete(): boolean {
    return this.#needed === 0;
  }

  /** Takes the next piece. @returns false as soon as the text cannot be valid; then the validator is of no more use */
  accept(bytes: Uint8Array, start: number, end: number): boolean {
    let i = start;
    while (i < end && this.#needed > 0) if (!this.#step(bytes[i++]!)) return false;
    if (end - i >= WORTH_A_CALL) {
      const boundary = startOfLastCharacter(bytes, end);
      if (!isUtf8(bytes, i, boundary)) return false;
      i = boundary;
    }
    while (i < end) if (!this.#step(bytes[i++]!)) return false;
    return true;
  }

  /** One byte, by RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF. */
  #step(byte: number): boolean {
    if (this.#needed > 0) {
      if (byte < this.#lowest || byte > this.#highest) return false;
      this.#expect(this.#needed - 1);
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2) return false; // a continuation byte, or the overlong C0 and C1
    if (byte < 0xe0) this.#expect(1);
    else if (byte === 0xe0) this.#expect(2, 0xa0);
    else if (byte === 0xed) this.#expect(2, 0x80, 0x9f);
    else if (byte < 0xf0) this.#expect(2);
    else if (byte === 0xf0) this.#expect(3, 0x90);
    else if (byte < 0xf4) this.#expect(3);
    else if (byte === 0xf4) this.#expect(3, 0x80, 0x8f);
    else return false;
    return true;
  }

  #expect(needed: number, lowest = 0x80, highest = 0xbf): void {
    this.#needed = needed;
    this.#lowest = lowest;
    this.#highest = highest;
  }
}

/** Where the last character begins, as far as at most three continuation bytes tell. */
export function startOfLastCharacter(bytes: Uint8Array, end: number): number {
  let i = end - 1;
  while (i > end - 4 && (bytes[i]! & 0xc0) === 0x80) i--;
  return i;
}
