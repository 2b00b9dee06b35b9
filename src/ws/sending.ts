/**
 * What sending needs beyond a plain `send`: options, callbacks, messages in parts, Blobs. Made where one of these comes first, for a
 * socket that is open.
 */
import { AsyncResource } from 'node:async_hooks';
import { isUtf8 } from 'node:buffer';
import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import type { PreparedMessage } from '../index.ts';
import type { SendOptions } from './arguments.ts';
import { byteLengthOf, isBlob, payloadOf } from './data.ts';
import { throwOutside } from './errors.ts';
import type { Peer } from './link.ts';

/** The global of the time when this module is loaded: test environments replace it. */
const { queueMicrotask } = globalThis;

export type SendCallback = (error?: Error) => void;

/** How bytes are sent: they are the caller's, who does not change them, as with ws. */
const BYTES = { copy: false } as const;
const TEXT_BYTES = { copy: false, text: true } as const;
const PLAIN = { compress: false } as const;
const PLAIN_BYTES = { ...BYTES, ...PLAIN } as const;
const PLAIN_TEXT_BYTES = { ...TEXT_BYTES, ...PLAIN } as const;

const soon = new WeakSet<SendCallback>();

/**
 * Marks a callback to be called as soon as the system has the bytes, at the price of a write. A stream that is destroyed has lost what
 * it would have written after the callback.
 */
export function callBackSoon(callback: SendCallback): SendCallback {
  soon.add(callback);
  return callback;
}

interface Waiting {
  readonly callback: SendCallback;
  /** What the error says, if the connection ends before. */
  readonly whatIsDone: string;
  /** When it is called, the user's AsyncLocalStorage has what it had at `send`. */
  readonly scope: AsyncResource;
}

/** Whether nothing is asked for but a type. */
export function isPlain(options: SendOptions | SendCallback | undefined): options is SendOptions | undefined {
  if (options === undefined) return true;
  if (typeof options !== 'object' || options === null) return false;
  return options.compress === undefined && options.fin !== false;
}

/** What the options say of the type, if they do: `undefined` is text. */
export function isBinaryBy(options: SendOptions | undefined): boolean | undefined {
  return options !== undefined && 'binary' in options ? Boolean(options.binary) : undefined;
}

/** Sends a message. @param compress whether to compress it, where that was agreed on */
export function sendAs(peer: Peer, payload: string | Uint8Array, isBinary: boolean, compress: boolean): void {
  if (typeof payload !== 'string') {
    if (isBinary) peer.send(payload, compress ? BYTES : PLAIN_BYTES);
    else sendTextBytes(peer, payload, compress);
  } else if (isBinary) peer.send(Buffer.from(payload), compress ? BYTES : PLAIN_BYTES);
  else peer.send(payload, compress ? undefined : PLAIN);
}

/** ws sends bytes as text as they are; here what is no UTF-8 is sent as it can be read. */
function sendTextBytes(peer: Peer, payload: Uint8Array, compress: boolean): void {
  try {
    peer.send(payload, compress ? TEXT_BYTES : PLAIN_TEXT_BYTES);
  } catch {
    peer.send(Buffer.from(payload).toString(), compress ? undefined : PLAIN);
  }
}

/** The same for a Blob. */
function readable(bytes: ArrayBuffer): ArrayBuffer | Uint8Array {
  const isText = isUtf8(bytes);
  return isText ? bytes : Buffer.from(Buffer.from(bytes).toString());
}

export class Sending {
  readonly #peer: Peer;
  readonly #threshold: number;
  readonly #onBlobFailed: (error: Error) => void;
  /** Those of this turn. */
  #callbacks: Waiting[] = [];
  /** How many wait to be called. */
  outstanding = 0;
  /** How many Blobs are not read yet. */
  #blobs = 0;
  /** Resolves when all are. */
  #reading: Promise<unknown> = Promise.resolve();
  /** Why a Blob could not be read: nothing goes out after it. */
  #failure: Error | undefined;
  #parts: { readonly isBinary: boolean; readonly list: Buffer[] } | undefined;

  /**
   * @param threshold below how many bytes messages are not compressed
   * @param onBlobFailed called when a Blob cannot be read. Nothing that was sent after it goes out then
   */
  constructor(peer: Peer, threshold: number, onBlobFailed: (error: Error) => void) {
    this.#peer = peer;
    this.#threshold = threshold;
    this.#onBlobFailed = onBlobFailed;
  }

  /** Whether the next message is a part of one that has begun. */
  get isInParts(): boolean {
    return this.#parts !== undefined;
  }

