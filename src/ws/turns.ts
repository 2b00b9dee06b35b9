/** One event in a turn of the event loop: `allowSynchronousEvents: false`. */
import { setImmediate } from 'node:timers';
import type { Peer } from './link.ts';

export class Turns {
  readonly #peer: Peer;
  readonly #isPaused: () => boolean;
  readonly #waiting: (() => void)[] = [];

  /** @param isPaused whether the user has paused the socket */
  constructor(peer: Peer, isPaused: () => boolean) {
    this.#peer = peer;
    this.#isPaused = isPaused;
  }

  /** Emits an event in a later turn, after those before it. Until then no more messages come. */
  add(emit: () => void): void {
    if (this.#waiting.push(emit) > 1) return;
    this.#peer.pause();
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#waiting[0]?.();
    this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(() => this.#next());
    else if (!this.#isPaused()) this.#peer.resume();
  }
}
