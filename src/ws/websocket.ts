/** WebSocket as ws has it: an EventEmitter that has the DOM's interface too. */
import type { ClientRequest } from 'node:http';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers';
import type { CloseInfo, PreparedMessage, ProtocolError } from '../index.ts';
import {
  CLOSED,
  CLOSING,
  CONNECTING,
  clientArguments,
  closeArguments,
  controlPayload,
  notOpen,
  OPEN,
  type ReadyState,
  type SendOptions,
} from './arguments.ts';
import type { SendCallback } from './callbacks.ts';
import type { ClientOptions } from './client-options.ts';
import { BINARY_TYPES, type BinaryType, bufferOf, byteLengthOf, EMPTY_BUFFER, payloadOf } from './data.ts';
import { emit, emitMessage } from './emit.ts';
import { errorOf } from './errors.ts';
import { defineMembers, SocketEmitter } from './events.ts';
import { kSendPrepared } from './frame-sender.ts';
import {
  CLOSE_TIMEOUT_MS,
  type ConnectionOptions,
  kEnd,
  kMessage,
  kOpen,
  kPing,
  kPong,
  kViolation,
  linkTo,
  type Peer,
} from './link.ts';
import { kFailed, Opening } from './opening.ts';
import { thresholdOf } from './permessage-deflate.ts';
import { Pongs } from './pongs.ts';
import { definePrivateMembers, type PrivateMembers } from './private-members.ts';
import { isBinaryBy, isPlain, Sending, sendAs } from './sending.ts';
import { Turns } from './turns.ts';

export class WebSocket extends SocketEmitter {
  /** The transport; null before the connection is open. Programs read `remoteAddress` of it. */
  _socket: Duplex | null = null;
  /** On a client, the request, until it is answered. */
  _req: ClientRequest | null = null;

  readonly #opening: Opening | undefined;
  #peer: Peer | undefined;
  #state: ReadyState = CONNECTING;
  #binaryType: BinaryType = 'nodebuffer';
  #isPaused = false;
  #hasFailed = false;
  #wasClean = false;
  /** Below how many bytes messages are not compressed. */
  #threshold = 0;
  /** Bytes that were to be sent when the connection was no longer open. */
  #unsentBytes = 0;
  #sending: Sending | undefined;
  #turns: Turns | undefined;
  #pongs: Pongs | undefined;

