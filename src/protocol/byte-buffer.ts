/** Bytes that grow at the end: small pieces go into one buffer, so that they cost no more memory than their bytes. */
import { EMPTY } from './empty.ts';

/** Where memory comes from. */
export type Allocate = (byteLength: number) => Uint8Array;

/**
 * Memory is taken for so many times the bytes that there are, if so many are expected: each of them then goes to its place at
 * once. The system gives no memory to pages before they are written to.
 */
const MAX_AHEAD = 8;

export class ByteBuffer {
  readonly #allocate: Allocate;
  #bytes: Uint8Array = EMPTY;
  #length = 0;

  /** @param allocate where the memory comes from; {@link take} hands it over */
  constructor(allocate: Allocate) {
    this.#allocate = allocate;
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length;
  }

  /** The bytes written are `bytes[0, length)`, until the next call that makes room. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Makes room for `byteCount` more bytes, which go to `bytes[length, …)`; {@link advance} then counts them.
   * @param expected the final length, if it is known or can be guessed: a good guess saves copies. A guess that rises a
   * little at each call would cost many.
   */
  reserve(byteCount: number, expected = 0): Uint8Array {
    const needed = this.#length + byteCount;
    if (needed > this.#bytes.length) this.#grow(needed, expected);
    return this.#bytes;
  }

  advance(byteCount: number): void {
    this.#length += byteCount;
  }

  /** Copies `source[start, end)` to the end. */
  append(source: Uint8Array, start: number, end: number, expected?: number): void {
    this.reserve(end - start, expected).set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  /** Starts again in the same memory: for bytes that are no longer needed when the next ones come. */
  clear(): void {
    this.#length = 0;
  }

  /** Hands over the bytes written and starts again. */
  take(): Uint8Array {
    const taken = this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length);
    this.#bytes = EMPTY;
    this.#length = 0;
    return taken;
  }

  /** As {@link take}, in memory of exactly that length: copied, if there is more. */
  takeOwned(): Uint8Array {
    const isExact = this.#length > 0 && this.#length === this.#bytes.length;
    const taken = this.take();
    if (isExact) return taken;
    const copy = this.#allocate(taken.length);
    copy.set(taken);
    return copy;
  }

  /** Doubles, so that copying stays linear, or grows to the expected length, if that is not too far away. */
  #grow(needed: number, expected: number): void {
    const doubled = Math.max(needed, 2 * this.#bytes.length);
    const capacity = expected >= needed && expected <= MAX_AHEAD * needed ? expected : doubled;
    const grown = this.#allocate(capacity);
    if (this.#length > 0) grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
