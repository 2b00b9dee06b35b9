/** The two Huffman codes of a block: the fixed codes, RFC 1951 §3.2.6, and the codes of a dynamic block, RFC 1951 §3.2.7. */
import type { BitReader } from './bit-reader.ts';
import * as tables from './decoding-table.ts';
import { DecodingTable, rangeFrom } from './decoding-table.ts';
import * as format from './format.ts';
import { fixedDistanceLengths, fixedLiteralLengths } from './format.ts';
import { InflateError } from './inflate-error.ts';

// V8 folds the constants of a module into its code, but reads imported ones at each use.
const { CODE_BITS, END, EXTRA_BITS, EXTRA_SHIFT, INVALID, LITERAL, VALUE_SHIFT } = tables;
const { CODE_LENGTH_ORDER, CODE_LENGTH_SYMBOLS, MAX_DISTANCES, MAX_LITERALS } = format;
const { DISTANCE_BASES, DISTANCE_EXTRA_BITS, LENGTH_BASES, LENGTH_EXTRA_BITS } = format;
const { END_OF_BLOCK, FIRST_LENGTH, REPEAT_BASES, REPEAT_EXTRA_BITS, REPEAT_LAST } = format;

/** The tables that decode a block. */
export interface BlockCodes {
  readonly literals: DecodingTable;
  readonly distances: DecodingTable;
}

const LITERAL_MEANINGS = Int32Array.from({ length: 288 }, (_, symbol) => {
  if (symbol < END_OF_BLOCK) return LITERAL | (symbol << VALUE_SHIFT);
  if (symbol === END_OF_BLOCK) return END;
  return meaningOf(symbol - FIRST_LENGTH, LENGTH_BASES, LENGTH_EXTRA_BITS);
});
const DISTANCE_MEANINGS = Int32Array.from({ length: 32 }, (_, symbol) =>
  meaningOf(symbol, DISTANCE_BASES, DISTANCE_EXTRA_BITS),
);
const CODE_LENGTH_MEANINGS = Int32Array.from({ length: CODE_LENGTH_SYMBOLS }, (_, symbol) =>
  rangeFrom(symbol, REPEAT_EXTRA_BITS[symbol - REPEAT_LAST] ?? 0),
);

/** Longer codes are rare: they belong to rare symbols. */
const LITERAL_INDEX_BITS = 10;
const DISTANCE_INDEX_BITS = 8;
const CODE_LENGTH_INDEX_BITS = 7;

/** RFC 1951 §3.2.7: HLIT, HDIST and HCLEN. */
const COUNTS_BITS = 14;
/** RFC 1951 §3.2.7: a code of the code length code has at most 7 bits, and so have the extra bits after it. */
const MAX_LENGTH_CODE_BITS = 14;

let fixed: BlockCodes | undefined;
/** Codes for the next dynamic block. An inflater holds codes while it reads such a block, and gives them back at its end. */
let spare: DynamicCodes | undefined;

/** RFC 1951 §3.2.6. */
export function fixedCodes(): BlockCodes {
  fixed ??= {
    literals: fixedTable(LITERAL_MEANINGS, 9, fixedLiteralLengths()),
    distances: fixedTable(DISTANCE_MEANINGS, 5, fixedDistanceLengths()),
  };
  return fixed;
}

function fixedTable(meanings: Int32Array, indexBits: number, lengths: Uint8Array): DecodingTable {
  const table = new DecodingTable(meanings, indexBits);
  for (const [symbol, bits] of lengths.entries()) table.add(symbol, bits);
  table.build();
  return table;
}

/** Codes to read the beginning of a dynamic block into; to be given back at the end of the block. */
export function borrowCodes(): DynamicCodes {
  const codes = spare ?? new DynamicCodes();
  spare = undefined;
  codes.begin();
  return codes;
}

export function giveBackCodes(codes: DynamicCodes): void {
  spare = codes;
}

/** Reads the codes of a dynamic block, which may come in pieces. */
export class DynamicCodes implements BlockCodes {
  readonly literals: DecodingTable = new DecodingTable(LITERAL_MEANINGS, LITERAL_INDEX_BITS);
  readonly distances: DecodingTable = new DecodingTable(DISTANCE_MEANINGS, DISTANCE_INDEX_BITS);
  readonly #codeLengths = new DecodingTable(CODE_LENGTH_MEANINGS, CODE_LENGTH_INDEX_BITS, false);
  readonly #codeLengthLengths = new Uint8Array(CODE_LENGTH_SYMBOLS);
  /** How many code lengths there are of literals and lengths, in all, and of the code length code; 0 before they are read. */
  #literalCount = 0;
  #lengthCount = 0;
  #codeLengthCount = 0;
  /** How many of the latter are read, and of all: those of literals and lengths, followed by those of distances. */
  #codeLengthsRead = 0;
  #lengthsRead = 0;
  /** The code length that was read last. */
  #lastLength = 0;
  #hasEnd = false;

