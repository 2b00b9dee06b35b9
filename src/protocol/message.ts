/** Frames to messages: fragmentation §5.4, types §5.6, text §8.1, limits §10.4. */
import { decodeIfUtf8, decodeUtf8, isUtf8 } from '#platform';
import { type Allocate, ByteBuffer } from './byte-buffer.ts';
import { ProtocolError } from './errors.ts';
import { type FrameHeader, OPCODE } from './frame.ts';
import type { FrameParser } from './frame-parser.ts';
import { MAX_PART_BYTES, type MessageParts } from './message-parts.ts';
import { allocateOwned, ownedCopy } from './owned-bytes.ts';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import { scratch } from './scratch.ts';
import { ShortTexts } from './short-texts.ts';
import { Utf8Validator } from './utf8.ts';

/** A text message is a string. A binary message is bytes, which belong to the receiver. */
export type Message = string | Uint8Array;

/** A message with its text as a string, where that was kept as bytes. */
export function decoded(data: Message, isText: boolean): Message {
  return isText && typeof data !== 'string' ? decodeUtf8(data, 0, data.length) : data;
}

/** What a `Receiver` says of the messages that it wants. */
export interface MessageForm {
  readonly keepsText?: boolean | undefined;
  readonly allocate?: Allocate | undefined;
}

/** The calls of a `Receiver` that are about messages. */
interface MessageReceiver {
  message(data: Message, isText: boolean): void;
  part?(data: Message, isLast: boolean): void;
}

/**
 * A message may have one fragment for this many bytes of the message limit, whatever the fragments hold, and at least
 * {@link MIN_FRAGMENT_LIMIT}. Fragments cost no memory of their own, because they go into one buffer, but they cost time;
 * empty ones would never reach the limit on bytes.
 */
const BYTES_PER_FRAGMENT = 16;
const MIN_FRAGMENT_LIMIT = 1024;

/**
 * The payload of a compressed message may have this many times the bytes of the message limit, plus {@link MIN_PAYLOAD}. No
 * compressor needs that many, and a payload of empty blocks must end somewhere.
 */
const MAX_EXPANSION = 2;
const MIN_PAYLOAD = 1024;

/** A compressed payload is inflated in steps of about so many bytes, so that its connection can let others go first. */
const INFLATE_STEP = 32 * 1024;

/** The longest string that V8 can make; decoding more bytes would throw. */
const MAX_TEXT_BYTES = 0x1fff_ffe8;

export class MessageReader {
  /** How many bytes the last message has, or the last part of it. */
  byteLength = 0;
  /** Set where the message that begins next, or the one under way, is read in parts. */
  parts: MessageParts | undefined;
  /** Texts of the chunk that is being read, decoded in advance. */
  readonly shortTexts: ShortTexts = new ShortTexts();
  /** What inflating the last piece cost, in bytes of output that take as much time. */
  inflateWork = 0;

  #maxMessageBytes = 0;
  /** As `Receiver.keepsText`. */
  keepsText = false;
  /** Where messages of bytes get their memory. */
  #allocate: Allocate = allocateOwned;
  /** The most bytes that this message may have. */
  #maxBytes = 0;
  #compression: MessageCompression | undefined;
  /** The opcode of the message that is being read, or was read last. */
  #opcode: number = OPCODE.continuation;
  #isCompressed = false;
  #fragments = 0;
  /** The sum of the payload lengths in the headers of this message so far. */
  #payloadLength = 0;
  #body: ByteBuffer | undefined;
  /** How many bytes the body will have: known from the header of the last frame on, before that a guess within the limit. */
  #expected = 0;
  #utf8: Utf8Validator | undefined;

  /** Whether the next frame begins a message. */
  get isBetweenMessages(): boolean {
    return this.#fragments === 0;
  }

  /**
   * Begins to read for another connection, at the beginning of a message.
   * @param compression if permessage-deflate was negotiated
   * @param wanted of what messages are to be made
   */
  serve(maxMessageBytes: number, compression: MessageCompression | undefined, wanted?: MessageForm): void {
    this.#maxMessageBytes = maxMessageBytes;
    this.#compression = compression;
    this.keepsText = wanted?.keepsText ?? false;
    this.#allocate = wanted?.allocate ?? allocateOwned;
    this.parts = undefined;
  }

