/**
 * The implementation of WebSocket: delivers messages, keeps the order of what is sent, pauses, and reports the end. The server,
 * the publisher and the streams use it directly; users have the public WebSocket in front of it.
 */
import type { Duplex } from 'node:stream';
import { domException } from '../client/dom-exception.ts';
import { CLOSE_CODE } from '../protocol/close.ts';
import { Connection } from '../protocol/connection.ts';
import { ClosedError, type ProtocolError, UsageError } from '../protocol/errors.ts';
import { decoded, type Message } from '../protocol/message.ts';
import type { DeflateAgreement } from '../protocol/permessage-deflate/negotiation.ts';
import type { PreparedBatch } from '../protocol/prepared-batch.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Receiver, Sink } from '../protocol/receiver.ts';
import type { SendOptions } from '../protocol/send-options.ts';
import type { TracedFrame } from '../protocol/traced-frame.ts';
import type { Traffic } from '../protocol/traffic.ts';
import type { Subscriber } from '../publish/subscriber.ts';
import { Subscriptions } from '../publish/subscriptions.ts';
import { ALLOCATORS, type Allocator } from '../transport/message-memory.ts';
import { Wire, type WireListener } from '../transport/wire.ts';
import type { Agreement } from './agreement.ts';
import { BINARY_TYPES, type BinaryType, byteLengthOf, isMessage, verifyCloseArguments } from './arguments.ts';
import { asError, callUser } from './call-user.ts';
import { type CloseInfo, closeInfo } from './close-info.ts';
import { messageEvent, type WebSocketEventType } from './events.ts';
import type { SocketHooks } from './hooks.ts';
import type { MessageSource, SocketReader } from './message-iterator.ts';
import { notifyEnd, notifyOpen, notifyPing, notifyPong, notifyViolation } from './notify.ts';
import { OutgoingQueue } from './outgoing-queue.ts';
import { NO_RARE_STATE, RareState } from './rare-state.ts';
import { READY_STATE, type ReadyState, readyStateOf } from './ready-state.ts';
import { sendLater, sendPreparedInTurn } from './send-later.ts';
import { isListenedTo, type ListenerOwner, type Listeners } from './socket-event-target.ts';
import { traceOf } from './trace.ts';

/** Why reading is paused: by the user, by a busy reader, or because nothing takes messages yet. Each alone is enough. */
const PAUSED_BY = { user: 1, reader: 2, noConsumer: 4 } as const;

