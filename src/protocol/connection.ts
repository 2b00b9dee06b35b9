/**
 * One end of a WebSocket connection after the opening handshake, without I/O: bytes in, messages out; messages in,
 * bytes out. §5 (frames), §6 (sending and receiving), §7 (closing). Its owner does the I/O.
 */
import { verifyBytes } from './bytes.ts';
import { CLOSE_CODE, mayBeSent, parseClosePayload, serializeClosePayload, verifyClose } from './close.ts';
import { type ConnectionOptions, verifyLimit } from './connection-options.ts';
import { codeOfFailure, Ending, type Initiator, reasonOfFailure } from './ending.ts';
import { type CloseFrame, ProtocolError, UsageError } from './errors.ts';
import { isControl, OPCODE, type Role, verifyControl } from './frame.ts';
import { randomMaskingKey } from './mask.ts';
import type { Message } from './message.ts';
import { MessageParts } from './message-parts.ts';
import { MessageWriter } from './message-writer.ts';
import { MessageCompression } from './permessage-deflate/message-compression.ts';
import type { PreparedBatch } from './prepared-batch.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { Reading } from './reading.ts';
import { readings } from './reading-pool.ts';
import type { Receiver } from './receiver.ts';
import { DEFAULT_OPTIONS, type SendOptions, verifyMessage } from './send-options.ts';
import type { State, Trigger } from './state.ts';
import { receivedFrame } from './traced-frame.ts';
import { type Traffic, trafficOf } from './traffic.ts';

/** What a frame costs, whatever is in it, in bytes that take as much time. */
const FRAME_WORK = 1024;

export class Connection {
  /** Set while the transport takes no more bytes: then only the latest Ping is answered, when it takes them again (§5.5.3). */
  congested = false;
  /** While set and the connection is open, {@link receive} stops before the next data frame or part; control frames are read. */
  paused = false;
  /**
   * How much work {@link receive} may do before it stops: bytes that are read, inflated and delivered, and {@link FRAME_WORK}
   * for each frame. @defaultValue undefined: there is no bound
   */
  workAllowed: number | undefined;

  /** Which end this is. */
  readonly role: Role;
  /** How many messages were delivered. */
  messagesReceived = 0;
  /** How many bytes they have, and the parts that were delivered of a message that is not complete. */
  payloadBytesReceived = 0;
  readonly #receiver: Receiver;
  readonly #maxMessageBytes: number;
  readonly #compression: MessageCompression | undefined;
  readonly #writer: MessageWriter;
  #wireBytesReceived = 0;
  /** Set during a call of {@link receive}, and while a frame or a message has begun and not ended. */
  #reading: Reading | undefined;
  #isReceiving = false;
  #ending = Ending.NONE;

  constructor(options: ConnectionOptions, receiver: Receiver) {
    const { role, maxMessageBytes, maskingKey = randomMaskingKey } = options;
    verifyLimit(maxMessageBytes);
    this.#receiver = receiver;
    this.role = role;
    this.#maxMessageBytes = maxMessageBytes;
    this.#compression = options.compression && new MessageCompression(options.compression);
    this.#writer = new MessageWriter(role === 'client' ? maskingKey : undefined, this.#compression, receiver);
  }

  /** How many bytes wait to be written to the transport. */
  get outputLength(): number {
    return this.#writer.outputLength;
  }

  get state(): State {
    return this.#ending.state;
  }

  /**
   * Whether messages and Pings can be sent: the state is `open`, and the peer has not ended its half of the transport. Once it
   * is false, the end of the transport is expected, and the time allowed for that runs.
   */
  get canSend(): boolean {
    return this.#ending.canSend;
  }

  /** Whether bytes from the peer are read: until its Close frame has come, or the connection has failed or ended. */
  get isReading(): boolean {
    return this.#ending.isReading;
  }

  /**
   * Whether our half of the transport is to be ended as soon as everything is written. A server does so when the closing
   * handshake is done, a client when it has failed the connection, both when the peer has ended its half.
   */
  get endsTransport(): boolean {
    return this.#ending.endsTransport(this.role);
  }

  /** Whether a frame or a message of the peer has begun and not ended. */
  get isMidMessage(): boolean {
    return this.#reading?.isIdle === false;
  }

  /** The Close frame that was sent, if any. */
  get sent(): CloseFrame | undefined {
    return this.#ending.sent;
  }

  /** The Close frame that was received, if any. */
  get received(): CloseFrame | undefined {
    return this.#ending.received;
  }

  /** Which side sent a Close frame first; `'network'` while neither has. */
  get closedBy(): Initiator {
    return this.#ending.closedBy;
  }

  /** How many of the `byteCount` bytes that were written last are payload: exact in the output, in proportion before it. */
  payloadBytesOf(byteCount: number): number {
    return this.#writer.payloadBytesOf(byteCount);
  }