  /**
   * Takes the piece of a data frame that the parser has found in `chunk`. Puts back what takes too long to inflate at once.
   * @returns the message that this piece completes, if it completes one; in {@link parts} the part that it is, empty or not
   * @throws {ProtocolError} at the first byte that breaks a rule
   */
  read(chunk: Uint8Array, piece: FrameParser): Message | undefined {
    const { header, isFirst, isLast } = piece;
    this.inflateWork = 0;
    if (isFirst) {
      this.#beginFrame(header);
      if (isLast && header.fin && this.#fragments === 1 && this.parts === undefined)
        return this.#finishWhole(chunk, piece);
    }
    if (this.parts?.hasBegun === true) return this.#readPart(chunk, piece, this.parts);
    this.#append(chunk, piece);
    return piece.isLast && header.fin ? this.#finish() : undefined;
  }

  /** Hands over what {@link read} has returned. */
  deliver(message: Message, receiver: MessageReceiver): void {
    if (this.parts?.hasBegun === true) this.#deliverPart(message, receiver);
    else {
      this.parts = undefined; // this message had begun when parts were asked for: it is the one that is delivered for that
      receiver.message(message, this.#opcode === OPCODE.text);
    }
  }

  /** Drops what has come of a message that ends with an error: the stack of the error may keep the reader alive. */
  dropBody(): void {
    this.#body = undefined;
  }

  #beginFrame({ fin, rsv1, opcode, payloadLength }: FrameHeader): void {
    if (opcode === OPCODE.continuation) {
      if (this.#fragments === 0) throw new ProtocolError('nothing-to-continue');
    } else {
      if (this.#fragments > 0) throw new ProtocolError('message-not-finished', { found: opcode });
      this.#opcode = opcode;
      this.#isCompressed = rsv1; // RFC 7692 §6: set on the first frame, for the whole message
      this.#payloadLength = 0;
      this.#maxBytes = this.#beginMessage();
    }
    this.#fragments++;
    this.#payloadLength += payloadLength;
    this.#verifyLimits();
    this.#expected = fin ? this.#payloadLength : Math.min(2 * this.#payloadLength, this.#maxBytes);
  }

  /** @returns the most bytes that the message may have */
  #beginMessage(): number {
    if (this.parts !== undefined) {
      this.parts.hasBegun = true;
      return this.parts.maxBytes;
    }
    const most = this.#opcode === OPCODE.text ? MAX_TEXT_BYTES : Number.MAX_SAFE_INTEGER;
    return Math.min(this.#maxMessageBytes, most);
  }

  /** Limits are checked against headers, before memory is allocated for the payload or time is spent on it. */
  #verifyLimits(): void {
    const most = this.#isCompressed ? MAX_EXPANSION * this.#maxBytes + MIN_PAYLOAD : this.#maxBytes;
    if (this.#payloadLength > most) throw new ProtocolError('message-too-big');
    const limit = Math.max(MIN_FRAGMENT_LIMIT, this.#maxBytes / BYTES_PER_FRAGMENT);
    if (this.#fragments > limit) throw new ProtocolError('too-many-fragments');
  }

  /** The common case: one frame, all of it in this chunk. */
  #finishWhole(chunk: Uint8Array, piece: FrameParser): Message | undefined {
    if (this.#isCompressed) return this.#finishWholeCompressed(chunk, piece);
    return this.#deliver(chunk, piece.start, piece.end);
  }

  #finishWholeCompressed(chunk: Uint8Array, piece: FrameParser): Message | undefined {
    const inflated = scratch.buffer();
    try {
      const failure = this.#inflate(chunk, piece, inflated, this.#maxBytes);
      if (failure === undefined && piece.isLast) return this.#deliver(inflated.bytes, 0, inflated.length);
      this.#verifyText(inflated.bytes, 0, inflated.length);
      if (failure !== undefined) throw failure;
      this.#body = new ByteBuffer(this.#allocate);
      this.#body.append(inflated.bytes, 0, inflated.length);
      return undefined;
    } finally {
      scratch.release();
    }
  }

  /** A message from bytes that are complete. */
  #deliver(bytes: Uint8Array, start: number, end: number): Message {
    this.#fragments = 0;
    this.byteLength = end - start;
    if (this.#opcode === OPCODE.binary) return ownedCopy(bytes, start, end, this.#allocate);
    if (this.keepsText) return this.#deliverKept(ownedCopy(bytes, start, end, this.#allocate));
    const text = this.shortTexts.take(bytes, start, end) ?? decodeIfUtf8(bytes, start, end);
    if (text === undefined) throw new ProtocolError('invalid-utf8');
    return text;
  }

  /** Text as bytes. To verify the copy takes no view of the chunk. */
  #deliverKept(text: Uint8Array): Message {
    if (isUtf8(text, 0, text.length)) return text;
    throw new ProtocolError('invalid-utf8');
  }

  #append(chunk: Uint8Array, piece: FrameParser): void {
    this.#body ??= new ByteBuffer(this.#allocate);
    const body = this.#body;
    if (this.#isCompressed) {
      const from = body.length;
      const failure = this.#inflate(chunk, piece, body, this.#maxBytes);
      this.#verifyText(body.bytes, from, body.length);
      if (failure !== undefined) throw failure;
    } else {
      this.#verifyText(chunk, piece.start, piece.end);
      body.append(chunk, piece.start, piece.end, this.#expected);
    }
  }

  /** §8.1, as early as possible: the rest of the frame may not have come yet. */
  #verifyText(bytes: Uint8Array, start: number, end: number): void {
    if (this.#opcode !== OPCODE.text) return;
    this.#utf8 ??= new Utf8Validator();
    if (!this.#utf8.accept(bytes, start, end)) throw new ProtocolError('invalid-utf8');
  }

  /**
   * Inflates a piece of the payload, or the beginning of it, and puts back the rest.
   * @param maxBytes the most bytes that the body may have
   * @returns the error, if there is one. It is not thrown, because invalid text before it is to be reported first
   */
  #inflate(chunk: Uint8Array, piece: FrameParser, body: ByteBuffer, maxBytes: number): unknown {
    const compression = this.#compression!;
    const { header, start, end } = piece;
    try {
      const position = compression.inflate(chunk, start, end, body, maxBytes, INFLATE_STEP);
      this.inflateWork = INFLATE_STEP - compression.workLeft(body);
      if (position < end) piece.putBack(position);
      else if (piece.isLast && header.fin) compression.finish(body, maxBytes);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** As {@link read}, for a message in parts. */
  #readPart(chunk: Uint8Array, piece: FrameParser, parts: MessageParts): Message {
    if (this.#isCompressed) return this.#inflatePart(chunk, piece, parts);
    if (piece.end - piece.start > MAX_PART_BYTES) piece.putBack(piece.start + MAX_PART_BYTES);
    return this.#finishPart(parts, chunk, piece.start, piece.end, piece.isLast && piece.header.fin);
  }

  #inflatePart(chunk: Uint8Array, piece: FrameParser, parts: MessageParts): Message {
    const inflated = scratch.buffer();
    try {
      const failure = this.#inflate(chunk, piece, inflated, parts.maxBytes - parts.byteLength);
      const isLast = failure === undefined && piece.isLast && piece.header.fin;
      const part = this.#finishPart(parts, inflated.bytes, 0, inflated.length, isLast);
      if (failure !== undefined) throw failure;
      if (!isLast) this.#compression!.remember(inflated);
      return part;
    } finally {
      scratch.release();
    }
  }

  /** The next part of a message, from bytes that are complete. */
  #finishPart(parts: MessageParts, bytes: Uint8Array, start: number, end: number, isLast: boolean): Message {
    if (isLast) this.#fragments = 0;
    this.byteLength = end - start;
    return this.#opcode === OPCODE.text
      ? parts.text(bytes, start, end, isLast)
      : parts.bytes(bytes, start, end);
  }

  #deliverPart(part: Message, receiver: MessageReceiver): void {
    const isLast = this.isBetweenMessages;
    if (isLast) this.parts = undefined;
    receiver.part?.(part, isLast);
  }

  #finish(): Message {
    if (this.#utf8?.isComplete === false) throw new ProtocolError('invalid-utf8');
    const body = this.#body!;
    this.#body = undefined;
    this.#fragments = 0;
    this.byteLength = body.length;
    const isString = this.#opcode === OPCODE.text && !this.keepsText;
    return isString ? decodeUtf8(body.bytes, 0, body.length) : body.takeOwned();
  }
}
