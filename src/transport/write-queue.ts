/**
 * Backpressure: how much may wait for a peer, and what happens when that is too much.
 *
 * Output waits in the connection until it is flushed to the transport. While the transport is full (`write` returned false),
 * it stays in the connection until 'drain'; here is only the rest of a long write. `maxQueuedBytes` limits everything
 * together. `whenQueueIsFull` says what happens to a message without room. A sender waits with `waitForRoom`.
 */
import { Socket } from 'node:net';
import { type Duplex, Writable } from 'node:stream';
import { CLOSE_CODE } from '../protocol/close.ts';
import type { Connection } from '../protocol/connection.ts';
import { EMPTY } from '../protocol/empty.ts';
import { BarewireError, UsageError } from '../protocol/errors.ts';
import { frameHeaderLength } from '../protocol/frame.ts';
import { outputMemory } from '../protocol/output-memory.ts';
import type { Sink } from '../protocol/receiver.ts';
import type { SocketLimits } from './socket-options.ts';

/** The most bytes in one write, so that each 'drain' of a slow peer is a sign of life. */
export const MAX_WRITE_BYTES: number = 256 * 1024;
/** With less output than this, a loop of `send` and `drained` need not wait: each message would be a write of its own. */
const LOW_BYTES = MAX_WRITE_BYTES / 4;

export class WriteQueue implements Sink {
  readonly #transport: Duplex;
  readonly #connection: Connection;
  readonly #limits: SocketLimits;
  /** Output that was taken from the connection and is not written yet; and where in it the unwritten part begins. */
  #unwritten: Uint8Array | undefined;
  #unwrittenFrom = 0;
  /** Those that wait until the transport takes bytes again. */
  #waiting: Set<() => void> | undefined;
  /** The payload bytes that can no longer be sent; undefined while the transport is there. */
  #lostPayloadBytes: number | undefined;
  /** How many bytes were given to the system when the transport went; undefined before. */
  #lostFrom: number | undefined;
  /** The size of the last message that had no room; 0 when the last one had. */
  #refusedBytes = 0;

  constructor(transport: Duplex, connection: Connection, limits: SocketLimits) {
    this.#transport = transport;
    this.#connection = connection;
    this.#limits = limits;
  }

  /** Bytes that wait: in the connection, here, and in the transport until the system takes them. */
  get queuedBytes(): number {
    const unwritten = this.#unwritten === undefined ? 0 : this.#unwritten.length - this.#unwrittenFrom;
    return this.#connection.outputLength + unwritten + this.#transport.writableLength;
  }

