/** The arguments of a socket's methods: their types, and the errors that a browser has for invalid ones. */
import { types } from 'node:util';
import { domException } from '../client/dom-exception.ts';
import { getterOf, isBytes, lengthOf, viewOf } from '../protocol/bytes.ts';
import { MAX_REASON_BYTES, mayBeSent } from '../protocol/close.ts';
import { EMPTY } from '../protocol/empty.ts';
import { kindOf, UsageError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import type { SendOptions } from '../protocol/send-options.ts';
import type { CloseCodes } from '../transport/socket-options.ts';

/** What can be sent. Bytes are copied at once; a Blob is read when its turn comes. */
export type Sendable = string | ArrayBuffer | ArrayBufferView | Blob;

/** @throws {UsageError} for `fin: false`, which other libraries have: it must not be sent as a whole message */
export function verifySendOptions(options: SendOptions & { fin?: unknown }): void {
  if (options.fin === false)
    throw new UsageError('a message in parts is sent with `sendStream`, not with `fin: false`');
}

/** What can be sent to many. */
export type Published = string | ArrayBuffer | ArrayBufferView | PreparedMessage;

/**
 * @throws {TypeError} for what cannot be sent to many
 * @throws {UsageError} for options of a prepared message: what they say was decided when it was made
 */
export function verifyPublished(data: Published, { compress, text, copy }: SendOptions): void {
  if (!(data instanceof PreparedMessage)) {
    if (typeof data !== 'string') bytesOf(data, RULE.published);
  } else if ((compress ?? text ?? copy) !== undefined) throw new UsageError(OPTIONS_COME_LATE);
}

/** What the error says of options that are given to `send` or `publish` with a prepared message. */
export const OPTIONS_COME_LATE = 'how a prepared message is sent is said to prepareMessage';

/** What the error says of a value that is not bytes. */
export const RULE = {
  message: 'a message must be a string, an ArrayBuffer, a view of one or a Blob',
  published: 'a message for many must be a string, an ArrayBuffer or a view of one',
  part: 'a part must be an ArrayBuffer or a view of one',
  ping: 'the payload of a Ping must be an ArrayBuffer or a view of one',
  pong: 'the payload of a Pong must be an ArrayBuffer or a view of one',
} as const;

export const BINARY_TYPES = ['blob', 'arraybuffer', 'uint8array'] as const;

/** The type of binary messages in `message` events. */
export type BinaryType = (typeof BINARY_TYPES)[number];

/** The length in bytes; of a string as UTF-8. @throws {TypeError} for what cannot be sent */
export function byteLengthOf(data: Sendable): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return isBlob(data) ? data.size : lengthOf(bytesOf(data));
}

/** Whether a value is a Blob or a File: also of a library such as jsdom, whose class is not that of Node. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  const blob = value as Blob;
  if (!(blob instanceof Blob) && !BLOB_NAMES.includes(blob[Symbol.toStringTag])) return false;
  return typeof blob.arrayBuffer === 'function' && blob.size >= 0;
}

const BLOB_NAMES: readonly unknown[] = ['Blob', 'File'];

/**
 * A view of the same bytes, not a copy; memory that was transferred has none. A Uint8Array is given back as it is, so its
 * length must be asked of `lengthOf`.
 * @param rule what the error says of the value
 * @throws {TypeError} for a value that is not bytes
 */
export function bytesOf(data: ArrayBuffer | ArrayBufferView, rule: string = RULE.message): Uint8Array {
  if (isBytes(data)) return data;
  if (types.isDataView(data)) return bytesOfDataView(data);
  if (ArrayBuffer.isView(data)) return viewOf(data);
  if (types.isArrayBuffer(data)) return bufferLength.call(data) === 0 ? EMPTY : new Uint8Array(data);
  throw new TypeError(`${rule}, got ${kindOf(data)}`);
}

const bufferLength = getterOf<number>(ArrayBuffer.prototype, 'byteLength');
const viewedBuffer = getterOf<ArrayBuffer>(DataView.prototype, 'buffer');
const viewOffset = getterOf<number>(DataView.prototype, 'byteOffset');
const viewLength = getterOf<number>(DataView.prototype, 'byteLength');

/** In memory that was transferred, or that got smaller, the getters of a DataView throw where those of arrays say 0. */
function bytesOfDataView(view: DataView): Uint8Array {
  try {
    return new Uint8Array(viewedBuffer.call(view), viewOffset.call(view), viewLength.call(view));
  } catch {
    return EMPTY;
  }
}

/**
 * What `send` is given, as Web IDL converts it to `(BufferSource or Blob or USVString)`: everything that is neither bytes nor a
 * Blob, nor a prepared message, becomes a string. @throws {TypeError} for a symbol, and an object that cannot be made a string
 */
export function messageOf(data: Sendable): Message | Blob;
export function messageOf(data: Sendable | PreparedMessage): Message | Blob | PreparedMessage;
export function messageOf(data: Sendable | PreparedMessage): Message | Blob | PreparedMessage {
  if (typeof data === 'string') return data;
  if (ArrayBuffer.isView(data) || types.isArrayBuffer(data)) return bytesOf(data);
  return isBlob(data) || data instanceof PreparedMessage ? data : `${data as unknown as string}`;
}

/** Whether a result of {@link messageOf} can be sent as it is. */
export function isMessage(data: Message | Blob | PreparedMessage): data is Message {
  return typeof data === 'string' || ArrayBuffer.isView(data);
}

/**
 * Verifies the arguments of `close`.
 * @throws {DOMException} `InvalidAccessError` for the code, `SyntaxError` for a reason that is too long
 * @throws {TypeError} for a reason that is not a string
 */
export function verifyCloseArguments(codes: CloseCodes, code: number | undefined, reason: string): void {
  if (typeof reason !== 'string') throw new TypeError(`the reason must be a string, got ${kindOf(reason)}`);
  if (code !== undefined && !(mayBeSent(code) && (codes === 'all' || code === 1000 || code >= 3000))) {
    const what = typeof code === 'number' ? code : kindOf(code);
    const which = codes === 'all' ? 'may be sent' : "a client may send, unless closeCodes is 'all'";
    throw domException(`${what} is not a close code that ${which}`, 'InvalidAccessError');
  }
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES) {
    throw domException(`the reason must have at most ${MAX_REASON_BYTES} bytes`, 'SyntaxError');
  }
}
