/** The contents of a compressed block, RFC 1951 §3.2.3: literals, and matches with earlier bytes, up to its end. */
import type { ByteBuffer } from '../byte-buffer.ts';
import type { BitReader } from './bit-reader.ts';
import type { BlockCodes } from './block-codes.ts';
import type { DecodingTable } from './decoding-table.ts';
import * as tables from './decoding-table.ts';
import { MAX_CODE_BITS } from './format.ts';
import { InflateError } from './inflate-error.ts';
import type { SlidingWindow } from './window.ts';

// V8 folds the constants of a module into its code, but reads imported ones at each use.
const { CODE_BITS, END, EXTRA_BITS, EXTRA_SHIFT, INVALID, LITERAL, VALUE_BITS, VALUE_SHIFT } = tables;

/** Bytes are taken until there are this many bits: enough for a code and its extra bits, and always a small integer. */
const REFILL = 23;
/** RFC 1951 §3.2.5: a length has at most 5 extra bits. */
const MAX_LENGTH_BITS: number = MAX_CODE_BITS + 5;
/**
 * The output grows by at least so many bytes. It is not guessed from the input that is left: that may be blocks that hold nothing.
 */
const MIN_ROOM = 256;

export class SymbolReader {
  readonly #input: BitReader;
  readonly #maxDistance: number;
  readonly #window: SlidingWindow;
  /** A length of which the distance is not read yet, or 0; and the entry of the distance, if only its extra bits are missing. */
  #matchLength = 0;
  #distanceEntry = 0;

  constructor(input: BitReader, maxDistance: number, window: SlidingWindow) {
    this.#input = input;
    this.#maxDistance = maxDistance;
    this.#window = window;
  }

  /**
   * Continues to read a block with these codes.
   * @param stopAt the length of the output at which it stops; the last match may go beyond it
   * @returns whether the block has ended; if not, the input is used up, or the output has reached `stopAt`
   * @throws {InflateError} at the first symbol that breaks a rule; the bytes before it are in the output
   */
  read(codes: BlockCodes, output: ByteBuffer, maxBytes: number, stopAt: number): boolean {
    const input = this.#input;
    for (;;) {
      if (output.length >= stopAt) return false;
      if (this.#matchLength > 0 && !this.#readMatch(codes.distances, output, maxBytes)) return false;
      const entry = this.#readFast(codes, output, Math.min(maxBytes, stopAt));
      if (this.#matchLength > 0) continue;
      if (entry === 0) return false;
      if ((entry & LITERAL) !== 0) {
        if (output.length < stopAt) this.#putLiteral(entry, output, maxBytes);
        continue;
      }
      input.take(entry & CODE_BITS);
      if ((entry & END) !== 0) return true;
      throw new InflateError('invalid-length-symbol');
    }
  }

  /**
   * Reads symbols in a loop that keeps everything in local variables. It stops at the first special case: an end, an invalid
   * symbol, a literal with a long code, no room in the output or `mostBytes` in it, no more input, or a distance that needs a closer look.
   * @returns the entry of the symbol at which it stopped, which is not read yet, or 0 if the input is used up. If it stopped
   * at a distance, `#matchLength` is set.
   */
  #readFast({ literals, distances }: BlockCodes, output: ByteBuffer, mostBytes: number): number {
    const input = this.#input;
    const { bytes, end } = input;
    let { hold, count, position } = input;
    const to = output.bytes;
    const room = Math.min(to.length, mostBytes);
    let { length } = output;
    const { entries, mask } = literals;
    let entry: number;
    for (;;) {
      for (; count < REFILL && position < end; count += 8) hold |= bytes[position++]! << count;
      entry = entries[hold & mask]!;
      // Literals come in runs, so they are read until there are too few bits for one.
      while ((entry & LITERAL) !== 0 && (entry & CODE_BITS) <= count && length < room) {
        to[length++] = entry >>> VALUE_SHIFT;
        hold >>= entry & CODE_BITS;
        count -= entry & CODE_BITS;
        entry = entries[hold & mask]!;
      }
      if (count < MAX_LENGTH_BITS && position < end) continue;
      if (entry === 0) entry = literals.lookUp(hold, count);
      let bits = bitsOf(entry);
      if (bits > count) entry = 0;
      if ((entry & (LITERAL | END | INVALID)) !== 0 || entry === 0) break;
      const matchLength = rangeValue(entry, hold);
      hold >>= bits;
      count -= bits;
      for (; count < REFILL && position < end; count += 8) hold |= bytes[position++]! << count;
      // 0 if the code is not in the table, or invalid.
      const distanceEntry = distances.entries[hold & distances.mask]!;
      const distance = rangeValue(distanceEntry, hold);
      bits = bitsOf(distanceEntry);
      if (bits > count || length + matchLength > room || !this.#isAllowed(distance, length)) {
        this.#matchLength = matchLength;
        break;
      }
      this.#copy(to, length, matchLength, distance);
      length += matchLength;
      hold >>= bits;
      count -= bits;
    }
    output.advance(length - output.length);
    input.goTo(position, hold, count);
    return entry;
  }

  /** A literal that has a long code, or for which there was no room. */
  #putLiteral(entry: number, output: ByteBuffer, maxBytes: number): void {
    this.#makeRoom(1, output, maxBytes);
    output.bytes[output.length] = entry >>> VALUE_SHIFT;
    output.advance(1);
    this.#input.take(entry & CODE_BITS);
  }

