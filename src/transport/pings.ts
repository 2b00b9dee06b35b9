/** Pings that wait for their Pong, §5.5.2 and §5.5.3, and how long the last round trip took. */
import type { ClosedError } from '../protocol/errors.ts';

interface Outstanding {
  readonly payload: Uint8Array;
  readonly sentAt: number;
  readonly resolve?: (milliseconds: number) => void;
  readonly reject?: (error: Error) => void;
}

export class Pings {
  /** Milliseconds that the last Ping took to be answered; undefined before the first answer. */
  roundTripMs: number | undefined;

  #outstanding: Outstanding[] = [];
  #counter = 0;

  /** A payload that no Ping under way has. */
  nextPayload(): Uint8Array {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#counter++);
    return payload;
  }

  get areOutstanding(): boolean {
    return this.#outstanding.length > 0;
  }

  /** Whether someone waits for an answer. */
  get areAwaited(): boolean {
    return this.#outstanding.some(({ resolve }) => resolve !== undefined);
  }

  /** Notes that a Ping goes out now. */
  sent(payload: Uint8Array, resolve?: (milliseconds: number) => void, reject?: (error: Error) => void): void {
    const entry = { payload, sentAt: performance.now() };
    this.#outstanding.push(resolve && reject ? { ...entry, resolve, reject } : entry);
  }

  /** Takes a Pong. One that answers no Ping is allowed (§5.5.3) and means nothing. */
  answered(payload: Uint8Array): void {
    const index = this.#outstanding.findIndex((ping) => equal(ping.payload, payload));
    if (index < 0) return;
    const now = performance.now();
    // §5.5.3: the peer may have answered only the latest Ping, and so all before it.
    const answered = this.#outstanding.splice(0, index + 1);
    this.roundTripMs = now - answered[index]!.sentAt;
    for (const ping of answered) ping.resolve?.(now - ping.sentAt);
  }

  /** Nothing will be answered any more. */
  abandon(error: () => ClosedError): void {
    for (const ping of this.#outstanding.splice(0)) ping.reject?.(error());
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
