/** Tells monitoring, listeners and a handler what happens to a connection: diagnostics channels, then events. */
import type { ProtocolError } from '../protocol/errors.ts';
import { callUser } from './call-user.ts';
import type { CloseInfo } from './close-info.ts';
import { diagnostics } from './diagnostics.ts';
import { CloseEvent, ErrorEvent, openEvent } from './events.ts';
import type { SocketHooks } from './hooks.ts';
import type { Listeners } from './socket-event-target.ts';

/** A socket, and its listeners: read after a channel was published to, whose subscribers may add the first one. */
interface Notified {
  readonly socket: EventTarget;
  readonly listeners: Listeners | undefined;
}

export function notifyOpen(inner: Notified): void {
  const { socket } = inner;
  if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ socket });
  if (inner.listeners?.types.has('open')) socket.dispatchEvent(openEvent());
}

export function notifyEnd(inner: Notified, info: CloseInfo): void {
  const { socket } = inner;
  const { error } = info;
  if (error !== undefined && diagnostics.error.hasSubscribers) diagnostics.error.publish({ socket, error });
  if (diagnostics.close.hasSubscribers) diagnostics.close.publish({ socket, info });
  if (error !== undefined && inner.listeners?.types.has('error'))
    socket.dispatchEvent(new ErrorEvent('error', { error, message: error.message }));
  if (inner.listeners?.types.has('close')) socket.dispatchEvent(new CloseEvent('close', info));
}

export function notifyPing(socket: EventTarget, payload: Uint8Array): void {
  if (diagnostics.ping.hasSubscribers) diagnostics.ping.publish({ socket, payload });
}

export function notifyPong(socket: EventTarget, payload: Uint8Array, roundTripMs: number | undefined): void {
  if (diagnostics.pong.hasSubscribers) diagnostics.pong.publish({ socket, payload, roundTripMs });
}

/** An error of the handler is only reported: the connection has failed already, and its reason stays the error of the peer. */
export function tellViolation<Socket extends EventTarget>(
  { violation, report }: SocketHooks<Socket>,
  socket: Socket,
  error: ProtocolError,
): void {
  if (violation !== undefined)
    callUser(violation, socket, error, { userFailed: (thrown) => report(thrown, socket) });
}
