/** Where four bytes were said last: the positions that share a hash, the latest first. */

/** What is hashed. Three bytes that match seldom take fewer bits than three literals. */
export const HASHED_BYTES = 4;
/** A bucket holds as many positions, in two numbers of 32 bits: the later two, and the two before them. */
export const WAYS = 4;
/**
 * Positions are kept modulo 2^16, twice the biggest window. One that is older, or was never there, looks like some
 * other: whoever uses it compares the bytes themselves.
 */
export const POSITION_MASK = 0xffff;

/** 2^32 divided by the golden ratio: the product's highest bits depend on all four bytes. */
const HASH_FACTOR = 0x9e3779b1;
const EMPTY = new Int32Array(0);

export class PositionTable {
  /** The buckets, two numbers each. */
  buckets: Int32Array = EMPTY;
  #shift = 0;

  /**
   * Makes the table right for so many positions, a power of two.
   * @returns false when it was so already
   */
  fit(positionCount: number): boolean {
    const bucketCount = positionCount / WAYS;
    this.#shift = Math.clz32(bucketCount - 1);
    if (2 * bucketCount <= this.buckets.length) return false;
    this.buckets = new Int32Array(2 * bucketCount);
    return true;
  }

  /** Forgets all positions, in a table that {@link fit} made right for as many. */
  clear(positionCount: number): void {
    this.buckets.fill(0, 0, (2 * positionCount) / WAYS);
  }

  /** Which of the buckets is that of `bytes[at, at + 4)`. */
  bucketOf(bytes: Uint8Array, at: number): number {
    return (Math.imul(wordAt(bytes, at), HASH_FACTOR) >>> this.#shift) << 1;
  }

  /** Inserts the positions of `bytes[start, end)`, the first of which is `first`; three bytes more must be there. */
  insert(bytes: Uint8Array, start: number, end: number, first: number): void {
    if (start >= end) return;
    const { buckets } = this;
    const shift = this.#shift;
    let position = first & POSITION_MASK;
    let word = wordAt(bytes, start) << 8;
    for (let at = start; at < end; at++) {
      word = (word >>> 8) | (bytes[at + HASHED_BYTES - 1]! << 24);
      const bucket = (Math.imul(word, HASH_FACTOR) >>> shift) << 1;
      const later = buckets[bucket]!;
      buckets[bucket + 1] = (buckets[bucket + 1]! << 16) | (later >>> 16);
      buckets[bucket] = (later << 16) | position;
      position = (position + 1) & POSITION_MASK;
    }
  }
}

/** Four bytes as one number. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
