/** Whether a peer is alive: when to ask it, and when to give up on it. Time comes from outside, with each `check`. */
import type { SocketLimits } from './options.ts';

export class Keepalive {
  /** Set while it is we who do not read: then the peer's silence says nothing. */
  excused = false;
  /** Set by any sign of life since the last check. A flag and no time, because it is set for every chunk. */
  heard = true;

  readonly #limits: SocketLimits;
  #heardAt = 0;
  #askedAt: number;

  /** @param now milliseconds on the clock that `check` will be given */
  constructor(limits: SocketLimits, now: number) {
    this.#limits = limits;
    this.#askedAt = now;
  }

  /** @returns what is due: to ask the peer with a Ping, to give up, or nothing */
  check(now: number): 'ask' | 'give up' | undefined {
    const { idleTimeoutMs, pingIntervalMs } = this.#limits;
    if (this.heard || this.excused) this.#heardAt = now;
    this.heard = false;
    if (idleTimeoutMs > 0 && now - this.#heardAt >= idleTimeoutMs) return 'give up';
    if (pingIntervalMs === 0 || now - this.#askedAt < pingIntervalMs) return undefined;
    this.#askedAt = now;
    return 'ask';
  }
}
