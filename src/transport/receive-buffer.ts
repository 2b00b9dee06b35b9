/** Bytes that came and are not read yet, because reading is paused or already under way. */
import type { Connection } from '../protocol/connection.ts';

/** With fewer unread bytes than this, reading may go on while nothing takes messages: so the end of the peer is seen. */
const ENOUGH = 16 * 1024;

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

  /** Of bytes that are there: whether they are so many that no more should be read ahead. */
  get isFull(): boolean {
    return this.#end - this.#from >= ENOUGH;
  }

  /** Adds a chunk after the unread bytes. The chunk is the buffer's from now on. */
  add(chunk: Uint8Array): void {
    this.#set(this.#chunk === undefined ? chunk : Buffer.concat([this.#unread(), chunk]));
  }

  /** Like {@link add}, for `chunk[0, end)`, which can be read only until {@link own}. */
  lend(chunk: Uint8Array, end: number): void {
    if (this.#chunk !== undefined) this.add(chunk.subarray(0, end));
    else this.#set(chunk, 0, end, true);
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
    if (later === undefined) this.#set(chunk, from, end, isLent);
    else this.#set(Buffer.concat([chunk.subarray(from, end), later]));
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