  /** RFC 1951 §3.2.5: any distance that follows a length. @returns false if the input is used up */
  #readMatch(distances: DecodingTable, output: ByteBuffer, maxBytes: number): boolean {
    const input = this.#input;
    if (this.#distanceEntry === 0) {
      input.has(MAX_CODE_BITS);
      const { hold, count } = input;
      const entry = distances.entries[hold & distances.mask]! || distances.lookUp(hold, count);
      if ((entry & CODE_BITS) > count) return false;
      if ((entry & INVALID) !== 0) throw new InflateError('invalid-distance-symbol');
      input.take(entry & CODE_BITS);
      this.#distanceEntry = entry;
    }
    const extraBits = extraBitsOf(this.#distanceEntry);
    if (!input.has(extraBits)) return false;
    const distance = baseOf(this.#distanceEntry) + input.take(extraBits);
    if (!this.#isAllowed(distance, output.length)) throw new InflateError('distance-too-far');
    this.#makeRoom(this.#matchLength, output, maxBytes);
    this.#copy(output.bytes, output.length, this.#matchLength, distance);
    output.advance(this.#matchLength);
    this.#matchLength = 0;
    this.#distanceEntry = 0;
    return true;
  }

  /** A distance must not go back beyond the first byte, nor beyond the agreed window. */
  #isAllowed(distance: number, length: number): boolean {
    if (distance === 0 || distance > this.#maxDistance) return false;
    return distance <= length || distance <= length + this.#window.length;
  }

  /** RFC 1951 §2: repeats earlier bytes. Those before the beginning of the output come from the window. */
  #copy(message: Uint8Array, length: number, matchLength: number, distance: number): void {
    const end = length + matchLength;
    let to = length;
    if (distance > length) {
      to = Math.min(end, distance);
      this.#window.copyTo(message, length, distance - length, to - length);
    }
    for (; to < end; to++) message[to] = message[to - distance]!;
  }

  /** Makes room for at least `byteCount` bytes, which must then be written. */
  #makeRoom(byteCount: number, output: ByteBuffer, maxBytes: number): void {
    const { length } = output;
    if (length + byteCount > maxBytes) throw new InflateError('output-limit');
    if (length + byteCount <= output.bytes.length) return;
    const room = Math.min(Math.max(byteCount, MIN_ROOM), maxBytes - length);
    output.reserve(room, maxBytes <= 2 * length ? maxBytes : 0);
  }
}

function baseOf(entry: number): number {
  return (entry >>> VALUE_SHIFT) & VALUE_BITS;
}

function extraBitsOf(entry: number): number {
  return (entry >>> EXTRA_SHIFT) & EXTRA_BITS;
}

/** How many bits a code and its extra bits have. */
function bitsOf(entry: number): number {
  return (entry & CODE_BITS) + extraBitsOf(entry);
}

/** The value of a code and of the extra bits after it in `hold`. */
function rangeValue(entry: number, hold: number): number {
  return baseOf(entry) + ((hold >>> (entry & CODE_BITS)) & ((1 << extraBitsOf(entry)) - 1));
}