  get traffic(): Traffic {
    return trafficOf(this, this.#wireBytesReceived, this.#writer);
  }

  /** Why the connection was failed, if it was. */
  get error(): Error | undefined {
    return this.#ending.error;
  }

  /**
   * Takes bytes from the transport, cut anywhere. It unmasks them in place; nothing keeps them when this has returned.
   * @param offset where in the chunk to begin
   * @param end where to end
   * @returns where it stopped: at `end`, or earlier for {@link paused} or {@link workAllowed}; then pass the rest again
   */
  receive(chunk: Uint8Array, offset = 0, end: number = chunk.length): number {
    const reading = this.#borrowed();
    const isNested = this.#isReceiving; // called by the receiver
    this.#isReceiving = true;
    let stoppedAt = end;
    try {
      reading.begin(chunk, offset, end, this.role === 'server');
      stoppedAt = this.#read(reading, chunk, offset, end);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#reading = undefined; // not given back: its state is undefined
      reading.messages.dropBody();
      this.fail(error);
      this.#receiver.failed?.(error);
    } finally {
      reading.messages.shortTexts.end();
      this.#isReceiving = isNested;
    }
    if (!isNested && reading === this.#reading && reading.isFree) {
      this.#reading = undefined;
      readings.giveBack(reading);
    }
    this.#wireBytesReceived += stoppedAt - offset;
    return stoppedAt;
  }

  /**
   * Reads the next message in parts: {@link Receiver.part} gets them as they come. One that has begun comes as a whole.
   * @param maxBytes the most bytes that it may have. @defaultValue as for every message
   * @throws {UsageError} for a limit that is no number, or less than 0
   */
  readInParts(maxBytes: number = this.#maxMessageBytes): void {
    this.#borrowed().messages.parts = new MessageParts(maxBytes);
  }

  /**
   * Queues a message: a string as text, bytes as binary. Lone surrogates are sent as U+FFFD.
   * @returns false when nothing can be sent: see {@link canSend}
   * @throws {UsageError} for anything else, for bytes that are no text but are to be sent as such, and between two fragments of
   * a message
   */
  send(data: Message, options: SendOptions = DEFAULT_OPTIONS): boolean {
    if (typeof data !== 'string') verifyMessage(data, options);
    if (!this.#ending.canSend) return false;
    if (typeof data === 'string') this.#writer.writeText(data, options);
    else this.#writer.writeBytes(data, options);
    return true;
  }

  /**
   * Like {@link send}, for a fragment of a message (§5.4), uncompressed. No other message can be sent before the last one.
   * @throws {UsageError} for anything that is not of the type of the fragments before
   */
  sendFragment(data: Message, isLast: boolean): boolean {
    if (typeof data !== 'string') verifyBytes(data);
    if (!this.#ending.canSend) return false;
    this.#writer.writeFragment(data, isLast);
    return true;
  }

  /** Like {@link send}, for a message prepared for many. A client, which masks each frame with a fresh key (§5.3), saves nothing. */
  sendPrepared(message: PreparedMessage, compress = true): boolean {
    if (!this.#ending.canSend) return false;
    this.#writer.writePrepared(message, compress);
    return true;
  }

  /**
   * Like {@link sendPrepared}, for several messages; a trace does not see them.
   * @param skipped the messages that are not for this peer, by their index in the batch, in ascending order
   * @param mayShare whether nothing of this connection waits outside its output
   * @returns bytes to write, which are shared with other connections; undefined if they were queued, or nothing can be sent
   */
  sendBatch(batch: PreparedBatch, skipped: readonly number[], mayShare: boolean): Uint8Array | undefined {
    if (!this.#ending.canSend) return undefined;
    return this.#writer.writeBatch(batch, skipped, mayShare && !this.hasOutput);
  }

  /** Queues a Ping, §5.5.2. @returns as {@link send} @throws {UsageError} for more than 125 bytes, and for what is not bytes */
  ping(payload: Uint8Array): boolean {
    return this.#sendControl(OPCODE.ping, payload);
  }

  /** Like {@link ping}, for a Pong that answers no Ping, or one that is not answered by itself, §5.5.3. */
  pong(payload: Uint8Array): boolean {
    return this.#sendControl(OPCODE.pong, payload);
  }

  /**
   * Begins the closing handshake, §7.1.2. Does nothing if it has begun.
   * @param code 1005 sends a Close frame without a code
   * @throws {UsageError} for a code that may not be sent (§7.4) or a reason of more than 123 bytes
   */
  close(code: number = CLOSE_CODE.noCode, reason = ''): void {
    verifyClose(code, reason);
    if (this.state !== 'open') return;
    this.#move('sendClose'); // first: when a trace sees the frame, it can send nothing after it (§5.5.1)
    this.#sendClose({ code, reason });
  }

  /**
   * Fails the connection, §7.1.7: sends the reason in a Close frame if none was sent yet, and reads nothing more.
   * @param code for errors other than {@link ProtocolError}, which have their own
   * @throws {UsageError} for a code that may not be sent (§7.4)
   */
  fail(error: Error, code: number = codeOfFailure(error)): void {
    if (!mayBeSent(code)) throw new UsageError(`${code} may not be sent as a close code`);
    const isOpen = this.state === 'open';
    if (this.#ending.isReading) this.#ending = this.#ending.withError(error);
    this.#move('fail');
    if (isOpen) this.#sendClose({ code, reason: reasonOfFailure(error, this.#receiver.explainsFailures) });
  }

  /** To be called when the peer has ended its half of the transport: nothing more can be sent. What came before is still read. */
  peerEnded(): void {
    this.#ending = this.#ending.withPeerEnded();
  }

  /** To be called when the transport is gone. */
  transportEnded(): void {
    this.#move('transportEnd');
  }

  /** Whether there are bytes to write, including a Pong that is owed. */
  get hasOutput(): boolean {
    return this.#writer.hasOutput;
  }

  /** Hands over the bytes to write, including a Pong that is owed. */
  takeOutput(): Uint8Array {
    return this.#writer.take();
  }

  #borrowed(): Reading {
    this.#reading ??= readings.borrow(this.role, this.#maxMessageBytes, this.#compression, this.#receiver);
    return this.#reading;
  }

  #read(reading: Reading, chunk: Uint8Array, from: number, end: number): number {
    const { parser } = reading;
    const late = this.#receiver.takesMessagesWhileClosing;
    let offset = from;
    while (offset < end && this.#ending.isReading) {
      if (this.workAllowed !== undefined && this.workAllowed <= 0) return offset;
      if (this.paused && this.#ending.delivers(late) && !isControl(parser.opcodeAt(chunk, offset)))
        return offset;
      if (!parser.step(chunk, offset, end)) break;
      if (parser.isLast && !parser.wasPutBack) this.#receiver.frame?.(receivedFrame(chunk, parser));
      offset = isControl(parser.header.opcode)
        ? this.#readControl(reading, chunk)
        : this.#readData(reading, chunk);
    }
    return end;
  }

  /** @returns where the next step begins */
  #readControl(reading: Reading, chunk: Uint8Array): number {
    const payload = reading.readControl(chunk);
    const { start, end, header } = reading.parser; // now, because a receiver may call `receive`
    this.#work(end - start);
    if (payload === undefined) return end;
    if (header.opcode === OPCODE.close) this.#onClose(parseClosePayload(payload, 0, payload.length));
    else if (header.opcode === OPCODE.ping) {
      // §5.5.2: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response"
      if (this.#receiver.answersPings !== false) this.#writer.writePong(payload, this.congested);
      this.#receiver.ping?.(payload);
    } else this.#receiver.pong?.(payload);
    return end;
  }

  #readData({ messages, parser }: Reading, chunk: Uint8Array): number {
    const message = messages.read(chunk, parser);
    const { start, end } = parser; // now, because a receiver may call `receive`
    this.#work(end - start + messages.inflateWork + (message === undefined ? 0 : messages.byteLength));
    // What comes after our own Close frame is checked, but only delivered to a receiver that wants it.
    if (message === undefined || !this.#ending.delivers(this.#receiver.takesMessagesWhileClosing)) return end;
    if (messages.isBetweenMessages) this.messagesReceived++; // and not a part of one
    this.payloadBytesReceived += messages.byteLength;
    messages.deliver(message, this.#receiver);
    return end;
  }

  #work(bytes: number): void {
    if (this.workAllowed !== undefined) this.workAllowed -= FRAME_WORK + bytes;
  }

  #sendControl(opcode: number, payload: Uint8Array): boolean {
    verifyControl(payload);
    if (!this.#ending.canSend) return false;
    this.#writer.writeFrame(opcode, payload);
    return true;
  }

  #onClose(frame: CloseFrame): void {
    this.#ending = this.#ending.withReceived(frame);
    // §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST
    // send a Close frame in response", and "typically echos the status code it received", here with its reason.
    const isOpen = this.state === 'open';
    this.#move('receiveClose');
    if (isOpen) this.#sendClose(frame);
  }

  #sendClose(frame: CloseFrame): void {
    this.#ending = this.#ending.withSent(frame);
    this.#writer.writeFrame(OPCODE.close, serializeClosePayload(frame));
  }

  #move(trigger: Trigger): void {
    if (this.state === 'open') this.#receiver.closing?.();
    this.#ending = this.#ending.after(trigger);
    if (!this.#ending.isReading) this.#writer.dropOwedPong();
  }
}