  begin(): void {
    this.literals.begin();
    this.distances.begin();
    this.#codeLengths.begin();
    this.#codeLengthCount = 0;
    this.#codeLengthsRead = 0;
    this.#lengthsRead = 0;
    this.#hasEnd = false;
  }

  /**
   * Continues to read.
   * @returns whether the codes are complete; if not, the input is used up
   * @throws {InflateError} for invalid codes
   */
  read(input: BitReader): boolean {
    if (this.#codeLengthCount === 0 && !this.#readCounts(input)) return false;
    if (this.#codeLengthsRead < CODE_LENGTH_SYMBOLS && !this.#readCodeLengthCode(input)) return false;
    if (!this.#readLengths(input)) return false;
    if (!this.#hasEnd) throw new InflateError('missing-end-of-block');
    if (!this.literals.build()) throw new InflateError('invalid-literal-code');
    if (!this.distances.build()) throw new InflateError('invalid-distance-code');
    return true;
  }

  #readCounts(input: BitReader): boolean {
    if (!input.has(COUNTS_BITS)) return false;
    this.#literalCount = input.take(5) + 257;
    const distanceCount = input.take(5) + 1;
    this.#codeLengthCount = input.take(4) + 4;
    if (this.#literalCount > MAX_LITERALS || distanceCount > MAX_DISTANCES) {
      throw new InflateError('too-many-codes');
    }
    this.#lengthCount = this.#literalCount + distanceCount;
    return true;
  }

  #readCodeLengthCode(input: BitReader): boolean {
    const lengths = this.#codeLengthLengths;
    while (this.#codeLengthsRead < this.#codeLengthCount) {
      if (!input.has(3)) return false;
      lengths[CODE_LENGTH_ORDER[this.#codeLengthsRead++]!] = input.take(3);
    }
    while (this.#codeLengthsRead < CODE_LENGTH_SYMBOLS)
      lengths[CODE_LENGTH_ORDER[this.#codeLengthsRead++]!] = 0;
    for (let symbol = 0; symbol < CODE_LENGTH_SYMBOLS; symbol++) {
      if (lengths[symbol]! > 0) this.#codeLengths.add(symbol, lengths[symbol]!);
    }
    if (!this.#codeLengths.build()) throw new InflateError('invalid-code-length-code');
    return true;
  }

  /** RFC 1951 §3.2.7: a repetition may cross from the lengths of literals to those of distances. */
  #readLengths(input: BitReader): boolean {
    const { entries, mask } = this.#codeLengths;
    const { bytes, end } = input;
    let { hold, count, position } = input;
    while (this.#lengthsRead < this.#lengthCount) {
      for (; count < MAX_LENGTH_CODE_BITS && position < end; count += 8) hold |= bytes[position++]! << count;
      const entry = entries[hold & mask]!;
      const codeBits = entry & CODE_BITS;
      const extraBits = (entry >>> EXTRA_SHIFT) & EXTRA_BITS;
      const allBits = codeBits + extraBits;
      if (allBits > count) break;
      const symbol = entry >>> VALUE_SHIFT;
      if (symbol < REPEAT_LAST) this.#addLengths(symbol, 1);
      else this.#repeat(symbol, (hold >> codeBits) & ((1 << extraBits) - 1));
      hold >>= allBits;
      count -= allBits;
    }
    input.goTo(position, hold, count);
    return this.#lengthsRead === this.#lengthCount;
  }

  #repeat(symbol: number, extra: number): void {
    const times = REPEAT_BASES[symbol - REPEAT_LAST]! + extra;
    if (symbol === REPEAT_LAST && this.#lengthsRead === 0) throw new InflateError('nothing-to-repeat');
    if (this.#lengthsRead + times > this.#lengthCount) throw new InflateError('repeat-too-long');
    this.#addLengths(symbol === REPEAT_LAST ? this.#lastLength : 0, times);
  }

  /** The next symbols have codes of this length, or none if it is 0. */
  #addLengths(length: number, times: number): void {
    const from = this.#lengthsRead;
    const to = from + times;
    this.#lengthsRead = to;
    this.#lastLength = length;
    if (length === 0) return;
    if (from <= END_OF_BLOCK && to > END_OF_BLOCK) this.#hasEnd = true;
    const literalCount = this.#literalCount;
    for (let i = from; i < to; i++) {
      if (i < literalCount) this.literals.add(i, length);
      else this.distances.add(i - literalCount, length);
    }
  }
}

function meaningOf(index: number, bases: readonly number[], extraBits: readonly number[]): number {
  const base = bases[index];
  return base === undefined ? INVALID : rangeFrom(base, extraBits[index]!);
}
