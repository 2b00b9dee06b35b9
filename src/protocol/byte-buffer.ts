/** Bytes that grow at the end: small pieces go into one buffer, so that what they cost is what they hold. */
import { EMPTY } from './empty.ts';

export class ByteBuffer {
  readonly #allocate: (byteLength: number) => Uint8Array;
  #bytes: Uint8Array = EMPTY;
  #length = 0;

  /** @param allocate where the memory comes from; `take` gives it away */
  constructor(allocate: (byteLength: number) => Uint8Array) {
    this.#allocate = allocate;
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length;
  }

  /** What is written lies in `bytes[0, length)`; only until the next call that makes room. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Makes room for `byteCount` bytes more and returns where to write them: `bytes[length, …)`. `advance` then
   * counts them in.
   * @param expected the length that there will be in the end, if it is known or can be guessed: saves copies where it is
   * not far off. One that keeps rising by little would cost many.
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

  /** Starts anew in the same memory: for bytes that nobody needs when the next ones come. */
  clear(): void {
    this.#length = 0;
  }

  /** Gives away what is written and starts anew. */
  take(): Uint8Array {
    const taken = this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length);
    this.#bytes = EMPTY;
    this.#length = 0;
    return taken;
  }

  /** Doubles, so that copying stays linear, or goes to what is expected, where that is near. */
  #grow(needed: number, expected: number): void {
    const doubled = Math.max(needed, 2 * this.#bytes.length);
    const capacity = expected >= needed && expected <= 2 * doubled ? expected : doubled;
    const grown = this.#allocate(capacity);
    if (this.#length > 0) grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
