/** What waits to be written to the transport: small outputs allocate one view, and no memory of their own. */
import { EMPTY } from './empty.ts';
import { outputMemory } from './output-memory.ts';

export class OutputBuffer {
  /** The bytes written are `bytes[start, end)`; there is room up to `limit`. */
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  #limit = 0;

  /** How many bytes were written. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Where the next byte goes in the memory that {@link reserve} has returned. */
  get end(): number {
    return this.#end;
  }

  /** Makes room for `byteCount` more bytes. @returns memory to write them to, from {@link end} on; {@link advance} counts them */
  reserve(byteCount: number): Uint8Array {
    if (this.#end + byteCount > this.#limit) this.#makeRoom(this.length + byteCount);
    return this.#bytes;
  }

  advance(byteCount: number): void {
    this.#end += byteCount;
  }

  /** Hands over the bytes written and starts again. */
  take(): Uint8Array {
    if (this.#end === this.#start) return EMPTY;
    const taken = outputMemory.take(this.#bytes, this.#start, this.#end, this.#limit);
    this.#bytes = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#limit = 0;
    return taken;
  }

  #makeRoom(needed: number): void {
    const limit = this.#start + needed;
    if (outputMemory.extend(this.#bytes, this.#limit, limit)) this.#limit = limit;
    else this.#move(Math.max(needed, 2 * (this.#limit - this.#start))); // doubles, so that copying stays linear
  }

  #move(capacity: number): void {
    const { length } = this;
    const written = length > 0 ? this.#bytes.subarray(this.#start, this.#end) : undefined;
    this.#bytes = outputMemory.lend(capacity);
    this.#start = outputMemory.start;
    this.#end = this.#start + length;
    this.#limit = this.#start + capacity;
    if (written !== undefined) this.#bytes.set(written, this.#start);
  }
}
