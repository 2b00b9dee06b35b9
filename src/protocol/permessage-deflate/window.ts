/** The sliding window of LZ77, RFC 7692 §7.2.3.2: what earlier messages said, as far as a distance may go back. */
import { EMPTY } from '../empty.ts';
import { UsageError } from '../errors.ts';

/** How both ends agreed that messages are compressed. */
export interface CodecOptions {
  /** The window has 2^windowBits bytes, RFC 7692 §7.1.2: 8 to 15. */
  readonly windowBits: number;
  /** Whether a message may refer to earlier ones, RFC 7692 §7.1.1. */
  readonly contextTakeover: boolean;
}

const MIN_CAPACITY = 256;
/** From here on a call to copy pays. */
const WORTH_A_CALL = 96;

/**
 * The farthest distance in a window of 2^windowBits bytes.
 * @throws {UsageError} when windowBits is not an integer from 8 to 15
 */
export function maxDistance(windowBits: number): number {
  if (!Number.isInteger(windowBits) || windowBits < 8 || windowBits > 15) {
    throw new UsageError(`windowBits must be an integer from 8 to 15, not ${windowBits}`);
  }
  return 1 << windowBits;
}

/** A ring of bytes that grows with what was said. */
export class SlidingWindow {
  /** The ring: its length is 0 or a power of two. */
  bytes: Uint8Array = EMPTY;
  /** How many bytes it holds. */
  length = 0;
  /** Where in the ring the next byte goes: the last one is right before it. */
  end = 0;
  readonly #maxBytes: number;

  /** @param maxBytes a power of two, as {@link maxDistance} gives it */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How big the ring will be when `byteCount` bytes more were appended. */
  capacityFor(byteCount: number): number {
    const needed = Math.min(this.length + byteCount, this.#maxBytes);
    let capacity = Math.max(this.bytes.length, MIN_CAPACITY);
    while (capacity < needed) capacity *= 2;
    return capacity;
  }

  /** Appends `source[start, end)`; the oldest bytes make room where the window is full. */
  append(source: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const capacity = this.capacityFor(end - start);
    if (capacity > this.bytes.length) this.#grow(capacity);
    const from = Math.max(start, end - capacity);
    const untilWrap = Math.min(from + capacity - this.end, end);
    copy(source, from, untilWrap, this.bytes, this.end);
    copy(source, untilWrap, end, this.bytes, 0);
    this.end = (this.end + end - from) & (capacity - 1);
    this.length = Math.min(this.length + end - from, capacity);
  }

  /** Writes `byteCount` bytes, from the one that is `distance` before the end on, to `target[at, …)`. */
  copyTo(target: Uint8Array, at: number, distance: number, byteCount: number): void {
    const { bytes } = this;
    const mask = bytes.length - 1;
    let from = this.end - distance;
    for (let to = at; to < at + byteCount; to++) target[to] = bytes[from++ & mask]!;
  }

  /** The ring has not come round before it is as big as it may be, so that its bytes are in order. */
  #grow(capacity: number): void {
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes);
    this.bytes = grown;
    this.end = this.length;
  }
}

function copy(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start >= WORTH_A_CALL) target.set(source.subarray(start, end), at);
  else for (let from = start, to = at; from < end; ) target[to++] = source[from++]!;
}
