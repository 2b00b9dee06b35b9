/** Whether a peer is alive: when to ask it, and when to give up on it. Time comes from outside, with each `check`. */
import type { SocketLimits } from './socket-options.ts';

export class Keepalive {
  /** At which check nothing had come from the peer; undefined when something has come since the last one. */
  #silentSince: number | undefined;
  #askedAt: number;

  /** @param now milliseconds on the clock that `check` will be given */
  constructor(now: number) {
    this.#askedAt = now;
  }

  /** There was a sign of life. It asks no clock, because it is called for every chunk. */
  heard(): void {
    this.#silentSince = undefined;
  }

  /**
   * @param isExcused whether it is we who do not read: then the peer's silence says nothing
   * @returns what is due: to ask the peer with a Ping, to give up, or nothing
   */
  check(now: number, limits: SocketLimits, isExcused: boolean): 'ask' | 'give up' | undefined {
    const { idleTimeoutMs, pingIntervalMs } = limits;
    if (this.#silentSince === undefined || isExcused) this.#silentSince = now;
    if (idleTimeoutMs > 0 && now - this.#silentSince >= idleTimeoutMs) return 'give up';
    if (pingIntervalMs === 0 || now - this.#askedAt < pingIntervalMs) return undefined;
    this.#askedAt = now;
    return 'ask';
  }
}
