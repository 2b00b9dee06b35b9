/** The events of a WebSocket, as in a browser. Node 20 lacks `CloseEvent` and `ErrorEvent`. */
import type { Message } from '../protocol/message.ts';
import type { BinaryType } from './arguments.ts';
import { defineInterface, requireArguments, unsignedLong, unsignedShort, usvString } from './web-idl.ts';

// The globals of the time when this module is loaded: test environments replace them.
const { Blob: PlatformBlob, Event: PlatformEvent, MessageEvent: PlatformMessageEvent } = globalThis;

/** What every event is made with. The types of Node have it in no place that can be named. */
interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

/** What a `CloseEvent` is made with. */
export interface CloseEventInit extends EventInit {
  /** @defaultValue 0 */
  code?: number;
  /** @defaultValue empty */
  reason?: string;
  /** @defaultValue false */
  wasClean?: boolean;
}

/** Fired once, when the connection is gone. */
export class CloseEvent extends Event {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, init: CloseEventInit = {}) {
    requireArguments(arguments.length, 1, 'new CloseEvent');
    super(type, init);
    this.#code = init?.code === undefined ? 0 : unsignedShort(init.code);
    this.#reason = init?.reason === undefined ? '' : usvString(init.reason);
    this.#wasClean = Boolean(init?.wasClean);
  }

  /** The code in the peer's Close frame; 1005 if it had none, 1006 if there was no Close frame (§7.1.5). */
  get code(): number {
    return this.#code;
  }

  /** The reason in the peer's Close frame (§7.1.6). */
  get reason(): string {
    return this.#reason;
  }

  /** Whether both sides sent a Close frame (§7.1.4). */
  get wasClean(): boolean {
    return this.#wasClean;
  }
}

/** What an `ErrorEvent` is made with. */
export interface ErrorEventInit extends EventInit {
  /** @defaultValue empty */
  message?: string;
  /** @defaultValue empty */
  filename?: string;
  /** @defaultValue 0 */
  lineno?: number;
  /** @defaultValue 0 */
  colno?: number;
  /** @defaultValue undefined */
  error?: unknown;
}

/** Fired before `close` when the connection failed. On a socket's event, `error` is an Error, and there is no file. */
export class ErrorEvent extends Event {
  readonly #message: string;
  readonly #filename: string;
  readonly #lineno: number;
  readonly #colno: number;
  readonly #error: unknown;

  constructor(type: string, init: ErrorEventInit = {}) {
    requireArguments(arguments.length, 1, 'new ErrorEvent');
    super(type, init);
    this.#colno = init?.colno === undefined ? 0 : unsignedLong(init.colno);
    this.#error = init?.error;
    this.#filename = init?.filename === undefined ? '' : usvString(init.filename);
    this.#lineno = init?.lineno === undefined ? 0 : unsignedLong(init.lineno);
    this.#message = init?.message === undefined ? '' : `${init.message}`;
  }

  /** Why the connection failed. */
  get message(): string {
    return this.#message;
  }

  get filename(): string {
    return this.#filename;
  }

  get lineno(): number {
    return this.#lineno;
  }

  get colno(): number {
    return this.#colno;
  }

  /** Why the connection failed, as in `CloseInfo.error`. */
  // biome-ignore lint/suspicious/noExplicitAny: as in the DOM's types
  get error(): any {
    return this.#error;
  }
}

defineInterface(CloseEvent, 'CloseEvent', PlatformEvent);
defineInterface(ErrorEvent, 'ErrorEvent', PlatformEvent);

/** The platform's own class, with the class string that it lacks on Node 20. */
class SocketMessageEvent extends PlatformMessageEvent<unknown> {}

defineInterface(SocketMessageEvent, 'MessageEvent', PlatformMessageEvent);
Object.defineProperty(SocketMessageEvent.prototype, 'constructor', { value: PlatformMessageEvent });

export function openEvent(): Event {
  return new PlatformEvent('open');
}

/** @param origin the origin of the server, on a client; else empty */
export function messageEvent(data: Message, binaryType: BinaryType, origin: string): MessageEvent {
  if (typeof data === 'string' || binaryType === 'uint8array') {
    return new SocketMessageEvent('message', { data, origin });
  }
  const binary = binaryType === 'blob' ? new PlatformBlob([data as Uint8Array<ArrayBuffer>]) : bufferOf(data);
  return new SocketMessageEvent('message', { data: binary, origin });
}

/** Memory that holds the message alone: with `messageMemory: 'pool'` its own holds others too. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBufferLike {
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

/** The event of each type. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: ErrorEvent;
  close: CloseEvent;
}

export type WebSocketEventType = keyof WebSocketEventMap;
