/** A Connection performed on a transport: reading and pausing, what goes out together, timeouts, the end. */
import type { Duplex } from 'node:stream';
import { CLOSE_CODE } from '../protocol/close.ts';
import { Connection, type Receiver, type TracedFrame } from '../protocol/connection.ts';
import { ClosedError, WebSocketError } from '../protocol/errors.ts';
import type { Role } from '../protocol/frame.ts';
import type { Message } from '../protocol/message.ts';
import type { DeflateAgreement } from '../protocol/permessage-deflate/negotiation.ts';
import type { PreparedBatch } from '../protocol/prepared-batch.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import { flushAtEndOfTurn, type Publishing, settle } from '../publish/publisher.ts';
import { verifyFits } from '../socket/arguments.ts';
import { diagnostics } from '../socket/diagnostics.ts';
import { now, type Ticking, unwatch, watch } from './clock.ts';
import { Deadline } from './close-deadline.ts';
import { Keepalive } from './liveness.ts';
import { Pings } from './pings.ts';
import { Inbox } from './receive-buffer.ts';
import type { SocketLimits } from './socket-options.ts';
import { Outbox } from './write-queue.ts';

/** Whom wires serve: one object for all sockets. Its functions must not throw. */
export interface Owner<Socket> {
  /** A message has come. */
  message(socket: Socket, data: Message): void;
  /** A frame has come or gone; only where that is asked for. */
  frame(socket: Socket, frame: TracedFrame): void;
  /** The transport is gone, and everything that it brought has been read. Called once. */
  ended(socket: Socket, error: Error | undefined): void;
}

/** What all wires of a server, or of a client, are held to. */
export interface WireSettings {
  readonly limits: SocketLimits;
  /** From how many bytes on messages are compressed, where that was negotiated. */
  readonly thresholdBytes: number;
  /** Whether the owner is told of every frame. */
  readonly isTraced: boolean;
}

const kWire = Symbol('wire');

/** The transport knows its wire, so that the listeners can be shared functions and not closures, five a socket. */
type Transport = Duplex & { [kWire]?: Wire<never> };

export class Wire<Socket> implements Receiver, Ticking, Publishing {
  readonly connection: Connection;
  readonly frame: ((frame: TracedFrame) => void) | undefined;

  readonly #keepalive: Keepalive;
  #pings: Pings | undefined;
  /** What has come and is not read, while there is such. */
  #inbox: Inbox | undefined;
  readonly #outbox: Outbox;
  readonly #transport: Transport;
  readonly #settings: WireSettings;
  readonly #owner: Owner<Socket>;
  readonly #socket: Socket;
  /** Set while a chunk is read or a flush is on its way: what is sent meanwhile goes out with the rest. */
  #flushIsDue = false;
  #flushIsDueAtEndOfTurn = false;
  #isReading = false;
  /** Whether the transport is paused: until the first read it may be. */
  #isHeldBack = true;
  #isExcused = false;
  /** How big the message was that had no room, if the last one had none. */
  #refusedBytes = 0;
  /** When the transport is destroyed, if it has not ended by then. */
  #deadline: Deadline | undefined;
  #transportError: Error | undefined;
  /** Whether the peer has ended its half, and whether all of the transport is gone. */
  #transportState: 'whole' | 'half' | 'gone' = 'whole';
  #hasEnded = false;

  constructor(
    transport: Duplex,
    role: Role,
    settings: WireSettings,
    deflate: DeflateAgreement | undefined,
    owner: Owner<Socket>,
    socket: Socket,
  ) {
    const { limits, thresholdBytes, isTraced } = settings;
    this.#transport = transport;
    this.#settings = settings;
    this.#owner = owner;
    this.#socket = socket;
    this.#keepalive = new Keepalive(now());
    if (isTraced) this.frame = (frame) => owner.frame(socket, frame);
    const compression = deflate && { ...deflate, thresholdBytes };
    this.connection = new Connection({ role, maxMessageBytes: limits.maxMessageBytes, compression }, this);
    this.#outbox = new Outbox(transport, this.connection, limits.maxQueuedBytes);
    this.#transport[kWire] = this as unknown as Wire<never>;
    transport.on('error', onError).on('close', onClose).on('end', onEnd).on('drain', onDrain);
    watch(this);
  }

