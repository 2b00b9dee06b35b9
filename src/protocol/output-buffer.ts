/**
 * What waits to be written to the transport. Small outputs lie one behind another in blocks that all connections share,
 * so that a write allocates one view and no memory of its own.
 */
import { allocate } from '#platform';

export const NOTHING: Uint8Array = new Uint8Array(0);

/** A view keeps its whole block alive, so blocks are small. */
const BLOCK_BYTES = 16 * 1024;
/** Output that needs more room than this at once has memory of its own. */
const MAX_SHARED_BYTES = 4 * 1024;

/** The block that is being given out, and how much of it is. */
let block = NOTHING;
let blockUsed = 0;
/** What was taken last from the block, while nothing is behind it; and where it begins. */
let latest: Uint8Array | undefined;
let latestStart = 0;

/** Memory of an output that was given back, for the next one that needs more than a block has. */
let spare = NOTHING;
/** No more than this is kept, and nothing as small as a block, which it might be. */
export const MAX_SPARE_BYTES: number = 64 * 1024;

/**
 * Gives back what `take` gave away, when nobody reads it any more: a transport as a rule has copied it at once, and then the
 * next output is written where this one was, into memory that is still in the processor's cache.
 */
export function giveBackOutput(bytes: Uint8Array): void {
  if (bytes === latest) blockUsed = latestStart;
  else if (bytes.length > BLOCK_BYTES && bytes.buffer.byteLength <= MAX_SPARE_BYTES) {
    spare = new Uint8Array(bytes.buffer);
  }
}

function memoryOf(capacity: number): Uint8Array {
  if (spare.length < capacity || capacity <= BLOCK_BYTES) return allocate(capacity);
  const taken = spare;
  spare = NOTHING;
  return taken;
}

export class OutputBuffer {
  /** What is written lies in `bytes[start, end)`; up to `limit` there is room. */
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  #limit = 0;

  /** How many bytes were written. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Where in what `reserve` has returned the next byte goes. */
  get end(): number {
    return this.#end;
  }

  /** Makes room for `byteCount` bytes more. @returns where to write them, from `end` on; `advance` counts them in */
  reserve(byteCount: number): Uint8Array {
    if (this.#end + byteCount > this.#limit) this.#makeRoom(this.length + byteCount);
    return this.#bytes;
  }

  advance(byteCount: number): void {
    this.#end += byteCount;
  }

  /** Gives away what is written and starts anew. */
  take(): Uint8Array {
    if (this.#end === this.#start) return NOTHING;
    const taken = this.#bytes.subarray(this.#start, this.#end);
    if (this.#isLastInBlock()) {
      blockUsed = this.#end; // room that was not needed is the next one's
      latest = taken;
      latestStart = this.#start;
    }
    this.#bytes = NOTHING;
    this.#start = 0;
    this.#end = 0;
    this.#limit = 0;
    return taken;
  }

  /** Whether the rest of the shared block begins where this output's room ends. */
  #isLastInBlock(): boolean {
    return this.#bytes === block && this.#limit === blockUsed;
  }

  #makeRoom(needed: number): void {
    latest = undefined;
    if (this.#isLastInBlock() && this.#start + needed <= block.length) {
      this.#limit = this.#start + needed;
      blockUsed = this.#limit;
    } else {
      this.#move(Math.max(needed, 2 * (this.#limit - this.#start))); // doubles, so that copying stays linear
    }
  }

  #move(capacity: number): void {
    const { length } = this;
    const from = this.#bytes;
    const fromStart = this.#start;
    if (capacity > MAX_SHARED_BYTES) {
      this.#bytes = memoryOf(capacity);
      this.#start = 0;
    } else {
      if (blockUsed + capacity > block.length) {
        block = allocate(BLOCK_BYTES);
        blockUsed = 0;
      }
      this.#bytes = block;
      this.#start = blockUsed;
      blockUsed += capacity;
    }
    if (length > 0) this.#bytes.set(from.subarray(fromStart, fromStart + length), this.#start);
    this.#end = this.#start + length;
    this.#limit = this.#start + capacity;
  }
}
