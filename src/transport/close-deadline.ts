/** How long the closing handshake and the end of the transport may take (`closeTimeoutMs`). */
import { MAX_WRITE_BYTES } from './write-queue.ts';

export class CloseDeadline {
  readonly #timeoutMs: number;
  #time: number;
  /** How often the deadline may still move. Bounded by what was queued, because the peer can also take Pongs forever. */
  #extensions: number;

  constructor(now: number, timeoutMs: number, queuedBytes: number) {
    this.#timeoutMs = timeoutMs;
    this.#time = now + timeoutMs;
    this.#extensions = Math.ceil(queuedBytes / MAX_WRITE_BYTES);
  }

  hasPassed(now: number): boolean {
    return now >= this.#time;
  }

  /** The time begins anew, because the peer has taken a part of what was queued. */
  extend(now: number): void {
    if (this.#extensions-- > 0) this.#time = now + this.#timeoutMs;
  }
}
