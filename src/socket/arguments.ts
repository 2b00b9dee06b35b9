/** What users give to a socket, as the wire takes it, and the errors that a browser has for what it does not take. */
import { MAX_REASON_BYTES, mayBeSent } from '../protocol/close.ts';
import { UsageError } from '../protocol/errors.ts';
import { frameHeaderLength, type Role } from '../protocol/frame.ts';

/** What may be sent. Bytes are copied at once, a Blob is read when its turn comes. */
export type Sendable = string | ArrayBuffer | ArrayBufferView | Blob;

/** How one message is sent. */
export interface SendOptions {
  /** False sends it as it is, where compression was negotiated. @defaultValue true */
  readonly compress?: boolean;
}

export const BINARY_TYPES = ['blob', 'arraybuffer', 'uint8array'] as const;

/** What binary messages are in `message` events. */
export type BinaryType = (typeof BINARY_TYPES)[number];

export function byteLengthOf(message: string | Uint8Array): number {
  return typeof message === 'string' ? Buffer.byteLength(message) : message.length;
}

/** The bytes themselves, not a copy. @throws {TypeError} for what is no bytes */
export function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError(`a message is a string, an ArrayBuffer, a view of one or a Blob, not ${typeof data}`);
}

/**
 * The rules for the arguments of `close`. A client has those of the WHATWG standard: 1000 and 3000–4999; a server may
 * send all that §7.4 allows.
 * @throws {DOMException} `InvalidAccessError` for the code, `SyntaxError` for a reason that is too long
 * @throws {TypeError} for a reason that is no string
 */
export function verifyClose(role: Role, code: number | undefined, reason: string): void {
  if (typeof reason !== 'string') throw new TypeError(`a reason is a string, not ${typeof reason}`);
  if (code !== undefined && !(mayBeSent(code) && (role === 'server' || code === 1000 || code >= 3000))) {
    throw new DOMException(`${code} is not a close code that a ${role} may send`, 'InvalidAccessError');
  }
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES) {
    throw new DOMException(`a reason has at most ${MAX_REASON_BYTES} bytes`, 'SyntaxError');
  }
}

/** @throws {UsageError} for a message that would not even fit an empty queue */
export function verifyFits(byteLength: number, maxQueuedBytes: number): void {
  if (byteLength + frameHeaderLength(byteLength, false) <= maxQueuedBytes) return;
  throw new UsageError(`a message of ${byteLength} bytes can never fit maxQueuedBytes (${maxQueuedBytes})`);
}

/** @throws {TypeError} for a topic that is no string */
export function verifyTopic(topic: string): void {
  if (typeof topic !== 'string') throw new TypeError(`a topic is a string, not ${typeof topic}`);
}

/** What was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const message = typeof thrown === 'string' ? thrown : 'something was thrown that is no Error';
  return new Error(message, { cause: thrown });
}
