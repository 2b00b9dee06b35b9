/** The arguments of a socket's methods: their types, and the errors that a browser has for invalid ones. */
import { isArrayBuffer } from 'node:util/types';
import { domException } from '../client/dom-exception.ts';
import { MAX_REASON_BYTES, mayBeSent } from '../protocol/close.ts';
import type { Role } from '../protocol/frame.ts';
import type { Message } from '../protocol/message.ts';

/** What can be sent. Bytes are copied at once; a Blob is read when its turn comes. */
export type Sendable = string | ArrayBuffer | ArrayBufferView | Blob;

/** How one message is sent. */
export interface SendOptions {
  /** False sends the message uncompressed, even where compression was negotiated. @defaultValue true */
  readonly compress?: boolean;
}

export const BINARY_TYPES = ['blob', 'arraybuffer', 'uint8array'] as const;

/** The type of binary messages in `message` events. */
export type BinaryType = (typeof BINARY_TYPES)[number];

/** The length in bytes; of a string as UTF-8. */
export function byteLengthOf(data: Sendable): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return data instanceof Blob ? data.size : data.byteLength;
}

/** A view of the same bytes, not a copy. @throws {TypeError} for a value that is not bytes */
export function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError(`a message is a string, an ArrayBuffer, a view of one or a Blob, not ${typeof data}`);
}

/**
 * What `send` is given, as Web IDL converts it to `(BufferSource or Blob or USVString)`: everything that is neither bytes nor a
 * Blob becomes a string. @throws {TypeError} for a symbol, and an object that cannot be made a string
 */
export function messageOf(data: Sendable): Message | Blob {
  if (typeof data === 'string') return data;
  if (ArrayBuffer.isView(data) || isArrayBuffer(data)) return bytesOf(data);
  return data instanceof Blob ? data : `${data as unknown as string}`;
}

/**
 * Verifies the arguments of `close`. A client may send 1000 and 3000–4999, as the WHATWG standard has it; a server all codes
 * that §7.4 allows.
 * @throws {DOMException} `InvalidAccessError` for the code, `SyntaxError` for a reason that is too long
 * @throws {TypeError} for a reason that is not a string
 */
export function verifyCloseArguments(role: Role, code: number | undefined, reason: string): void {
  if (typeof reason !== 'string') throw new TypeError(`a reason is a string, not ${typeof reason}`);
  if (code !== undefined && !(mayBeSent(code) && (role === 'server' || code === 1000 || code >= 3000))) {
    throw domException(`${code} is not a close code that a ${role} may send`, 'InvalidAccessError');
  }
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES) {
    throw domException(`a reason has at most ${MAX_REASON_BYTES} bytes`, 'SyntaxError');
  }
}
