/** Finds what was said before: a message as literals and matches, §4, by chains of positions with the same hash. */
import { MAX_MATCH } from './format.ts';
import { matchToken } from './tokens.ts';
import type { SlidingWindow } from './window.ts';

/** What is hashed. Three bytes that match seldom cost less than three literals. */
const HASHED_BYTES = 4;
/** A prime near 2^32 divided by the golden ratio: the product's high bits depend on all four bytes. */
const HASH_FACTOR = 0x9e3779b1;
/** Positions are kept modulo 2^16; what is too far or was never hashed is found out by comparing bytes. */
const POSITION_MASK = 0xffff;

/** How many earlier positions are looked at for each match. */
const MAX_PROBES = 16;
/** From this length on a match is good enough. */
const GOOD_LENGTH = 32;

/** There is one head for so many positions. */
const POSITIONS_PER_HEAD = 2;

/** A block has at most this many tokens, and what a chain of better matches adds. */
const BLOCK_TOKENS = 16_384;
export const MAX_TOKENS: number = BLOCK_TOKENS + GOOD_LENGTH;

const NOTHING = new Uint8Array(0);
const NO_POSITIONS = new Uint16Array(0);

export class MatchFinder {
  readonly #maxDistance: number;
  /** What earlier messages said; undefined without context takeover. */
  readonly #window: SlidingWindow | undefined;
  /** For each hash the last position that has it; for each position the one before it with the same hash. */
  #heads: Uint16Array = NO_POSITIONS;
  #previous: Uint16Array = NO_POSITIONS;
  #hashShift = 0;
  /** The position of the message's first byte. */
  #origin = 0;
  /** The message is `bytes[start, end)`; what comes before `next` is found. */
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  #next = 0;
  /** The distance of the match that was found last. */
  #distance = 0;

  constructor(maxDistance: number, window?: SlidingWindow) {
    this.#maxDistance = maxDistance;
    this.#window = window;
  }

  /** How far the message is found: the beginning of the next block. */
  get next(): number {
    return this.#next;
  }

