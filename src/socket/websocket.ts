/** The public face of a connection: the browser's WebSocket interface, and what a server needs besides. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Attempt, type Opened } from '../client/handshake.ts';
import {
  type ClientOptions,
  openingOptions,
  parseSubprotocols,
  parseUrl,
  type Target,
} from '../client/options.ts';
import { CLOSE_CODE } from '../protocol/close.ts';
import type { Initiator, TracedFrame, Traffic } from '../protocol/connection.ts';
import { ClosedError, HandshakeError, UsageError } from '../protocol/errors.ts';
import { serializeExtensions } from '../protocol/handshake/headers.ts';
import type { Message } from '../protocol/message.ts';
import type { DeflateAgreement } from '../protocol/permessage-deflate/negotiation.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Delivery } from '../publish/pending-broadcast.ts';
import { settle } from '../publish/publisher.ts';
import type { Topics } from '../publish/topics.ts';
import { type SocketLimits, socketLimits } from '../transport/socket-options.ts';
import { type Owner, Wire, type WireSettings } from '../transport/wire.ts';
import {
  asError,
  BINARY_TYPES,
  type BinaryType,
  byteLengthOf,
  bytesOf,
  type Sendable,
  type SendOptions,
  verifyClose,
  verifyTopic,
} from './arguments.ts';
import { isThenable } from './call-user.ts';
import { type CloseInfo, closeInfo, failedOpening } from './close-info.ts';
import { defer } from './deferred.ts';
import { diagnostics } from './diagnostics.ts';
import { CloseEvent, ErrorEvent, messageEvent } from './events.ts';
import { type Accepted, type Acceptor, acceptorOfClient } from './hooks.ts';
import { MessageIterator } from './message-iterator.ts';
import { SendQueue } from './outgoing-queue.ts';
import { Extras, NO_EXTRAS } from './rare-state.ts';
import { SocketEventTarget } from './socket-event-target.ts';

/** Why reading is paused; each alone suffices. */
const PAUSED_BY = { user: 1, iterator: 2, noConsumer: 4 } as const;

/** What the server may do to a socket and its user may not. */
interface Internals extends Delivery<WebSocket> {
  accept<Data>(accepted: Accepted<Data, WebSocket<Data>>): WebSocket<Data>;
  /** Begins to read. */
  start(socket: WebSocket, head: Uint8Array): void;
  /** The open handler is done: messages that nobody has claimed by now are dropped. */
  ready(socket: WebSocket): void;
  /** A handler has thrown. */
  handlerFailed(socket: WebSocket, error: unknown): void;
  /** Resolves when a message of so many bytes has room, or nothing can be sent any more. */
  roomFor(socket: WebSocket, byteLength: number): Promise<void>;
}

/** Made by the class itself, which alone can reach what is private to it. */
export let internals: Internals;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const READY_STATE = { open: OPEN, closing: CLOSING, draining: CLOSING, closed: CLOSED } as const;

/**
 * One connection. The interface is the browser's, so that the same code runs on both sides; `opened`, `closed`, `ping`,
 * `drained`, `pause`, `terminate` and `for await` are what Node needs besides.
 *
 * ```ts
 * const socket = await new WebSocket('wss://example.com/live').opened;
 * socket.send('hello');
 * for await (const message of socket) console.log(message);
 * ```
 *
 * A text message is a `string`, a binary message a `Uint8Array` that is yours. Messages that come before anyone
 * listens wait for the first listener, loop or `resume()`; on a client that has listeners, but none for messages, they
 * are dropped once it is open, as in a browser.
 *
 * @see https://websockets.spec.whatwg.org/
 */
