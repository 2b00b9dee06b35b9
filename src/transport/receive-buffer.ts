/** Bytes that came and are not read yet, because reading is paused or already under way. */
import type { Connection } from '../protocol/connection.ts';

/**
 * So many bytes are read ahead while a reader is awaited, as a stream would do it: so the end of the transport is noticed, and
 * what came before it is not lost.
 */
const READ_AHEAD_BYTES = 64 * 1024;

export class ReceiveBuffer {
  /** The unread bytes are `chunk[from, end)`. */
  #chunk: Uint8Array | undefined;
  #from = 0;
  #end = 0;
  /** The chunk is someone else's, and is about to change. */
  #isLent = false;

  get isEmpty(): boolean {
    return this.#chunk === undefined;
  }

  /** Whether more is to be read while a reader is awaited. */
  get readsAhead(): boolean {
    return this.#end - this.#from < READ_AHEAD_BYTES;
  }

  /** Adds a chunk after the unread bytes. The chunk is the buffer's from now on. */
  add(chunk: Uint8Array): void {
    if (this.#chunk === undefined) this.#set(chunk);
    else this.#append(chunk, chunk.length);
  }

  /** Like {@link add}, for `chunk[0, end)`, which can be read only until {@link own}. */
  lend(chunk: Uint8Array, end: number): void {
    if (this.#chunk === undefined) this.#set(chunk, 0, end, true);
    else this.#append(chunk, end);
  }

  /** Makes all unread bytes the buffer's. */
  own(): void {
    if (this.#isLent) this.#set(new Uint8Array(this.#unread()));
  }

  /** Gives the unread bytes to the connection until it pauses. @returns true when it has paused and bytes are left */
  readInto(connection: Connection): boolean {
    for (let chunk = this.#chunk; chunk !== undefined; chunk = this.#chunk) {
      const end = this.#end;
      const isLent = this.#isLent;
      const from = this.#from;
      this.clear();
      const next = connection.receive(chunk, from, end);
      if (next < end) {
        this.#putBack(chunk, next, end, isLent);
        return true;
      }
    }
    return false;
  }

  clear(): void {
    this.#chunk = undefined;
    this.#isLent = false;
  }

  /** Puts unread bytes in front of what came while the connection was reading. */
  #putBack(chunk: Uint8Array, from: number, end: number, isLent: boolean): void {
    const later = this.#chunk && this.#unread();
    this.#set(chunk, from, end, isLent);
    if (later !== undefined) this.#append(later, later.length);
  }

  /** Copies `chunk[0, length)` behind the unread bytes: small ones into memory that grows, so that copying stays linear. */
  #append(chunk: Uint8Array, length: number): void {
    const unread = this.#end - this.#from;
    if (this.#isLent || this.#end + length > this.#chunk!.length) {
      const needed = unread + length;
      const grown = new Uint8Array(Math.max(needed, Math.min(2 * needed, 2 * READ_AHEAD_BYTES)));
      grown.set(this.#unread());
      this.#set(grown, 0, unread);
    }
    this.#chunk!.set(length === chunk.length ? chunk : chunk.subarray(0, length), this.#end);
    this.#end += length;
  }

  #unread(): Uint8Array {
    return this.#chunk!.subarray(this.#from, this.#end);
  }

  #set(chunk: Uint8Array, from = 0, end: number = chunk.length, isLent = false): void {
    this.#chunk = chunk;
    this.#from = from;
    this.#end = end;
    this.#isLent = isLent;
  }
}
