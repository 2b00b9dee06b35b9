/** Whether the peer is alive: how long nothing came from it, when to send it a Ping, and how long its Pongs took. */
import type { Connection } from '../protocol/connection.ts';
import { BarewireError, ClosedError } from '../protocol/errors.ts';
import { Pings } from './pings.ts';
import type { SocketLimits } from './socket-options.ts';
import type { WriteQueue } from './write-queue.ts';

export class Liveness {
  /** The time of the first check after the last sign of life; undefined when there was one since the last check. */
  #silentSince: number | undefined;
  /** When a Ping was last due. */
  #lastDueAt: number;
  /** Made for the first Ping. */
  #pings: Pings | undefined;

  /** @param now milliseconds on the clock that {@link check} is given */
  constructor(now: number) {
    this.#lastDueAt = now;
  }

  /** Milliseconds from the last answered Ping to its Pong; undefined before the first Pong. */
  get roundTripMs(): number | undefined {
    return this.#pings?.roundTripMs;
  }

  /** Whether a promise of {@link pingFor} waits for its Pong. */
  get isPongAwaited(): boolean {
    return this.#pings?.areAwaited === true;
  }

  /** There was a sign of life. Reads no clock, because it is called for every chunk. */
  onActivity(): void {
    this.#silentSince = undefined;
  }

  /**
   * @param isSilenceOurs true while it is this side that does not read: then the silence says nothing about the peer
   * @returns what is due now
   */
  check(
    now: number,
    { idleTimeoutMs, pingIntervalMs }: SocketLimits,
    isSilenceOurs: boolean,
  ): 'ping' | 'timeout' | undefined {
    if (this.#silentSince === undefined || isSilenceOurs) this.#silentSince = now;
    if (idleTimeoutMs > 0 && now - this.#silentSince >= idleTimeoutMs) return 'timeout';
    if (pingIntervalMs === 0 || now - this.#lastDueAt < pingIntervalMs) return undefined;
    this.#lastDueAt = now;
    return 'ping';
  }

  /** Sends a Ping of our own, unless one is outstanding: a second one would tell no more. */
  ping(connection: Connection): void {
    this.#pings ??= new Pings();
    if (this.#pings.areOutstanding) return;
    const payload = this.#pings.nextPayload();
    if (connection.ping(payload)) this.#pings.sent(payload);
  }

  /** Sends a Ping for the user. @returns as `WebSocket.ping` */
  pingFor(connection: Connection, queue: WriteQueue, bytes: Uint8Array | undefined): Promise<number> {
    this.#pings ??= new Pings();
    const pings = this.#pings;
    const payload = bytes ?? pings.nextPayload();
    const answer = new Promise<number>((resolve, reject) => {
      if (!queue.fits(payload.length)) reject(new BarewireError('the queue is full'));
      else if (!connection.ping(payload)) reject(closedError(connection, 'the connection is not open'));
      else pings.sent(new Uint8Array(payload), resolve, reject);
    });
    answer.catch(() => {}); // a user who does not wait for the answer must not get an unhandled rejection
    return answer;
  }

  /** A Pong has come. */
  onPong(payload: Uint8Array): void {
    this.#pings?.answered(payload);
  }

  /** The transport is gone. */
  abandon(connection: Connection): void {
    this.#pings?.abandon(() => closedError(connection, 'the connection closed before the pong came'));
  }
}

function closedError({ sent, received }: Connection, message: string): ClosedError {
  return new ClosedError(message, sent, received);
}
