/** WebSocket as ws has it: an EventEmitter with the DOM's interface besides. */

import { EventEmitter } from 'node:events';
import type { ClientRequest } from 'node:http';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';
import type { CloseInfo } from '../index.ts';
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
import type { ClientOptions } from './client-options.ts';
import {
  BINARY_TYPES,
  type BinaryType,
  binaryOf,
  bufferOf,
  byteLengthOf,
  EMPTY_BUFFER,
  payloadOf,
} from './data.ts';
import { errorOf, throwOutside } from './errors.ts';
import {
  addListener,
  defineMembers,
  type Listener,
  removeListener,
  type WebSocketEventMap,
} from './events.ts';
import { FrameSender } from './frame-sender.ts';
import { type ConnectionOptions, kEnd, kMessage, kOpen, kPing, kPong, link, type Peer } from './link.ts';
import { kFailed, Opening } from './opening.ts';
import { deflateOptions, thresholdOf } from './permessage-deflate.ts';
import { BYTES, type SendCallback, Sending } from './sending.ts';
import { Turns } from './turns.ts';

type Handler<K extends keyof WebSocketEventMap> = ((event: WebSocketEventMap[K]) => void) | null;

export class WebSocket extends EventEmitter {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  /** The transport; null before the connection is open. Programs read `remoteAddress` of it. */
  _socket: Duplex | null = null;
  /** False makes `setSocket` the client's end. A program that has no port, but both ends of a pipe, sets it. */
  declare _isServer?: boolean;
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

  get _sender(): FrameSender | null {
    return this.#peer === undefined ? null : new FrameSender(this);
  }

  // The DOM's side

  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: Listener<WebSocketEventMap[K]>,
    options?: { once?: boolean | undefined },
  ): void {
    addListener(this, type, listener, options);
  }

  removeEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: Listener<WebSocketEventMap[K]>,
  ): void {
    removeListener(this, type, listener);
  }

  declare onopen: Handler<'open'>;
  declare onmessage: Handler<'message'>;
  declare onerror: Handler<'error'>;
  declare onclose: Handler<'close'>;

  // What was agreed on elsewhere: how ws is used on HTTP/2

  /** Makes an end of a connection of a transport whose opening handshake is done. */
  setSocket(transport: Duplex, head: Uint8Array, options: ConnectionOptions = {}): void {
    link(this, transport, head, options);
  }

  // Sending

  send(data: unknown, callback?: SendCallback): void;
  send(data: unknown, options: SendOptions, callback?: SendCallback): void;
  send(data: unknown, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    const peer = this.#peer;
    if (peer === undefined && this.#state === CONNECTING) throw notOpen(CONNECTING);
    // What nearly everybody does. What cannot be sent any more is counted by the peer.
    if (peer !== undefined && options === undefined && callback === undefined && !this.#needsALook()) {
      if (typeof data === 'string') return void peer.send(data);
      if (data instanceof Uint8Array) return void peer.send(data, BYTES);
    }
    if (typeof options === 'function') this.#send(data, {}, options);
    else this.#send(data, options ?? {}, callback);
  }

  /** Whether messages cannot go straight to the peer: by a threshold, or in the middle of one in parts. */
  #needsALook(): boolean {
    return this.#threshold > 0 || this.#sending?.isInParts === true;
  }

  #send(data: unknown, options: SendOptions, callback: SendCallback | undefined): void {
    if (this.readyState === OPEN) this.#ownSending().send(data, options, callback);
    else this.#sendTooLate(payloadOf(data), callback);
  }

  #sendTooLate(payload: string | Uint8Array | Blob, callback: SendCallback | undefined): void {
    this.#unsentBytes += byteLengthOf(payload);
    if (callback !== undefined) nextTick(callback, notOpen(this.readyState));
  }

  #ownSending(): Sending {
    this.#sending ??= new Sending(this.#peer!, this.#threshold, (error) => {
      if (this.#state === CLOSED) return;
      this.#state = CLOSING;
      this._socket?.end();
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
    if (this.readyState !== OPEN) this.#sendTooLate(payload, callback);
    else this.#ownSending().control(kind, controlPayload(payload), callback);
  }

  // Pausing

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
    this.#emitSafely('error', error);
  }

  #emitSafely(name: string, ...values: unknown[]): void {
    try {
      this.emit(name, ...values);
    } catch (error) {
      throwOutside(error);
    }
  }

  #emitMessage(data: Uint8Array, isText: boolean): void {
    const isBuffer = isText || this.#binaryType === 'nodebuffer';
    try {
      this.emit('message', isBuffer ? bufferOf(data) : binaryOf(data, this.#binaryType), !isText);
    } catch (error) {
      throwOutside(error);
    }
  }

  // What the connection tells

  /** @internal */
  [kOpen](peer: Peer, transport: Duplex, options: ConnectionOptions): void {
    this.#peer = peer;
    this._socket = transport;
    this.#state = OPEN;
    const { extensions } = peer;
    if (extensions !== '') {
      const role = this.#opening === undefined ? 'server' : 'client';
      this.#threshold = thresholdOf(deflateOptions(options.perMessageDeflate), role, extensions);
    }
    if (options.allowSynchronousEvents === false) this.#turns = new Turns(peer, () => this.#isPaused);
    this.emit('open');
  }

  /** @internal */
  [kMessage](data: Uint8Array, isText: boolean): void {
    if (this.#turns === undefined) this.#emitMessage(data, isText);
    else this.#turns.add(() => this.#emitMessage(data, isText));
  }

  /** @internal */
  [kPing](payload: Uint8Array): void {
    this.#emitInTurn('ping', payload);
  }

  /** @internal */
  [kPong](payload: Uint8Array): void {
    this.#emitInTurn('pong', payload);
  }

  #emitInTurn(name: 'ping' | 'pong', payload: Uint8Array): void {
    if (this.#turns === undefined) this.#emitSafely(name, bufferOf(payload));
    else this.#turns.add(() => this.#emitSafely(name, bufferOf(payload)));
  }

  /** @internal */
  [kEnd](info: CloseInfo): void {
    const end = () => this.#end(info);
    if (this.#turns !== undefined) this.#turns.add(end);
    else if (this.#sending === undefined || this.#sending.outstanding === 0) end();
    else setImmediate(end); // callbacks come first
  }

  #end({ error, wasClean, code, reason }: CloseInfo): void {
    const told = errorOf(error);
    if (told !== undefined) this.#fail(told);
    this.#state = CLOSED;
    this.#wasClean = wasClean;
    this.#emitSafely('close', code, reason === '' ? EMPTY_BUFFER : Buffer.from(reason));
  }

  /** @internal */
  [kFailed](step: 'begins' | 'ends'): void {
    this.#state = step === 'begins' ? CLOSING : CLOSED;
    if (step === 'ends') this.emit('close', 1006, EMPTY_BUFFER);
  }
}

defineMembers(WebSocket);
