/** The sliding window of LZ77, RFC 7692 §7.2.3.2: the bytes of earlier messages, as far as a distance may go back. */
import { EMPTY } from '../empty.ts';
import { shown, UsageError } from '../errors.ts';

/** How messages in one direction are compressed. */
export interface CodecOptions {
  /** The window has 2^windowBits bytes, RFC 7692 §7.1.2: 8 to 15. */
  readonly windowBits: number;
  /** Whether a message may refer to earlier ones, RFC 7692 §7.1.1. */
  readonly contextTakeover: boolean;
}

const MIN_CAPACITY = 256;
/** From this length on a native copy is worth the call. */
const WORTH_A_CALL = 96;

/**
 * The farthest distance in a window of 2^windowBits bytes.
 * @throws {UsageError} if windowBits is not an integer from 8 to 15
 */
export function maxDistance(windowBits: number): number {
  if (!Number.isInteger(windowBits) || windowBits < 8 || windowBits > 15) {
    throw new UsageError(`windowBits must be an integer from 8 to 15, got ${shown(windowBits)}`);
  }
  return 1 << windowBits;
}

/** A ring of bytes, which grows with the bytes appended. */
export class SlidingWindow {
  /** The ring: its length is 0 or a power of two. */
  bytes: Uint8Array = EMPTY;
  /** How many bytes it holds. */
  length = 0;
  /** Where the next byte goes in the ring: the last one is right before it. */
  end = 0;
  readonly #maxBytes: number;

  /** @param maxBytes a power of two, from {@link maxDistance} */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How big the ring will be after `byteCount` more bytes. */
  capacityFor(byteCount: number): number {
    const needed = Math.min(this.length + byteCount, this.#maxBytes);
    let capacity = Math.max(this.bytes.length, MIN_CAPACITY);
    while (capacity < needed) capacity *= 2;
    return capacity;
  }

  /** Appends `source[start, end)`; in a full window the oldest bytes are overwritten. */
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

  /** Forgets everything, and frees the memory. */
  clear(): void {
    this.bytes = EMPTY;
    this.length = 0;
    this.end = 0;
  }

  /** Copies `byteCount` bytes, beginning `distance` bytes before the end, to `target[at, …)`. */
  copyTo(target: Uint8Array, at: number, distance: number, byteCount: number): void {
    const { bytes } = this;
    const mask = bytes.length - 1;
    let from = this.end - distance;
    for (let to = at; to < at + byteCount; to++) target[to] = bytes[from++ & mask]!;
  }

  /** A ring that may grow has not wrapped yet, so its bytes are in order. */
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
