/** Pings that wait for their Pong (§5.5.2, §5.5.3), and how long the last round trip took. */
import { performance } from 'node:perf_hooks';
import { BarewireError, type ClosedError } from '../protocol/errors.ts';

interface Outstanding {
  readonly payload: Uint8Array;
  readonly sentAt: number;
  readonly resolve?: (milliseconds: number) => void;
  readonly reject?: (error: Error) => void;
}

/** So many Pings wait for their Pong. Where there are more, the oldest is given up: its peer may answer none. */
const MOST = 1_000;

export class Pings {
  /** Milliseconds from the last answered Ping to its Pong; undefined before the first Pong. */
  roundTripMs: number | undefined;

  #outstanding: Outstanding[] = [];
  #counter = 0;

  /** A payload that no outstanding Ping of this counter has. */
  nextPayload(): Uint8Array {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#counter++);
    return payload;
  }

  get areOutstanding(): boolean {
    return this.#outstanding.length > 0;
  }

  /** Whether a promise waits for an answer. */
  get areAwaited(): boolean {
    return this.#outstanding.some(({ resolve }) => resolve !== undefined);
  }

  /** Notes that a Ping was queued now. */
  sent(payload: Uint8Array, resolve?: (milliseconds: number) => void, reject?: (error: Error) => void): void {
    if (this.#outstanding.length === MOST)
      this.#outstanding
        .shift()
        ?.reject?.(new BarewireError(`no Pong has come, and ${MOST} Pings were sent since`));
    const entry = { payload, sentAt: performance.now() };
    this.#outstanding.push(resolve && reject ? { ...entry, resolve, reject } : entry);
  }

  /** Takes a Pong. One that answers no Ping is allowed (§5.5.3) and changes nothing. */
  answered(payload: Uint8Array): void {
    const index = this.#outstanding.findIndex((ping) => equal(ping.payload, payload));
    if (index < 0) return;
    const now = performance.now();
    // §5.5.3: a peer may answer only the latest Ping. Its Pong answers all earlier ones too.
    const answered = this.#outstanding.splice(0, index + 1);
    this.roundTripMs = now - answered[index]!.sentAt;
    for (const ping of answered) ping.resolve?.(now - ping.sentAt);
  }

  /** Rejects what waits: no Pong can come now. */
  abandon(error: () => ClosedError): void {
    for (const ping of this.#outstanding.splice(0)) ping.reject?.(error());
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