  /** @param address null for the server's end, which a WebSocketServer makes */
  constructor(address: null, protocols?: undefined, options?: ConnectionOptions);
  constructor(address: string | URL, options?: ClientOptions);
  constructor(address: string | URL, protocols?: string | string[], options?: ClientOptions);
  constructor(address: string | URL | null, protocols?: unknown, options?: ClientOptions) {
    super();
    if (address === null) return;
    const [subprotocols, rest] = clientArguments(protocols, options);
    this.#opening = new Opening(this, subprotocols, rest);
    this.#opening.start(address);
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }
  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  get bufferedAmount(): number {
    return (this.#peer?.bufferedAmount ?? 0) + this.#unsentBytes;
  }

  get extensions(): string {
    return this.#peer?.extensions ? 'permessage-deflate' : '';
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get protocol(): string {
    return this.#peer?.protocol ?? '';
  }

  get readyState(): ReadyState {
    if (this.#state !== OPEN) return this.#state;
    return this.#peer!.readyState === OPEN ? OPEN : CLOSING;
  }

  /** The URL of a client; undefined on a server. */
  get url(): string {
    return this.#opening?.url as string;
  }

  /** Whether both sides have sent a Close frame: for the event of the DOM. */
  get wasClean(): boolean {
    return this.#wasClean;
  }

  get _redirects(): number {
    return this.#opening?.redirects ?? 0;
  }

  declare _isServer: PrivateMembers['_isServer'];
  declare readonly _sender: PrivateMembers['_sender'];

  // What was agreed on elsewhere: how ws is used on HTTP/2

  /** Makes an end of a connection of a transport whose opening handshake is done: the server's, unless `_isServer` is false. */
  setSocket(transport: Duplex, head: Uint8Array, options: ConnectionOptions = {}): void {
    linkTo(this, transport, head, options);
  }

  // Sending

  send(data: unknown, callback?: SendCallback): void;
  send(data: unknown, options: SendOptions, callback?: SendCallback): void;
  send(data: unknown, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    const peer = this.#peer;
    if (peer === undefined && this.#state === CONNECTING) throw notOpen(CONNECTING);
    // What nearly everybody does. What cannot be sent any more is counted by the peer.
    if (peer !== undefined && callback === undefined && !this.#needsALook() && isPlain(options)) {
      const isText = typeof data === 'string';
      if (isText || data instanceof Uint8Array) {
        sendAs(peer, data, isBinaryBy(options) ?? !isText, true);
        return;
      }
    }
    if (typeof options === 'function') this.#send(data, {}, options);
    else this.#send(data, typeof options === 'object' && options !== null ? options : {}, callback);
  }

  /** Whether messages cannot go straight to the peer: by a threshold, or in the middle of one in parts. */
  #needsALook(): boolean {
    return this.#threshold > 0 || this.#sending?.isInParts === true;
  }

  #send(data: unknown, options: SendOptions, callback: SendCallback | undefined): void {
    if (this.readyState === OPEN) this.#ownSending().send(data, options, callback);
    else this.#sendTooLate(byteLengthOf(payloadOf(data)), callback);
  }

  #sendTooLate(byteLength: number, callback: SendCallback | undefined): void {
    this.#unsentBytes += byteLength;
    if (callback !== undefined) nextTick(callback, notOpen(this.readyState));
  }

  /** @internal */
  [kSendPrepared](message: PreparedMessage, callback: SendCallback | undefined): void {
    if (this.readyState === OPEN) this.#ownSending().prepared(message, callback);
    else this.#sendTooLate(message.byteLength, callback);
  }

  #ownSending(): Sending {
    this.#sending ??= new Sending(this.#peer!, this.#threshold, (error) => {
      if (this.#state === CLOSED) return;
      this.#state = CLOSING;
      this._socket?.end();
      setTimeout(() => this.terminate(), CLOSE_TIMEOUT_MS).unref(); // for a peer that does not end its half
      this.#fail(error);
    });
    return this.#sending;
  }

  ping(data?: unknown, mask?: unknown, callback?: SendCallback): void {
    this.#sendControl('ping', data, mask, callback);
  }

  pong(data?: unknown, mask?: unknown, callback?: SendCallback): void {
    this.#sendControl('pong', data, mask, callback);
  }

  #sendControl(
    kind: 'ping' | 'pong',
    ...given: [data: unknown, mask: unknown, callback?: SendCallback]
  ): void {
    if (this.#state === CONNECTING) throw notOpen(CONNECTING);
    const callback = given.find((each) => typeof each === 'function') as SendCallback | undefined;
    const payload = payloadOf(given[0] === callback ? undefined : given[0]);
    if (this.readyState !== OPEN) this.#sendTooLate(byteLengthOf(payload), callback);
    else this.#ownSending().control(kind, controlPayload(payload), callback);
  }

  pause(): void {
    if (this.#state === CONNECTING || this.#state === CLOSED || this._socket === null) return;
    this.#isPaused = true;
    this.#peer!.pause();
    this._socket.pause();
  }

  resume(): void {
    if (this.#state === CONNECTING || this.#state === CLOSED || this._socket === null) return;
    this.#isPaused = false;
    this.#peer!.resume();
    // Before the connection reads, what comes would be lost; it resumes the transport itself.
    if (this._socket.listenerCount('data') > 0) this._socket.resume();
  }

  // The end

  close(code?: number, data?: string | Buffer): void {
    if (this.#state === CONNECTING) this.#opening?.abort();
    if (this.readyState !== OPEN) return;
    const [verified, reason] = closeArguments(code, data);
    this.#peer!.close(verified, reason);
  }

  terminate(): void {
    if (this.#state === CONNECTING) this.#opening?.abort();
    else if (this.#state !== CLOSED) this.#peer?.terminate();
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    emit(this, 'error', error);
  }

  // What the connection tells

  /** @internal */
  [kOpen](peer: Peer, transport: Duplex, options: ConnectionOptions): void {
    this.#peer = peer;
    this._socket = transport;
    this.#state = OPEN;
    const { extensions } = peer;
    if (extensions !== '') this.#threshold = thresholdOf(options, this._isServer, extensions);
    if (options.allowSynchronousEvents === false) this.#turns = new Turns(peer, () => this.#isPaused);
    this.emit('open');
  }

  /** @internal */
  [kMessage](data: Uint8Array, isText: boolean): void {
    if (this.#turns === undefined) emitMessage(this, data, isText, this.#binaryType);
    else this.#turns.add(() => emitMessage(this, data, isText, this.#binaryType));
  }

  /** @internal */
  [kPing](payload: Uint8Array, isAnswered: boolean): void {
    if (isAnswered) {
      this.#pongs ??= new Pongs(this, this.#peer!);
      this.#pongs.answer(bufferOf(payload));
    }
    this.#inTurn(() => emit(this, 'ping', bufferOf(payload)));
  }

  /** @internal */
  [kPong](payload: Uint8Array): void {
    this.#inTurn(() => emit(this, 'pong', bufferOf(payload)));
  }

  /** @internal */
  [kViolation](error: ProtocolError): void {
    this.#inTurn(() => this.#fail(errorOf(error)));
  }

  #inTurn(tell: () => void): void {
    if (this.#turns === undefined) tell();
    else this.#turns.add(tell);
  }

  /** @internal */
  [kEnd](info: CloseInfo): void {
    const end = () => this.#end(info);
    if (this.#turns !== undefined) this.#turns.add(end);
    else if (this.#sending === undefined || this.#sending.outstanding === 0) end();
    else setImmediate(end); // callbacks come first
  }

  #end({ wasClean, code, reason }: CloseInfo): void {
    this.#state = CLOSED;
    this.#wasClean = wasClean;
    emit(this, 'close', code, reason === '' ? EMPTY_BUFFER : Buffer.from(reason));
  }

  /** @internal */
  [kFailed](step: 'begins' | 'ends'): void {
    this.#state = step === 'begins' ? CLOSING : CLOSED;
    if (step === 'ends') this.emit('close', 1006, EMPTY_BUFFER);
  }
}

defineMembers(WebSocket);
definePrivateMembers(WebSocket);
