/** Bytes that came and are not read yet, because reading is paused or already under way. */
import type { Connection } from '../protocol/connection.ts';

export class ReceiveBuffer {
  #chunk: Uint8Array | undefined;
  /** Where in the chunk the unread bytes begin. */
  #from = 0;

  get isEmpty(): boolean {
    return this.#chunk === undefined;
  }

  /** Adds a chunk after the unread bytes. The chunk is the buffer's from now on. */
  add(chunk: Uint8Array): void {
    const unread = this.#chunk;
    this.#chunk = unread === undefined ? chunk : Buffer.concat([unread.subarray(this.#from), chunk]);
    this.#from = 0;
  }

  /** Gives the unread bytes to the connection until it pauses. @returns true when it has paused and bytes are left */
  readInto(connection: Connection): boolean {
    for (let chunk = this.#chunk; chunk !== undefined; chunk = this.#chunk) {
      const from = this.#from;
      this.clear();
      const next = connection.receive(chunk, from);
      if (next < chunk.length) {
        this.#putBack(chunk, next);
        return true;
      }
    }
    return false;
  }

  clear(): void {
    this.#chunk = undefined;
    this.#from = 0;
  }

  /** Puts unread bytes in front of what came while the connection was reading. */
  #putBack(chunk: Uint8Array, from: number): void {
    const later = this.#chunk;
    this.#chunk = later === undefined ? chunk : Buffer.concat([chunk.subarray(from), later]);
    this.#from = later === undefined ? from : 0;
  }
}
