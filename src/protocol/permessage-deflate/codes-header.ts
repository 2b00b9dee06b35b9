/** How a dynamic block describes its codes: by their lengths, which are themselves encoded, RFC 1951 §3.2.7. */
import type { BitWriter } from './bit-writer.ts';
import { EncodingTable } from './encoding-table.ts';
import * as format from './format.ts';

// V8 folds the constants of a module into its code, but reads imported ones at each use.
const { CODE_LENGTH_ORDER, CODE_LENGTH_SYMBOLS, MAX_DISTANCES, MAX_LITERALS } = format;
const { REPEAT_BASES, REPEAT_EXTRA_BITS, REPEAT_LAST, REPEAT_ZERO, REPEAT_ZERO_LONG } = format;

/** HLIT, HDIST and HCLEN, and the smallest count that each stands for. */
const COUNTS_BITS = 5 + 5 + 4;
const MIN_LITERALS = 257;
const MIN_DISTANCES = 1;
const MIN_CODE_LENGTHS = 4;
/** The length of a code of the code length code. */
const CODE_LENGTH_BITS = 3;
const MAX_CODE_LENGTH_BITS = 7;
/** The largest count that each repeating symbol stands for, from REPEAT_LAST on. */
const MAX_REPEATS = [6, 10, 138] as const;

export class CodesHeader {
  readonly #table = new EncodingTable(CODE_LENGTH_SYMBOLS, MAX_CODE_LENGTH_BITS);
  readonly #frequencies = new Uint32Array(CODE_LENGTH_SYMBOLS);
  /** The code lengths of both codes, one after the other. */
  readonly #lengths = new Uint8Array(MAX_LITERALS + MAX_DISTANCES);
  /** The symbols that encode them, and the extra bits of each. */
  readonly #symbols = new Uint8Array(MAX_LITERALS + MAX_DISTANCES);
  readonly #extras = new Uint8Array(MAX_LITERALS + MAX_DISTANCES);
  #symbolCount = 0;
  #literalCount = 0;
  #distanceCount = 0;
  #codeLengthCount = 0;

  /** Prepares the description of these codes. @returns how many bits it takes */
  prepare(literals: EncodingTable, distances: EncodingTable): number {
    this.#literalCount = literals.countFrom(MIN_LITERALS);
    this.#distanceCount = distances.countFrom(MIN_DISTANCES);
    this.#lengths.set(literals.lengths);
    this.#lengths.set(distances.lengths.subarray(0, this.#distanceCount), this.#literalCount);
    this.#frequencies.fill(0);
    this.#encodeRuns(this.#literalCount + this.#distanceCount);
    this.#table.fit(this.#frequencies);
    this.#codeLengthCount = CODE_LENGTH_SYMBOLS;
    while (this.#lengthInOrder(this.#codeLengthCount - 1) === 0) this.#codeLengthCount--;
    let bits = COUNTS_BITS + CODE_LENGTH_BITS * this.#codeLengthCount;
    for (let i = 0; i < this.#symbolCount; i++)
      bits += this.#table.lengths[this.#symbols[i]!]! + extraBitsOf(this.#symbols[i]!);
    return bits;
  }

  write(writer: BitWriter): void {
    writer.put(this.#literalCount - MIN_LITERALS, 5);
    writer.put(this.#distanceCount - MIN_DISTANCES, 5);
    writer.put(this.#codeLengthCount - MIN_CODE_LENGTHS, 4);
    for (let i = 0; i < this.#codeLengthCount; i++) writer.put(this.#lengthInOrder(i), CODE_LENGTH_BITS);
    for (let i = 0; i < this.#symbolCount; i++) {
      const symbol = this.#symbols[i]!;
      writer.put(this.#table.codes[symbol]!, this.#table.lengths[symbol]!);
      writer.put(this.#extras[i]!, extraBitsOf(symbol));
    }
  }

  /** The length that is sent as the i-th of the code length code. */
  #lengthInOrder(i: number): number {
    return this.#table.lengths[CODE_LENGTH_ORDER[i]!]!;
  }

  /** Encodes each run of the same length; a run may cross from literals to distances. */
  #encodeRuns(count: number): void {
    const lengths = this.#lengths;
    this.#symbolCount = 0;
    for (let from = 0, to = 0; from < count; from = to) {
      const length = lengths[from]!;
      while (to < count && lengths[to] === length) to++;
      let left = to - from;
      if (length > 0) {
        this.#add(length, 0);
        left--;
      }
      left = length > 0 ? this.#addRepeats(REPEAT_LAST, left) : this.#addZeros(left);
      for (; left > 0; left--) this.#add(length, 0);
    }
  }

  #addZeros(times: number): number {
    return this.#addRepeats(REPEAT_ZERO, this.#addRepeats(REPEAT_ZERO_LONG, times));
  }

  /** Adds a repeating symbol as often as it fits. @returns how many times are left */
  #addRepeats(symbol: number, times: number): number {
    const least = REPEAT_BASES[symbol - REPEAT_LAST]!;
    const most = MAX_REPEATS[symbol - REPEAT_LAST]!;
    let left = times;
    while (left >= least) {
      const repeated = Math.min(left, most);
      this.#add(symbol, repeated - least);
      left -= repeated;
    }
    return left;
  }

  #add(symbol: number, extra: number): void {
    this.#symbols[this.#symbolCount] = symbol;
    this.#extras[this.#symbolCount++] = extra;
    this.#frequencies[symbol]!++;
  }
}

function extraBitsOf(symbol: number): number {
  return symbol < REPEAT_LAST ? 0 : REPEAT_EXTRA_BITS[symbol - REPEAT_LAST]!;
}
