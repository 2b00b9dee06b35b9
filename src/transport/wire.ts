/**
 * Runs a Connection on a transport: reading and pausing, one write for everything that is sent together, timeouts, the end.
 * Backpressure is in write-queue.ts.
 */
import process, { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';
import { lengthOf } from '../protocol/bytes.ts';
import type { Connection } from '../protocol/connection.ts';
import type { Message } from '../protocol/message.ts';
import type { PreparedBatch } from '../protocol/prepared-batch.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { SendOptions } from '../protocol/send-options.ts';
import { type Flushable, flushAtEndOfTurn } from '../publish/end-of-turn.ts';
import type { Publisher } from '../publish/publisher.ts';
import { addClockListener, type ClockListener, holdProcess, now, removeClockListener } from './clock.ts';
import { allowedNow, FairShare, type Reader, SLICE } from './fair-share.ts';
import { type Consumer, Liveness, type Watched } from './liveness.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import type { SocketLimits } from './socket-options.ts';
import { listenTo, listenToBytes, type TransportListener } from './transport-events.ts';
import { WriteQueue } from './write-queue.ts';

/** The same for all wires of a server. */
export interface WireSettings {
  readonly limits: SocketLimits;
  /** What the server publishes. A client has none. */
  readonly publisher?: Publisher | undefined;
}

/** The socket that a wire serves. */
export interface WireListener extends Consumer {
  /**
   * The transport is gone, and everything that came before is read. Called once.
   * @param error the error of the transport, if it had one
   */
  onTransportGone(error: Error | undefined): void;
}

export class Wire implements ClockListener, Flushable, TransportListener, Reader, Watched {
  readonly connection: Connection;
  readonly queue: WriteQueue;
  readonly #liveness: Liveness;
  readonly #transport: Duplex;
  readonly #settings: WireSettings;
  readonly listener: WireListener;
  /** Made while there are unread bytes. */
  #unread: ReceiveBuffer | undefined;
  /** Made when this socket has read so much that others may have to wait for it. */
  #share: FairShare | undefined;
  /** Set while a chunk is read: what is sent meanwhile goes out with the rest. */
  #flushIsDue = false;
  #flushIsDueAtEndOfTurn = false;
  #isReading = true; // before the start too: until then nothing is read, and the transport is not resumed
  /** Whether the transport is paused. Not known at first: the first read pauses or resumes it. */
  #isTransportPaused: boolean | undefined;
  /** Whether reading is paused because a reader is busy, and not because there is none. */
  isReaderBusy = false;
  isTransportGone = false;
  #transportError: Error | undefined;
  #hasEnded = false;

  constructor(transport: Duplex, connection: Connection, settings: WireSettings, listener: WireListener) {
    this.#transport = transport;
    this.connection = connection;
    this.#settings = settings;
    this.listener = listener;
    this.#liveness = new Liveness(now());
    this.queue = new WriteQueue(transport, connection, settings.limits);
    connection.workAllowed = SLICE;
    listenTo(transport, this);
    addClockListener(this);
  }

  /** Begins to read. @param head bytes that came directly after the opening handshake */
  start(head: Uint8Array): void {
    if (head.length > 0) this.#keep(head);
    listenToBytes(this.#transport);
    this.#read();
  }

  /** Milliseconds from the last answered Ping to its Pong; undefined before the first Pong. */
  get roundTripMs(): number | undefined {
    return this.#liveness.roundTripMs;
  }

  // Reading

  /** Stops or resumes the delivery of messages, from the next one on. Control frames are read until a message waits. */
  setPaused(paused: boolean, isReaderBusy: boolean): void {
    this.isReaderBusy = paused && isReaderBusy;
    if (this.connection.paused === paused) return;
    this.connection.paused = paused;
    this.#liveness.onActivity();
    if (!paused && !this.#isReading && this.hasUnread) nextTick(readOn, this);
  }

  onChunk(chunk: Uint8Array): void {
    this.#liveness.onActivity();
    this.#keep(chunk);
    // A transport within this process may bring bytes while it is written to. They are read after the current ones.
    if (!this.#isReading) this.#read();
  }

  onRead(buffer: Uint8Array, byteCount: number): void {
    this.#liveness.onActivity();
    this.#unread ??= new ReceiveBuffer();
    this.#unread.lend(buffer, byteCount);
    this.#read(); // never in the middle of itself: only the event loop calls this
    this.#unread?.own();
  }

  /** Goes on with what was left: by a pause that is over, or when the share of an earlier turn was used up. */
  onTurn(): void {
    if (!this.#isReading) this.#read();
  }

  #read(): void {
    const outer = reading; // where a transport within this process brings bytes while it is written to
    reading = this;
    this.#isReading = true;
    this.#flushIsDue = true;
    const hasRest = this.#readShare();
    reading = outer;
    if (!hasRest) this.#unread = undefined;
    this.#isReading = false;
    this.flush();
    const isHeldBack = hasRest && !(this.connection.paused && this.#unread!.readsAhead);
    if (isHeldBack !== this.#isTransportPaused) this.#pauseTransport(isHeldBack);
    // In a later turn: a loop that was just given the last message runs its body first.
    if (this.isTransportGone) setImmediate(() => this.#endIfRead());
  }

  /** Reads until all is read, reading is paused, or the share is used up. @returns whether bytes are left */
  #readShare(): boolean {
    const { connection } = this;
    connection.workAllowed = allowedNow(connection.workAllowed!);
    for (;;) {
      const hasRest = this.#unread?.readInto(connection) === true;
      if (connection.workAllowed! > 0) return hasRest;
      this.#share ??= new FairShare(this);
      if (!this.#share.takeSlice()) return hasRest;
      connection.workAllowed = SLICE;
      if (!hasRest) return false;
    }
  }

  #keep(chunk: Uint8Array): void {
    this.#unread ??= new ReceiveBuffer();
    this.#unread.add(chunk);
  }

  /** Whether bytes that came wait to be read. */
  get hasUnread(): boolean {
    return this.#unread?.isEmpty === false;
  }

  #pauseTransport(paused: boolean): void {
    this.#isTransportPaused = paused;
    holdProcess(this, paused); // as a transport that is read does by itself
    if (paused) this.#transport.pause();
    else this.#transport.resume();
  }

  // Writing

  /** Queues a message. @returns whether it was queued: false when the connection closes or the queue is full */
  send(data: Message, options?: SendOptions): boolean {
    if (!this.connection.canSend) return false;
    // First an upper bound. The exact size is worth computing only near the limit.
    const isText = typeof data === 'string';
    const atMost = isText ? 3 * data.length : lengthOf(data);
    if (!this.queue.fits(atMost) && !this.hasRoomFor(isText ? Buffer.byteLength(data) : atMost)) return false;
    this.connection.send(data, options);
    this.#flushLater();
    return true;
  }

  /** Queues a fragment of a message, for which there should be room. @returns false when the connection closes */
  sendFragment(data: Message, isLast: boolean): boolean {
    if (!this.connection.sendFragment(data, isLast)) return false;
    this.#flushLater();
    return true;
  }

  /** As `Subscriber.sendPrepared`. The message goes out at the end of the turn. */
  sendPrepared(message: PreparedMessage, compress: boolean): boolean {
    if (!this.connection.canSend || !this.hasRoomFor(message.byteLength)) return false;
    this.connection.sendPrepared(message, compress);
    this.#flushLater();
    return true;
  }

  /** As `Subscriber.isReadyFor`. */
  isReadyFor(byteLength: number): boolean {
    return this.connection.canSend && this.queue.fits(byteLength);
  }

  /** As `Subscriber.sendBatch`. */
  sendBatch(batch: PreparedBatch, skipped: readonly number[], isEndOfTurn: boolean): void {
    const bytes = this.connection.sendBatch(batch, skipped, isEndOfTurn && this.queue.isIdle);
    if (bytes !== undefined) this.queue.writeAlone(bytes);
    else if (isEndOfTurn) this.flush();
    else this.#flushLater();
  }

  /** Sends a Ping. @returns as `WebSocket.ping` */
  ping(bytes: Uint8Array | undefined): Promise<number> {
    const answer = this.#liveness.pingFor(this.connection, this.queue, bytes);
    this.#flushLater();
    return answer;
  }

  /** As `WebSocket.pong`. */
  pong(bytes: Uint8Array): boolean {
    const isQueued = this.queue.fits(bytes.length) && this.connection.pong(bytes);
    if (isQueued) this.#flushLater();
    return isQueued;
  }

  /** As {@link WriteQueue.hasRoomFor}. */
  hasRoomFor(byteLength: number, elsewhere = 0): boolean {
    const hasRoom = this.queue.hasRoomFor(byteLength, elsewhere);
    if (!hasRoom && this.connection.state !== 'open') this.#finishUp(); // it was failed for that
    return hasRoom;
  }

  /** As {@link WriteQueue.waitForRoom}. */
  waitForRoom(byteLength?: number): Promise<void> {
    return this.isTransportGone ? Promise.resolve() : this.queue.waitForRoom(byteLength);
  }

  /** Writes what the transport takes, and ends our half of it where everything is written and that is due. */
  flush(): void {
    this.#flushIsDue = false;
    if (this.queue.flush() && this.connection.endsTransport && !this.isTransportGone) this.#transport.end();
  }

  onEndOfTurn(): void {
    this.#flushIsDueAtEndOfTurn = false;
    this.flush();
  }

  onDrain(): void {
    this.#liveness.onDrain(now());
    this.queue.onDrain();
    this.flush();
    if (!this.connection.congested) this.queue.release();
  }

  #flushLater(): void {
    if (this.#flushIsDue || this.#flushIsDueAtEndOfTurn) return;
    this.#flushIsDueAtEndOfTurn = true;
    flushAtEndOfTurn(this);
  }

  // Timeouts

  onTick(time: number): void {
    this.#liveness.onTick(time, this);
  }

  get limits(): SocketLimits {
    return this.#settings.limits;
  }

  sendPing(): void {
    this.#liveness.ping(this.connection);
    this.#flushLater();
  }

  giveUp(error: Error, code: number): void {
    this.connection.fail(error, code);
    this.#finishUp();
  }

  destroy(): void {
    this.#transport.destroy();
  }

  onPong(payload: Uint8Array): void {
    this.#liveness.onPong(payload);
  }

  // The end

  /** Begins the closing handshake (§7.1.2). */
  close(code?: number, reason?: string): void {
    this.connection.close(code, reason);
    this.#finishUp();
  }

  /** Ends TCP at once, without a closing handshake. What came and is not delivered yet is dropped. */
  terminate(): void {
    this.flush(); // what was sent before still goes out, as far as the system takes it at once
    this.connection.transportEnded(); // not even the rest of the chunk that is being read is delivered
    this.#unread?.clear();
    this.#transport.destroy();
    if (this.isTransportGone) this.#endIfRead();
  }

  /** What is queued goes out, and reading goes on, paused or not, until the peer's end has come. */
  #finishUp(): void {
    this.#flushLater();
    nextTick(readOn, this);
  }

  onTransportError(error: Error): void {
    this.#transportError ??= error;
  }

  /** The peer has ended its half of the transport. */
  onTransportEnd(): void {
    this.#settings.publisher?.settle();
    this.connection.peerEnded();
    this.#liveness.onEnding(now(), this);
    this.flush();
  }

  onTransportClose(): void {
    if (this.isTransportGone) return;
    this.#settings.publisher?.settle();
    this.connection.peerEnded();
    this.isTransportGone = true;
    // A reader that waits for the peer in the middle of a message handler must not wait forever: it can read the rest now.
    this.queue.release();
    this.#liveness.abandon(this.connection);
    this.#endIfRead();
  }

  /** Messages that came before the end are still delivered to a reader that takes its time. */
  #endIfRead(): void {
    if (this.hasUnread && this.connection.isReading) return;
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#unread?.clear();
    removeClockListener(this);
    this.connection.transportEnded();
    this.queue.discard();
    this.listener.onTransportGone(this.#transportError);
  }
}

/** The wire whose chunk is being read. A handler that ends the process has sent its answers before. */
let reading: Wire | undefined;
process.on('exit', () => reading?.flush());

function readOn(wire: Wire): void {
  wire.onTurn();
}
