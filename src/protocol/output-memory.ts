/**
 * The memory of outputs, which all connections share. An output holds the room that it was lent until its bytes are taken.
 * The bytes taken belong to the transport, until they are given back, or for good.
 */
import { allocate } from '#platform';
import { EMPTY } from './empty.ts';

/** A view keeps its whole block alive, so blocks are small. */
const BLOCK_BYTES = 16 * 1024;
/** Output that needs more room than this at once has memory of its own. */
const MAX_SHARED_BYTES = 4 * 1024;
/** No more than this is kept for the next output, and nothing as small as a block, which it might be. */
export const MAX_SPARE_BYTES: number = 256 * 1024;

export class OutputMemory {
  /** Where the room begins that was lent last. */
  start = 0;

  /** The block that small outputs are lent from, and how much of it is in use. */
  #block = EMPTY;
  #blockUsed = 0;
  /** The bytes that were taken last from the block, while nothing is after them, and where they begin. */
  #latest: Uint8Array | undefined;
  #latestStart = 0;
  /** Memory that was given back, for the next output that needs more than a block has. */
  #spare = EMPTY;

  /** @returns memory with room for `capacity` bytes from {@link start} on, with undefined contents */
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
   * Extends the room in `bytes` from `limit` to `newLimit`, if nothing after it is lent and the block is long enough.
   * @returns whether it was extended
   */
  extend(bytes: Uint8Array, limit: number, newLimit: number): boolean {
    if (!this.#isLast(bytes, limit) || newLimit > bytes.length) return false;
    this.#latest = undefined;
    this.#blockUsed = newLimit;
    return true;
  }

  /** Takes `bytes[start, end)` from the room that ends at `limit`. If nothing after it is lent, the rest of the room is free. */
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
   * Takes back what {@link take} has returned, when it will not be read again. A transport has usually copied it at once. Then
   * the next output is written to the same place, which is still in the cache of the processor.
   */
  giveBack(taken: Uint8Array): void {
    if (taken === this.#latest) this.#blockUsed = this.#latestStart;
    else if (taken.length > BLOCK_BYTES && taken.buffer.byteLength <= MAX_SPARE_BYTES) {
      this.#spare = new Uint8Array(taken.buffer);
    }
  }

  /** Whether the free part of the block begins where this room ends. */
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
