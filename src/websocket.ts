/** The public face of a connection: the browser's WebSocket interface, and what a server needs besides. */
import type { Duplex } from 'node:stream';
import { type CloseInfo, closeInfo } from './close-info.ts';
import { CloseEvent, ErrorEvent } from './events.ts';
import { MessageIterator } from './message-iterator.ts';
import type { SocketLimits } from './options.ts';
import { CLOSE_CODE, MAX_REASON_BYTES, mayBeSent } from './protocol/close.ts';
import { UsageError } from './protocol/errors.ts';
import type { Message } from './protocol/message.ts';
import { SocketEventTarget } from './socket-event-target.ts';
import { type Owner, Wire } from './wire.ts';

/** What may be sent. Bytes are copied at once. */
export type Sendable = string | ArrayBuffer | ArrayBufferView;

/** Why reading is paused; each alone suffices. */
const PAUSED_BY = { user: 1, iterator: 2, noConsumer: 4 } as const;

/** What the server that accepted a socket does for it. */
export interface Acceptor<Data> {
  /** Set where one handler takes the messages of all sockets. A function that needs no `this`. */
  message?(socket: WebSocket<Data>, data: Message): unknown;
  ended(socket: WebSocket<Data>, info: CloseInfo): void;
  /** Tells the user of an error in the user's own code. */
  report(error: unknown, socket: WebSocket<Data>): void;
}

/** What an accepted socket is made of. */
export interface Accepted<Data> {
  readonly url: string;
  readonly protocol: string;
  readonly data: Data;
  readonly transport: Duplex;
  readonly limits: SocketLimits;
  readonly acceptor: Acceptor<Data>;
}

/** What the server may do to a socket and its user may not. */
interface Internals {
  accept<Data>(accepted: Accepted<Data>): WebSocket<Data>;
  /** Begins to read. */
  start(socket: WebSocket, head: Uint8Array): void;
  /** The open handler is done: messages that nobody has claimed by now are dropped. */
  ready(socket: WebSocket): void;
  /** A handler has thrown. */
  handlerFailed(socket: WebSocket, error: unknown): void;
}

export let internals: Internals;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const READY_STATE = { open: OPEN, closing: CLOSING, draining: CLOSING, closed: CLOSED } as const;

/**
 * One connection. The interface is the browser's, so that the same code runs on both sides; `ping`, `drained`,
 * `closed`, `pause`, `terminate` and `for await` are what a server needs besides.
 *
 * A text message is a `string`, a binary message a `Uint8Array` that is yours. Messages that come before anyone
 * listens wait for the first listener, loop or `resume()`.
 *
 * Sockets come from a {@link WebSocketServer}: they are open when you get them.
 */
export class WebSocket<Data = unknown> extends SocketEventTarget implements AsyncIterable<Message> {
  static readonly CONNECTING: 0 = CONNECTING;
  static readonly OPEN: 1 = OPEN;
  static readonly CLOSING: 2 = CLOSING;
  static readonly CLOSED: 3 = CLOSED;

