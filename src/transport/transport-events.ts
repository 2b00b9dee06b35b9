/** The events of a transport, as calls: all transports share five listeners instead of having five closures each. */
import type { Duplex } from 'node:stream';
import { onReadElsewhere, readIntoSharedBuffer } from './shared-reads.ts';

export interface TransportListener {
  /** The chunk is the listener's. */
  onChunk(chunk: Uint8Array): void;
  /** The bytes are `buffer[0, byteCount)` until this returns. */
  onRead(buffer: Uint8Array, byteCount: number): void;
  onDrain(): void;
  /** `close` follows. */
  onTransportError(error: Error): void;
  /** The peer has ended its half of the transport. */
  onTransportEnd(): void;
  /** The transport is gone. */
  onTransportClose(): void;
}

const kListener = Symbol('listener');

type Transport = Duplex & { [kListener]?: TransportListener };

/** Calls `listener` for everything but chunks. */
export function listenTo(transport: Duplex, listener: TransportListener): void {
  (transport as Transport)[kListener] = listener;
  transport.on('error', onError).on('close', onClose).on('end', onEnd).on('drain', onDrain);
}

/** Calls the listener of {@link listenTo} for bytes too, from `resume()` on. */
export function listenToBytes(transport: Duplex): void {
  transport.pause(); // or else listening would resume it; first, because a socket with a shared buffer stops its reads for that
  const isShared = readIntoSharedBuffer(transport, onRead);
  transport.on('data', isShared ? onUnexpectedData : onData);
}

function onRead(this: Transport, byteCount: number, buffer: Uint8Array): void {
  this[kListener]!.onRead(buffer, byteCount);
}

function onUnexpectedData(this: Transport, chunk: Uint8Array): void {
  onReadElsewhere();
  this[kListener]!.onChunk(chunk);
}

function onData(this: Transport, chunk: Uint8Array): void {
  this[kListener]!.onChunk(chunk);
}

function onDrain(this: Transport): void {
  this[kListener]!.onDrain();
}

function onError(this: Transport, error: Error): void {
  this[kListener]!.onTransportError(error);
}

function onEnd(this: Transport): void {
  this[kListener]!.onTransportEnd();
}

function onClose(this: Transport): void {
  const listener = this[kListener]!;
  // A transport that is destroyed while it is paused still has what it read ahead.
  this.off('data', onData).off('data', onUnexpectedData); // where 'close' is emitted by hand, `read` emits 'data' too
  for (let chunk = this.read(); chunk !== null; chunk = this.read()) listener.onChunk(chunk);
  listener.onTransportClose();
}
