/** A WebSocket as web streams with backpressure both ways, as the WebSocketStream of the standard's proposal. */
import { setImmediate } from 'node:timers';
import { isArrayBuffer, isSharedArrayBuffer } from 'node:util/types';
import { domException } from '../client/dom-exception.ts';
import { type ClientOptions, isSignal } from '../client/options.ts';
import { BarewireError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import { byteLengthOf, messageOf, type Sendable } from './arguments.ts';
import type { CloseInfo } from './close-info.ts';
import { INTERNAL } from './internal.ts';
import { defineInterface, dictionary, requireArguments } from './web-idl.ts';
import { WebSocket } from './websocket.ts';
import { closeArguments, errorOfEnd, type StreamCloseInfo, WebSocketError } from './websocket-error.ts';

/** The globals of the time when this module is loaded: test environments replace them. */
const { ReadableStream, WritableStream } = globalThis;

export interface StreamOptions extends Omit<ClientOptions, 'message' | 'bytes'> {
  /** The subprotocols, in the order of preference; the server must choose one. @defaultValue none */
  protocols?: readonly string[];
}

/** An open connection. */
export interface StreamConnection {
  /** The messages. Nothing is read from the network before it is asked for. */
  readonly readable: ReadableStream<Message>;
  /** Takes messages; a write is done when the transport takes bytes again. One that the end cuts off rejects at that end. */
  readonly writable: WritableStream<Sendable>;
  /** The extensions in use, as in the Sec-WebSocket-Extensions header; empty when there are none. */
  readonly extensions: string;
  /** The subprotocol agreed on, else empty. */
  readonly protocol: string;
}

/**
 * ```ts
 * const { readable, writable } = await new WebSocketStream('wss://example.com/live').opened;
 * await readable.pipeThrough(upperCase).pipeTo(writable);
 * ```
 *
 * `abort` and `cancel` of the streams close the connection, with the code and reason of a {@link WebSocketError}.
 *
 * @see https://github.com/ricea/websocketstream-explainer
 */
export class WebSocketStream {
  readonly #socket: WebSocket<unknown>;
  readonly #opened: Promise<StreamConnection>;
  readonly #closed: Promise<StreamCloseInfo>;
  /** Set when the connection is open. */
  #streams: Streams | undefined;

  /**
   * @throws as `new WebSocket` does
   * @throws {TypeError} for options that are no object, protocols that are no list, and a signal that is none
   */
  constructor(url: string | URL, options: StreamOptions = {}) {
    requireArguments(arguments.length, 1, 'new WebSocketStream');
    const { protocols, ...clientOptions } = verifiedOptions(options);
    const socket = new WebSocket(url, protocols, clientOptions);
    this.#socket = socket;
    this.#opened = socket.opened.then(
      () => {
        this.#streams = new Streams(socket);
        return this.#streams.connection;
      },
      (error: unknown) => {
        throw errorOfOpening(error);
      },
    );
    this.#closed = socket.closed.then((info) => {
      if (this.#streams !== undefined) return this.#streams.closed;
      throw errorOfOpening(info.error);
    });
    // Both tell of an error. A user who waits for one need not wait for the other.
    this.#opened.catch(() => {});
    this.#closed.catch(() => {});
  }

  /** The URL of the connection. */
  get url(): string {
    return this.#socket.url;
  }

  /**
   * Resolves when the connection is open. Rejects with the reason of an abort, or with a {@link WebSocketError}, whose `cause`
   * is the error that `WebSocket.opened` has.
   */
  get opened(): Promise<StreamConnection> {
    return this.#opened;
  }

  /**
   * Resolves when both sides have closed the connection in order, and nothing that was written is lost. Else rejects with a
   * {@link WebSocketError}; its `cause` is the `error` that `WebSocket.closed` has.
   */
  get closed(): Promise<StreamCloseInfo> {
    return this.#closed;
  }

  /**
   * Closes, or gives up a connection that is not open yet.
   * @throws {DOMException} as `WebSocket.close` on a client
   * @throws {TypeError} for what is no object, and for a code that is not a whole number
   */
  close(closeInfo: StreamCloseInfo | undefined = undefined): void {
    const { code, reason } = closeArguments(closeInfo);
    this.#socket.close(code, reason);
  }
}

defineInterface(WebSocketStream, 'WebSocketStream');

/**
 * The streams of an open socket, such as an accepted one. From now on they have its messages.
 * For a Node stream: `Duplex.fromWeb(streamsOf(socket))`.
 */
export function streamsOf(socket: WebSocket<unknown>): StreamConnection {
  return new Streams(socket).connection;
}

class Streams {
  readonly connection: StreamConnection;
  /** Resolves when both sides have closed the connection in order; else rejects. */
  readonly closed: Promise<StreamCloseInfo>;

  readonly #socket: WebSocket<unknown>;
  readonly #messages: AsyncIterator<Message, undefined>;
  /** A write has begun. If it is not done when the peer or the network ends the connection, the message may be lost. */
  #isWriting = false;
  #isCancelled = false;
  /** One error for all writes after the end, and for the one that did not finish. */
  readonly #notOpen = domException('the connection takes no more messages', 'InvalidStateError');

