/**
 * Sockets of the system read into one buffer, which they share: no Buffer is made for a chunk, and no stream passes it on.
 *
 * That is what `new net.Socket({ onread: { buffer, callback } })` is documented to do. A socket that `node:http` has made was
 * not given this option, so it is given what the option leaves behind. Relied on of Node (20 to 26; CI tests it on each):
 * - The socket keeps the buffer and the callback in properties of its own. Their keys are found by these values, on a socket
 *   that was made with the option.
 * - `useUserBuffer` of the socket's handle says where the system is to put what it reads.
 * - The callback is called after each read, and no socket reads before it has returned. (A native module that runs the event
 *   loop within a callback, as `deasync` does, breaks that.) `pause()` stops the reads, `resume()` goes on.
 * - 'end', 'error' and 'close' are as ever.
 *
 * Where a key or the method is missing, sockets emit 'data', as ever. They also do so should these have lost their meaning: the
 * first 'data' of a socket that was to read into the buffer ends all attempts, and is taken as it comes.
 */
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import process from 'node:process';
import { type Duplex, Readable } from 'node:stream';

/** Measured: with 64 KiB long messages take more reads, with 256 the memory falls out of the processor's cache. */
const BUFFER_BYTES = 128 * 1024;

/** Called with the bytes that were read, `buffer[0, byteCount)`. They are overwritten when it has returned. */
export type OnRead = (this: Socket, byteCount: number, buffer: Uint8Array) => void;

interface Keys {
  readonly buffer: PropertyKey;
  readonly callback: PropertyKey;
}

/** What is used of a socket here. */
type PlainSocket = Socket & Record<PropertyKey, unknown> & { readonly _handle?: Partial<Handle> | null };

interface Handle {
  useUserBuffer(buffer: Uint8Array): void;
}

let shared: Uint8Array | undefined;
let keys: Keys | undefined = isSwitchedOff() ? undefined : findKeys();

/**
 * From now on, what the socket reads goes into the shared buffer. To be called before anything listens for its data.
 * @returns false if it emits 'data' instead: TLS, another transport, a socket that others listen to, another runtime
 */
export function readIntoSharedBuffer(transport: Duplex, onRead: OnRead): boolean {
  if (keys === undefined || !isUntouched(transport)) return false;
  const { _handle: handle } = transport;
  if (typeof handle?.useUserBuffer !== 'function') return false;
  shared ??= new Uint8Array(BUFFER_BYTES);
  transport[keys.buffer] = shared;
  transport[keys.callback] = onRead;
  handle.useUserBuffer(shared);
  return true;
}

/** A socket that was to read into the shared buffer has emitted 'data': so it is with all of this runtime. */
export function onReadElsewhere(): void {
  keys = undefined;
}

/** By BAREWIRE_SHARED_READS=0, for tools and tests; and on Windows, where reads of several sockets may be under way at once. */
function isSwitchedOff(): boolean {
  return process.env['BAREWIRE_SHARED_READS'] === '0' || process.platform === 'win32';
}

function findKeys(): Keys | undefined {
  const onread = { buffer: new Uint8Array(1), callback: () => true };
  const options: object = { onread }; // its type has no `onread`
  const socket = new Socket(options) as unknown as PlainSocket;
  const plain = new Socket();
  const keyOf = (value: unknown) =>
    Reflect.ownKeys(socket).find((key) => socket[key] === value && key in plain);
  const buffer = keyOf(onread.buffer);
  const callback = keyOf(onread.callback);
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback };
}

/** Methods that a tool may have replaced, because it wants to see what is read: those that a socket has of Node. */
const { read, pause, resume, _read } = Socket.prototype;
const { push } = Readable.prototype;
const { emit } = EventEmitter.prototype;
const METHODS = Object.entries({ push, emit, read, pause, resume, _read });

/** TCP, a Unix socket or a pipe as Node made it, whose data nothing has been told of and nothing waits for. */
function isUntouched(transport: Duplex): transport is PlainSocket {
  return (
    Object.getPrototypeOf(transport) === Socket.prototype &&
    METHODS.every(([name, method]) => transport[name as keyof Duplex] === method) &&
    transport.readableLength === 0 &&
    transport.readableEncoding === null &&
    transport.listenerCount('data') === 0 &&
    transport.listenerCount('readable') === 0
  );
}