  /** How many of them are payload: exact before they are given to the transport, in proportion afterwards. */
  get queuedPayloadBytes(): number {
    if (this.#lostPayloadBytes !== undefined) return this.#lostPayloadBytes;
    return this.#connection.payloadBytesOf(this.queuedBytes);
  }

  /**
   * Whether a message of this many bytes stays within `maxQueuedBytes`, or nothing else waits: the limit is for what piles up,
   * so a single message always fits an empty queue.
   * @param elsewhere bytes that must go out before the message and are not in this queue yet
   */
  fits(byteLength: number, elsewhere = 0): boolean {
    const waiting = this.queuedBytes + elsewhere;
    if (waiting === 0) return true;
    return waiting + byteLength + frameHeaderLength(byteLength, false) <= this.#limits.maxQueuedBytes;
  }

  /**
   * Whether a message can be queued. If it cannot, does what `whenQueueIsFull` says: `'close'` fails the connection.
   * @param elsewhere as for {@link fits}
   */
  hasRoomFor(byteLength: number, elsewhere: number): boolean {
    const { maxQueuedBytes, whenQueueIsFull } = this.#limits;
    this.#refusedBytes = 0;
    if (this.fits(byteLength, elsewhere)) return true;
    this.flush(); // bytes that the transport takes do not count
    if (this.fits(byteLength, elsewhere)) return true;
    this.#refusedBytes = byteLength;
    if (whenQueueIsFull === 'close') {
      const queued = this.queuedBytes + elsewhere;
      const why = `the peer reads too slowly: ${queued} bytes wait for it, maxQueuedBytes is ${maxQueuedBytes}`;
      this.#connection.fail(new BarewireError(why), CLOSE_CODE.policyViolation);
    }
    return false;
  }

  /**
   * Resolves when the transport takes bytes and a message of this many bytes has room: at once, if both is so now. Also
   * resolves when nothing can be sent any more.
   * @param byteLength the default is the size of the message that was refused last
   */
  async waitForRoom(byteLength: number = this.#refusedBytes): Promise<void> {
    while (this.#connection.congested || !this.#isLow(byteLength)) {
      if (!this.#transport.writable || this.#lostPayloadBytes !== undefined) return;
      if (!this.flush()) await new Promise<void>((resolve) => this.#wait(resolve));
      else if (this.fits(byteLength)) return;
      // A transport that is not full emits no 'drain'. The callback of an empty write tells when all before it is written.
      else await this.#taken();
    }
  }

  /** Whether everything that was sent so far is given to the system now. */
  isWritten(): boolean {
    return this.#lostFrom === undefined && this.flush() && this.queuedBytes === 0;
  }

  /**
   * Resolves when everything that was sent so far is given to the system.
   * @returns false when it cannot be any more
   */
  async written(): Promise<boolean> {
    const end = this.#connection.traffic.wireBytesSent;
    while (this.#lostFrom === undefined) {
      this.flush();
      if (this.#writtenBytes() >= end) return true;
      // One that is ended or destroyed calls back at once, time and again, and does not let its 'close' come.
      const isStuck = this.#connection.congested || !this.#transport.writable;
      if (isStuck) await new Promise<void>((resolve) => this.#wait(resolve));
      else await this.#taken();
    }
    return this.#lostFrom >= end;
  }

  #writtenBytes(): number {
    return this.#connection.traffic.wireBytesSent - this.queuedBytes;
  }

  /** Writes what the transport takes. @returns whether it took everything */
  flush(): boolean {
    const connection = this.#connection;
    while (!connection.congested && this.#hasOutput() && this.#transport.writable) {
      const isOutput = this.#unwritten === undefined; // and not the payload of a user
      const bytes = this.#nextOutput();
      connection.congested = !this.#write(bytes);
      if (isOutput && this.#isCopied()) outputMemory.giveBack(bytes);
    }
    return !connection.congested;
  }

  /** As `Sink.takeAtOnce`: writes all output, if the system copies it at once. */
  takeAtOnce(): boolean {
    const { writable } = this.#transport;
    return writable && isPlainSocket(this.#transport) && this.flush() && this.queuedBytes === 0;
  }

  /** Whether nothing waits here, and the transport takes more. */
  get isIdle(): boolean {
    return !this.#connection.congested && this.#unwritten === undefined && this.#transport.writable;
  }

  /** Writes bytes that are not the connection's output. To be called only while {@link isIdle} and the output is empty. */
  writeAlone(bytes: Uint8Array): void {
    this.#connection.congested = !this.#write(bytes);
  }

  /** As `Sink.takeFrame`: the header, and the payload in parts, of which the first is written with the header. */
  takeFrame(header: Uint8Array, payload: Uint8Array): void {
    this.#unwritten = payload;
    this.#unwrittenFrom = 0;
    this.#transport.cork();
    this.#write(header);
    this.flush();
    this.#transport.uncork();
    if (this.#isCopied()) this.#connection.congested = false;
    this.flush();
  }

  /** The transport has emitted 'drain'. */
  onDrain(): void {
    this.#connection.congested = false;
  }

  /** Ends every {@link waitForRoom} that waits for the transport, unless it is full again. */
  release(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) for (const resolve of waiting) resolve();
  }

  /** The transport is gone: lets go of what waits. */
  discard(): void {
    this.#lostPayloadBytes = this.queuedPayloadBytes;
    this.#lostFrom = this.#writtenBytes();
    this.#unwritten = undefined;
    this.#connection.takeOutput();
    this.release();
  }

  #isLow(byteLength: number): boolean {
    return (
      this.#unwritten === undefined && this.#connection.outputLength < LOW_BYTES && this.fits(byteLength)
    );
  }

  /** Resolves when everything that was given to the transport is written, or cannot be. */
  #taken(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting?.delete(done);
        resolve();
      };
      this.#wait(done); // a transport that is destroyed may never call back
      try {
        this.#transport.write(EMPTY, done);
      } catch (error) {
        this.#transport.destroy(error as Error); // as in #write
        done();
      }
    });
  }

  #wait(resolve: () => void): void {
    this.#waiting ??= new Set();
    this.#waiting.add(resolve);
  }

  #hasOutput(): boolean {
    return this.#unwritten !== undefined || this.#connection.hasOutput;
  }

  /** The bytes of the next write, at most {@link MAX_WRITE_BYTES}. */
  #nextOutput(): Uint8Array {
    let bytes = this.#unwritten;
    let from = this.#unwrittenFrom;
    if (bytes === undefined) {
      bytes = this.#connection.takeOutput();
      from = 0;
      if (bytes.length <= MAX_WRITE_BYTES) return bytes;
    }
    const end = Math.min(from + MAX_WRITE_BYTES, bytes.length);
    this.#unwritten = end < bytes.length ? bytes : undefined;
    this.#unwrittenFrom = end;
    if (end >= from) return bytes.subarray(from, end);
    this.#transport.destroy(new UsageError('bytes that were sent with `copy: false` were transferred'));
    return EMPTY;
  }

  /**
   * A transport whose `write` throws is treated as one that has failed. Those of Node never do.
   * @returns whether the transport takes more
   */
  #write(bytes: Uint8Array): boolean {
    try {
      return this.#transport.write(bytes) || this.#isCopied();
    } catch (error) {
      this.#transport.destroy(error as Error);
      return false;
    }
  }

  /** Whether the system has a copy of everything that was written. It copies at once while the peer keeps up. */
  #isCopied(): boolean {
    return this.#transport.writableLength === 0 && isPlainSocket(this.#transport);
  }
}

/**
 * TCP, a Unix socket or a pipe, with the methods of Node. Not TLS: its `Socket` has buffers of its own. Not a socket whose
 * methods were replaced, as tracing tools do it, because these may keep what they are given.
 */
function isPlainSocket(transport: Duplex): boolean {
  return (
    Object.getPrototypeOf(transport) === Socket.prototype &&
    transport.write === write &&
    transport._write === _write &&
    transport._writev === _writev
  );
}

const { _write, _writev } = Socket.prototype;
/** A socket inherits it. One of its own was put there before this module was loaded. */
const { write } = Writable.prototype;