  send(data: unknown, options: SendOptions, callback: SendCallback | undefined): void {
    const payload = payloadOf(data);
    const isBinary = isBinaryBy(options) ?? !(typeof data === 'string' || typeof data === 'number');
    if (isBlob(payload)) this.#sendBlob(payload, isBinary, options, callback);
    else if (options.fin === false) {
      this.#addPart(payload, isBinary);
      if (callback !== undefined) nextTick(callback);
    } else {
      if (this.#parts === undefined) this.#sendWhole(payload, isBinary, options);
      else this.#sendParts(payload, options);
      if (callback !== undefined) this.#notify(callback);
    }
  }

  /** Sends a message that was made for many. */
  prepared(message: PreparedMessage, callback: SendCallback | undefined): void {
    this.#peer.send(message);
    if (callback !== undefined) this.#notify(callback);
  }

  control(kind: 'ping' | 'pong', payload: Uint8Array | Blob, callback: SendCallback | undefined): void {
    const send = (bytes: Uint8Array) => {
      if (kind === 'ping') void this.#peer.ping(bytes);
      else this.#peer.pong(bytes);
      if (callback !== undefined) this.#notify(callback);
    };
    if (isBlob(payload)) payload.arrayBuffer().then((bytes) => send(new Uint8Array(bytes)), throwOutside);
    else send(payload);
  }

  #sendWhole(payload: string | Uint8Array, isBinary: boolean, options: SendOptions): void {
    sendAs(this.#peer, payload, isBinary, this.#isCompressed(payload, options));
  }

  #isCompressed(payload: string | Uint8Array, options: SendOptions): boolean {
    if ('compress' in options && !options.compress) return false;
    return this.#threshold === 0 || byteLengthOf(payload) >= this.#threshold;
  }

  /** Keeps a part of a message; the first one says of which type it is. They are sent together. */
  #addPart(data: string | Uint8Array, isBinary: boolean): void {
    this.#parts ??= { isBinary, list: [] };
    this.#parts.list.push(Buffer.from(data as Uint8Array)); // a copy
  }

  /** The last part has come. */
  #sendParts(last: string | Uint8Array, options: SendOptions): void {
    this.#addPart(last, false);
    const { list, isBinary } = this.#parts!;
    this.#parts = undefined;
    this.#sendWhole(Buffer.concat(list), isBinary, options);
  }

  #sendBlob(blob: Blob, isBinary: boolean, options: SendOptions, callback: SendCallback | undefined): void {
    this.callWhenFlushed(); // of what was sent before: it does not wait for the Blob
    const { compress = true } = options;
    const reading = blob.arrayBuffer();
    this.#blobs++;
    const settled = reading
      .catch((error: Error) => {
        this.#failure = error;
        nextTick(this.#onBlobFailed, error);
      })
      .finally(() => this.#blobs--);
    // What comes after a Blob that cannot be read waits for the end of the connection.
    const payloadOf = isBinary ? (bytes: ArrayBuffer) => bytes : readable;
    const inTurn = () => settled.then((bytes) => (bytes ? payloadOf(bytes) : new Promise<never>(() => {})));
    const turn = { [Symbol.toStringTag]: 'Blob', size: blob.size, arrayBuffer: inTurn };
    this.#peer.send(turn as unknown as Blob, { text: !isBinary, compress });
    this.#reading = this.#reading.then(() => settled);
    if (callback !== undefined) this.#notify(callback);
  }

  /**
   * Calls back when everything that was sent before is given to the system, or cannot be. That is asked after the end of the turn,
   * which writes it: to ask earlier would take a write for each message. engine.io sends the next one when it is called back, and until
   * then gathers what is for the same socket. Of {@link callBackSoon} it is asked at once, with those before it.
   */
  #notify(callback: SendCallback): void {
    this.outstanding++;
    const scope = new AsyncResource('barewire.send', { requireManualDestroy: true });
    const count = this.#callbacks.push({ callback, whatIsDone: this.#whatIsDone(), scope });
    if (soon.has(callback)) queueMicrotask(() => this.callWhenFlushed());
    else if (count === 1) callLater(this);
  }

  callWhenFlushed(): void {
    const callbacks = this.#callbacks;
    if (callbacks.length === 0) return;
    this.#callbacks = [];
    this.#peer.flushed().then(
      () => this.#call(callbacks, undefined),
      // The error of reading a Blob is the one to be told, even if the connection ends before.
      (cause: unknown) => this.#reading.then(() => this.#call(callbacks, cause)),
    );
  }

  /** What the error says, if the connection ends before. */
  #whatIsDone(): string {
    if (this.#blobs > 0) return 'The socket was closed while the blob was being read';
    return `The socket was closed while data was being ${this.#peer.extensions === '' ? 'sent' : 'compressed'}`;
  }

  /** Each in a tick of its own: one that throws does not keep the others from being called. */
  #call(callbacks: readonly Waiting[], cause: unknown): void {
    for (const { callback, whatIsDone, scope } of callbacks) {
      const error = cause === undefined ? undefined : (this.#failure ?? new Error(whatIsDone, { cause }));
      scope.runInAsyncScope(nextTick, undefined, callBack, this, callback, error);
    }
  }
}

/** Those that have callbacks of this turn. */
let withCallbacks: Sending[] = [];

/** One immediate for all sockets of a turn. */
function callLater(sending: Sending): void {
  if (withCallbacks.push(sending) > 1) return;
  setImmediate(() => {
    const all = withCallbacks;
    withCallbacks = [];
    for (const each of all) {
      try {
        each.callWhenFlushed();
      } catch (error) {
        throwOutside(error); // of a transport of the user's, for example
      }
    }
  });
}

/** ws calls back without an argument where nothing went wrong. */
function callBack(sending: Sending, callback: SendCallback, error: Error | undefined): void {
  sending.outstanding--;
  if (error === undefined) callback();
  else callback(error);
}
