/** WebSocket, the public class: the browser's interface, and what Node needs in addition. InnerSocket implements it. */
import type { ClientOptions } from '../client/options.ts';
import { CLOSE_CODE } from '../protocol/close.ts';
import { EMPTY } from '../protocol/empty.ts';
import type { Message } from '../protocol/message.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { SendOptions } from '../protocol/send-options.ts';
import type { Traffic } from '../protocol/traffic.ts';
import { type BinaryType, messageOf, type Sendable, verifySendOptions } from './arguments.ts';
import { openClient } from './client-opening.ts';
import type { CloseInfo } from './close-info.ts';
import { sendPing, sendPong } from './control-frames.ts';
import { flushed } from './flushed.ts';
import { type ReceiveOptions, receiveStream, type StreamedMessage } from './incoming-message.ts';
import type { InnerSocket } from './inner-socket.ts';
import { INTERNAL } from './internal.ts';
import { iterate, type Messages } from './message-iterator.ts';
import { type MessageType, messageStream } from './message-stream.ts';
import { READY_STATE, type ReadyState } from './ready-state.ts';
import { SocketEventTarget } from './socket-event-target.ts';
import { clampedUnsignedShort, defineInterface, requireArguments, usvString } from './web-idl.ts';

/**
 * One connection. The interface is the browser's, so that the same code runs on both sides; `opened`, `closed`, `ping`,
 * `drained`, `pause`, `terminate` and `for await` are what Node needs in addition.
 *
 * ```ts
 * const socket = await new WebSocket('wss://example.com/live').opened;
 * socket.send('hello');
 * for await (const message of socket) console.log(message);
 * ```
 *
 * A text message is a `string`, a binary message a `Uint8Array` that is yours. Messages that come before there is a listener
 * wait for the first listener, loop or `resume()`. On a client that has listeners, but none for messages, they are dropped
 * once it is open, as in a browser.
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

  /** What `authorize` returned for this connection; undefined on a client. */
  readonly data: Data;
  readonly #inner: InnerSocket<WebSocket<Data>>;

  /**
   * Connects to a server. Events, `opened` and `closed` tell the result.
   * @param url `ws:` or `wss:`; `http:` and `https:` mean the same
   * @param subprotocols the subprotocols that this client speaks, in the order of preference; the server must choose one
   * @throws {DOMException} `SyntaxError` for an invalid URL or subprotocol
   * @throws {UsageError} for an invalid option
   */
  constructor(url: string | URL, subprotocols?: string | readonly string[], options?: ClientOptions);
  constructor(
    target: string | URL | typeof INTERNAL,
    second: string | readonly string[] | InnerSocket<WebSocket<Data>> = [],
    third?: ClientOptions | Data,
  ) {
    requireArguments(arguments.length, 1, 'new WebSocket');
    const isAccepted = target === INTERNAL;
    const inner = isAccepted
      ? (second as InnerSocket<WebSocket<Data>>)
      : openClient<WebSocket<Data>>(target, second as string | readonly string[], third as ClientOptions);
    super();
    this.#inner = inner;
    inner.socket = this;
    this.data = (isAccepted ? third : undefined) as Data;
  }

  /** @internal */
  override get [INTERNAL](): InnerSocket<WebSocket<Data>> {
    return this.#inner;
  }

  /**
   * The URL of the connection. On an accepted socket as far as the server can know it: the scheme and host are those that
   * the client named.
   */
  get url(): string {
    return this[INTERNAL].agreement.url;
  }

  /** The subprotocol agreed on, else empty (§1.9). */
  get protocol(): string {
    return this[INTERNAL].agreement.protocol;
  }

  /** The extensions in use, as in the Sec-WebSocket-Extensions header; empty when there are none (§9). */
  get extensions(): string {
    return this[INTERNAL].agreement.extensions;
  }

  /**
   * On a client that is open, or was, the headers of the server's answer, by their names in lower case; the values of a header
   * that came more than once are joined by `, `. Undefined on an accepted socket. Where the opening fails, its
   * {@link HandshakeError} has them.
   */
  get responseHeaders(): Readonly<Record<string, string>> | undefined {
    return this[INTERNAL].agreement.responseHeaders;
  }

  /**
   * The type of binary messages in `message` events: `'blob'`, `'arraybuffer'` or `'uint8array'`. Handlers and loops always
   * get `Uint8Array`. Other values are ignored, as in a browser.
   * @defaultValue `'blob'` on a client, as the standard has it; `'uint8array'` on an accepted socket
   */
  get binaryType(): BinaryType {
    return this[INTERNAL].binaryType;
  }
  set binaryType(type: BinaryType) {
    this[INTERNAL].binaryType = type;
  }

  /** `CONNECTING`, `OPEN`, `CLOSING` once either side has begun to close, `CLOSED` when TCP is gone. */
  get readyState(): ReadyState {
    return this[INTERNAL].readyState;
  }

  /**
   * Bytes of messages that wait to go out, without frame headers; exact until the first of them has gone out. When the
   * connection is over, bytes that did not go out stay counted, and those of later calls of `send` are added.
   */
  get bufferedAmount(): number {
    return this[INTERNAL].bufferedAmount;
  }

  /** Milliseconds from the last answered Ping to its Pong; undefined before the first Pong. */
  get roundTripMs(): number | undefined {
    return this[INTERNAL].roundTripMs;
  }

  /** Counts of everything sent and received; undefined before the connection is open. */
  get traffic(): Readonly<Traffic> | undefined {
    return this[INTERNAL].traffic;
  }

  /** Resolves with this socket when it is open. Rejects with {@link HandshakeError} or the reason of an abort. */
  get opened(): Promise<this> {
    return this[INTERNAL].opened() as Promise<this>;
  }

  /**
   * Resolves when the connection is gone, with how it ended. Never rejects. Once it was asked for, messages that nothing has
   * taken for a second are dropped, and those after them, until there is a listener or a loop: the end comes behind them. Those
   * for a `message` handler, a busy loop or a paused reader still wait.
   */
  get closed(): Promise<CloseInfo> {
    return this[INTERNAL].closed();
  }

  /** Sends a message that {@link prepareMessage} has made, as was said there. @throws {UsageError} for options */
  send(message: PreparedMessage): boolean;
  /**
   * Sends a string as a text message, bytes as a binary message. Lone surrogates become U+FFFD. Bytes are copied,
   * unless `copy` is false. Messages that are sent after a Blob wait until it is read. As in a browser, anything else is made a
   * string: a number is text too.
   * @param options how it is sent: compressed or not, bytes as text, without a copy. See {@link SendOptions}
   * @returns true when it was queued; false, and nothing is sent, when the connection is no longer open or the queue is
   * full (`maxQueuedBytes`, `whenQueueIsFull`)
   * @throws {TypeError} without an argument, and for what cannot be made a string, such as a symbol
   * @throws {DOMException} `InvalidStateError` before the connection is open
   * @throws {UsageError} for bytes that are to be text and are not UTF-8, and for `fin: false`: see {@link sendStream}
   */
  send(data: Sendable, options?: SendOptions): boolean;
  send(data: Sendable | PreparedMessage, options: SendOptions | undefined = undefined): boolean {
    requireArguments(arguments.length, 1, 'send');
    if (options !== undefined) verifySendOptions(options);
    return this[INTERNAL].send(messageOf(data), options);
  }

  /**
   * One message in parts (§5.4), for messages that are too big to hold, or not complete yet:
   * `await file.readable.pipeTo(socket.sendStream('binary'))`. What is written goes out as a fragment, uncompressed; closing the
   * stream completes the message. A write is done when the transport takes bytes again. From the first write to the end, other
   * messages and `close()` wait behind it, and count for `maxQueuedBytes`; Pings do not wait. So does `drained()`: in between,
   * wait for the writes instead.
   *
   * A message that has begun cannot be taken back: `abort`, or a value of another type, closes the connection with 1011. Writes
   * reject with {@link ClosedError} when the connection takes no more messages.
   * @param type strings make a `'text'` message, `ArrayBuffer` and views of them a `'binary'` one
   * @throws {TypeError} for another type
   */
  sendStream(type: 'text'): WritableStream<string>;
  sendStream(type: 'binary'): WritableStream<ArrayBuffer | ArrayBufferView>;
  sendStream(type: MessageType): WritableStream<string> | WritableStream<ArrayBuffer | ArrayBufferView> {
    return messageStream(this[INTERNAL], type);
  }

  /**
   * The next message in parts, for messages that are too big to hold, or not complete yet. As soon as its first frame has begun
   * to come, resolves with `{ type: 'text' | 'binary', readable }`. The stream gives what comes, as it comes: strings of whole
   * characters, or bytes, which are yours, never more than 96 KiB, and never empty. Nothing more is read from the network
   * before it is asked for. Resolves with `undefined` when the connection ends before another message.
   *
   * Later messages wait until this one is read to its end, and then for the next call, loop or listener. `cancel()` drops the
   * rest, and resolves when that has come; so does leaving a loop over the stream. The stream fails with {@link ClosedError} when
   * the connection ends in the middle of the message; its `cause` is the `error` that {@link closed} has, such as a
   * {@link ProtocolError}. A message that has begun to come before the call comes as a whole, in one part, within
   * `maxMessageBytes`.
   * @param options.maxBytes the most bytes that this message may have, read or dropped; `Infinity` for no limit. A bigger one
   * closes the connection with 1009. @defaultValue `maxMessageBytes`
   * @throws {UsageError} for another option, or a limit that is no number; while a loop or another message in parts is read;
   * and where a `message` handler or listener takes the messages
   */
  receiveStream(options: ReceiveOptions = {}): Promise<StreamedMessage | undefined> {
    return receiveStream(this[INTERNAL], options);
  }

  /**
   * Begins the closing handshake (§7.1.2); messages that were sent before still go out. Gives up a connection that is not
   * open yet. Does nothing if the closing handshake has begun.
   * @param code on a client 1000 or 3000–4999, on a server all that §7.4 allows. Without one, the frame has none
   * @param reason at most 123 bytes of UTF-8; a reason without a code is sent with 1000
   * @throws {DOMException} `InvalidAccessError` for the code, `SyntaxError` for the reason
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    this[INTERNAL].close(
      code === undefined ? undefined : clampedUnsignedShort(code),
      reason === undefined ? '' : usvString(reason),
    );
  }

  /** Ends TCP at once, without a closing handshake: the peer sees 1006. */
  terminate(): void {
    this[INTERNAL].terminate();
  }

  /**
   * Subscribes this socket to a topic of its server. Does nothing if it has subscribed already, or when it is closing.
   * When its connection ends, a socket leaves its topics before any handler is called.
   * @param topic any string, compared as it is
   * @throws {TypeError} for a topic that is not a string
   * @throws {UsageError} on a client, which has no topics
   */
  subscribe(topic: string): void {
    this[INTERNAL].subscriptions.add(topic, this[INTERNAL].readyState === READY_STATE.OPEN);
  }

  /**
   * Ends a subscription. Messages that were published before still go out. Does nothing if there is no such subscription.
   * @throws as {@link subscribe}
   */
  unsubscribe(topic: string): void {
    this[INTERNAL].subscriptions.delete(topic);
  }

  /** The topics of this socket; after its connection has ended, those that it had. Always the same set. */
  get subscriptions(): ReadonlySet<string> {
    return this[INTERNAL].subscriptions.names;
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
   * {@link UsageError} for a longer payload, with {@link BarewireError} if the queue is full, or 1,000 later Pings wait too.
   * There is no unhandled rejection if you do not wait for it
   * @throws {TypeError} for a payload that is not bytes
   */
  ping(payload?: Uint8Array): Promise<number> {
    return sendPing(this[INTERNAL] as InnerSocket, payload);
  }

  /**
   * Sends a Pong (§5.5.3): as the answer to a Ping, where `answersPings` is false; otherwise one that answers none, which tells the
   * peer that this side is alive.
   * @param payload at most 125 bytes, those of the Ping that it answers. @defaultValue none
   * @returns whether it was queued: false when the connection is not open, or the queue is full
   * @throws {UsageError} for a longer payload
   * @throws {TypeError} for a payload that is not bytes
   */
  pong(payload: Uint8Array = EMPTY): boolean {
    return sendPong(this[INTERNAL] as InnerSocket, payload);
  }

  /**
   * Resolves as soon as the transport takes more bytes, and a message that was refused would have room: at once, unless the
   * peer reads slowly. With Blobs it waits until all are read. Never rejects.
   */
  drained(): Promise<void> {
    return this[INTERNAL].waitForRoom();
  }

  /**
   * Resolves when everything that was sent before is given to the operating system: it may still be on its way, but the end of
   * this process does not lose it. {@link drained} is for backpressure, and resolves earlier.
   * @returns rejects with {@link ClosedError} when the connection ends before
   */
  flushed(): Promise<void> {
    return flushed(this[INTERNAL] as InnerSocket);
  }

  /**
   * Stops the delivery of messages, from the next one on; the peer is held back by TCP. Until a message waits, Pings are
   * answered and the end is noticed; after that the end is reported on `resume()`, or `idleTimeoutMs` later.
   */
  pause(): void {
    this[INTERNAL].pause();
  }

  /** Resumes the delivery. From now on, messages are dropped where nothing takes them. */
  resume(): void {
    this[INTERNAL].resume();
  }

  /**
   * The messages, one at a time: nothing more is read while the loop's body is busy. The loop ends when the connection
   * does; `closed` tells how. A loop that is left with `break` leaves the socket open, and later messages wait for
   * the next loop, until the open handler is done.
   * @throws {UsageError} while another loop, or a message of {@link receiveStream}, is read
   */
  [Symbol.asyncIterator](): Messages {
    return iterate(this[INTERNAL]);
  }
}

defineInterface(WebSocket, 'WebSocket', EventTarget);

// Web IDL §3.7.5: a constant is on the interface and on its prototype, enumerable, and cannot be changed.
for (const [name, value] of Object.entries(READY_STATE)) {
  Object.defineProperty(WebSocket, name, { value, enumerable: true });
  Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true });
}
