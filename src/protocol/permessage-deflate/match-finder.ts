/** Turns a message into literals, and matches with earlier bytes: RFC 1951 §4. */
import { EMPTY } from '../empty.ts';
import * as format from './format.ts';
import * as tables from './position-table.ts';
import { PositionTable, wordAt } from './position-table.ts';
import { matchToken } from './tokens.ts';
import type { SlidingWindow } from './window.ts';

// V8 folds the constants of a module into its code, but reads imported ones at each use.
const { MAX_MATCH } = format;
const { LONG_BYTES, POSITION_MASK, SHORT_BYTES } = tables;

/** From this length on a match is good enough. */
const GOOD_LENGTH = 128;
/** So far from 0 that an empty entry of the table is too far away. */
const FIRST_POSITION = 0x8000;
/** How many positions the smallest table is made for. */
const MIN_POSITIONS = 1024;
/** A block has about this many tokens: a few more if matches get better byte by byte, or the message ends. */
const BLOCK_TOKENS = 16_384;
export const MAX_TOKENS: number = BLOCK_TOKENS + GOOD_LENGTH + SHORT_BYTES;
/** A cache line, on most processors. */
const LINE_BYTES = 64;

export class MatchFinder {
  /** What {@link begin} has read in advance. It means nothing, but a compiler may leave out reads of which nothing remains. */
  fetched = 0;
  /** The bytes of earlier messages; undefined without context takeover. */
  readonly #window: SlidingWindow | undefined;
  readonly #table = new PositionTable();
  /** The position of the message's first byte. */
  #origin = FIRST_POSITION;
  /** The message is `bytes[start, end)`; the next token begins at `next`. */
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  #next = 0;
  #maxDistance = 0;
  /** To be added to an index into `bytes`: give its position, how far a distance may go back from it, its index in the ring. */
  #toPosition = 0;
  #toReach = 0;
  #toRing = 0;
  #ring: Uint8Array = EMPTY;
  /** The distance of the match that was found last. */
  #distance = 0;

  constructor(window?: SlidingWindow) {
    this.#window = window;
  }

  /** Where the next block begins. */
  get next(): number {
    return this.#next;
  }

  /** Begins the message `bytes[start, end)`. */
  begin(bytes: Uint8Array, start: number, end: number, maxDistance: number): void {
    const window = this.#window;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#next = start;
    this.#maxDistance = maxDistance;
    this.#toPosition = this.#origin - start;
    this.#toReach = (window?.length ?? 0) - start;
    this.#toRing = (window?.end ?? 0) - start;
    this.#ring = window?.bytes ?? EMPTY;
    if (window === undefined) this.#clearTable();
    else {
      this.#growTable(window);
      this.#fetch();
    }
  }

  /** Ends the message: with context takeover the next one may refer to it. */
  finish(): void {
    if (this.#window !== undefined) {
      this.#window.append(this.#bytes, this.#start, this.#end);
      this.#origin = (this.#origin + this.#end - this.#start) & POSITION_MASK;
    }
    this.#bytes = EMPTY;
    this.#ring = EMPTY;
  }

