/** Compression of whole messages: RFC 7692 §7.2.1. */
import { ByteBuffer } from '../byte-buffer.ts';
import { BitWriter } from './bit-writer.ts';
import { BlockWriter } from './block-writer.ts';
import { BLOCK_TYPE, HEADER_BITS } from './format.ts';
import { MAX_TOKENS, MatchFinder } from './match-finder.ts';
import { type CodecOptions, maxDistance, SlidingWindow } from './window.ts';

/** The header of a block, RFC 1951 §3.2.3, and the padding that may follow it. */
const END_BITS: number = HEADER_BITS + 7;

/** What all deflaters use in turn, because a message is compressed within one call. Made for the first message. */
interface SharedTools {
  readonly tokens: Uint32Array;
  readonly bits: BitWriter;
  readonly blocks: BlockWriter;
  /** For messages that refer to no other. */
  readonly finder: MatchFinder;
}
let tools: SharedTools | undefined;

export class Deflater {
  readonly #maxDistance: number;
  /** With context takeover, the finder that knows the earlier messages. */
  readonly #finder: MatchFinder | undefined;

  /** @throws {UsageError} for an invalid size of the window */
  constructor({ windowBits, contextTakeover }: CodecOptions) {
    this.#maxDistance = maxDistance(windowBits);
    this.#finder = contextTakeover ? new MatchFinder(new SlidingWindow(this.#maxDistance)) : undefined;
  }

  /**
   * Compresses the message `bytes[start, end)` and appends it to `output`, without the 00 00 ff ff that its receiver
   * adds (RFC 7692 §7.2.1). Without context takeover the result depends on nothing but the message and the window.
   */
  deflate(bytes: Uint8Array, start: number, end: number, output: ByteBuffer): void {
    tools ??= makeTools();
    const { tokens, bits, blocks } = tools;
    const finder = this.#finder ?? tools.finder;
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
 * Compresses a message without reference to others, once for all peers with a window of this size or a bigger one.
 * @returns bytes of the caller's own, without the 00 00 ff ff at the end (RFC 7692 §7.2.1)
 * @throws {UsageError} for an invalid size of the window
 */
export function deflateIndependently(bytes: Uint8Array, windowBits: number): Uint8Array {
  const output = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
  new Deflater({ windowBits, contextTakeover: false }).deflate(bytes, 0, bytes.length, output);
  return output.take();
}

function makeTools(): SharedTools {
  const bits = new BitWriter();
  return {
    tokens: new Uint32Array(MAX_TOKENS),
    bits,
    blocks: new BlockWriter(bits),
    finder: new MatchFinder(),
  };
}