  static readonly #owner: Owner<WebSocket> = {
    message: (socket, data) => socket.#onMessage(data),
    ended: (socket, error) => socket.#onEnded(error),
  };

  static {
    internals = {
      accept: (accepted) => new WebSocket(accepted),
      start: (socket, head) => socket.#wire.start(head),
      ready: (socket) => socket.#setPaused(PAUSED_BY.noConsumer, false),
      handlerFailed: (socket, error) => socket.listenerFailed(error),
    };
  }

  /** Where the client connected to, as far as the server can know: the scheme and host are what the client named. */
  readonly url: string;
  /** The subprotocol agreed on, else empty (§1.9). */
  readonly protocol: string;
  /** The extensions in use, as the header that agreed on them; empty when there are none (§9). */
  readonly extensions: string = '';
  /** What `authorize` returned for this connection. */
  readonly data: Data;
  /** What binary messages are in `message` events. Handlers and loops always get `Uint8Array`. */
  binaryType: 'uint8array' | 'arraybuffer' = 'uint8array';

  readonly #wire: Wire<WebSocket>;
  readonly #acceptor: Acceptor<Data>;
  #pausedBy: number = PAUSED_BY.noConsumer;
  #iterator: MessageIterator | undefined;
  #handlerError: Error | undefined;
  #info: CloseInfo | undefined;
  #closed: { promise: Promise<CloseInfo>; resolve: (info: CloseInfo) => void } | undefined;

  private constructor(accepted: Accepted<Data>) {
    super();
    this.url = accepted.url;
    this.protocol = accepted.protocol;
    this.data = accepted.data;
    this.#acceptor = accepted.acceptor;
    this.#wire = new Wire(accepted.transport, 'server', accepted.limits, WebSocket.#owner, this);
    this.#wire.setPaused(true, false);
  }

  get CONNECTING(): 0 {
    return CONNECTING;
  }
  get OPEN(): 1 {
    return OPEN;
  }
  get CLOSING(): 2 {
    return CLOSING;
  }
  get CLOSED(): 3 {
    return CLOSED;
  }

  /** `OPEN`, `CLOSING` once either side has begun to close, `CLOSED` when TCP is gone. */
  get readyState(): 1 | 2 | 3 {
    return READY_STATE[this.#wire.connection.state];
  }

  /** Bytes that wait to go out, frame headers counted. */
  get bufferedAmount(): number {
    return this.#wire.queuedBytes;
  }

  /** Milliseconds that the last Ping took to be answered; undefined before the first answer. */
  get roundTripMs(): number | undefined {
    return this.#wire.pings.roundTripMs;
  }

  /** Resolves when the connection is gone, with how it ended; never rejects. */
  get closed(): Promise<CloseInfo> {
    if (this.#info !== undefined) return Promise.resolve(this.#info);
    this.#closed ??= withResolver<CloseInfo>();
    return this.#closed.promise;
  }

  /**
   * Sends a string as a text message, bytes as a binary message. Lone surrogates become U+FFFD.
   * @returns true when it was queued; false, and nothing is sent, when the connection is not open any more or the
   * queue is full (`maxQueuedBytes`, `whenQueueIsFull`)
   * @throws {TypeError} for anything else than a string or bytes
   * @throws {UsageError} for a message that is itself bigger than `maxQueuedBytes`
   */
  send(data: Sendable): boolean {
    return this.#wire.send(typeof data === 'string' ? data : bytesOf(data));
  }

  /**
   * Begins the closing handshake (§7.1.2); what was sent before still goes out. Does nothing if it has begun.
   * @param code one that may be sent (§7.4): 1000–1003, 1007–1014, 3000–4999. Without one the frame has none.
   * @param reason at most 123 bytes of UTF-8; only with a code
   * @throws {DOMException} `InvalidAccessError` for the code, `SyntaxError` for the reason
   * @throws {TypeError} for a reason that is no string
   */
  close(code?: number, reason = ''): void {
    verifyClose(code, reason);
    this.#wire.close(code, reason);
  }

  /** Ends TCP at once, without a closing handshake: the peer sees 1006. */
  terminate(): void {
    this.#wire.terminate();
  }

  /**
   * Sends a Ping (§5.5.2).
   * @param payload at most 125 bytes; by default a counter
   * @returns milliseconds until the Pong came. In the body of a `for await` loop do not wait for it: messages before the
   * Pong wait for the body. Rejects with {@link ClosedError} if the connection closes before, with {@link UsageError}
   * for a longer payload, with {@link WebSocketError} if the queue is full (not awaiting it is fine)
   * @throws {TypeError} for a payload that is no bytes
   */
  ping(payload?: Uint8Array): Promise<number> {
    return this.#wire.sendPing(payload === undefined ? undefined : bytesOf(payload));
  }

  /** Resolves as soon as the transport takes more bytes: at once, unless the peer reads slowly. Never rejects. */
  drained(): Promise<void> {
    return this.#wire.drained();
  }

  /**
   * Delivers nothing more, from the next message on; the peer is held back by TCP. Until a message waits, pings are
   * answered and the end is noticed; after that the end is told on `resume()`, or `idleTimeoutMs` later.
   */
  pause(): void {
    this.#setPaused(PAUSED_BY.user, true);
  }

  /** Reads again; where no one listens, messages are dropped from now on. */
  resume(): void {
    this.#pausedBy &= ~PAUSED_BY.noConsumer;
    this.#setPaused(PAUSED_BY.user, false);
  }

  /**
   * The messages, one at a time: nothing more is read while the loop's body is busy. The loop ends when the connection
   * does; `closed` tells how. A loop that is left with `break` leaves the socket open, and what comes waits for
   * the next one, until the open handler is done.
   * @throws {UsageError} while another loop runs
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    if (this.#iterator !== undefined) throw new UsageError('another loop reads this socket already');
    const iterator = new MessageIterator({
      demand: (wanted) => this.#setPaused(PAUSED_BY.iterator, !wanted),
      release: () => this.#releaseIterator(),
    });
    if (this.#info !== undefined) {
      iterator.end();
      return iterator;
    }
    this.#iterator = iterator;
    this.#pausedBy &= ~PAUSED_BY.noConsumer;
    this.#setPaused(PAUSED_BY.iterator, true);
    return iterator;
  }

  #onMessage(data: Message): void {
    // Who begins to listen in the handler hears from the next message on.
    const iterator = this.#iterator;
    const hasListener = this.hasListener('message');
    const { message } = this.#acceptor;
    if (message !== undefined) this.call(message, this, data);
    iterator?.deliver(data);
    if (hasListener) {
      const isBuffer = typeof data !== 'string' && this.binaryType === 'arraybuffer';
      this.dispatchEvent(new MessageEvent('message', { data: isBuffer ? data.buffer : data }));
    }
  }

  #onEnded(transportError: Error | undefined): void {
    const info = closeInfo(this.#wire.connection, this.#handlerError, transportError);
    this.#info = info;
    this.#iterator?.end();
    this.#iterator = undefined;
    if (info.error !== undefined && this.hasListener('error'))
      this.dispatchEvent(new ErrorEvent('error', info.error));
    if (this.hasListener('close')) this.dispatchEvent(new CloseEvent('close', info));
    this.#acceptor.ended(this, info);
    this.#closed?.resolve(info);
  }

  protected override listenerFailed(error: unknown): void {
    this.#handlerError ??= asError(error);
    this.#wire.close(CLOSE_CODE.internalError);
    this.#acceptor.report(error, this);
  }

  protected override listenedTo(type: string): void {
    if (type === 'message') this.#setPaused(PAUSED_BY.noConsumer, false);
  }

  #releaseIterator(): void {
    this.#iterator = undefined;
    this.#pausedBy &= ~PAUSED_BY.iterator;
    const isClaimed = this.#acceptor.message !== undefined || this.hasListener('message');
    this.#setPaused(PAUSED_BY.noConsumer, !isClaimed);
  }

  #setPaused(by: number, paused: boolean): void {
    this.#pausedBy = paused ? this.#pausedBy | by : this.#pausedBy & ~by;
    const isExcused = (this.#pausedBy & (PAUSED_BY.user | PAUSED_BY.iterator)) !== 0;
    this.#wire.setPaused(this.#pausedBy !== 0, isExcused);
  }
}

/** The rules for the arguments of `close`, with the errors that a browser throws. */
export function verifyClose(code: number | undefined, reason: string): void {
  if (typeof reason !== 'string') throw new TypeError(`a reason is a string, not ${typeof reason}`);
  if (code === undefined && reason !== '') throw new DOMException('a reason needs a code', 'SyntaxError');
  if (code !== undefined && !mayBeSent(code)) {
    throw new DOMException(`${code} is not a close code that may be sent`, 'InvalidAccessError');
  }
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES) {
    throw new DOMException(`a reason has at most ${MAX_REASON_BYTES} bytes`, 'SyntaxError');
  }
}

function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const message = typeof thrown === 'string' ? thrown : 'a handler threw something that is no Error';
  return new Error(message, { cause: thrown });
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError(`a message is a string, an ArrayBuffer or a view of one, not ${typeof data}`);
}

function withResolver<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
