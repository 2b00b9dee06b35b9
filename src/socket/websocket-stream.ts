/** A WebSocket as web streams with backpressure both ways, in the shape of the WebSocketStream proposal. */

import type { ClientOptions } from '../client/options.ts';
import { ClosedError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import { byteLengthOf, type Sendable } from './arguments.ts';
import type { CloseInfo } from './close-info.ts';
import { INTERNAL } from './internal.ts';
import { WebSocket } from './websocket.ts';

export interface StreamOptions extends Omit<ClientOptions, 'message'> {
  /** The subprotocols, in the order of preference; the server must choose one. @defaultValue none */
  protocols?: string | readonly string[];
}

/** An open connection. */
export interface StreamConnection {
  /** The messages. Nothing is read from the network before it is asked for. */
  readonly readable: ReadableStream<Message>;
  /** Takes messages; a write is done when the transport takes bytes again. */
  readonly writable: WritableStream<Sendable>;
  /** The extensions in use, as in the Sec-WebSocket-Extensions header; empty when there are none. */
  readonly extensions: string;
  /** The subprotocol agreed on, else empty. */
  readonly protocol: string;
}

/** The Close frame of a connection that was closed. */
export interface StreamCloseInfo {
  /** The code in the peer's Close frame; 1005 if it had none. */
  readonly closeCode?: number;
  readonly reason?: string;
}

/**
 * ```ts
 * const { readable, writable } = await new WebSocketStream('wss://example.com/live').opened;
 * await readable.pipeThrough(upperCase).pipeTo(writable);
 * ```
 *
 * @see https://github.com/ricea/websocketstream-explainer
 */
export class WebSocketStream {
  /** The URL of the connection. */
  readonly url: string;
  /** Resolves when the connection is open; rejects as `WebSocket.opened` does. */
  readonly opened: Promise<StreamConnection>;
  /** Resolves when both sides have closed the connection in order; else rejects, with the error if there is one. */
  readonly closed: Promise<StreamCloseInfo>;
  readonly #socket: WebSocket<unknown>;

  /** @throws as `new WebSocket` does */
  constructor(url: string | URL, options: StreamOptions = {}) {
    const { protocols, ...clientOptions } = options;
    this.#socket = new WebSocket(url, protocols, clientOptions);
    this.url = this.#socket.url;
    this.opened = this.#socket.opened.then(streamsOf);
    this.closed = this.#socket.closed.then(closeInfo);
    // Both tell of an error. A user who waits for one need not wait for the other.
    this.opened.catch(() => {});
    this.closed.catch(() => {});
  }

  /** Closes, or gives up a connection that is not open yet. Arguments and errors as for `WebSocket.close`. */
  close({ closeCode, reason }: StreamCloseInfo = {}): void {
    this.#socket.close(closeCode, reason);
  }
}

/**
 * The streams of an open socket, such as an accepted one. From now on they have its messages.
 * For a Node stream: `Duplex.fromWeb(streamsOf(socket))`.
 */
export function streamsOf(socket: WebSocket<unknown>): StreamConnection {
  const { extensions, protocol } = socket;
  return { readable: readableOf(socket), writable: writableOf(socket), extensions, protocol };
}

function readableOf(socket: WebSocket<unknown>): ReadableStream<Message> {
  const messages = socket[Symbol.asyncIterator]();
  return new ReadableStream<Message>(
    {
      async pull(controller) {
        const { done, value } = await messages.next();
        if (done !== true) controller.enqueue(value);
        else {
          await socket.closed.then(closeInfo);
          controller.close();
        }
      },
      cancel: () => socket.close(),
    },
    { highWaterMark: 0 }, // nothing is read ahead
  );
}

function writableOf(socket: WebSocket<unknown>): WritableStream<Sendable> {
  return new WritableStream<Sendable>({
    start(controller) {
      void endOf(socket).then((error) => controller.error(error));
    },
    async write(message) {
      // Room first: a full queue would close the connection, though this writer waits as it should.
      await socket[INTERNAL].waitForRoom(byteLengthOf(message));
      while (!socket.send(message)) {
        if (socket.readyState !== WebSocket.OPEN)
          throw new ClosedError('the connection takes no more messages');
        await new Promise(setImmediate); // other code fills the queue too: never loop without a turn of the event loop
        await socket[INTERNAL].waitForRoom(byteLengthOf(message));
      }
      await socket.drained();
    },
    async close() {
      socket.close();
      await socket.closed;
    },
    abort: () => socket.close(),
  });
}

/** Resolves when the connection is gone, with the error for later writes. */
async function endOf(socket: WebSocket<unknown>): Promise<Error> {
  const { error, sent, received } = await socket.closed;
  return error ?? new ClosedError('the connection is closed', sent, received);
}

function closeInfo({ code, reason, wasClean, error, sent, received }: CloseInfo): StreamCloseInfo {
  if (wasClean) return { closeCode: code, reason };
  throw error ?? new ClosedError('the connection ended without a closing handshake', sent, received);
}
