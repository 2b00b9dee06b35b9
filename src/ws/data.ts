/** What messages are made of: what `send` takes, and what 'message' gives. */
import { isUtf8 } from 'node:buffer';

export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/** What a listener for 'message' gets, by the type. */
export type RawData = Buffer | ArrayBuffer | Buffer[] | Blob;

export const BINARY_TYPES: readonly BinaryType[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];

export const EMPTY_BUFFER: Buffer = Buffer.alloc(0);

/** What makes a Buffer of memory that is there, without the checks of `Buffer.from`. */
const { [Symbol.species]: BufferOver } = Buffer as unknown as {
  readonly [Symbol.species]: new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;
};

/** The same memory as a Buffer. */
export function bufferOf(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  return length === 0 ? EMPTY_BUFFER : new BufferOver(bytes.buffer, bytes.byteOffset, length);
}

/** A message as a Buffer, which it is by `messageMemory`. */
export function messageBuffer(message: Uint8Array): Buffer {
  return message.length === 0 ? EMPTY_BUFFER : (message as Buffer);
}

/** A binary message. */
export function binaryOf(bytes: Uint8Array, type: BinaryType): RawData {
  if (type === 'nodebuffer') return messageBuffer(bytes);
  if (type === 'fragments') return bytes.length === 0 ? [] : [messageBuffer(bytes)];
  if (type === 'blob') return new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteLength === buffer.byteLength) return buffer as ArrayBuffer;
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

/** Whether a value is a Blob or a File, of whatever library. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  const { arrayBuffer, stream, type } = value as Blob;
  if (!['Blob', 'File'].includes(`${Reflect.get(value, Symbol.toStringTag)}`)) return false;
  return typeof arrayBuffer === 'function' && typeof stream === 'function' && typeof type === 'string';
}

/**
 * The bytes of what is neither a string nor a Blob: views and buffers as they are, others as `Buffer.from` has them.
 * @throws {TypeError} as `Buffer.from`
 */
export function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return Buffer.from(data as string);
}

/** Bytes that are sent as text. ws sends them as they are; here what is not UTF-8 in them becomes U+FFFD. */
export function textBytesOf(bytes: Uint8Array): Uint8Array {
  return isUtf8(bytes) ? bytes : Buffer.from(bufferOf(bytes).toString());
}

/** A payload in bytes; of what is not there, none. */
export function byteLengthOf(data: unknown): number {
  if (!data) return 0;
  if (typeof data === 'string') return Buffer.byteLength(data);
  return isBlob(data) ? data.size : bytesOf(data).length;
}

/** What is sent: nothing for what is not there, and the digits of a number. */
export function payloadOf(data: unknown): string | Uint8Array | Blob {
  if (typeof data === 'string') return data;
  if (typeof data === 'number') return `${data}`;
  if (!data) return EMPTY_BUFFER;
  return isBlob(data) ? data : bytesOf(data);
}
