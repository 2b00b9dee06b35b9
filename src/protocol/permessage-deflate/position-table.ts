/**
 * Where the same bytes occurred last: by a hash of four bytes, and by a hash of eight, which finds long matches among many
 * short ones. The last two positions of a hash of four are kept in one number, the later one in the lower half; the last four
 * positions of a hash of eight are kept in two such numbers.
 */

/** A match of three bytes rarely takes fewer bits than three literals. */
export const SHORT_BYTES = 4;
export const LONG_BYTES = 8;
/**
 * Positions are kept modulo 2^16, twice the largest window. An older position, or an empty entry, looks like some other
 * position, so the bytes themselves have to be compared.
 */
export const POSITION_MASK = 0xffff;

/** There is one hash of each kind for this many positions. */
const POSITIONS_PER_HASH = 4;
/** Two odd numbers without a pattern: the highest bits of a product depend on all bits of the other factor. */
const FACTOR = 0xc2b2ae3d;
const FACTOR_OF_LAST_FOUR = 0x85ebca77;
const NO_POSITIONS = new Int32Array(0);
/** From this length on a match is thinned out: of its positions the table gets one in four, and the last ones. */
const LONG_MATCH = 64;
const LONG_MATCH_STEP = 4;

export class PositionTable {
  /** The positions at {@link shortIndex}, and those at {@link longIndex} and the index after it. */
  shorts: Int32Array = NO_POSITIONS;
  longs: Int32Array = NO_POSITIONS;
  /** How many bits a product has more than a hash. */
  #shift = 0;

  /**
   * Adapts the table to this many positions, a power of two.
   * @returns whether it has grown, and is empty
   */
  fit(positionCount: number): boolean {
    const hashCount = positionCount / POSITIONS_PER_HASH;
    this.#shift = Math.clz32(hashCount - 1);
    if (hashCount <= this.shorts.length) return false;
    this.shorts = new Int32Array(hashCount);
    this.longs = new Int32Array(2 * hashCount);
    return true;
  }

  /** Removes all positions from a table that {@link fit} has adapted to this many. */
  clear(positionCount: number): void {
    const hashCount = positionCount / POSITIONS_PER_HASH;
    this.shorts.fill(0, 0, hashCount);
    this.longs.fill(0, 0, 2 * hashCount);
  }

  /** Where the positions of four bytes are, from {@link wordAt}. */
  shortIndex(word: number): number {
    return Math.imul(word, FACTOR) >>> this.#shift;
  }

  /** Where the positions of eight bytes are: the word of the first four, and of the last four. */
  longIndex(word: number, next: number): number {
    const product = Math.imul(word, FACTOR) ^ Math.imul(next, FACTOR_OF_LAST_FOUR);
    return (product >>> this.#shift) << 1;
  }

  /**
   * Inserts the positions of `bytes[start, end)`, beginning with `first`, as far as enough bytes follow them before `bytesEnd`.
   */
  insert(bytes: Uint8Array, start: number, end: number, first: number, bytesEnd: number): void {
    const longEnd = Math.min(end, bytesEnd - LONG_BYTES + 1);
    if (start < longEnd) this.#insertBoth(bytes, start, longEnd, first);
    const shortEnd = Math.min(end, bytesEnd - SHORT_BYTES + 1);
    for (let at = Math.max(start, longEnd); at < shortEnd; at++) {
      const short = this.shortIndex(wordAt(bytes, at));
      this.shorts[short] = (this.shorts[short]! << 16) | ((first + at - start) & POSITION_MASK);
    }
  }

  /**
   * As {@link insert}, for a match. The same bytes are in the table already, with an earlier position, so that few of a long
   * match are enough: they take a third of the time, and a message is about 1 % longer.
   */
  insertMatch(bytes: Uint8Array, start: number, end: number, first: number, bytesEnd: number): void {
    let at = start;
    if (end - start >= LONG_MATCH) {
      for (const dense = end - LONG_BYTES; at < dense; at += LONG_MATCH_STEP)
        this.#insertOne(bytes, at, (first + at - start) & POSITION_MASK);
    }
    this.insert(bytes, at, end, first + at - start, bytesEnd);
  }

  /** For positions that are apart: {@link insertBoth} makes the words of one from those before it. */
  #insertOne(bytes: Uint8Array, at: number, position: number): void {
    const { shorts, longs } = this;
    const word = wordAt(bytes, at);
    const short = this.shortIndex(word);
    shorts[short] = (shorts[short]! << 16) | position;
    const long = this.longIndex(word, wordAt(bytes, at + 4));
    const later = longs[long]!;
    longs[long + 1] = (longs[long + 1]! << 16) | (later >>> 16);
    longs[long] = (later << 16) | position;
  }

  #insertBoth(bytes: Uint8Array, start: number, end: number, first: number): void {
    const { shorts, longs } = this;
    let position = first & POSITION_MASK;
    let word = wordAt(bytes, start);
    let next = wordAt(bytes, start + 4);
    for (let at = start; ; ) {
      const short = this.shortIndex(word);
      shorts[short] = (shorts[short]! << 16) | position;
      const long = this.longIndex(word, next);
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
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
