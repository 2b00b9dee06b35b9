/** The two Huffman codes of a block: the fixed ones, §3.2.6, and those that a dynamic block begins with, §3.2.7. */
import type { BitReader } from './bit-reader.ts';
import { DecodingTable, END, INVALID, LITERAL, rangeFrom, VALUE_SHIFT } from './decoding-table.ts';
import {
  CODE_LENGTH_ORDER,
  CODE_LENGTH_SYMBOLS,
  DISTANCE_BASES,
  DISTANCE_EXTRA_BITS,
  END_OF_BLOCK,
  FIRST_LENGTH,
  fixedDistanceLengths,
  fixedLiteralLengths,
  LENGTH_BASES,
  LENGTH_EXTRA_BITS,
  MAX_DISTANCES,
  MAX_LITERALS,
  REPEAT_BASES,
  REPEAT_EXTRA_BITS,
  REPEAT_LAST,
} from './format.ts';
import { InflateError } from './inflate-error.ts';

/** What decodes a block. */
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

/** Longer codes are rare by their nature. */
const LITERAL_INDEX_BITS = 10;
const DISTANCE_INDEX_BITS = 8;
const CODE_LENGTH_INDEX_BITS = 7;

/** HLIT, HDIST and HCLEN. */
const COUNTS_BITS = 14;

let fixed: BlockCodes | undefined;
/** Whoever is in the middle of a dynamic block has its codes; between blocks they lie here for the next one. */
let spare: DynamicCodes | undefined;

/** The codes of §3.2.6. */
export function fixedCodes(): BlockCodes {
  if (fixed === undefined) {
    const literals = new DecodingTable(LITERAL_MEANINGS, 9);
    literals.build(fixedLiteralLengths(), 0, 288);
    const distances = new DecodingTable(DISTANCE_MEANINGS, 5);
    distances.build(fixedDistanceLengths(), 0, 32);
    fixed = { literals, distances };
  }
  return fixed;
}

/** Codes to read a dynamic block's beginning into; to be given back at its end. */
export function borrowCodes(): DynamicCodes {
  const codes = spare ?? new DynamicCodes();
  spare = undefined;
  codes.begin();
  return codes;
}

export function giveBackCodes(codes: DynamicCodes): void {
  spare = codes;
}

/** Reads the codes of a dynamic block, as far as they have come. */
export class DynamicCodes implements BlockCodes {
  readonly literals: DecodingTable = new DecodingTable(LITERAL_MEANINGS, LITERAL_INDEX_BITS);
  readonly distances: DecodingTable = new DecodingTable(DISTANCE_MEANINGS, DISTANCE_INDEX_BITS);
  readonly #codeLengths = new DecodingTable(CODE_LENGTH_MEANINGS, CODE_LENGTH_INDEX_BITS, false);
  readonly #codeLengthLengths = new Uint8Array(CODE_LENGTH_SYMBOLS);
  /** The code lengths of literals and lengths, and right behind them those of distances. */
  readonly #lengths = new Uint8Array(MAX_LITERALS + MAX_DISTANCES);
  /** How many of the first there are, of both, and of code length codes; 0 before they are read. */
  #literalCount = 0;
  #lengthCount = 0;
  #codeLengthCount = 0;
  /** How many of them are read. */
  #codeLengthsRead = 0;
  #lengthsRead = 0;

  begin(): void {
    this.#codeLengthCount = 0;
    this.#codeLengthsRead = 0;
    this.#lengthsRead = 0;
  }

  /**
   * Reads on.
   * @returns whether the codes are complete; if not, the input is used up
   * @throws {InflateError} when there are no such codes
   */
  read(input: BitReader): boolean {
    if (this.#codeLengthCount === 0 && !this.#readCounts(input)) return false;
    if (this.#codeLengthsRead < CODE_LENGTH_SYMBOLS && !this.#readCodeLengthCode(input)) return false;
    if (!this.#readLengths(input)) return false;
    const lengths = this.#lengths;
    if (lengths[END_OF_BLOCK] === 0) throw new InflateError('missing-end-of-block');
    if (!this.literals.build(lengths, 0, this.#literalCount)) throw new InflateError('invalid-literal-code');
    if (!this.distances.build(lengths, this.#literalCount, this.#lengthCount)) {
      throw new InflateError('invalid-distance-code');
    }
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
    if (!this.#codeLengths.build(lengths, 0, CODE_LENGTH_SYMBOLS))
      throw new InflateError('invalid-code-length-code');
    return true;
  }

  /** A repetition may go on from the lengths of literals to those of distances. */
  #readLengths(input: BitReader): boolean {
    const { entries, mask } = this.#codeLengths;
    while (this.#lengthsRead < this.#lengthCount) {
      input.has(14);
      const entry = entries[input.hold & mask]!;
      const bits = entry & 15;
      const extraBits = (entry >>> 4) & 15;
      if (bits + extraBits > input.count) return false;
      input.take(bits);
      const symbol = entry >>> VALUE_SHIFT;
      if (symbol < REPEAT_LAST) this.#lengths[this.#lengthsRead++] = symbol;
      else this.#repeat(symbol, REPEAT_BASES[symbol - REPEAT_LAST]! + input.take(extraBits));
    }
    return true;
  }

  #repeat(symbol: number, times: number): void {
    const from = this.#lengthsRead;
    if (symbol === REPEAT_LAST && from === 0) throw new InflateError('nothing-to-repeat');
    if (from + times > this.#lengthCount) throw new InflateError('repeat-too-long');
    const length = symbol === REPEAT_LAST ? this.#lengths[from - 1]! : 0;
    this.#lengthsRead += times;
    this.#lengths.fill(length, from, this.#lengthsRead);
  }
}

function meaningOf(index: number, bases: readonly number[], extraBits: readonly number[]): number {
  const base = bases[index];
  return base === undefined ? INVALID : rangeFrom(base, extraBits[index]!);
}
