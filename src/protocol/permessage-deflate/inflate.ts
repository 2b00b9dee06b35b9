/** Decompression of messages that come in pieces: RFC 7692 §7.2.2, and RFC 1951 §3.2.3 for the blocks. */
import type { ByteBuffer } from '../byte-buffer.ts';
import { BitReader } from './bit-reader.ts';
import { type BlockCodes, borrowCodes, type DynamicCodes, fixedCodes, giveBackCodes } from './block-codes.ts';
import { BLOCK_TYPE } from './format.ts';
import { InflateError } from './inflate-error.ts';
import { SymbolReader } from './symbol-reader.ts';
import { type CodecOptions, maxDistance, SlidingWindow } from './window.ts';

/** RFC 7692 §7.2.2: what the sender removed from the end of each message. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** The part of a block that is read next. */
const STEP = { header: 0, storedLength: 1, storedCheck: 2, stored: 3, codes: 4, compressed: 5 } as const;
type Step = (typeof STEP)[keyof typeof STEP];

/** What reading the header of a block costs, in bytes of output that take as much time: with the codes of a dynamic one, and without. */
const DYNAMIC_BLOCK_WORK = 1024;
const BLOCK_WORK = 64;

export class Inflater {
  /** The bytes before the output: of earlier messages, with context takeover, and of what was taken of this one. */
  readonly #window: SlidingWindow;
  readonly #contextTakeover: boolean;
  readonly #input = new BitReader();
  readonly #symbols: SymbolReader;
  #step: Step = STEP.header;
  #isFinal = false;
  /** How many bytes of the stored block have not come yet. */
  #storedBytes = 0;
  #codes: BlockCodes | undefined;
  /** The codes of a dynamic block, to be given back. */
  #borrowed: DynamicCodes | undefined;
  /** The length of the output at which this call stops. Headers of blocks lower it. */
  #stopAt = 0;

  /** @throws {UsageError} for an invalid size of the window */
  constructor({ windowBits, contextTakeover }: CodecOptions) {
    const farthest = maxDistance(windowBits);
    this.#window = new SlidingWindow(farthest);
    this.#contextTakeover = contextTakeover;
    this.#symbols = new SymbolReader(this.#input, farthest, this.#window);
  }

  /**
   * Inflates the next piece of a message.
   * @param output receives the bytes; it must hold the message from its beginning, or what came after {@link remember}, and
   * nothing else
   * @param maxBytes the most bytes that the output may have
   * @param maxWork stops soon after that much work: bytes of output, and what headers of blocks cost. At least 1
   * @returns where it stopped: at `end`, or earlier because of `maxWork`; then it is to be called again for the rest
   * @throws {InflateError} at the first code that breaks a rule; the bytes before it are in the output
   */
  inflate(
    bytes: Uint8Array,
    start: number,
    end: number,
    output: ByteBuffer,
    maxBytes: number,
    maxWork: number = Number.POSITIVE_INFINITY,
  ): number {
    this.#input.attach(bytes, start, end);
    this.#stopAt = output.length + maxWork;
    try {
      while (output.length < this.#stopAt && this.#takeStep(output, maxBytes));
    } finally {
      this.#input.detach();
    }
    return this.#input.position;
  }

  /** How much work is left of `maxWork`; below 0 if the last step went beyond it. */
  workLeft(output: ByteBuffer): number {
    return this.#stopAt - output.length;
  }

  /** Keeps what a distance may still refer to: the output may be cleared before the message goes on. */
  remember(output: ByteBuffer): void {
    this.#window.append(output.bytes, 0, output.length);
  }

  /**
   * Ends the message, RFC 7692 §7.2.2, to which the next one may refer.
   * @throws {InflateError} if a block is not finished; otherwise as {@link inflate}
   */
  finish(output: ByteBuffer, maxBytes: number): void {
    this.inflate(TAIL, 0, TAIL.length, output, maxBytes);
    if (this.#step !== STEP.header || this.#input.count > 0) throw new InflateError('unexpected-end');
    if (this.#contextTakeover) this.remember(output);
    else this.#window.clear();
  }

  /** @returns false if the input is used up, or the output has reached `#stopAt` */
  #takeStep(output: ByteBuffer, maxBytes: number): boolean {
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
        return this.#readCompressed(output, maxBytes);
    }
  }

  /** RFC 1951 §3.2.3: BFINAL and BTYPE. */
  #readHeader(): boolean {
    const input = this.#input;
    if (!input.has(3)) return false;
    this.#stopAt -= BLOCK_WORK;
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

  /** RFC 1951 §3.2.4: LEN. */
  #readStoredLength(): boolean {
    if (!this.#input.has(16)) return false;
    this.#storedBytes = this.#input.take(16);
    this.#step = STEP.storedCheck;
    return true;
  }

  /** RFC 1951 §3.2.4: NLEN. */
  #checkStoredLength(): boolean {
    if (!this.#input.has(16)) return false;
    if ((this.#input.take(16) ^ this.#storedBytes) !== 0xffff)
      throw new InflateError('stored-length-mismatch');
    this.#step = STEP.stored;
    return true;
  }

  #readStored(output: ByteBuffer, maxBytes: number): boolean {
    const input = this.#input;
    // No bits are held back: LEN begins at a byte boundary, and `has(16)` has taken no byte after NLEN.
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
    this.#stopAt -= DYNAMIC_BLOCK_WORK;
    return true;
  }

  #readCompressed(output: ByteBuffer, maxBytes: number): boolean {
    if (!this.#symbols.read(this.#codes!, output, maxBytes, this.#stopAt)) return false;
    this.#endBlock();
    return true;
  }
}
