/** Decompression of messages that come in pieces: RFC 7692 §7.2.2, and RFC 1951 §3.2.3 for the blocks. */
import type { ByteBuffer } from '../byte-buffer.ts';
import { BitReader } from './bit-reader.ts';
import { type BlockCodes, borrowCodes, type DynamicCodes, fixedCodes, giveBackCodes } from './block-codes.ts';
import {
  type DecodingTable,
  END,
  EXTRA_SHIFT,
  INVALID,
  LITERAL,
  VALUE_BITS,
  VALUE_SHIFT,
} from './decoding-table.ts';
import { BLOCK_TYPE, MAX_CODE_BITS } from './format.ts';
import { InflateError } from './inflate-error.ts';
import { type CodecOptions, maxDistance, SlidingWindow } from './window.ts';

/** RFC 7692 §7.2.2: what the sender removed from the end of each message. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** Bits are taken in until there are this many: enough for a code and its extra bits, and always a small integer. */
const REFILL = 23;
/** Output grows by at least this much, or by this many times what is still to be inflated. */
const MIN_ROOM = 256;
const GUESSED_RATIO = 3;

/** Where in a block the input ended. */
const STEP = { header: 0, storedLength: 1, storedCheck: 2, stored: 3, codes: 4, compressed: 5 } as const;
type Step = (typeof STEP)[keyof typeof STEP];

export class Inflater {
  readonly #maxDistance: number;
  /** What earlier messages said; undefined without context takeover. */
  readonly #window: SlidingWindow | undefined;
  readonly #input = new BitReader();
  #step: Step = STEP.header;
  #isFinal = false;
  /** How many bytes of a stored block have not come yet. */
  #storedBytes = 0;
  #codes: BlockCodes | undefined;
  /** The codes, if they are borrowed for a dynamic block. */
  #borrowed: DynamicCodes | undefined;
  /** A length whose distance has not come yet, or 0; and the distance's entry, if only its extra bits are missing. */
  #matchLength = 0;
  #distanceEntry = 0;

  /** @throws {UsageError} when there is no such window */
  constructor({ windowBits, contextTakeover }: CodecOptions) {
    this.#maxDistance = maxDistance(windowBits);
    this.#window = contextTakeover ? new SlidingWindow(this.#maxDistance) : undefined;
  }

  /**
   * Inflates the next piece of a message.
   * @param output gets the bytes, and holds the message from its beginning and nothing else
   * @param maxBytes what the message may have in all, inflated
   * @throws {InflateError} at the first code that breaks a rule; what was said before is in the output
   */
  inflate(bytes: Uint8Array, start: number, end: number, output: ByteBuffer, maxBytes: number): void {
    this.#input.attach(bytes, start, end);
    while (this.#go(output, maxBytes));
    this.#input.detach();
  }

  /**
   * Ends the message, RFC 7692 §7.2.2, and remembers it for the next.
   * @throws {InflateError} when a block is not finished; otherwise as {@link inflate}
   */
  finish(output: ByteBuffer, maxBytes: number): void {
    this.inflate(TAIL, 0, TAIL.length, output, maxBytes);
    if (this.#step !== STEP.header || this.#input.count > 0) throw new InflateError('unexpected-end');
    this.#window?.append(output.bytes, 0, output.length);
  }

  /** Goes one step. @returns false when the input is used up */
  #go(output: ByteBuffer, maxBytes: number): boolean {
    switch (this.#step) {
      case STEP.header:
        return this.#readHeader();
      case STEP.storedLength:
        return this.#readStoredLength();
      case STEP.storedCheck:
        return this.#checkStoredLength();
      case STEP.stored:
        return this.#readStored(output, maxBytes);
      case STEP.codes:
        return this.#readCodes();
      case STEP.compressed:
        return this.#readCompressed(this.#codes!, output, maxBytes);
    }
  }

  /** §3.2.3: BFINAL and BTYPE. */
  #readHeader(): boolean {
    const input = this.#input;
    if (!input.has(3)) return false;
    this.#isFinal = input.take(1) === 1;
    switch (input.take(2)) {
      case BLOCK_TYPE.stored:
        input.align();
        this.#step = STEP.storedLength;
        return true;
      case BLOCK_TYPE.fixed:
        this.#codes = fixedCodes();
        this.#step = STEP.compressed;
        return true;
      case BLOCK_TYPE.dynamic:
        this.#borrowed = borrowCodes();
        this.#step = STEP.codes;
        return true;
      default:
        throw new InflateError('reserved-block-type');
    }
  }