/** @typeParam Socket the public WebSocket */
export class InnerSocket<Socket extends EventTarget = EventTarget>
  implements Receiver, WireListener, Subscriber, ListenerOwner, MessageSource
{
  /** The public WebSocket. Its constructor sets this. */
  socket!: Socket;
  agreement: Agreement;
  /** Made for the first listener. */
  listeners: Listeners | undefined;
  /** Set when the connection is open. */
  wire: Wire | undefined;
  readonly frame: ((frame: TracedFrame) => void) | undefined;
  /** Set by a server while its open handler runs: that may take messages later. */
  isOpenHandlerRunning = false;

  readonly #hooks: SocketHooks<Socket>;
  #pausedBy: number = PAUSED_BY.noConsumer;
  /** Made when it is needed. */
  #subscriptions: Subscriptions<Subscriber> | undefined;
  /** Read-only, because it may be shared: changes go to {@link ownRareState}. */
  #rare: Readonly<RareState<Socket>> = NO_RARE_STATE;

  constructor(hooks: SocketHooks<Socket>, agreement: Agreement) {
    this.#hooks = hooks;
    this.agreement = agreement;
    this.frame = traceOf(hooks, this);
  }

  /** Makes the connection on a transport. Nothing is read before {@link start}. */
  connect(transport: Duplex, deflate: DeflateAgreement | undefined): void {
    const { role, limits, thresholdBytes, maskingKey } = this.#hooks;
    const compression = deflate && { ...deflate, thresholdBytes };
    const { maxMessageBytes } = limits;
    const connection = new Connection({ role, maxMessageBytes, compression, maskingKey }, this);
    this.wire = new Wire(transport, connection, this.#hooks, this);
    this.#setPaused(0, false);
  }

  start(head: Uint8Array): void {
    notifyOpen(this);
    this.wire?.start(head);
  }

  /** State of its own, to be changed. */
  ownRareState(): RareState<Socket> {
    if (this.#rare === NO_RARE_STATE) this.#rare = new RareState();
    return this.#rare as RareState<Socket>;
  }

  opened(): Promise<Socket> {
    return this.ownRareState().opened(this.wire && this.socket);
  }

  get hasMessageHandler(): boolean {
    return this.#hooks.message !== undefined;
  }

  hasListener(type: WebSocketEventType): boolean {
    return this.listeners?.types.has(type) === true;
  }

  get readyState(): ReadyState {
    return readyStateOf(this.wire, this.#rare);
  }

  get binaryType(): BinaryType {
    return this.#rare.binaryType ?? (this.#hooks.role === 'client' ? 'blob' : 'uint8array');
  }
  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.ownRareState().binaryType = type;
  }

  get bufferedAmount(): number {
    this.settle();
    const { outgoing, unsentBytes } = this.#rare;
    return (this.wire?.queue.queuedPayloadBytes ?? 0) + (outgoing?.byteLength ?? 0) + unsentBytes;
  }

  get roundTripMs(): number | undefined {
    return this.wire?.roundTripMs;
  }

  get traffic(): Readonly<Traffic> | undefined {
    this.settle();
    return this.wire?.connection.traffic;
  }

  // Receiving, and pausing

  get keepsText(): boolean {
    return this.#hooks.keepsText === true;
  }

  get allocate(): Allocator {
    return ALLOCATORS[this.#hooks.limits.messageMemory];
  }

  message(data: Message, isText: boolean): void {
    const { outgoing, reader, origin } = this.#rare;
    if (outgoing?.endsWithClose === true && !this.takesMessagesWhileClosing) return; // the Close frame waits for a Blob
    // A listener that is added by the handler gets the next message first.
    const hasListener = this.hasListener('message');
    // Decoded before the handler is called: the bytes are the handler's then, which may change them.
    const message = hasListener || reader !== undefined ? decoded(data, isText) : data;
    if (this.#hooks.message !== undefined)
      callUser(this.#hooks.message, this.socket, data, this, undefined, isText);
    reader?.deliver(message);
    if (hasListener) this.socket.dispatchEvent(messageEvent(message, this.binaryType, origin));
    else if (reader === undefined && !this.hasMessageHandler) this.ownRareState().unclaimedMessages++;
  }

  part(data: Message, isLast: boolean): void {
    if (this.#rare.outgoing?.endsWithClose === true && !this.takesMessagesWhileClosing) return;
    this.#rare.reader?.deliverPart?.(data, isLast);
  }

  get takesMessagesWhileClosing(): boolean {
    return this.#hooks.limits.messagesWhileClosing;
  }

  get answersPings(): boolean {
    return this.#hooks.limits.answersPings;
  }

  get explainsFailures(): boolean {
    return this.#hooks.limits.explainsFailures;
  }

  failed(error: ProtocolError): void {
    notifyViolation(this.#hooks, this.socket, error);
  }

  ping(payload: Uint8Array): void {
    notifyPing(this.socket, payload);
    if (this.#hooks.ping !== undefined) callUser(this.#hooks.ping, this.socket, payload, this);
  }

  pong(payload: Uint8Array): void {
    this.wire?.onPong(payload);
    notifyPong(this.socket, payload, this.roundTripMs);
    if (this.#hooks.pong !== undefined) callUser(this.#hooks.pong, this.socket, payload, this);
  }

  get sink(): Sink {
    return this.wire!.queue;
  }

  closing(): void {
    this.settle(); // what was published before goes out before the Close frame
  }

  pause(): void {
    this.#setPaused(PAUSED_BY.user, true);
  }

  resume(): void {
    this.#pausedBy &= ~PAUSED_BY.noConsumer;
    this.#setPaused(PAUSED_BY.user, false);
  }

  /** From now on, messages without a consumer are dropped. */
  endWaitForConsumer(): void {
    this.#setPaused(PAUSED_BY.noConsumer, false);
  }

  /** A handler of the server takes messages when it is opened; a pause, or a busy loop, is a promise to hold them back. */
  get wantsOnlyTheEnd(): boolean {
    if (this.#pausedBy !== PAUSED_BY.noConsumer || this.hasMessageHandler) return false;
    return this.#rare.isEndAwaited || (this.hasListener('close') && !this.isOpenHandlerRunning);
  }

  onFirstListener(type: string): void {
    if (type === 'message') this.endWaitForConsumer();
  }

  /** Gives the messages from now on to a reader, one at a time. @throws {UsageError} while another one reads */
  setReader(reader: SocketReader): void {
    const { reader: other, info } = this.#rare;
    if (other !== undefined) throw new UsageError('another loop or stream reads this socket already');
    if (info === undefined) this.ownRareState().reader = reader;
    else reader.end(info);
    this.#pausedBy &= ~PAUSED_BY.noConsumer;
    this.demand(false);
  }

  demand(isWanted: boolean): void {
    this.#setPaused(PAUSED_BY.reader, !isWanted);
  }

  /** The reader takes no more messages: they wait for the next one. */
  release(): void {
    this.ownRareState().reader = undefined;
    this.#pausedBy &= ~PAUSED_BY.reader;
    this.#setPaused(PAUSED_BY.noConsumer, !this.hasMessageHandler && !isListenedTo(this, 'message'));
  }

  #setPaused(by: number, isPaused: boolean): void {
    this.#pausedBy = isPaused ? this.#pausedBy | by : this.#pausedBy & ~by;
    this.wire?.setPaused(this.#pausedBy !== 0, (this.#pausedBy & (PAUSED_BY.user | PAUSED_BY.reader)) !== 0);
  }

  // Sending

  /** Queues what was published on this server so far. To be called before anything else happens to this socket. */
  settle(): void {
    this.#hooks.publisher?.settle();
  }

  get subscriptions(): Subscriptions<Subscriber> {
    this.#subscriptions ??= new Subscriptions(this.#hooks.topics, this);
    return this.#subscriptions;
  }

  send(message: Message | Blob | PreparedMessage, options?: SendOptions): boolean {
    this.settle();
    const { handshake, outgoing } = this.#rare;
    if (handshake?.isAborted === false)
      throw domException('the connection is not open yet', 'InvalidStateError');
    if (isMessage(message) && outgoing?.isEmpty !== false) return this.sendNow(message, options);
    return sendLater(this, message, options);
  }

  isReadyFor(byteLength: number): boolean {
    return this.#rare.outgoing?.isEmpty !== false && this.wire!.isReadyFor(byteLength);
  }

  sendBatch(batch: PreparedBatch, skipped: readonly number[], isEndOfTurn: boolean): void {
    this.wire!.sendBatch(batch, skipped, isEndOfTurn);
  }

  sendPrepared(message: PreparedMessage, compress: boolean): boolean {
    if (this.#rare.outgoing?.isEmpty !== false) return this.wire!.sendPrepared(message, compress);
    return sendPreparedInTurn(this, message, compress);
  }

  /** As `WriteQueue.waitForRoom`, after all Blobs. */
  async waitForRoom(byteLength?: number): Promise<void> {
    await this.afterBlobs();
    await this.wire?.waitForRoom(byteLength);
  }

  /** Resolves when what waits behind a Blob is queued, with false if it was dropped. Undefined if nothing waits. */
  afterBlobs(): Promise<boolean> | undefined {
    this.settle();
    const { outgoing } = this.#rare;
    if (outgoing?.hasLost === true) return Promise.resolve(false);
    return outgoing?.isEmpty === false ? outgoing.done(() => this.wire!.connection.canSend) : undefined;
  }

  sendNow(message: Message, options: SendOptions | undefined): boolean {
    if (this.wire?.send(message, options) === true) return true;
    if (this.readyState !== READY_STATE.OPEN) this.ownRareState().unsentBytes += byteLengthOf(message);
    return false;
  }

  outgoing(): OutgoingQueue {
    this.ownRareState().outgoing ??= new OutgoingQueue(this);
    return this.#rare.outgoing!;
  }

  // The end

  close(code: number | undefined, reason: string): void {
    verifyCloseArguments(this.#hooks.closeCodes, code, reason);
    const codeToSend = code === undefined && reason !== '' ? CLOSE_CODE.normal : code;
    const { handshake, outgoing } = this.#rare;
    handshake?.abort(new ClosedError('the connection was closed before it was open'));
    if (outgoing?.isEmpty !== false) this.wire?.close(codeToSend, reason);
    else if (!outgoing.endsWithClose) {
      outgoing.endsWithClose = true;
      outgoing.add(0, () => this.wire?.close(codeToSend, reason));
    }
  }

  terminate(): void {
    this.#rare.handshake?.abort(new ClosedError('the connection was terminated before it was open'));
    this.ownRareState().isTerminated = true;
    this.settle();
    this.wire?.terminate();
  }

  /** A handler or listener of the user has failed: closes with 1011. */
  userFailed(error: unknown): void {
    this.ownRareState().userError ??= asError(error);
    this.wire?.close(CLOSE_CODE.internalError);
    this.#hooks.report(error, this.socket);
  }

  onTransportGone(transportError: Error | undefined): void {
    this.end(closeInfo(this.wire!.connection, this.#rare, transportError));
  }

  closed(): Promise<CloseInfo> {
    return this.ownRareState().closed();
  }

  /** The connection has ended, or could not be opened. */
  end(info: CloseInfo): void {
    const rare = this.ownRareState();
    rare.info = info;
    this.#subscriptions?.leaveAll(); // first: no handler of the end finds the socket in a topic
    rare.unsentBytes += rare.outgoing?.byteLength ?? 0;
    rare.outgoing?.clear();
    rare.reader?.end(info);
    rare.reader = undefined;
    notifyEnd(this, info);
    this.#hooks.ended(this.socket, info);
    rare.resolveClosed(info);
  }
}
