/**
 * Where the same bytes were said last: by a hash of four bytes, and by one of eight, which finds long matches among
 * many short ones. The last two positions of a hash are kept in one number, the later one in its lower half; those of
 * eight bytes in two such numbers, four positions in all.
 */

/** Three bytes that match seldom take fewer bits than three literals. */
export const SHORT_BYTES = 4;
export const LONG_BYTES = 8;
/**
 * Positions are kept modulo 2^16, twice the biggest window. One that is older, or was never there, looks like some
 * other: whoever uses it compares the bytes themselves.
 */
export const POSITION_MASK = 0xffff;

/** There is a hash of each kind for so many positions. */
const POSITIONS_PER_HASH = 4;
/** Two odd numbers without a pattern: the highest bits of a product depend on all bits of what they multiply. */
const FACTOR = 0xc2b2ae3d;
const FACTOR_OF_LAST_FOUR = 0x85ebca77;
const NO_POSITIONS = new Int32Array(0);

export class PositionTable {
  /** The positions by {@link shortIndex}, and by {@link longIndex} and right behind it. */
  shorts: Int32Array = NO_POSITIONS;
  longs: Int32Array = NO_POSITIONS;
  /** As many of a product's bits are too many for a hash. */
  #shift = 0;

  /**
   * Makes the table right for so many positions, a power of two.
   * @returns whether it had to be made anew, and is empty
   */
  fit(positionCount: number): boolean {
    const hashCount = positionCount / POSITIONS_PER_HASH;
    this.#shift = Math.clz32(hashCount - 1);
    if (hashCount <= this.shorts.length) return false;
    this.shorts = new Int32Array(hashCount);
    this.longs = new Int32Array(2 * hashCount);
    return true;
  }

  /** Forgets all positions, in a table that {@link fit} made right for as many. */
  clear(positionCount: number): void {
    const hashCount = positionCount / POSITIONS_PER_HASH;
    this.shorts.fill(0, 0, hashCount);
    this.longs.fill(0, 0, 2 * hashCount);
  }

  shortIndex(bytes: Uint8Array, at: number): number {
    return Math.imul(wordAt(bytes, at), FACTOR) >>> this.#shift;
  }

  longIndex(bytes: Uint8Array, at: number): number {
    return (hashOfWords(wordAt(bytes, at), wordAt(bytes, at + 4)) >>> this.#shift) << 1;
  }

  /**
   * Inserts the positions of `bytes[start, end)`, the first of which is `first`, as far as enough bytes follow them
   * before `bytesEnd`.
   */
  insert(bytes: Uint8Array, start: number, end: number, first: number, bytesEnd: number): void {
    const longEnd = Math.min(end, bytesEnd - LONG_BYTES + 1);
    if (start < longEnd) this.#insertBoth(bytes, start, longEnd, first);
    const shortEnd = Math.min(end, bytesEnd - SHORT_BYTES + 1);
    for (let at = Math.max(start, longEnd); at < shortEnd; at++) {
      const short = this.shortIndex(bytes, at);
      this.shorts[short] = (this.shorts[short]! << 16) | ((first + at - start) & POSITION_MASK);
    }
  }

  #insertBoth(bytes: Uint8Array, start: number, end: number, first: number): void {
    const { shorts, longs } = this;
    const shift = this.#shift;
    let position = first & POSITION_MASK;
    let word = wordAt(bytes, start);
    let next = wordAt(bytes, start + 4);
    for (let at = start; ; ) {
      const short = Math.imul(word, FACTOR) >>> shift;
      shorts[short] = (shorts[short]! << 16) | position;
      const long = (hashOfWords(word, next) >>> shift) << 1;
      const later = longs[long]!;
      longs[long + 1] = (longs[long + 1]! << 16) | (later >>> 16);
      longs[long] = (later << 16) | position;
      if (++at === end) return;
      position = (position + 1) & POSITION_MASK;
      word = (word >>> 8) | (next << 24);
      next = (next >>> 8) | (bytes[at + LONG_BYTES - 1]! << 24);
    }
  }
}

/** Four bytes as one number. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function hashOfWords(word: number, next: number): number {
  return Math.imul(word, FACTOR) ^ Math.imul(next, FACTOR_OF_LAST_FOUR);
}
