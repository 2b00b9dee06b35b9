/** What has come and waits to be read, because a pause left it or it came while more was being read. */
import type { Connection } from '../protocol/connection.ts';

export class Inbox {
  #chunk: Uint8Array | undefined;
  /** Where in the chunk the unread part begins. */
  #from = 0;

  get isEmpty(): boolean {
    return this.#chunk === undefined;
  }

  /** Takes a chunk behind what waits. */
  add(chunk: Uint8Array): void {
    const waiting = this.#chunk;
    this.#chunk = waiting === undefined ? chunk : Buffer.concat([waiting.subarray(this.#from), chunk]);
    this.#from = 0;
  }

  /** Gives what waits to the connection, until that is paused. @returns whether it was, and something is left */
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

  /** Before what may have come meanwhile. */
  #putBack(chunk: Uint8Array, from: number): void {
    const later = this.#chunk;
    this.#chunk = later === undefined ? chunk : Buffer.concat([chunk.subarray(from), later]);
    this.#from = later === undefined ? from : 0;
  }
}
