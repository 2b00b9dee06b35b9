/** Huffman codes for reading: RFC 1951 §3.2.1 and §3.2.2. The next bits of the input index a table. */
import * as format from './format.ts';

// V8 folds the constants of a module into its code, but reads imported ones at each use.
const { MAX_CODE_BITS } = format;

/**
 * The meaning of a code, in one number: its length in the lowest 4 bits, the number of extra bits that follow it in the next
 * 4, then a value (the literal, or the smallest length or distance), and above that one of the marks.
 */
export const CODE_BITS = 15;
export const EXTRA_SHIFT = 4;
export const EXTRA_BITS = 15;
export const VALUE_SHIFT = 8;
export const VALUE_BITS = 0xffff;
export const LITERAL: number = 1 << 24;
export const END: number = 1 << 25;
export const INVALID: number = 1 << 26;
/** More bits are needed: a code length that is longer than any number of bits that was not enough. */
const MORE: number = MAX_CODE_BITS;

/** Where a symbol that was added begins, above the length of its code; and the bits of that length. */
const ADDED_SHIFT = 4;
const ADDED_LENGTH: number = (1 << ADDED_SHIFT) - 1;

/** The meaning of a symbol with extra bits, without the length of its code. */
export function rangeFrom(base: number, extraBits: number): number {
  return (base << VALUE_SHIFT) | (extraBits << EXTRA_SHIFT);
}

export class DecodingTable {
  /** The meaning of the code that the next bits begin with, or 0 for a long code, for which {@link lookUp} is used. */
  readonly entries: Int32Array;
  /** Selects the bits that index {@link entries}. */
  mask = 0;

  readonly #meanings: Int32Array;
  readonly #indexBits: number;
  readonly #mayBeSingle: boolean;
  /** The symbols that have codes, in ascending order, each with the length of its code in the lowest 4 bits. */
  readonly #added: Uint16Array;
  #addedCount = 0;
  /** How many codes there are of each length. */
  readonly #counts = new Uint16Array(MAX_CODE_BITS + 1);
  /** The symbols in the order of their codes, and where the symbols of each code length end. */
  readonly #symbols: Uint16Array;
  readonly #ends = new Uint16Array(MAX_CODE_BITS + 1);
  #longest = 0;

  /**
   * @param meanings the meaning of each symbol, without the length of its code
   * @param indexBits codes up to this length are found in one step
   * @param mayBeSingle RFC 1951 §3.2.7: whether a single code of one bit, or no code at all, is allowed
   */
  constructor(meanings: Int32Array, indexBits: number, mayBeSingle = true) {
    this.#meanings = meanings;
    this.#indexBits = indexBits;
    this.#mayBeSingle = mayBeSingle;
    this.#added = new Uint16Array(meanings.length);
    this.#symbols = new Uint16Array(meanings.length);
    this.entries = new Int32Array(1 << indexBits);
  }

  /** Begins a new code, without any symbols. */
  begin(): void {
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) this.#counts[bits] = 0;
    this.#addedCount = 0;
  }

  /** Says that a symbol has a code of this length, at least 1. Symbols are added in ascending order. */
  add(symbol: number, bits: number): void {
    this.#added[this.#addedCount++] = (symbol << ADDED_SHIFT) | bits;
    this.#counts[bits]!++;
  }

  /**
   * Builds the code of the symbols that were added.
   * @returns false if their lengths are over-subscribed or incomplete
   */
  build(): boolean {
    const counts = this.#counts;
    this.#longest = MAX_CODE_BITS;
    while (this.#longest > 0 && counts[this.#longest] === 0) this.#longest--;
    let unused = 1;
    for (let bits = 1; bits <= this.#longest; bits++) {
      unused = 2 * unused - counts[bits]!;
      if (unused < 0) return false;
    }
    if (unused > 0 && !(this.#mayBeSingle && this.#longest <= 1)) return false;
    this.#sort();
    this.#fill();
    return true;
  }

  /**
   * The meaning of the code that `hold` begins with, of any length, in the format of {@link entries}. If `count` bits are too
   * few to tell, its length is more than `count`.
   */
  lookUp(hold: number, count: number): number {
    let code = 0;
    let first = 0;
    for (let bits = 1; bits <= this.#longest; bits++) {
      if (bits > count) return MORE;
      code |= (hold >>> (bits - 1)) & 1;
      const ofThisLength = this.#counts[bits]!;
      if (code - first < ofThisLength) {
        return this.#meanings[this.#symbols[this.#ends[bits]! - ofThisLength + code - first]!]! | bits;
      }
      first = (first + ofThisLength) << 1;
      code <<= 1;
    }
    return INVALID | 1;
  }

  /** RFC 1951 §3.2.2: codes of the same length are in the order of their symbols. */
  #sort(): void {
    const ends = this.#ends;
    ends[1] = 0;
    for (let bits = 1; bits < this.#longest; bits++) ends[bits + 1] = ends[bits]! + this.#counts[bits]!;
    for (let i = 0; i < this.#addedCount; i++) {
      const added = this.#added[i]!;
      this.#symbols[ends[added & ADDED_LENGTH]!++] = added >>> ADDED_SHIFT;
    }
  }

  /** Length by length: the table doubles, and the codes of the next length go into its free entries. */
  #fill(): void {
    const { entries } = this;
    const indexBits = Math.min(this.#longest, this.#indexBits);
    let next = 0;
    let reversed = 0;
    entries[0] = 0;
    for (let bits = 1; bits <= indexBits; bits++) {
      const half = 1 << (bits - 1);
      for (let i = 0; i < half; i++) entries[half + i] = entries[i]!;
      for (const last = next + this.#counts[bits]!; next < last; next++) {
        entries[reversed] = this.#meanings[this.#symbols[next]!]! | bits;
        reversed = addReversed(reversed, half);
      }
    }
    this.mask = (1 << indexBits) - 1;
  }
}

/** Adds 1 to a number with its bits in reverse order: codes are packed most significant bit first (RFC 1951 §3.1.1). */
function addReversed(reversed: number, highest: number): number {
  // The highest bit that is 0 becomes 1, and the bits above it become 0. After the last number comes 0.
  const zeros = ~reversed & (2 * highest - 1);
  const bit = (1 << 31) >>> Math.clz32(zeros);
  return zeros === 0 ? 0 : (reversed & (bit - 1)) | bit;
}
