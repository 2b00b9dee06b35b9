/** Writes blocks, each in the form that takes the fewest bits: RFC 1951 §3.2.3 to §3.2.7. BFINAL is never set. */
import type { BitWriter } from './bit-writer.ts';
import { CodesHeader } from './codes-header.ts';
import { EncodingTable } from './encoding-table.ts';
import * as format from './format.ts';
import { fixedDistanceLengths, fixedLiteralLengths } from './format.ts';
import * as tokenTables from './tokens.ts';
import { distanceOf, distanceSymbol, lengthIndex, lengthOf } from './tokens.ts';

// V8 folds the constants of a module into its code, but reads imported ones at each use.
const { BLOCK_TYPE, END_OF_BLOCK, FIRST_LENGTH, HEADER_BITS } = format;
const { MAX_CODE_BITS, MAX_DISTANCES, MAX_LITERALS, MAX_STORED_BYTES } = format;
const { DISTANCE_BASE, DISTANCE_EXTRA, FIRST_MATCH, LENGTH_BASE, LENGTH_EXTRA } = tokenTables;

/** RFC 1951 §3.2.4: LEN and NLEN. */
const STORED_LENGTH_BITS = 32;
/** A block that takes less than this with the fixed codes is not worth codes of its own. */
const WORTH_CODES_BITS = 1400;

export class BlockWriter {
  readonly #writer: BitWriter;
  readonly #fixedLiterals = new EncodingTable(288, MAX_CODE_BITS);
  readonly #fixedDistances = new EncodingTable(32, MAX_CODE_BITS);
  /** A block's own codes, and their description. */
  readonly #literals = new EncodingTable(MAX_LITERALS, MAX_CODE_BITS);
  readonly #distances = new EncodingTable(MAX_DISTANCES, MAX_CODE_BITS);
  readonly #codesHeader = new CodesHeader();
  readonly #literalFrequencies = new Uint32Array(MAX_LITERALS);
  readonly #distanceFrequencies = new Uint32Array(MAX_DISTANCES);

  constructor(writer: BitWriter) {
    this.#writer = writer;
    this.#fixedLiterals.useLengths(fixedLiteralLengths());
    this.#fixedDistances.useLengths(fixedDistanceLengths());
  }

  /** Writes `bytes[start, end)`, which are `tokens[0, tokenCount)`. */
  write(tokens: Uint32Array, tokenCount: number, bytes: Uint8Array, start: number, end: number): void {
    const writer = this.#writer;
    const fixedBits = HEADER_BITS + bitsOf(tokens, tokenCount, this.#fixedLiterals, this.#fixedDistances);
    const ownBits = fixedBits < WORTH_CODES_BITS ? fixedBits : this.#fitCodes(tokens, tokenCount);
    const bits = Math.min(fixedBits, ownBits);
    if (this.#storedBits(end - start) <= bits) {
      this.#writeStored(bytes, start, end);
      return;
    }
    writer.reserve(bits);
    if (ownBits < fixedBits) {
      writer.put(BLOCK_TYPE.dynamic << 1, HEADER_BITS);
      this.#codesHeader.write(writer);
      writeTokens(writer, tokens, tokenCount, this.#literals, this.#distances);
    } else {
      writer.put(BLOCK_TYPE.fixed << 1, HEADER_BITS);
      writeTokens(writer, tokens, tokenCount, this.#fixedLiterals, this.#fixedDistances);
    }
  }

  /** Makes codes that fit these tokens. @returns how many bits the block takes with them */
  #fitCodes(tokens: Uint32Array, tokenCount: number): number {
    const literals = this.#literalFrequencies.fill(0);
    const distances = this.#distanceFrequencies.fill(0);
    for (let i = 0; i < tokenCount; i++) {
      const token = tokens[i]!;
      if (token < FIRST_MATCH) {
        literals[token]!++;
      } else {
        literals[FIRST_LENGTH + lengthIndex(lengthOf(token))]!++;
        distances[distanceSymbol(distanceOf(token))]!++;
      }
    }
    literals[END_OF_BLOCK] = 1;
    this.#literals.fit(literals);
    this.#distances.fit(distances);
    const codesBits = this.#codesHeader.prepare(this.#literals, this.#distances);
    return HEADER_BITS + codesBits + bitsOf(tokens, tokenCount, this.#literals, this.#distances);
  }

  /** How many bits a stored block takes, RFC 1951 §3.2.4. Too many bytes for one can be compressed, or there would be more tokens. */
  #storedBits(byteCount: number): number {
    if (byteCount > MAX_STORED_BYTES) return Number.POSITIVE_INFINITY;
    const padding = this.#writer.paddingAfter(HEADER_BITS);
    return HEADER_BITS + padding + STORED_LENGTH_BITS + 8 * byteCount;
  }

  /** RFC 1951 §3.2.4. */
  #writeStored(bytes: Uint8Array, start: number, end: number): void {
    const writer = this.#writer;
    writer.reserve(this.#storedBits(end - start));
    writer.put(BLOCK_TYPE.stored << 1, HEADER_BITS);
    writer.align();
    writer.put(end - start, 16);
    writer.put((end - start) ^ 0xffff, 16);
    writer.align();
    writer.append(bytes, start, end);
  }
}

/** How many bits tokens and the end of their block take with these codes. */
function bitsOf(
  tokens: Uint32Array,
  tokenCount: number,
  { lengths: literalBits }: EncodingTable,
  { lengths: distanceBits }: EncodingTable,
): number {
  let bits = literalBits[END_OF_BLOCK]!;
  for (let i = 0; i < tokenCount; i++) {
    const token = tokens[i]!;
    if (token < FIRST_MATCH) {
      bits += literalBits[token]!;
    } else {
      const index = lengthIndex(lengthOf(token));
      const symbol = distanceSymbol(distanceOf(token));
      bits += literalBits[FIRST_LENGTH + index]! + LENGTH_EXTRA[index]!;
      bits += distanceBits[symbol]! + DISTANCE_EXTRA[symbol]!;
    }
  }
  return bits;
}

/** RFC 1951 §3.2.5: tokens, and the end of their block. */
function writeTokens(
  writer: BitWriter,
  tokens: Uint32Array,
  tokenCount: number,
  literals: EncodingTable,
  distances: EncodingTable,
): void {
  for (let i = 0; i < tokenCount; i++) {
    const token = tokens[i]!;
    if (token < FIRST_MATCH) {
      writer.put(literals.codes[token]!, literals.lengths[token]!);
    } else {
      const length = lengthOf(token);
      const index = lengthIndex(length);
      writer.put(literals.codes[FIRST_LENGTH + index]!, literals.lengths[FIRST_LENGTH + index]!);
      writer.put(length - LENGTH_BASE[index]!, LENGTH_EXTRA[index]!);
      const distance = distanceOf(token);
      const symbol = distanceSymbol(distance);
      writer.put(distances.codes[symbol]!, distances.lengths[symbol]!);
      writer.put(distance - DISTANCE_BASE[symbol]!, DISTANCE_EXTRA[symbol]!);
    }
  }
  writer.put(literals.codes[END_OF_BLOCK]!, literals.lengths[END_OF_BLOCK]!);
}
