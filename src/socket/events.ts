/** The events of a WebSocket, as in a browser. Node 20 lacks `CloseEvent` and `ErrorEvent`. */
import type { Message } from '../protocol/message.ts';
import type { BinaryType } from './arguments.ts';

/** Fired once, when the connection is gone. */
export class CloseEvent extends Event {
  /** The code in the peer's Close frame; 1005 if it had none, 1006 if there was no Close frame (§7.1.5). */
  readonly code: number;
  /** The reason in the peer's Close frame (§7.1.6). */
  readonly reason: string;
  /** Whether both sides sent a Close frame (§7.1.4). */
  readonly wasClean: boolean;

  constructor(type: string, init: { code?: number; reason?: string; wasClean?: boolean } = {}) {
    super(type);
    this.code = init.code ?? 0;
    this.reason = init.reason ?? '';
    this.wasClean = init.wasClean ?? false;
  }
}

/** Fired before `close` when the connection failed. */
export class ErrorEvent extends Event {
  readonly error: Error;
  readonly message: string;

  constructor(type: string, error: Error) {
    super(type);
    this.error = error;
    this.message = error.message;
  }
}

/** @param origin the origin of the server, on a client; else empty */
export function messageEvent(data: Message, binaryType: BinaryType, origin: string): MessageEvent {
  if (typeof data === 'string' || binaryType === 'uint8array') {
    return new MessageEvent('message', { data, origin });
  }
  const binary = binaryType === 'blob' ? new Blob([data as Uint8Array<ArrayBuffer>]) : data.buffer;
  return new MessageEvent('message', { data: binary, origin });
}

/** The event of each type. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: ErrorEvent;
  close: CloseEvent;
}

export type WebSocketEventType = keyof WebSocketEventMap;
