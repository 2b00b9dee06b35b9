/** Whether the peer keeps the time: how long nothing came from it, when to send it a Ping, how long the end takes. */
import { viewOf } from '../protocol/bytes.ts';
import { CLOSE_CODE } from '../protocol/close.ts';
import type { Connection } from '../protocol/connection.ts';
import { BarewireError, ClosedError } from '../protocol/errors.ts';
import { CloseDeadline } from './close-deadline.ts';
import { Pings } from './pings.ts';
import type { SocketLimits } from './socket-options.ts';
import type { WriteQueue } from './write-queue.ts';

/** A message in parts has `messageTimeoutMs` for each so many bytes: it may be long, and holds no memory. */
const PART_OF_MESSAGE = 64 * 1024;

/** For so long a message waits for someone to take it where only the end is waited for. */
const UNCLAIMED_MS = 1_000;

/** Who takes the messages. */
export interface Consumer {
  /** Whether someone waits for the end, and nothing takes messages, nor will. */
  readonly wantsOnlyTheEnd: boolean;
  /** From now on messages are dropped where nothing takes them. */
  endWaitForConsumer(): void;
}

/** A wire, as the look at its timeouts sees it. */
export interface Watched {
  readonly connection: Connection;
  readonly queue: WriteQueue;
  readonly limits: SocketLimits;
  /** Whether bytes that came wait to be read. */
  readonly hasUnread: boolean;
  /** Whether reading is paused because a reader is busy, and not because there is none. */
  readonly isReaderBusy: boolean;
  readonly isTransportGone: boolean;
  readonly listener: Consumer;
  sendPing(): void;
  /** Fails the connection. */
  giveUp(error: Error, code: number): void;
  /** Ends TCP at once. */
  destroy(): void;
}

export class Liveness {
  /** Set when the end has begun. When it has passed, the transport is destroyed. */
  #deadline: CloseDeadline | undefined;
  /** When a message was first seen to wait where only the end is waited for. */
  #unclaimedSince: number | undefined;
  /** The message that was under way at the last check: since when, and what was delivered before. */
  #underWay: { readonly since: number; readonly messages: number; readonly bytes: number } | undefined;
  /** The time of the first check after the last sign of life; undefined when there was one since the last check. */
  #silentSince: number | undefined;
  /** When a Ping was last due. */
  #lastDueAt: number;
  /** Made for the first Ping. */
  #pings: Pings | undefined;

  /** @param now milliseconds on the clock that {@link check} is given */
  constructor(now: number) {
    this.#lastDueAt = now;
  }

  /** Milliseconds from the last answered Ping to its Pong; undefined before the first Pong. */
  get roundTripMs(): number | undefined {
    return this.#pings?.roundTripMs;
  }

  /** Whether a promise of {@link pingFor} waits for its Pong. */
  get isPongAwaited(): boolean {
    return this.#pings?.areAwaited === true;
  }

  /** There was a sign of life. Reads no clock, because it is called for every chunk. */
  onActivity(): void {
    this.#silentSince = undefined;
  }

  /** The transport takes bytes again: a peer that takes bytes is alive, though its answers may come much later. */
  onDrain(now: number): void {
    this.onActivity();
    this.#deadline?.extend(now);
  }

  /** The end has begun: from now on it has `closeTimeoutMs`. */
  onEnding(now: number, { limits, queue }: Watched): void {
    this.#deadline ??= new CloseDeadline(now, limits.closeTimeoutMs, queue.queuedBytes);
  }

