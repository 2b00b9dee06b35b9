/** How long a transport has to end, once the end has begun. */
import { MAX_WRITE_BYTES } from './write-queue.ts';

export class Deadline {
  readonly #timeoutMs: number;
  #time: number;
  /** How often it is put off because the peer takes what was queued: a bounded number, for Pongs are taken too. */
  #reprieves: number;

  constructor(now: number, timeoutMs: number, queuedBytes: number) {
    this.#timeoutMs = timeoutMs;
    this.#time = now + timeoutMs;
    this.#reprieves = Math.ceil(queuedBytes / MAX_WRITE_BYTES);
  }

  hasPassed(now: number): boolean {
    return now >= this.#time;
  }

  /** The peer has taken a part of what was queued. */
  putOff(now: number): void {
    if (this.#reprieves-- > 0) this.#time = now + this.#timeoutMs;
  }
}
