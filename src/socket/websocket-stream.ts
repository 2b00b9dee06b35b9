/** A WebSocket as web streams with backpressure both ways, in the shape of the WebSocketStream proposal. */

import type { ClientOptions } from '../client/options.ts';
import { ClosedError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import type { Sendable } from './arguments.ts';
import type { CloseInfo } from './close-info.ts';
import { internals, WebSocket } from './websocket.ts';

export interface StreamOptions extends Omit<ClientOptions, 'message'> {
  /** The subprotocols that are spoken, in the order of preference; the server must choose one. @defaultValue none */
  protocols?: string | readonly string[];
}

/** What an open connection has. */
export interface StreamConnection {
  /** The messages. Nothing is read from the network before someone wants it. */
  readonly readable: ReadableStream<Message>;
  /** Takes messages; a write is done when the transport takes bytes again. */
  readonly writable: WritableStream<Sendable>;
  /** The extensions in use, as the header that agreed on them; empty when there are none. */
  readonly extensions: string;
  /** The subprotocol agreed on, else empty. */
  readonly protocol: string;
}

/** How a connection was closed. */
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
  /** Where the connection leads. */
  readonly url: string;
  /** Resolves when the connection is open; rejects as `WebSocket.opened` does. */
  readonly opened: Promise<StreamConnection>;
  /** Resolves when the connection was closed in order by both sides; else rejects, with the error if there is one. */
  readonly closed: Promise<StreamCloseInfo>;
  readonly #socket: WebSocket<unknown>;

  /** @throws as `new WebSocket` does */
  constructor(url: string | URL, options: StreamOptions = {}) {
    const { protocols, ...clientOptions } = options;
    this.#socket = new WebSocket(url, protocols, clientOptions);
    this.url = this.#socket.url;
    this.opened = this.#socket.opened.then(streamsOf);
    this.closed = this.#socket.closed.then(closeInfo);
    // Each of them tells; who listens to one need not listen to the other.
    this.opened.catch(() => {});
    this.closed.catch(() => {});
  }

  /** Closes, or gives up a connection that is not open yet. Arguments and errors as for `WebSocket.close`. */
  close({ closeCode, reason }: StreamCloseInfo = {}): void {
    this.#socket.close(closeCode, reason);
  }
}

/**
 * The streams of an open socket, an accepted one for example; the messages are theirs from now on.
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
    { highWaterMark: 0 }, // nothing is asked of the network that nobody has asked for
  );
}

function writableOf(socket: WebSocket<unknown>): WritableStream<Sendable> {
  return new WritableStream<Sendable>({
    start(controller) {
      endOf(socket).then((error) => controller.error(error));
    },
    async write(message) {
      // Room first: a full queue closes the connection, and nobody here has sent too fast.
      await internals.roomFor(socket, sizeOf(message));
      while (!socket.send(message)) {
        if (socket.readyState !== WebSocket.OPEN)
          throw new ClosedError('the connection takes no more messages');
        await new Promise(setImmediate); // others fill the queue too: never a loop without a turn of the event loop
        await internals.roomFor(socket, sizeOf(message));
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

function sizeOf(message: Sendable): number {
  if (typeof message === 'string') return Buffer.byteLength(message);
  return message instanceof Blob ? message.size : message.byteLength;
}

/** Why nothing can be written any more, when the connection is gone. */
async function endOf(socket: WebSocket<unknown>): Promise<Error> {
  const { error, sent, received } = await socket.closed;
  return error ?? new ClosedError('the connection is closed', sent, received);
}

function closeInfo({ code, reason, wasClean, error, sent, received }: CloseInfo): StreamCloseInfo {
  if (wasClean) return { closeCode: code, reason };
  throw error ?? new ClosedError('the connection ended without a closing handshake', sent, received);
}
