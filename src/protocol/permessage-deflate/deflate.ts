/** Compression of whole messages: RFC 7692 §7.2.1. */
import { ByteBuffer } from '../byte-buffer.ts';
import { BitWriter } from './bit-writer.ts';
import { BlockWriter } from './block-writer.ts';
import { BLOCK_TYPE, HEADER_BITS } from './format.ts';
import { MAX_TOKENS, MatchFinder } from './match-finder.ts';
import { type CodecOptions, maxDistance, SlidingWindow } from './window.ts';

/** A block's header, §3.2.3, and the padding that may follow. */
const END_BITS: number = HEADER_BITS + 7;

/** What all deflaters use in turn, made when the first message is compressed: a message is compressed at one go. */
interface Workshop {
  readonly tokens: Uint32Array;
  readonly bits: BitWriter;
  readonly blocks: BlockWriter;
  /** For messages that stand alone. */
  readonly finder: MatchFinder;
}
let workshop: Workshop | undefined;

export class Deflater {
  readonly #maxDistance: number;
  /** With context takeover, what knows the earlier messages. */
  readonly #finder: MatchFinder | undefined;

  /** @throws {UsageError} when there is no such window */
  constructor({ windowBits, contextTakeover }: CodecOptions) {
    this.#maxDistance = maxDistance(windowBits);
    this.#finder = contextTakeover ? new MatchFinder(new SlidingWindow(this.#maxDistance)) : undefined;
  }

  /**
   * Compresses the message `bytes[start, end)` and appends it to `output`, without the 00 00 ff ff that its receiver
   * adds (RFC 7692 §7.2.1). Without context takeover the result depends on nothing but the message and the window.
   */
  deflate(bytes: Uint8Array, start: number, end: number, output: ByteBuffer): void {
    workshop ??= makeWorkshop();
    const { tokens, bits, blocks } = workshop;
    const finder = this.#finder ?? workshop.finder;
    finder.begin(bytes, start, end, this.#maxDistance);
    bits.attach(output);
    for (let from = start; from < end; from = finder.next) {
      const tokenCount = finder.tokenize(tokens);
      blocks.write(tokens, tokenCount, bytes, from, finder.next);
    }
    finder.finish();
    // The header of an empty stored block: its LEN and NLEN are what is left out.
    bits.reserve(END_BITS);
    bits.put(BLOCK_TYPE.stored << 1, HEADER_BITS);
    bits.align();
    bits.detach();
  }
}

/**
 * Compresses a message that stands alone, once for as many peers as have a window of that size or a bigger one.
 * @returns bytes of the caller's own, without the 00 00 ff ff at the end (RFC 7692 §7.2.1)
 * @throws {UsageError} when there is no such window
 */
export function deflateAlone(bytes: Uint8Array, windowBits: number): Uint8Array {
  const output = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
  new Deflater({ windowBits, contextTakeover: false }).deflate(bytes, 0, bytes.length, output);
  return output.take();
}

function makeWorkshop(): Workshop {
  const bits = new BitWriter();
  return {
    tokens: new Uint32Array(MAX_TOKENS),
    bits,
    blocks: new BlockWriter(bits),
    finder: new MatchFinder(),
  };
}
