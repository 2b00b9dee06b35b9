/** The answers of a server that does not upgrade a request, other than those to a broken rule of the handshake. */
import type { Duplex } from 'node:stream';
import { Refusal, serializeRefusal } from '../protocol/handshake/refusal.ts';
import { limitTime } from '../transport/time-limit.ts';
import { ignoreError } from './node-http.ts';

export const NO_ENDPOINT: Refusal = shared(404, 'there is no WebSocket endpoint at this path');
export const TOO_MANY_HEADERS: Refusal = shared(431, 'the request has too many header lines');
export const SERVER_CLOSING: Refusal = shared(503, 'the server is closing');
export const NOT_AUTHORIZED: Refusal = shared(403, 'forbidden');
export const AUTHORIZE_TOO_SLOW: Refusal = shared(
  503,
  'the server took too long to decide about this request',
);
export const SERVER_FAILED: Refusal = shared(500, 'the server failed to handle this request');

/** Frozen, because `refused` handlers get the same object for many requests. */
function shared(status: number, message: string): Refusal {
  return Object.freeze(new Refusal(status, message));
}

/**
 * Answers with an HTTP error and ends the connection. What the client still sends is read and dropped, because a
 * TCP reset could overtake the answer. After `timeoutMs` the transport is destroyed.
 * @param method of the request: the answer to a HEAD has no body
 */
export function sendRefusal(transport: Duplex, refusal: Refusal, timeoutMs: number, method?: string): void {
  transport.on('error', ignoreError); // an 'error' without a listener would end the process
  transport.end(serializeRefusal(refusal, method));
  transport.resume();
  transport.once(
    'close',
    limitTime(timeoutMs, () => transport.destroy()),
  );
}
