/**
 * What sending needs beyond a plain `send`: options, callbacks, messages in parts, Blobs. Made where one of these comes first, for a
 * socket that is open.
 */
import { nextTick } from 'node:process';
import type { PreparedMessage } from '../index.ts';
import type { SendOptions } from './arguments.ts';
import { Callbacks, type SendCallback } from './callbacks.ts';
import { byteLengthOf, isBlob, payloadOf, textBytesOf } from './data.ts';
import { throwOutside } from './errors.ts';
import type { Peer } from './link.ts';

/** How bytes are sent: they are the caller's, who does not change them, as with ws. */
const BYTES = { copy: false } as const;
const TEXT_BYTES = { copy: false, text: true } as const;
const PLAIN = { compress: false } as const;
const PLAIN_BYTES = { ...BYTES, ...PLAIN } as const;
const PLAIN_TEXT_BYTES = { ...TEXT_BYTES, ...PLAIN } as const;

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

/** The peer verifies: another look is needed only where something is wrong. */
function sendTextBytes(peer: Peer, payload: Uint8Array, compress: boolean): void {
  const options = compress ? TEXT_BYTES : PLAIN_TEXT_BYTES;
  try {
    peer.send(payload, options);
  } catch {
    peer.send(textBytesOf(payload), options);
  }
}

export class Sending {
  readonly #peer: Peer;
  readonly #threshold: number;
  readonly #onBlobFailed: (error: Error) => void;
  readonly #callbacks: Callbacks;
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
    this.#callbacks = new Callbacks(
      () => peer.flushed(),
      // The error of reading a Blob is the one to be told, even if the connection ends before.
      (whatIsDone, cause) => this.#reading.then(() => this.#failure ?? new Error(whatIsDone, { cause })),
    );
  }

  /** How many callbacks are not called yet. */
  get outstanding(): number {
    return this.#callbacks.outstanding;
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
      this.#notify(callback);
    }
  }

  /** Sends a message that was made for many. */
  prepared(message: PreparedMessage, callback: SendCallback | undefined): void {
    this.#peer.send(message);
    this.#notify(callback);
  }

  control(kind: 'ping' | 'pong', payload: Uint8Array | Blob, callback: SendCallback | undefined): void {
    const send = (bytes: Uint8Array) => {
      if (kind === 'ping') void this.#peer.ping(bytes);
      else this.#peer.pong(bytes);
      this.#notify(callback);
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
    this.#callbacks.ask(); // for what was sent before: it does not wait for the Blob
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
    const inTurn = async () => {
      const bytes = (await settled) ?? (await new Promise<never>(() => {}));
      return isBinary ? bytes : textBytesOf(new Uint8Array(bytes));
    };
    const turn = { [Symbol.toStringTag]: 'Blob', size: blob.size, arrayBuffer: inTurn };
    this.#peer.send(turn as unknown as Blob, { text: !isBinary, compress });
    this.#reading = this.#reading.then(() => settled);
    this.#notify(callback);
  }

  #notify(callback: SendCallback | undefined): void {
    if (callback !== undefined) this.#callbacks.add(callback, this.#whatIsDone());
  }

  /** What the error says, if the connection ends before. */
  #whatIsDone(): string {
    if (this.#blobs > 0) return 'The socket was closed while the blob was being read';
    return this.#peer.extensions === ''
      ? 'The socket was closed while data was being sent'
      : 'The socket was closed while data was being compressed';
  }
}
