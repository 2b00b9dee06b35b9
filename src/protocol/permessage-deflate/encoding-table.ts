/** Huffman codes for writing: lengths that fit the frequencies of symbols, and the codes of RFC 1951 §3.2.2. */
import * as format from './format.ts';

// V8 folds the constants of a module into its code, but reads imported ones at each use.
const { MAX_CODE_BITS } = format;

/** A frequency and its symbol are kept in one number, which sorts by the frequency; these are the bits of the symbol. */
const SYMBOL_BITS = 9;
const SYMBOL_MASK = (1 << SYMBOL_BITS) - 1;
/** Each byte with its bits in reverse order. */
const REVERSED_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >>> bit) & 1) << (7 - bit);
  return reversed;
});

export class EncodingTable {
  /** The code of each symbol, with its bits in the order in which they are put. */
  readonly codes: Uint16Array;
  /** The code length of each symbol, 0 if it has no code. */
  readonly lengths: Uint8Array;
  readonly #maxBits: number;
  /** The symbols that have a code, in ascending order, and how many there are. */
  readonly #used: Uint16Array;
  #usedCount = 0;
  readonly #sorted: Uint32Array;
  readonly #weights: Float64Array;
  readonly #parents: Uint16Array;
  /** How many codes there are of each length, and the next code of each length. */
  readonly #counts = new Uint16Array(MAX_CODE_BITS + 1);
  readonly #nextCodes = new Uint16Array(MAX_CODE_BITS + 1);

  /** @param maxBits the longest code that is allowed */
  constructor(symbolCount: number, maxBits: number) {
    this.codes = new Uint16Array(symbolCount);
    this.lengths = new Uint8Array(symbolCount);
    this.#maxBits = maxBits;
    this.#used = new Uint16Array(symbolCount);
    this.#sorted = new Uint32Array(symbolCount);
    this.#weights = new Float64Array(2 * symbolCount);
    this.#parents = new Uint16Array(2 * symbolCount);
  }

  /** Gives each symbol that occurs a length, the shorter the more often it occurs; `frequencies` may be changed. */
  fit(frequencies: Uint32Array): void {
    while (!this.#assignLengths(frequencies)) {
      // A code that is too long belongs to an extremely rare symbol: make the differences smaller.
      for (let i = 0; i < frequencies.length; i++) frequencies[i] = (frequencies[i]! + 1) >>> 1;
    }
    this.#assignCodes();
  }

  /** @param lengths the length of each symbol's code; all of them have one */
  useLengths(lengths: Uint8Array): void {
    this.lengths.set(lengths);
    this.#usedCount = lengths.length;
    for (let symbol = 0; symbol < lengths.length; symbol++) this.#used[symbol] = symbol;
    this.#assignCodes();
  }

  /** How many symbols there are up to the last one with a code, but at least `least`. */
  countFrom(least: number): number {
    let count = this.lengths.length;
    while (count > least && this.lengths[count - 1] === 0) count--;
    return count;
  }

  /** RFC 1951 §3.2.2: the codes that follow from the lengths. */
  #assignCodes(): void {
    const { codes, lengths } = this;
    const used = this.#used;
    const usedCount = this.#usedCount;
    const counts = this.#counts;
    const next = this.#nextCodes;
    for (let bits = 0; bits <= MAX_CODE_BITS; bits++) counts[bits] = 0;
    for (let i = 0; i < usedCount; i++) counts[lengths[used[i]!]!]!++;
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) next[bits] = (next[bits - 1]! + counts[bits - 1]!) << 1;
    for (let i = 0; i < usedCount; i++) {
      const symbol = used[i]!;
      const bits = lengths[symbol]!;
      codes[symbol] = reverse(next[bits]!++, bits);
    }
  }

  /** Huffman's algorithm on sorted leaves. @returns false if a code would be too long */
  #assignLengths(frequencies: Uint32Array): boolean {
    const { lengths } = this;
    const leaves = this.#sortLeaves(frequencies);
    lengths.fill(0);
    const count = leaves.length;
    if (count === 1) lengths[leaves[0]! & SYMBOL_MASK] = 1;
    if (count < 2) return true;
    this.#join(leaves);
    // From the root down, each node is one deeper than its parent. Depths take the place of parents, which are then no longer needed.
    const depths = this.#parents;
    const root = 2 * count - 2;
    depths[root] = 0;
    for (let node = root - 1; node >= 0; node--) {
      const depth = depths[depths[node]!]! + 1;
      depths[node] = depth;
      if (node >= count) continue;
      if (depth > this.#maxBits) return false;
      lengths[leaves[node]! & SYMBOL_MASK] = depth;
    }
    return true;
  }

  /** The symbols that occur, the rarest first. */
  #sortLeaves(frequencies: Uint32Array): Uint32Array {
    let count = 0;
    for (let symbol = 0; symbol < frequencies.length; symbol++) {
      const frequency = frequencies[symbol]!;
      if (frequency === 0) continue;
      this.#used[count] = symbol;
      this.#sorted[count++] = (frequency << SYMBOL_BITS) | symbol;
    }
    this.#usedCount = count;
    return this.#sorted.subarray(0, count).sort();
  }

  /** Joins the two lightest nodes until one is left. The leaves come first, then the joined nodes in their order. */
  #join(leaves: Uint32Array): void {
    const weights = this.#weights;
    const parents = this.#parents;
    const count = leaves.length;
    for (let i = 0; i < count; i++) weights[i] = leaves[i]! >>> SYMBOL_BITS;
    let leaf = 0;
    let joined = count;
    for (let node = count; node < 2 * count - 1; node++) {
      let weight = 0;
      for (let child = 0; child < 2; child++) {
        const lightest =
          leaf < count && (joined >= node || weights[leaf]! <= weights[joined]!) ? leaf++ : joined++;
        parents[lightest] = node;
        weight += weights[lightest]!;
      }
      weights[node] = weight;
    }
  }
}

function reverse(code: number, bits: number): number {
  return ((REVERSED_BYTES[code & 0xff]! << 8) | REVERSED_BYTES[code >>> 8]!) >>> (16 - bits);
}