  /**
   * Finds the tokens of the next block. There must be room for {@link MAX_TOKENS}.
   * @returns how many there are
   */
  tokenize(tokens: Uint32Array): number {
    const bytes = this.#bytes;
    const hashedEnd = this.#end - SHORT_BYTES + 1;
    let count = 0;
    let at = this.#next;
    while (at < hashedEnd && count < BLOCK_TOKENS) {
      let length = this.#search(at, SHORT_BYTES - 1);
      if (length < SHORT_BYTES) {
        tokens[count++] = bytes[at++]!;
        continue;
      }
      let distance = this.#distance;
      let searched = at + 1;
      // RFC 1951 §4: a longer match at the next byte is worth a literal.
      while (length < GOOD_LENGTH && searched < hashedEnd) {
        const longer = this.#search(searched++, length);
        if (longer === length) break;
        tokens[count++] = bytes[at++]!;
        length = longer;
        distance = this.#distance;
      }
      tokens[count++] = matchToken(length, distance);
      at += length;
      this.#table.insertMatch(bytes, searched, at, this.#toPosition + searched, this.#end);
    }
    if (at >= hashedEnd) while (at < this.#end) tokens[count++] = bytes[at++]!;
    this.#next = at;
    return count;
  }

  /**
   * Searches for earlier bytes like those from `bytes[at]` on, and inserts the position of these.
   * @returns the length of the longest match, with its distance in `#distance`; `longerThan` if none is longer
   */
  #search(at: number, longerThan: number): number {
    const bytes = this.#bytes;
    const table = this.#table;
    const { shorts, longs } = table;
    const position = (this.#toPosition + at) & POSITION_MASK;
    const word = wordAt(bytes, at);
    const short = table.shortIndex(word);
    const shortOnes = shorts[short]!;
    shorts[short] = (shortOnes << 16) | position;
    let best = longerThan;
    if (at + LONG_BYTES <= this.#end) {
      const long = table.longIndex(word, wordAt(bytes, at + 4));
      const later = longs[long]!;
      const earlier = longs[long + 1]!;
      longs[long] = (later << 16) | position;
      longs[long + 1] = (earlier << 16) | (later >>> 16);
      best = this.#tryBoth(at, later, best);
      // A match that would replace another one is not worth a longer search.
      if (longerThan < SHORT_BYTES) best = this.#tryBoth(at, earlier, best);
    }
    return best < LONG_BYTES ? this.#tryBoth(at, shortOnes, best) : best;
  }

  /** Tries two positions, the later one first. @returns as {@link #search} */
  #tryBoth(at: number, positions: number, longerThan: number): number {
    const bytes = this.#bytes;
    const ring = this.#ring;
    const start = this.#start;
    const position = this.#toPosition + at;
    const farthest = lesser(this.#maxDistance, this.#toReach + at);
    const longest = lesser(MAX_MATCH, this.#end - at);
    let best = longerThan;
    for (let half = 0; half < 32 && best < longest; half += 16) {
      const distance = (position - ((positions >> half) & POSITION_MASK)) & POSITION_MASK;
      if (distance === 0 || distance > farthest) break; // and so is the earlier one
      // The byte that makes a match longer than that is compared first.
      const index = at - distance + best;
      const byte = index >= start ? bytes[index] : ring[(this.#toRing + index) & (ring.length - 1)];
      if (byte !== bytes[at + best]) continue;
      const length = this.#compare(at, at - distance, longest);
      if (length <= best) continue;
      best = length;
      this.#distance = distance;
    }
    return best;
  }

  /** How many bytes from `at` on equal those from `from` on, at most `longest`. */
  #compare(at: number, from: number, longest: number): number {
    const bytes = this.#bytes;
    let length = 0;
    if (from < this.#start) {
      const ring = this.#ring;
      const mask = ring.length - 1;
      const ringFrom = this.#toRing + from;
      const inWindow = lesser(this.#start - from, longest);
      while (length < inWindow && ring[(ringFrom + length) & mask] === bytes[at + length]) length++;
      if (length < inWindow) return length;
    }
    while (length < longest && bytes[from + length] === bytes[at + length]) length++;
    return length;
  }

  /**
   * Reads the table and the window once from the beginning to the end, a value for each cache line. With many connections they
   * have left the cache since the last message. A processor waits for one random access after the other, but fetches in order
   * many lines at a time (measured: 260 B take half as long with 100 connections). Not for a message that would read less.
   */
  #fetch(): void {
    const { shorts, longs } = this.#table;
    const ring = this.#ring;
    const lines = (shorts.byteLength + longs.byteLength + ring.byteLength) / LINE_BYTES;
    if (lines > this.#end - this.#start) return;
    let all = 0;
    for (let i = 0; i < shorts.length; i += LINE_BYTES / 4) all ^= shorts[i]!;
    for (let i = 0; i < longs.length; i += LINE_BYTES / 4) all ^= longs[i]!;
    for (let i = 0; i < ring.length; i += LINE_BYTES) all ^= ring[i]!;
    this.fetched = all;
  }

  /** Without context takeover each message begins with an empty table of its size, so that its result is always the same. */
  #clearTable(): void {
    const needed = Math.min(this.#end - this.#start, this.#maxDistance);
    let positionCount = MIN_POSITIONS;
    while (positionCount < needed) positionCount *= 2;
    this.#table.fit(positionCount);
    this.#table.clear(positionCount);
  }

  /** The table grows with the window, and then gets the positions of all its bytes: until it is full, they are in order. */
  #growTable(window: SlidingWindow): void {
    const capacity = window.capacityFor(this.#end - this.#start);
    if (!this.#table.fit(Math.max(capacity, MIN_POSITIONS))) return;
    const { bytes, length } = window;
    this.#table.insert(bytes, 0, length, this.#origin - length, length);
  }
}

/** V8 computes `Math.min` with floating-point numbers. */
function lesser(a: number, b: number): number {
  return a < b ? a : b;
}