  /** Begins with the message `bytes[start, end)`. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#next = start;
    this.#makeTables();
  }

  /** Ends the message: from now on matches may be found in it. */
  finish(): void {
    this.#window?.append(this.#bytes, this.#start, this.#end);
    if (this.#window !== undefined) this.#origin = (this.#origin + this.#end - this.#start) & POSITION_MASK;
    this.#bytes = NOTHING;
  }

  /**
   * Finds the tokens of the message's next part, until it ends or there are {@link BLOCK_TOKENS} of them.
   * @returns how many tokens there are
   */
  tokenize(tokens: Uint32Array): number {
    const bytes = this.#bytes;
    const end = this.#end;
    const hashedEnd = end - HASHED_BYTES + 1;
    let count = 0;
    let at = this.#next;
    while (at < hashedEnd && count < BLOCK_TOKENS) {
      let length = this.#search(at, HASHED_BYTES - 1);
      if (length < HASHED_BYTES) {
        tokens[count++] = bytes[at++]!;
        continue;
      }
      let distance = this.#distance;
      let inserted = at + 1;
      // §4: a longer match at the next byte is worth a literal.
      while (length < GOOD_LENGTH && inserted < hashedEnd) {
        const longer = this.#search(inserted++, length);
        if (longer <= length) break;
        tokens[count++] = bytes[at++]!;
        length = longer;
        distance = this.#distance;
      }
      tokens[count++] = matchToken(length, distance);
      at += length;
      this.#insert(
        bytes,
        inserted,
        Math.min(at, hashedEnd),
        (this.#origin + inserted - this.#start) & POSITION_MASK,
      );
    }
    while (at < end && at >= hashedEnd && count < BLOCK_TOKENS) tokens[count++] = bytes[at++]!;
    this.#next = at;
    return count;
  }

  /**
   * Looks for what begins like `bytes[at, …)`, and inserts `at`.
   * @returns the length of the longest match, whose distance is `#distance`, or `longerThan` when there is none longer
   */
  #search(at: number, longerThan: number): number {
    const bytes = this.#bytes;
    const previous = this.#previous;
    const mask = previous.length - 1;
    const position = (this.#origin + at - this.#start) & POSITION_MASK;
    const hash = hashOf(bytes, at) >>> this.#hashShift;
    let distance = (position - this.#heads[hash]!) & POSITION_MASK;
    previous[position & mask] = this.#heads[hash]!;
    this.#heads[hash] = position;
    const longest = Math.min(MAX_MATCH, this.#end - at);
    const said = at - this.#start + (this.#window?.length ?? 0);
    const farthest = Math.min(this.#maxDistance, said);
    let best = longerThan;
    let last = 0;
    for (let probes = MAX_PROBES; probes > 0 && best < longest; probes--) {
      if (distance <= last || distance > farthest) break;
      const length = this.#compare(at, distance, best, longest);
      if (length > best) {
        best = length;
        this.#distance = distance;
        if (length >= GOOD_LENGTH) break;
      }
      last = distance;
      distance = (position - previous[(position - distance) & mask]!) & POSITION_MASK;
    }
    return best;
  }

  /** How many bytes from `at` on are the same as those `distance` before, if it can be more than `best`; else 0. */
  #compare(at: number, distance: number, best: number, longest: number): number {
    const bytes = this.#bytes;
    const from = at - distance;
    let length = 0;
    if (from >= this.#start) {
      if (bytes[from + best] !== bytes[at + best]) return 0;
    } else {
      const window = this.#window!;
      const ring = window.bytes;
      const mask = ring.length - 1;
      const ringFrom = window.end + from - this.#start;
      const inWindow = Math.min(this.#start - from, longest);
      if (best < inWindow && ring[(ringFrom + best) & mask] !== bytes[at + best]) return 0;
      while (length < inWindow && ring[(ringFrom + length) & mask] === bytes[at + length]) length++;
      if (length < inWindow) return length;
    }
    while (length < longest && bytes[from + length] === bytes[at + length]) length++;
    return length;
  }

  /** Inserts `bytes[start, end)`, whose first position is `first`. */
  #insert(bytes: Uint8Array, start: number, end: number, first: number): void {
    const heads = this.#heads;
    const previous = this.#previous;
    const mask = previous.length - 1;
    const shift = this.#hashShift;
    let position = first;
    for (let at = start; at < end; at++) {
      const hash = hashOf(bytes, at) >>> shift;
      previous[position & mask] = heads[hash]!;
      heads[hash] = position;
      position = (position + 1) & POSITION_MASK;
    }
  }

  /** Tables for the window as it will be after this message; for a message that stands alone, of its own size. */
  #makeTables(): void {
    const capacity = this.#window?.capacityFor(this.#end - this.#start) ?? this.#capacityAlone();
    const headCount = capacity / POSITIONS_PER_HEAD;
    const grows = capacity > this.#previous.length;
    if (grows) {
      this.#previous = new Uint16Array(capacity);
      this.#heads = new Uint16Array(headCount);
    }
    this.#hashShift = Math.clz32(headCount - 1);
    if (this.#window === undefined) this.#heads.fill(0, 0, headCount);
    else if (grows) this.#rehash(this.#window);
  }

  #capacityAlone(): number {
    const needed = Math.min(this.#end - this.#start, this.#maxDistance);
    let capacity = 256;
    while (capacity < needed) capacity *= 2;
    return capacity;
  }

  /** A window that still grows has not come round: what it holds lies in order. */
  #rehash({ bytes, length }: SlidingWindow): void {
    this.#insert(bytes, 0, length - HASHED_BYTES + 1, (this.#origin - length) & POSITION_MASK);
  }
}

function hashOf(bytes: Uint8Array, at: number): number {
  const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  return Math.imul(word, HASH_FACTOR);
}
