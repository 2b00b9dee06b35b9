/** Compression of whole messages: RFC 7692 §7.2.1. */
import type { ByteBuffer } from '../byte-buffer.ts';
import { BitWriter } from './bit-writer.ts';
import { BlockWriter } from './block-writer.ts';
import { BLOCK_TYPE } from './format.ts';
import { MAX_TOKENS, MatchFinder } from './match-finder.ts';
import { type CodecOptions, maxDistance, SlidingWindow } from './window.ts';

/** A block's header, §3.2.3 of RFC 1951, and the padding that may follow. */
const END_BITS = 3 + 7;

/** What all deflaters use in turn, made when the first message is compressed: a message is compressed at one go. */
interface Workshop {
  readonly tokens: Uint32Array;
  readonly bits: BitWriter;
  readonly blocks: BlockWriter;
}
let workshop: Workshop | undefined;

/** For messages that stand alone, one for each window. */
const loners = new Map<number, MatchFinder>();

export class Deflater {
  readonly #finder: MatchFinder;

  /** @throws {UsageError} when there is no such window */
  constructor({ windowBits, contextTakeover }: CodecOptions) {
    const farthest = maxDistance(windowBits);
    this.#finder = contextTakeover
      ? new MatchFinder(farthest, new SlidingWindow(farthest))
      : finderFor(farthest);
  }

  /**
   * Compresses the message `bytes[start, end)` and appends it to `output`, without the 00 00 ff ff that its receiver
   * adds (RFC 7692 §7.2.1). Without context takeover the result depends on nothing but the message and the window.
   */
  deflate(bytes: Uint8Array, start: number, end: number, output: ByteBuffer): void {
    workshop ??= makeWorkshop();
    const { tokens, bits, blocks } = workshop;
    const finder = this.#finder;
    finder.begin(bytes, start, end);
    bits.attach(output);
    for (let from = start; from < end; from = finder.next) {
      const tokenCount = finder.tokenize(tokens);
      blocks.write(tokens, tokenCount, bytes, from, finder.next);
    }
    finder.finish();
    // The header of an empty stored block, whose LEN and NLEN are what is left out.
    bits.reserve(END_BITS);
    bits.put(BLOCK_TYPE.stored << 1, 3);
    bits.align();
    bits.detach();
  }
}

function makeWorkshop(): Workshop {
  const bits = new BitWriter();
  return { tokens: new Uint32Array(MAX_TOKENS), bits, blocks: new BlockWriter(bits) };
}

function finderFor(farthest: number): MatchFinder {
  const finder = loners.get(farthest) ?? new MatchFinder(farthest);
  loners.set(farthest, finder);
  return finder;
}