  /** Begins to read. @param head what came behind the handshake already */
  start(head: Uint8Array): void {
    if (head.length > 0) this.#keep(head);
    this.#transport.on('data', onData);
    this.#read();
  }

  /** Bytes that wait to be taken by the transport, or by the system from it. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** How much of that is payload. */
  get queuedPayloadBytes(): number {
    return this.#outbox.queuedPayloadBytes;
  }

  /** Milliseconds that the last Ping took to be answered; undefined before the first answer. */
  get roundTripMs(): number | undefined {
    return this.#pings?.roundTripMs;
  }

  /**
   * Stops or resumes delivering, from the next message on. Control frames are read until a message waits.
   * @param excused whether it is our own doing when the peer is not heard meanwhile
   */
  setPaused(paused: boolean, excused: boolean): void {
    this.#isExcused = paused && excused;
    if (this.connection.paused === paused) return;
    this.connection.paused = paused;
    this.#keepalive.heard();
    if (!paused && !this.#isReading) process.nextTick(readOn, this);
  }

  /** Queues a message. @returns whether it was: not when the connection closes or the queue is full */
  send(data: Message, compress = true): boolean {
    const { connection } = this;
    if (connection.state !== 'open' || !this.canWrite) return false;
    // The most that it can take, first: how much it takes exactly is worth asking only where that matters.
    const isString = typeof data === 'string';
    if (!this.#outbox.fits(isString ? 3 * data.length : data.length)) {
      if (!this.hasRoomFor(isString ? Buffer.byteLength(data) : data.length)) return false;
    }
    connection.send(data, compress);
    this.#flushSoon();
    return true;
  }

  /**
   * Queues a message that was made for many. It goes out at the end of the turn, with all that others publish in it: a
   * chat in which everybody talks would else write once for each message and member.
   * @returns as {@link send}
   */
  sendPrepared(message: PreparedMessage, compress: boolean): boolean {
    if (this.connection.state !== 'open' || !this.canWrite) return false;
    if (!this.hasRoomFor(message.byteLength)) return false;
    this.connection.sendPrepared(message, compress);
    this.#flushAtEndOfTurn();
    return true;
  }

  /** Whether messages of so many bytes could be queued now. */
  isReadyFor(byteLength: number): boolean {
    return this.connection.state === 'open' && this.canWrite && this.#outbox.fits(byteLength);
  }

  /** As {@link Delivery.sendBatch}, after {@link isReadyFor}. */
  sendBatch(batch: PreparedBatch, skipped: readonly number[], isEndOfTurn: boolean): void {
    if (!this.canWrite) return;
    const bytes = this.connection.sendBatch(batch, skipped, isEndOfTurn && this.#outbox.isIdle);
    if (bytes !== undefined) this.#outbox.write(bytes);
    else if (isEndOfTurn) this.flush();
    else this.#flushAtEndOfTurn();
  }

  /** Sends a Ping. @returns milliseconds until its Pong */
  sendPing(bytes?: Uint8Array): Promise<number> {
    this.#pings ??= new Pings();
    const pings = this.#pings;
    const payload = bytes ?? pings.nextPayload();
    const answer = new Promise<number>((resolve, reject) => {
      if (!this.#outbox.fits(payload.length)) reject(new WebSocketError('the queue is full'));
      else if (!this.canWrite || !this.connection.ping(payload))
        reject(this.#closedError('the connection is not open'));
      else pings.sent(new Uint8Array(payload), resolve, reject);
    });
    answer.catch(() => {}); // who does not wait for the answer must not be brought down by its absence
    this.#flushSoon();
    return answer;
  }

  close(code?: number, reason?: string): void {
    this.connection.close(code, reason);
    this.#finishUp();
  }

  /** Ends TCP at once, without a closing handshake; nothing that has come is delivered any more. */
  terminate(): void {
    this.connection.transportEnded(); // not even the rest of the chunk that is being read is delivered
    this.#inbox?.clear();
    this.#transport.destroy();
    if (this.#transportState === 'gone') this.#endIfRead();
  }

  /** Resolves when the transport takes bytes, and there is room for what was refused last; or when it is gone. */
  drained(): Promise<void> {
    return this.ready(this.#refusedBytes);
  }

  /** Resolves when a message of so many bytes has room, or nothing can be sent any more. */
  ready(byteLength: number): Promise<void> {
    return this.#transportState === 'gone' ? Promise.resolve() : this.#outbox.ready(byteLength);
  }

  // Receiver

  message(data: Message): void {
    this.#owner.message(this.#socket, data);
  }

  closing(): void {
    settle(); // what was published to it before
  }

  takeAtOnce(): boolean {
    return this.#outbox.takeAtOnce();
  }

  ping(payload: Uint8Array): void {
    if (diagnostics.ping.hasSubscribers) diagnostics.ping.publish({ socket: this.#socket, payload });
  }

  pong(payload: Uint8Array): void {
    this.#pings?.answered(payload);
    if (!diagnostics.pong.hasSubscribers) return;
    diagnostics.pong.publish({ socket: this.#socket, payload, roundTripMs: this.roundTripMs });
  }

  // Ticking

  tick(time: number): void {
    const { state } = this.connection;
    if (state === 'open' && (this.#deadline === undefined || this.#transportState === 'gone'))
      this.#checkLife(time);
    else if (this.#deadline === undefined) this.#setDeadline(time);
    else if (this.#deadline.hasPassed(time)) this.#transport.destroy();
  }

  #checkLife(time: number): void {
    // Our silence excuses the peer's, unless it is the peer that we are waiting for, or it has gone.
    const isWaiting = this.connection.congested || this.#pings?.areAwaited || this.#transportState === 'gone';
    const isExcused = this.#isExcused && this.#hasUnread() && !isWaiting;
    const due = this.#keepalive.check(time, this.#settings.limits, isExcused);
    if (due === 'ask') this.#askForLife();
    else if (due === 'give up') this.#giveUp();
  }

  #setDeadline(time: number): void {
    this.#deadline = new Deadline(time, this.#settings.limits.closeTimeoutMs, this.queuedBytes);
  }

  #askForLife(): void {
    // A Ping that is not answered yet says as much as a second one would.
    if (this.#hasUnread() || this.connection.congested || this.#pings?.areOutstanding) return;
    this.#pings ??= new Pings();
    const payload = this.#pings.nextPayload();
    if (this.connection.ping(payload)) this.#pings.sent(payload);
    this.#flushSoon();
  }

  #giveUp(): void {
    const why =
      this.#hasUnread() && !this.#isExcused
        ? 'no one took the messages that came'
        : 'nothing came from the peer';
    const error = new WebSocketError(`${why} for ${this.#settings.limits.idleTimeoutMs} ms`);
    this.#fail(error, CLOSE_CODE.goingAway);
  }

  // Reading

  onChunk(chunk: Uint8Array): void {
    this.#keepalive.heard();
    this.#keep(chunk);
    // A transport in this process may bring more while it is written to; that comes after what is being read.
    if (!this.#isReading) this.#read();
  }

  #keep(chunk: Uint8Array): void {
    this.#inbox ??= new Inbox();
    this.#inbox.add(chunk);
  }

  #hasUnread(): boolean {
    return this.#inbox?.isEmpty === false;
  }

  #read(): void {
    this.#isReading = true;
    this.#flushIsDue = true;
    const stopped = this.#inbox?.readInto(this.connection) === true;
    if (!stopped) this.#inbox = undefined;
    this.#isReading = false;
    this.flush();
    if (stopped !== this.#isHeldBack) this.#holdBack(stopped);
    // Not in this turn: a loop that was just given the last message comes to its body first.
    if (this.#transportState === 'gone') setImmediate(() => this.#endIfRead());
  }

  #holdBack(held: boolean): void {
    this.#isHeldBack = held;
    if (held) this.#transport.pause();
    else this.#transport.resume();
  }

  readOn(): void {
    if (!this.#isReading) this.#read();
  }

  // Writing

  /**
   * Whether a message can be queued; if not, does what `whenQueueIsFull` says.
   * @param elsewhere bytes that wait before it and are not in the queue yet
   */
  hasRoomFor(byteLength: number, elsewhere = 0): boolean {
    const { maxQueuedBytes, whenQueueIsFull } = this.#settings.limits;
    verifyFits(byteLength, maxQueuedBytes);
    this.#refusedBytes = 0;
    if (this.#outbox.fits(byteLength + elsewhere)) return true;
    this.flush(); // what the transport takes does not wait
    if (this.#outbox.fits(byteLength + elsewhere)) return true;
    this.#refusedBytes = byteLength;
    if (whenQueueIsFull === 'close') {
      const queued = this.queuedBytes + elsewhere;
      const why = `the peer reads too slowly: ${queued} bytes wait for it, maxQueuedBytes is ${maxQueuedBytes}`;
      this.#fail(new WebSocketError(why), CLOSE_CODE.policyViolation);
    }
    return false;
  }

  /** Everything that is sent in one turn goes out in one write. */
  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    process.nextTick(flush, this);
  }

  /** Everything that is published in one turn of the event loop goes out in one write. */
  #flushAtEndOfTurn(): void {
    if (this.#flushIsDue || this.#flushIsDueAtEndOfTurn) return;
    this.#flushIsDueAtEndOfTurn = true;
    flushAtEndOfTurn(this);
  }

  flushPublished(): void {
    this.#flushIsDueAtEndOfTurn = false;
    this.flush();
  }

  flush(): void {
    this.#flushIsDue = false;
    if (this.#outbox.flush() && this.#mayEnd()) this.#transport.end();
  }

  /** Whether what is sent can go out: not when the peer has ended its half of TCP, or all of it is gone. */
  get canWrite(): boolean {
    return this.#transportState === 'whole';
  }

  /**
   * Whether our half of TCP may be ended once all is written. §7.1.1: the server closes TCP first; a client waits for
   * that, unless it has failed the connection (§7.1.7).
   */
  #mayEnd(): boolean {
    const { state, error, role } = this.connection;
    if (this.#transportState !== 'whole') return this.#transportState === 'half';
    return state === 'draining' && (role === 'server' || error !== undefined);
  }

  onDrain(): void {
    this.#keepalive.heard(); // who takes bytes is alive, though its answers may be far behind
    this.#deadline?.putOff(now());
    this.connection.congested = false;
    this.flush();
    if (!this.connection.congested) this.#outbox.release();
  }

  // Ending

  #fail(error: Error, code: number): void {
    this.connection.fail(error, code);
    this.#finishUp();
  }

  /** What is queued goes out, and reading goes on, paused or not, until the peer's end has come. */
  #finishUp(): void {
    this.#flushSoon();
    process.nextTick(readOn, this);
  }

  onTransportError(error: Error): void {
    this.#transportError ??= error;
  }

  /** The peer has ended its half. Without a Close frame before, that is the end of ours too, once all is written. */
  onTransportEnd(): void {
    settle();
    if (this.#transportState === 'whole') this.#transportState = 'half';
    if (this.#deadline === undefined) this.#setDeadline(now());
    this.flush();
  }

  onTransportClose(): void {
    if (this.#transportState === 'gone') return;
    settle();
    this.#transportState = 'gone';
    // Who waits for the peer in the middle of reading waits no more, and can read the rest.
    this.#outbox.release();
    this.#pings?.abandon(() => this.#closedError('the connection closed before the pong came'));
    this.#endIfRead();
  }

  /** What came before the end is still delivered to a reader that takes its time. */
  #endIfRead(): void {
    if (this.#hasUnread() && this.connection.state === 'open') return;
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#inbox?.clear();
    unwatch(this);
    this.connection.transportEnded();
    this.#outbox.discard();
    this.#owner.ended(this.#socket, this.#transportError);
  }

  #closedError(message: string): ClosedError {
    return new ClosedError(message, this.connection.sent, this.connection.received);
  }
}

function onData(this: Transport, chunk: Uint8Array): void {
  this[kWire]!.onChunk(chunk);
}

function onDrain(this: Transport): void {
  this[kWire]!.onDrain();
}

function onError(this: Transport, error: Error): void {
  this[kWire]!.onTransportError(error);
}

function onEnd(this: Transport): void {
  this[kWire]!.onTransportEnd();
}

function onClose(this: Transport): void {
  this[kWire]!.onTransportClose();
}

function flush(wire: Wire<never>): void {
  wire.flush();
}

function readOn(wire: Wire<never>): void {
  wire.readOn();
}