  constructor(socket: WebSocket<unknown>) {
    this.#socket = socket;
    this.#messages = socket[Symbol.asyncIterator]();
    this.closed = socket.closed.then((info) => this.#closeInfo(info));
    const { extensions, protocol } = socket;
    this.connection = { readable: this.#readable(), writable: this.#writable(), extensions, protocol };
  }

  #closeInfo(info: CloseInfo): StreamCloseInfo {
    const { code, reason, wasClean, closedBy, error } = info;
    if (wasClean && !(this.#isWriting && closedBy !== 'this side')) return { closeCode: code, reason };
    const why = wasClean ? 'a write had not finished' : 'there was no closing handshake';
    throw errorOfEnd(`the connection was not closed in order: ${why}`, code, reason, error);
  }

  #readable(): ReadableStream<Message> {
    return new ReadableStream<Message>(
      {
        start: (controller) => {
          this.closed.then(
            () => this.#isCancelled || controller.close(),
            (error: unknown) => controller.error(error),
          );
        },
        pull: async (controller) => {
          const { done, value } = await this.#messages.next();
          if (done !== true) controller.enqueue(value);
        },
        cancel: async (reason) => {
          this.#isCancelled = true;
          this.#closeFor(reason);
          await this.#messages.return?.();
          this.#socket.resume(); // nobody will take what still comes: without this the end would wait behind it
        },
      },
      { highWaterMark: 0 }, // nothing is read ahead
    );
  }

  #writable(): WritableStream<Sendable> {
    return new WritableStream<Sendable>({
      start: (controller) => {
        this.closed.then(
          () => controller.error(this.#notOpen),
          (error: unknown) => controller.error(this.#isWriting ? this.#notOpen : error),
        );
      },
      write: (chunk) => this.#write(chunk),
      close: async () => {
        this.#socket.close();
        await this.closed;
      },
      abort: (reason) => this.#closeFor(reason),
    });
  }

  async #write(chunk: Sendable): Promise<void> {
    verifyBuffer(chunk);
    const message = messageOf(chunk);
    const socket = this.#socket;
    this.#isWriting = true;
    const byteLength = byteLengthOf(message);
    // Room first: a full queue would close the connection, though this writer waits as it should.
    if (!socket[INTERNAL].isReadyFor(byteLength)) await socket[INTERNAL].waitForRoom(byteLength);
    while (!socket.send(message)) {
      if (socket.readyState !== WebSocket.OPEN) return this.#failAtEnd();
      await new Promise(setImmediate); // other code fills the queue too: never loop without a turn of the event loop
      await socket[INTERNAL].waitForRoom(byteLength);
    }
    await socket.drained();
    if (socket.readyState !== WebSocket.OPEN && (await this.#isLost())) return this.#failAtEnd();
    this.#isWriting = false;
  }

  /** Whether a message that was queued may not have reached the peer, because the peer or the network has ended the connection. */
  async #isLost(): Promise<boolean> {
    const { closedBy, wasClean } = await this.#socket.closed;
    return !wasClean || closedBy !== 'this side';
  }

  /** Rejects a write with the connection, as the proposal has it: code that waits for `closed` first can still take the error. */
  async #failAtEnd(): Promise<never> {
    await this.#socket.closed;
    throw this.#notOpen;
  }

  /** Closes for the reason of an abort or a cancel. */
  #closeFor(reason: unknown): void {
    if (reason instanceof WebSocketError) this.#socket.close(reason.closeCode ?? undefined, reason.reason);
    else this.#socket.close();
  }
}

function verifiedOptions(options: StreamOptions): StreamOptions {
  const { protocols, signal, ...others } = dictionary<StreamOptions>(options);
  const isList = typeof protocols === 'object' && typeof protocols?.[Symbol.iterator] === 'function';
  if (protocols !== undefined && !isList) throw new TypeError('protocols must be a list');
  if (signal !== undefined && !isSignal(signal)) throw new TypeError('signal must be an AbortSignal');
  return { ...others, ...(protocols && { protocols }), ...(signal && { signal }) };
}

/** The reason of an abort as it is; everything else as the standard has it. */
function errorOfOpening(error: unknown): unknown {
  return error instanceof BarewireError ? errorOfEnd(error.message, null, '', error) : error;
}

/** Web IDL: a buffer that is shared or resizable is not taken where an interface does not say so. @throws {TypeError} */
function verifyBuffer(chunk: unknown): void {
  const buffer = ArrayBuffer.isView(chunk) ? chunk.buffer : chunk;
  if (ArrayBuffer.isView(chunk) && isSharedArrayBuffer(buffer))
    throw new TypeError('a view of shared memory cannot be written');
  if (isArrayBuffer(buffer) && Reflect.get(buffer, 'resizable') === true)
    throw new TypeError('a resizable buffer cannot be written');
}