export class WebSocket<Data = unknown>
  extends SocketEventTarget
  implements AsyncIterable<Message>, AsyncDisposable
{
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  static readonly #owner: Owner<WebSocket> = {
    message: (socket, data) => socket.#onMessage(data),
    frame: (socket, frame) => socket.#onFrame(frame),
    ended: (socket, error) => socket.#onEnded(error),
  };

  static {
    internals = {
      accept: (accepted) => new (WebSocket as unknown as AcceptingConstructor)(accepted),
      start: (socket, head) => {
        if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ socket });
        socket.#wire?.start(head);
      },
      ready: (socket) => socket.#setPaused(PAUSED_BY.noConsumer, false),
      handlerFailed: (socket, error) => socket.listenerFailed(error),
      sendPrepared: (socket, message, compress) => socket.#sendPrepared(message, compress),
      isReadyFor: (socket, byteLength) =>
        socket.#extras.sendQueue?.isEmpty !== false && socket.#wire!.isReadyFor(byteLength),
      sendBatch: (socket, batch, skipped, isEndOfTurn) =>
        socket.#wire!.sendBatch(batch, skipped, isEndOfTurn),
      roomFor: (socket, byteLength) => socket.#ready(byteLength),
    };
  }

  /** What `authorize` returned for this connection; undefined on a client. */
  readonly data: Data;

  readonly #acceptor: Acceptor<WebSocket<Data>>;
  #url: string;
  #protocol = '';
  #extensions = '';
  #binaryType: BinaryType;
  /** Set once the connection is open. */
  #wire: Wire<WebSocket> | undefined;
  #pausedBy: number = PAUSED_BY.noConsumer;
  /** Made when it is needed: most sockets have no topics, or nobody asks for them. */
  #subscriptions: Set<string> | undefined;
  /** Only to be read: who changes something changes it in {@link #ownExtras}. */
  #extras: Readonly<Extras<this>> = NO_EXTRAS;

  /**
   * Connects to a server. How it goes is told by events, `opened` and `closed`.
   * @param url `ws:` or `wss:`; `http:` and `https:` mean the same
   * @param subprotocols those that are spoken, in the order of preference; the server must choose one
   * @throws {DOMException} `SyntaxError` for a URL or a subprotocol that there cannot be
   * @throws {UsageError} for an option that is not of its kind
   */
  constructor(url: string | URL, subprotocols?: string | readonly string[], options?: ClientOptions);
  constructor(
    target: string | URL | Accepted<Data, WebSocket<Data>>,
    subprotocols: string | readonly string[] = [],
    options: ClientOptions = {},
  ) {
    super();
    if (isAccepted(target)) {
      this.#acceptor = target.acceptor;
      this.#url = target.url;
      this.#protocol = target.protocol;
      this.#binaryType = 'uint8array';
      this.data = target.data;
      this.#makeWire(target.transport, target.settings, target.deflate);
    } else {
      const url = parseUrl(target);
      this.#acceptor = acceptorOfClient(options);
      this.#url = url.href;
      this.#binaryType = 'blob';
      this.data = undefined as Data;
      const limits = socketLimits(options);
      const opening = openingOptions(options);
      this.#connect({ url, subprotocols: parseSubprotocols(subprotocols), options: opening }, limits);
    }
  }

  get [Symbol.toStringTag](): string {
    return 'WebSocket';
  }

  /**
   * Where the connection leads. On an accepted socket as far as the server can know: the scheme and host are what the
   * client named.
   */
  get url(): string {
    return this.#url;
  }

  /** The subprotocol agreed on, else empty (§1.9). */
  get protocol(): string {
    return this.#protocol;
  }

  /** The extensions in use, as the header that agreed on them; empty when there are none (§9). */
  get extensions(): string {
    return this.#extensions;
  }

  /**
   * What binary messages are in `message` events; handlers and loops always get `Uint8Array`. What is none of the three
   * is not taken, as in a browser.
   * @defaultValue `'blob'` on a client, as the standard has it; `'uint8array'` on an accepted socket
   */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }
  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  /** `CONNECTING`, `OPEN`, `CLOSING` once either side has begun to close, `CLOSED` when TCP is gone. */
  get readyState(): 0 | 1 | 2 | 3 {
    const { attempt, closesAfterQueue } = this.#extras;
    if (attempt !== undefined) return attempt.isAborted ? CLOSING : CONNECTING;
    if (this.#wire === undefined) return CLOSED;
    const state = READY_STATE[this.#wire.connection.state];
    return state === OPEN && (closesAfterQueue || !this.#wire.canWrite) ? CLOSING : state;
  }

  /**
   * Bytes of messages that wait to go out, without frame headers; exact until the first of them has gone out. When the
   * connection is over, those that did not go out stay counted, and those that one still tries to send are added.
   */
  get bufferedAmount(): number {
    settle();
    const { sendQueue, unsentBytes } = this.#extras;
    return (this.#wire?.queuedPayloadBytes ?? 0) + (sendQueue?.byteLength ?? 0) + unsentBytes;
  }

  /** Milliseconds that the last Ping took to be answered; undefined before the first answer. */
  get roundTripMs(): number | undefined {
    return this.#wire?.roundTripMs;
  }

  /** What has gone through the connection; undefined before it is open. */
  get traffic(): Readonly<Traffic> | undefined {
    settle();
    return this.#wire?.connection.traffic;
  }

  /** Resolves with this socket when it is open. Rejects with {@link HandshakeError} or the reason of an abort. */
  get opened(): Promise<this> {
    const extras = this.#ownExtras();
    if (extras.opened === undefined) {
      extras.opened = defer<this>();
      extras.opened.promise.catch(() => {}); // who has asked and does not wait hears of it by `closed`
      if (this.#wire !== undefined) extras.opened.resolve(this);
      else if (extras.info !== undefined) extras.opened.reject(extras.info.error);
    }
    return extras.opened.promise;
  }

  /** Resolves when the connection is gone, with how it ended; never rejects. */
  get closed(): Promise<CloseInfo> {
    const extras = this.#ownExtras();
    if (extras.info !== undefined) return Promise.resolve(extras.info);
    extras.closed ??= defer<CloseInfo>();
    return extras.closed.promise;
  }

  /**
   * Sends a string as a text message, bytes as a binary message. Lone surrogates become U+FFFD. Bytes are copied; what is
   * sent behind a Blob waits until that is read.
   * @param options.compress false sends this message as it is, where compression was negotiated. @defaultValue true
   * @returns true when it was queued; false, and nothing is sent, when the connection is not open any more or the
   * queue is full (`maxQueuedBytes`, `whenQueueIsFull`)
   * @throws {TypeError} for anything else than a string, bytes or a Blob
   * @throws {DOMException} `InvalidStateError` before the connection is open
   * @throws {UsageError} for a message that is itself bigger than `maxQueuedBytes`
   */
  send(data: Sendable, options?: SendOptions): boolean {
    const compress = options?.compress !== false;
    settle();
    const { attempt, sendQueue } = this.#extras;
    if (attempt?.isAborted === false) {
      throw new DOMException('the connection is not open yet', 'InvalidStateError');
    }
    if (typeof data === 'object' && data instanceof Blob) return this.#sendInTurn(data, data.size, compress);
    const message = typeof data === 'string' ? data : bytesOf(data);
    if (sendQueue?.isEmpty === false) return this.#sendInTurn(message, byteLengthOf(message), compress);
    return this.#sendNow(message, compress);
  }

  /**
   * Begins the closing handshake (§7.1.2); what was sent before still goes out. Gives up a connection that is not open
   * yet. Does nothing if it has begun.
   * @param code a client's is 1000 or 3000–4999; a server's may be all that §7.4 allows. Without one the frame has none
   * @param reason at most 123 bytes of UTF-8; one without a code goes with 1000
   * @throws {DOMException} `InvalidAccessError` for the code, `SyntaxError` for the reason
   * @throws {TypeError} for a reason that is no string
   */
  close(code?: number, reason = ''): void {
    verifyClose(this.#acceptor.role, code, reason);
    const codeToSend = code === undefined && reason !== '' ? CLOSE_CODE.normal : code;
    const { attempt, sendQueue, closesAfterQueue } = this.#extras;
    attempt?.abort(new ClosedError('the connection was closed before it was open'));
    if (sendQueue === undefined || sendQueue.isEmpty) this.#wire?.close(codeToSend, reason);
    else if (!closesAfterQueue) {
      this.#ownExtras().closesAfterQueue = true;
      this.#takeTurn(undefined, 0, () => this.#wire?.close(codeToSend, reason));
    }
  }

  /** Ends TCP at once, without a closing handshake: the peer sees 1006. */
  terminate(): void {
    this.#extras.attempt?.abort(new ClosedError('the connection was terminated before it was open'));
    this.#ownExtras().isTerminated = true;
    this.#wire?.terminate();
  }

  /**
   * From now on this socket gets what its server publishes to a topic; nothing changes if it does already. Does nothing once
   * the connection closes. A socket leaves its topics when its connection ends, before anybody is told of that.
   * @param topic any string, compared as it is
   * @throws {TypeError} for a topic that is no string
   * @throws {UsageError} on a client, which has no topics
   */
  subscribe(topic: string): void {
    const topics = this.#topicsFor(topic);
    if (this.readyState !== OPEN) return;
    this.#subscriptions ??= new Set();
    this.#subscriptions.add(topic);
    topics.add(topic, this);
  }

  /**
   * From now on this socket does not get what is published to a topic; what was published before still goes out. Nothing
   * changes if it has not subscribed.
   * @throws as {@link subscribe}
   */
  unsubscribe(topic: string): void {
    const topics = this.#topicsFor(topic);
    this.#subscriptions?.delete(topic);
    topics.delete(topic, this);
  }

  /** The topics that this socket gets; when its connection has ended, those that it got. Always the same set. */
  get subscriptions(): ReadonlySet<string> {
    this.#subscriptions ??= new Set();
    return this.#subscriptions;
  }

  /** Closes with 1000 and waits for the end: `await using socket = new WebSocket(url)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close(CLOSE_CODE.normal);
    await this.closed;
  }

  /**
   * Sends a Ping (§5.5.2).
   * @param payload at most 125 bytes; by default a counter
   * @returns milliseconds until the Pong came. In the body of a `for await` loop do not wait for it: messages before the
   * Pong wait for the body. Rejects with {@link ClosedError} if the connection is not open or closes before, with
   * {@link UsageError} for a longer payload, with {@link WebSocketError} if the queue is full (not awaiting it is fine)
   * @throws {TypeError} for a payload that is no bytes
   */
  ping(payload?: Uint8Array): Promise<number> {
    const bytes = payload === undefined ? undefined : bytesOf(payload);
    settle();
    if (this.#wire !== undefined) return this.#wire.sendPing(bytes);
    const answer = Promise.reject(new ClosedError('the connection is not open'));
    answer.catch(() => {});
    return answer;
  }

  /**
   * Resolves as soon as the transport takes more bytes, and a message that was refused would have room: at once, unless the
   * peer reads slowly; with Blobs when all have been read. Never rejects.
   */
  drained(): Promise<void> {
    return this.#ready();
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
    if (this.#extras.iterator !== undefined) throw new UsageError('another loop reads this socket already');
    const iterator = new MessageIterator({
      demand: (wanted) => this.#setPaused(PAUSED_BY.iterator, !wanted),
      release: () => this.#releaseIterator(),
    });
    if (this.#extras.info !== undefined) {
      iterator.end();
      return iterator;
    }
    this.#ownExtras().iterator = iterator;
    this.#pausedBy &= ~PAUSED_BY.noConsumer;
    this.#setPaused(PAUSED_BY.iterator, true);
    return iterator;
  }

  /** To be changed; from now on this socket has its own. */
  #ownExtras(): Extras<this> {
    if (this.#extras === NO_EXTRAS) this.#extras = new Extras();
    return this.#extras;
  }

  #makeWire(
    transport: Duplex,
    settings: WireSettings,
    deflate: DeflateAgreement | undefined,
  ): Wire<WebSocket> {
    if (deflate !== undefined) this.#extensions = serializeExtensions([deflate.extension]);
    this.#wire = new Wire(transport, this.#acceptor.role, settings, deflate, WebSocket.#owner, this);
    this.#setPaused(0, false);
    return this.#wire;
  }

  // The opening of a client

  #connect(target: Target, limits: SocketLimits): void {
    const thresholdBytes = target.options.deflate?.thresholdBytes ?? 0;
    const settings = { limits, thresholdBytes, isTraced: this.#acceptor.frame !== undefined };
    this.#ownExtras().attempt = new Attempt(
      target,
      (opened) => this.#onOpened(opened, settings),
      (error) => this.#onFailed(asError(error)),
    );
  }

  #onOpened({ url, transport, head, subprotocol, deflate }: Opened, settings: WireSettings): void {
    const extras = this.#ownExtras();
    extras.attempt = undefined;
    extras.origin = url.origin;
    this.#url = url.href;
    this.#protocol = subprotocol;
    if (transport instanceof Socket) transport.setTimeout(0).setNoDelay(true);
    const wire = this.#makeWire(transport, settings, deflate);
    extras.opened?.resolve(this);
    if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ socket: this });
    if (this.hasListener('open')) this.dispatchEvent(new Event('open'));
    wire.start(head);
    // Not in this turn: who waits for `opened` comes first.
    setImmediate(() => {
      if (this.hasListeners || this.#acceptor.message !== undefined)
        this.#setPaused(PAUSED_BY.noConsumer, false);
    });
  }

  #onFailed(error: Error): void {
    const extras = this.#ownExtras();
    const isAborted = extras.attempt?.isAborted;
    extras.attempt = undefined;
    const hasAnswered = error instanceof HandshakeError && error.status !== undefined;
    const closedBy: Initiator = isAborted ? 'this side' : hasAnswered ? 'peer' : 'network';
    extras.opened?.reject(error);
    this.#finish(failedOpening(error, closedBy));
  }

  // Messages

  #onMessage(data: Message): void {
    const { closesAfterQueue, iterator, origin } = this.#extras;
    if (closesAfterQueue) return; // closing, though the Close frame waits for a Blob
    // Who begins to listen in the handler hears from the next message on.
    const hasListener = this.hasListener('message');
    const { message } = this.#acceptor;
    if (message !== undefined) this.call(message, this, data);
    iterator?.deliver(data);
    if (!hasListener) return;
    this.dispatchEvent(messageEvent(data, this.#binaryType, origin));
  }

  /** A trace looks on. One that throws is told so once, and sees no more of this socket: the connection goes on. */
  #onFrame(frame: TracedFrame): void {
    if (this.#extras.isTraceBroken) return;
    try {
      const result = this.#acceptor.frame?.(this, frame);
      if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.#onTraceBroken(error));
    } catch (error) {
      this.#onTraceBroken(error);
    }
  }

  #onTraceBroken(error: unknown): void {
    if (this.#extras.isTraceBroken) return;
    this.#ownExtras().isTraceBroken = true;
    this.#acceptor.report(error, this);
  }

  #sendNow(message: Message, compress: boolean): boolean {
    if (this.#wire?.send(message, compress) === true) return true;
    if (this.readyState !== OPEN) this.#ownExtras().unsentBytes += byteLengthOf(message);
    return false;
  }

  /** Sends a Blob, or what was sent behind one. */
  #sendInTurn(data: Message | Blob, byteLength: number, compress: boolean): boolean {
    if (this.readyState !== OPEN) {
      this.#ownExtras().unsentBytes += byteLength;
      return false;
    }
    if (this.#wire?.hasRoomFor(byteLength, this.#extras.sendQueue?.roomNeeded ?? 0) !== true) return false;
    if (data instanceof Blob) this.#takeTurn(data, byteLength, (bytes) => this.#sendNow(bytes, compress));
    else {
      const copy = typeof data === 'string' ? data : new Uint8Array(data);
      this.#takeTurn(undefined, byteLength, () => this.#sendNow(copy, compress));
    }
    return true;
  }

  /** Behind a Blob, a message to all waits as any other. */
  #sendPrepared(message: PreparedMessage, compress: boolean): boolean {
    const wire = this.#wire!;
    const { sendQueue: queue } = this.#extras;
    if (queue === undefined || queue.isEmpty) return wire.sendPrepared(message, compress);
    if (this.readyState !== OPEN || !wire.hasRoomFor(message.byteLength, queue.roomNeeded)) return false;
    this.#takeTurn(undefined, message.byteLength, () => wire.sendPrepared(message, compress));
    return true;
  }

  /** @param byteLength the message that is to have room; by default the one that was refused last */
  async #ready(byteLength?: number): Promise<void> {
    settle();
    await this.#extras.sendQueue?.emptied();
    await (byteLength === undefined ? this.#wire?.drained() : this.#wire?.ready(byteLength));
  }

  #takeTurn(blob: Blob | undefined, byteLength: number, run: (bytes: Uint8Array) => void): void {
    const extras = this.#ownExtras();
    extras.sendQueue ??= new SendQueue();
    extras.sendQueue.add({ blob, byteLength, run, fail: (error) => this.listenerFailed(error) });
  }

  // Topics

  #topicsFor(topic: string): Topics<WebSocket<Data>> {
    verifyTopic(topic);
    const { topics } = this.#acceptor;
    if (topics === undefined) throw new UsageError('a client has no topics: it is the server that publishes');
    return topics;
  }

  #leaveTopics(): void {
    if (this.#subscriptions === undefined) return;
    for (const topic of this.#subscriptions) this.#acceptor.topics?.delete(topic, this);
  }

  // The end

  #onEnded(transportError: Error | undefined): void {
    const { connection } = this.#wire!;
    const { isTerminated, handlerError } = this.#extras;
    // §7.2.1: a client whose transport is lost fails the connection, so there is an error to tell of.
    const isLost = this.#acceptor.role === 'client' && connection.closedBy === 'network' && !isTerminated;
    const error = transportError ?? (isLost ? new ClosedError('TCP ended without a Close frame') : undefined);
    this.#finish(closeInfo(connection, handlerError, error));
  }

  #finish(info: CloseInfo): void {
    const extras = this.#ownExtras();
    extras.info = info;
    this.#leaveTopics();
    extras.unsentBytes += extras.sendQueue?.byteLength ?? 0;
    extras.sendQueue?.clear();
    extras.iterator?.end();
    extras.iterator = undefined;
    const { error } = info;
    if (error !== undefined && diagnostics.error.hasSubscribers)
      diagnostics.error.publish({ socket: this, error });
    if (diagnostics.close.hasSubscribers) diagnostics.close.publish({ socket: this, info });
    if (error !== undefined && this.hasListener('error')) this.dispatchEvent(new ErrorEvent('error', error));
    if (this.hasListener('close')) this.dispatchEvent(new CloseEvent('close', info));
    this.#acceptor.ended(this, info);
    extras.closed?.resolve(info);
  }

  protected override listenerFailed(error: unknown): void {
    this.#ownExtras().handlerError ??= asError(error);
    this.#wire?.close(CLOSE_CODE.internalError);
    this.#acceptor.report(error, this);
  }

  // Pausing

  protected override listenedTo(type: string): void {
    if (type === 'message') this.#setPaused(PAUSED_BY.noConsumer, false);
  }

  #releaseIterator(): void {
    this.#ownExtras().iterator = undefined;
    this.#pausedBy &= ~PAUSED_BY.iterator;
    const isClaimed = this.#acceptor.message !== undefined || this.hasListener('message');
    this.#setPaused(PAUSED_BY.noConsumer, !isClaimed);
  }

  #setPaused(by: number, paused: boolean): void {
    this.#pausedBy = paused ? this.#pausedBy | by : this.#pausedBy & ~by;
    const isExcused = (this.#pausedBy & (PAUSED_BY.user | PAUSED_BY.iterator)) !== 0;
    this.#wire?.setPaused(this.#pausedBy !== 0, isExcused);
  }
}

// Web IDL: a constant is on the interface and its prototype, enumerable, and cannot be changed.
for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSING, CLOSED })) {
  Object.defineProperty(WebSocket, name, { value, enumerable: true });
  Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true });
}

type AcceptingConstructor = new <Data>(accepted: Accepted<Data, WebSocket<Data>>) => WebSocket<Data>;

function isAccepted<Data>(
  target: string | URL | Accepted<Data, WebSocket<Data>>,
): target is Accepted<Data, WebSocket<Data>> {
  return typeof target === 'object' && target !== null && 'transport' in target;
}
