/** The Pings and Pongs that a user sends. They wait for no message: not for a Blob, nor for one in parts. */
import { ClosedError } from '../protocol/errors.ts';
import { bytesOf, RULE } from './arguments.ts';
import { rejected } from './deferred.ts';
import type { InnerSocket } from './inner-socket.ts';

/** @returns as `WebSocket.ping` */
export function sendPing(inner: InnerSocket, payload: Uint8Array | undefined): Promise<number> {
  const bytes = payload === undefined ? undefined : bytesOf(payload, RULE.ping);
  inner.settle();
  return inner.wire?.ping(bytes) ?? rejected(new ClosedError('the connection is not open'));
}

/** @returns as `WebSocket.pong` */
export function sendPong(inner: InnerSocket, payload: Uint8Array): boolean {
  const bytes = bytesOf(payload, RULE.pong);
  inner.settle();
  return inner.wire?.pong(bytes) === true;
}
