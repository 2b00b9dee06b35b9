/**
 * The memory of outputs, which all connections share. An output holds what it was lent until it is taken; the bytes that were
 * taken belong to the transport until it gives them back, or for ever if it does not.
 */
import { allocate } from '#platform';
import { EMPTY } from './empty.ts';

/** A view keeps its whole block alive, so blocks are small. */
const BLOCK_BYTES = 16 * 1024;
/** Output that needs more room than this at once has memory of its own. */
const MAX_SHARED_BYTES = 4 * 1024;
/** No more than this is kept for the next output, and nothing as small as a block, which it might be. */
export const MAX_SPARE_BYTES: number = 64 * 1024;

export class OutputMemory {
  /** Where the room begins that was lent last. */
  start = 0;

  /** The block that small outputs are lent from, and how much of it is in use. */
  #block = EMPTY;
  #blockUsed = 0;
  /** What was taken last from the block, while nothing is behind it, and where it begins. */
  #latest: Uint8Array | undefined;
  #latestStart = 0;
  /** Memory that was given back, for the next output that needs more than a block has. */
  #spare = EMPTY;

  /** @returns memory with room for `capacity` bytes from `start` on; what is in it is undefined */
  lend(capacity: number): Uint8Array {
    if (capacity > MAX_SHARED_BYTES) {
      this.start = 0;
      return this.#large(capacity);
    }
    this.#latest = undefined;
    if (this.#blockUsed + capacity > this.#block.length) {
      this.#block = allocate(BLOCK_BYTES);
      this.#blockUsed = 0;
    }
    this.start = this.#blockUsed;
    this.#blockUsed += capacity;
    return this.#block;
  }

  /**
   * Makes the room `bytes[start, limit)` end at `newLimit`, where nothing else was lent behind it.
   * @returns whether it does
   */
  extend(bytes: Uint8Array, limit: number, newLimit: number): boolean {
    if (!this.#isLast(bytes, limit) || newLimit > bytes.length) return false;
    this.#latest = undefined;
    this.#blockUsed = newLimit;
    return true;
  }

  /** Takes `bytes[start, end)` out of the room that ends at `limit`; what is behind them is lent again. */
  take(bytes: Uint8Array, start: number, end: number, limit: number): Uint8Array {
    const taken = bytes.subarray(start, end);
    if (this.#isLast(bytes, limit)) {
      this.#blockUsed = end;
      this.#latest = taken;
      this.#latestStart = start;
    }
    return taken;
  }

  /**
   * Gives back what {@link take} has returned, when it is not read again. A transport has mostly copied it at once: then the
   * next output is written in the same place, which is still in the processor's cache.
   */
  giveBack(taken: Uint8Array): void {
    if (taken === this.#latest) this.#blockUsed = this.#latestStart;
    else if (taken.length > BLOCK_BYTES && taken.buffer.byteLength <= MAX_SPARE_BYTES) {
      this.#spare = new Uint8Array(taken.buffer);
    }
  }

  /** Whether the rest of the block begins where this room ends. */
  #isLast(bytes: Uint8Array, limit: number): boolean {
    return bytes === this.#block && limit === this.#blockUsed;
  }

  #large(capacity: number): Uint8Array {
    if (this.#spare.length < capacity || capacity <= BLOCK_BYTES) return allocate(capacity);
    const spare = this.#spare;
    this.#spare = EMPTY;
    return spare;
  }
}

/** That of all connections. */
export const outputMemory: OutputMemory = new OutputMemory();
