/** Tells monitoring and listeners what happens to a connection: diagnostics channels, then events. */
import type { CloseInfo } from './close-info.ts';
import { diagnostics } from './diagnostics.ts';
import { CloseEvent, ErrorEvent } from './events.ts';
import type { Listeners } from './socket-event-target.ts';

export function notifyOpen(socket: EventTarget, listeners: Listeners | undefined): void {
  if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ socket });
  if (listeners?.types.has('open')) socket.dispatchEvent(new Event('open'));
}

export function notifyEnd(socket: EventTarget, listeners: Listeners | undefined, info: CloseInfo): void {
  const { error } = info;
  if (error !== undefined && diagnostics.error.hasSubscribers) diagnostics.error.publish({ socket, error });
  if (diagnostics.close.hasSubscribers) diagnostics.close.publish({ socket, info });
  if (error !== undefined && listeners?.types.has('error'))
    socket.dispatchEvent(new ErrorEvent('error', error));
  if (listeners?.types.has('close')) socket.dispatchEvent(new CloseEvent('close', info));
}

export function notifyPing(socket: EventTarget, payload: Uint8Array): void {
  if (diagnostics.ping.hasSubscribers) diagnostics.ping.publish({ socket, payload });
}

export function notifyPong(socket: EventTarget, payload: Uint8Array, roundTripMs: number | undefined): void {
  if (diagnostics.pong.hasSubscribers) diagnostics.pong.publish({ socket, payload, roundTripMs });
}
