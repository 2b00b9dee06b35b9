/** What a connection has to say, on its way to the transport: held back while that is full, and within a limit. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection } from '../protocol/connection.ts';
import { frameHeaderLength } from '../protocol/frame.ts';
import { outputMemory } from '../protocol/output-memory.ts';

/** The most bytes that are given to the transport at once, so that a slow peer shows now and then that it is alive. */
export const MAX_WRITE_BYTES: number = 256 * 1024;

const NOTHING = new Uint8Array(0);

export class Outbox {
  readonly #transport: Duplex;
  readonly #connection: Connection;
  readonly #maxQueuedBytes: number;
  /** What was taken from the connection and waits for the transport, and where it begins. */
  #unwritten: Uint8Array | undefined;
  #unwrittenFrom = 0;
  #waiting: (() => void)[] | undefined;
  /** Set when what was queued can no longer be sent: how much payload that was. */
  #lostPayloadBytes: number | undefined;

  constructor(transport: Duplex, connection: Connection, maxQueuedBytes: number) {
    this.#transport = transport;
    this.#connection = connection;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  /** Bytes that wait to be taken by the transport, or by the system from it. */
  get queuedBytes(): number {
    const unwritten = this.#unwritten === undefined ? 0 : this.#unwritten.length - this.#unwrittenFrom;
    return this.#connection.outputLength + unwritten + this.#transport.writableLength;
  }

  /** How much of that is payload: exact before it is given to the transport, in proportion afterwards. */
  get queuedPayloadBytes(): number {
    if (this.#lostPayloadBytes !== undefined) return this.#lostPayloadBytes;
    const { outputLength, outputPayloadBytes, takenPayloadShare } = this.#connection;
    return outputPayloadBytes + Math.ceil((this.queuedBytes - outputLength) * takenPayloadShare);
  }

  /** Whether a message of so many bytes stays within the limit. */
  fits(byteLength: number): boolean {
    return this.queuedBytes + byteLength + frameHeaderLength(byteLength, false) <= this.#maxQueuedBytes;
  }

  /** Writes what the transport takes. @returns whether it took everything */
  flush(): boolean {
    const connection = this.#connection;
    while (!connection.congested && this.#isWaiting() && this.#transport.writable) {
      const bytes = this.#next();
      connection.congested = !this.#write(bytes);
      if (this.#hasGone()) outputMemory.giveBack(bytes);
    }
    return !connection.congested;
  }

  /** Writes all that waits, if it can. @returns whether nothing waits anywhere, because the system has copied it all */
  takeAtOnce(): boolean {
    return isPlainSocket(this.#transport) && this.flush() && this.queuedBytes === 0;
  }

  /** Whether nothing waits here, and the transport takes more. */
  get isIdle(): boolean {
    return !this.#connection.congested && this.#unwritten === undefined && this.#transport.writable;
  }

  /** Writes bytes that did not come from the connection's output. To be called while this is idle. */
  write(bytes: Uint8Array): void {
    this.#connection.congested = !this.#write(bytes);
  }

  /**
   * Resolves when the transport takes bytes and a message of so many bytes has room, at once if that is so; or when nothing
   * can be sent any more.
   */
  async ready(byteLength: number): Promise<void> {
    // What is about to go out anyway need not be written for that: a loop of `send` and `drained` would write each alone.
    while (this.#connection.congested || !this.#isLow(byteLength)) {
      if (!this.#transport.writable || this.#lostPayloadBytes !== undefined) return;
      if (!this.flush()) await new Promise<void>((resolve) => this.#wait(resolve));
      else if (this.queuedBytes === 0 || this.fits(byteLength)) return;
      // Behind all that waits: nobody tells when a transport that is not full has written what it has.
      else await new Promise<void>((resolve) => this.#transport.write(NOTHING, () => resolve()));
    }
  }

  #isLow(byteLength: number): boolean {
    return (
      this.#unwritten === undefined &&
      this.#connection.outputLength < MAX_WRITE_BYTES / 4 &&
      this.fits(byteLength)
    );
  }

  /**
   * A transport that throws is not one of Node's; it is treated as one that has failed.
   * @returns whether the transport takes more
   */
  #write(bytes: Uint8Array): boolean {
    try {
      return this.#transport.write(bytes) || this.#hasGone();
    } catch (error) {
      this.#transport.destroy(error as Error);
      return false;
    }
  }

  /** Whether the system has copied all that was written: it does so at once, as long as the peer keeps up. */
  #hasGone(): boolean {
    return this.#transport.writableLength === 0 && isPlainSocket(this.#transport);
  }

  /** The transport takes bytes again, or never will: nobody waits any more. */
  release(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) for (const resolve of waiting) resolve();
  }

  #wait(resolve: () => void): void {
    this.#waiting ??= [];
    this.#waiting.push(resolve);
  }

  /** Lets go of what can no longer be sent. */
  discard(): void {
    this.#lostPayloadBytes = this.queuedPayloadBytes;
    this.#unwritten = undefined;
    this.#connection.takeOutput();
    this.release();
  }

  /** Whether there is something to write. */
  #isWaiting(): boolean {
    return this.#unwritten !== undefined || this.#connection.hasOutput;
  }

  /** What to write next: all that is queued, as a rule. */
  #next(): Uint8Array {
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
    return bytes.subarray(from, end);
  }
}

/** TCP, a Unix socket or a pipe; not TLS, which is a `Socket` too and has buffers of its own. */
function isPlainSocket(transport: Duplex): boolean {
  return Object.getPrototypeOf(transport) === Socket.prototype;
}