  /** Looks at all timeouts of a wire. */
  onTick(now: number, wire: Watched): void {
    const { state, canSend } = wire.connection;
    if (canSend || (wire.isTransportGone && state === 'open')) this.#watch(now, wire);
    else if (this.#deadline?.hasPassed(now) === true) wire.destroy();
    else this.onEnding(now, wire);
  }

  #watch(now: number, wire: Watched): void {
    const { connection, hasUnread } = wire;
    if (!hasUnread || !wire.listener.wantsOnlyTheEnd) this.#unclaimedSince = undefined;
    else this.#unclaimedSince ??= now;
    if (this.#unclaimedSince !== undefined && now - this.#unclaimedSince >= UNCLAIMED_MS)
      wire.listener.endWaitForConsumer();
    // Our own pause explains the silence, unless our reader waits for the peer too, or the peer is gone.
    const isPeerAwaited = connection.congested || this.isPongAwaited || wire.isTransportGone;
    const isPauseOurs = wire.isReaderBusy && !isPeerAwaited;
    const isSilenceOurs = hasUnread && (isPauseOurs || !connection.paused); // not paused: it waits for its turn
    const due = this.check(now, wire.limits, isSilenceOurs);
    if (due === 'timeout') this.#timeOut(wire);
    else if (this.#isMessageLate(now, wire)) {
      const error = `a message was not complete after ${wire.limits.messageTimeoutMs} ms`;
      wire.giveUp(new BarewireError(error), CLOSE_CODE.policyViolation);
    } else if (due === 'ping' && !hasUnread && !connection.congested) wire.sendPing();
  }

  /** A peer that sends a byte now and then is alive, but must not hold memory for ever. */
  #isMessageLate(now: number, { connection, hasUnread, limits }: Watched): boolean {
    const { messagesReceived: messages, payloadBytesReceived: bytes } = connection;
    // While bytes wait for a paused reader, it is this side that takes its time.
    if (!connection.isMidMessage || (hasUnread && connection.paused)) this.#underWay = undefined;
    else if (this.#underWay?.messages !== messages || bytes >= this.#underWay.bytes + PART_OF_MESSAGE)
      this.#underWay = { since: now, messages, bytes };
    const { messageTimeoutMs } = limits;
    return (
      messageTimeoutMs > 0 && this.#underWay !== undefined && now - this.#underWay.since >= messageTimeoutMs
    );
  }

  #timeOut(wire: Watched): void {
    const isUnclaimed = wire.hasUnread && !wire.isReaderBusy;
    const why = isUnclaimed ? 'no one took the messages that came' : 'nothing came from the peer';
    const error = new BarewireError(`${why} for ${wire.limits.idleTimeoutMs} ms`);
    wire.giveUp(error, CLOSE_CODE.goingAway);
  }

  /**
   * @param isSilenceOurs true while it is this side that does not read: then the silence says nothing about the peer
   * @returns what is due now
   */
  check(
    now: number,
    { idleTimeoutMs, pingIntervalMs }: SocketLimits,
    isSilenceOurs: boolean,
  ): 'ping' | 'timeout' | undefined {
    if (this.#silentSince === undefined || isSilenceOurs) this.#silentSince = now;
    if (idleTimeoutMs > 0 && now - this.#silentSince >= idleTimeoutMs) return 'timeout';
    if (pingIntervalMs === 0 || now - this.#lastDueAt < pingIntervalMs) return undefined;
    this.#lastDueAt = now;
    return 'ping';
  }

  /** Sends a Ping of our own, unless one is outstanding: a second one would tell no more. */
  ping(connection: Connection): void {
    this.#pings ??= new Pings();
    if (this.#pings.areOutstanding) return;
    const payload = this.#pings.nextPayload();
    if (connection.ping(payload)) this.#pings.sent(payload);
  }

  /** Sends a Ping for the user. @returns as `WebSocket.ping` */
  pingFor(connection: Connection, queue: WriteQueue, bytes: Uint8Array | undefined): Promise<number> {
    this.#pings ??= new Pings();
    const pings = this.#pings;
    const payload = bytes === undefined ? pings.nextPayload() : viewOf(bytes);
    const answer = new Promise<number>((resolve, reject) => {
      if (!queue.fits(payload.length)) reject(new BarewireError('the queue is full'));
      else if (!connection.ping(payload)) reject(closedError(connection, 'the connection is not open'));
      else pings.sent(new Uint8Array(payload), resolve, reject);
    });
    answer.catch(() => {}); // a user who does not wait for the answer must not get an unhandled rejection
    return answer;
  }

  /** A Pong has come. */
  onPong(payload: Uint8Array): void {
    this.#pings?.answered(payload);
  }

  /** The transport is gone. */
  abandon(connection: Connection): void {
    this.#pings?.abandon(() => closedError(connection, 'the connection closed before the pong came'));
  }
}

function closedError({ sent, received }: Connection, message: string): ClosedError {
  return new ClosedError(message, sent, received);
}