  /** RFC 7692 §7.2.3.5: after a block with BFINAL set, the next begins at the next byte. */
  #endBlock(): void {
    if (this.#borrowed !== undefined) giveBackCodes(this.#borrowed);
    this.#borrowed = undefined;
    this.#codes = undefined;
    if (this.#isFinal) this.#input.align();
    this.#step = STEP.header;
  }

  /** §3.2.4: LEN. */
  #readStoredLength(): boolean {
    if (!this.#input.has(16)) return false;
    this.#storedBytes = this.#input.take(16);
    this.#step = STEP.storedCheck;
    return true;
  }

  /** §3.2.4: NLEN. */
  #checkStoredLength(): boolean {
    if (!this.#input.has(16)) return false;
    if ((this.#input.take(16) ^ this.#storedBytes) !== 0xffff)
      throw new InflateError('stored-length-mismatch');
    this.#step = STEP.stored;
    return true;
  }

  #readStored(output: ByteBuffer, maxBytes: number): boolean {
    const input = this.#input;
    for (; this.#storedBytes > 0 && input.count > 0; this.#storedBytes--) {
      this.#makeRoom(1, output, maxBytes);
      output.bytes[output.length] = input.take(8);
      output.advance(1);
    }
    const there = Math.min(this.#storedBytes, input.end - input.position);
    const allowed = Math.min(there, maxBytes - output.length);
    output.append(input.bytes, input.position, input.position + allowed, maxBytes);
    if (allowed < there) throw new InflateError('output-limit');
    input.position += there;
    this.#storedBytes -= there;
    if (this.#storedBytes > 0) return false;
    this.#endBlock();
    return true;
  }

  #readCodes(): boolean {
    if (!this.#borrowed!.read(this.#input)) return false;
    this.#codes = this.#borrowed;
    this.#step = STEP.compressed;
    return true;
  }

  #readCompressed({ literals, distances }: BlockCodes, output: ByteBuffer, maxBytes: number): boolean {
    const input = this.#input;
    for (;;) {
      if (this.#matchLength > 0 && !this.#readMatch(distances, output, maxBytes)) return false;
      const entry = this.#readLiterals(literals, output, maxBytes);
      if (entry === 0) return false;
      if ((entry & LITERAL) !== 0) {
        this.#makeRoom(1, output, maxBytes);
        continue;
      }
      input.take(entry & 15);
      if ((entry & INVALID) !== 0) throw new InflateError('invalid-length-symbol');
      if ((entry & END) !== 0) {
        this.#endBlock();
        return true;
      }
      this.#matchLength = baseOf(entry) + input.take(extraBitsOf(entry));
    }
  }

  /**
   * Reads literals while there are some, and room for them.
   * @returns the entry of the symbol that comes then, not yet read but there with its extra bits; 0 when the input is
   * used up
   */
  #readLiterals(literals: DecodingTable, output: ByteBuffer, maxBytes: number): number {
    const input = this.#input;
    const { bytes, end } = input;
    let { hold, count, position } = input;
    const { entries, mask } = literals;
    const to = output.bytes;
    const room = Math.min(to.length, maxBytes);
    let { length } = output;
    let entry: number;
    for (;;) {
      while (count < REFILL && position < end) {
        hold |= bytes[position++]! << count;
        count += 8;
      }
      entry = entries[hold & mask]!;
      if (entry === 0) entry = literals.lookUp(hold, count);
      const bits = (entry & 15) + extraBitsOf(entry);
      if (bits > count) entry = 0;
      if ((entry & LITERAL) === 0 || length === room) break;
      to[length++] = entry >>> VALUE_SHIFT;
      hold >>>= bits;
      count -= bits;
    }
    output.advance(length - output.length);
    input.hold = hold;
    input.count = count;
    input.position = position;
    return entry;
  }

  /** §3.2.5: the distance that follows a length. @returns false when the input is used up */
  #readMatch(distances: DecodingTable, output: ByteBuffer, maxBytes: number): boolean {
    const input = this.#input;
    if (this.#distanceEntry === 0) {
      input.has(MAX_CODE_BITS);
      const entry =
        distances.entries[input.hold & distances.mask]! || distances.lookUp(input.hold, input.count);
      if ((entry & 15) > input.count) return false;
      if ((entry & INVALID) !== 0) throw new InflateError('invalid-distance-symbol');
      input.take(entry & 15);
      this.#distanceEntry = entry;
    }
    const extraBits = extraBitsOf(this.#distanceEntry);
    if (!input.has(extraBits)) return false;
    this.#copyMatch(baseOf(this.#distanceEntry) + input.take(extraBits), output, maxBytes);
    this.#matchLength = 0;
    this.#distanceEntry = 0;
    return true;
  }

  /** §2: what was said is said again, from the message itself where the distance does not go back beyond it. */
  #copyMatch(distance: number, output: ByteBuffer, maxBytes: number): void {
    const { length } = output;
    const inWindow = distance - length;
    if (distance > this.#maxDistance || inWindow > (this.#window?.length ?? 0)) {
      throw new InflateError('distance-too-far');
    }
    const end = length + this.#matchLength;
    this.#makeRoom(this.#matchLength, output, maxBytes);
    const { bytes } = output;
    let to = length;
    if (inWindow > 0) {
      to = Math.min(end, length + inWindow);
      this.#window!.copyTo(bytes, length, inWindow, to - length);
    }
    for (; to < end; to++) bytes[to] = bytes[to - distance]!;
    output.advance(this.#matchLength);
  }

  /** Makes room for `byteCount` bytes that are certain to come, and more if it has to grow. */
  #makeRoom(byteCount: number, output: ByteBuffer, maxBytes: number): void {
    const { length } = output;
    if (length + byteCount > maxBytes) throw new InflateError('output-limit');
    if (length + byteCount <= output.bytes.length) return;
    const guess = Math.max(byteCount, MIN_ROOM, GUESSED_RATIO * (this.#input.end - this.#input.position));
    output.reserve(Math.min(guess, maxBytes - length), maxBytes);
  }
}

function baseOf(entry: number): number {
  return (entry >>> VALUE_SHIFT) & VALUE_BITS;
}

function extraBitsOf(entry: number): number {
  return (entry >>> EXTRA_SHIFT) & 15;
}
