/** Messages out of frames: fragmentation §5.4, types §5.6, text §8.1, limits §10.4. */
import { decodeIfUtf8, decodeUtf8 } from '#platform';
import type { ByteBuffer } from './byte-buffer.ts';
import { ProtocolError } from './errors.ts';
import { type FrameHeader, OPCODE } from './frame.ts';
import type { FrameParser } from './frame-parser.ts';
import { MessageBody } from './message-body.ts';
import { alone, copied } from './owned-bytes.ts';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import { scratch } from './scratch.ts';
import { Utf8Validator } from './utf8.ts';

/** A text message is a string, a binary message bytes that belong to whoever receives them. */
export type Message = string | Uint8Array;

/**
 * A message may have one fragment for this many bytes of the message limit, whatever is in them, and always
 * {@link MIN_FRAGMENT_LIMIT}. Fragments cost no memory here, for they go into one buffer; the bound is for what
 * they cost in time, empty ones above all.
 */
const BYTES_PER_FRAGMENT = 16;
const MIN_FRAGMENT_LIMIT = 1024;

/**
 * The payload of a compressed message may have this many times the bytes of the message limit, and {@link MIN_PAYLOAD}
 * more: no compressor needs so many, and blocks that hold nothing cannot go on for ever.
 */
const MAX_EXPANSION = 2;
const MIN_PAYLOAD = 1024;

/** What V8 can make a string of; to decode more would throw. */
const MAX_TEXT_BYTES = 0x1fff_ffe8;

export class MessageReader {
  /** How many bytes the last message had. */
  byteLength = 0;

  #maxMessageBytes = 0;
  #compression: MessageCompression | undefined;
  /** The opcode of the message that is under way, or `continuation` when there is none. */
  #opcode: number = OPCODE.continuation;
  #isCompressed = false;
  #fragments = 0;
  /** How many bytes of payload the frames of this message have so far, as their headers claim. */
  #payloadLength = 0;
  #body: MessageBody | undefined;
  /** How much room the body will need: what the message's last frame says, or a guess within the limit before. */
  #expected = 0;
  #utf8: Utf8Validator | undefined;

  /** Whether the next frame begins a message. */
  get isBetweenMessages(): boolean {
    return this.#fragments === 0;
  }

  /**
   * Reads for another connection, from the beginning of a message on.
   * @param compression where permessage-deflate was negotiated
   */
  serve(maxMessageBytes: number, compression: MessageCompression | undefined): void {
    this.#maxMessageBytes = maxMessageBytes;
    this.#compression = compression;
  }

  /**
   * Takes the piece of a data frame that the parser has found in `chunk`.
   * @returns the message that this piece completes, if any
   * @throws {ProtocolError} at the first byte that breaks a rule
   */
  read(chunk: Uint8Array, piece: FrameParser): Message | undefined {
    const { header, start, end, isFirst, isLast } = piece;
    if (isFirst) {
      this.#beginFrame(header);
      if (isLast && header.fin && this.#fragments === 1) return this.#finishWhole(chunk, start, end);
    }
    const isEnd = isLast && header.fin;
    this.#append(chunk, start, end, isEnd);
    return isEnd ? this.#finish() : undefined;
  }

  #beginFrame({ fin, rsv1, opcode, payloadLength }: FrameHeader): void {
    if (opcode === OPCODE.continuation) {
      if (this.#fragments === 0) throw new ProtocolError('nothing-to-continue');
    } else {
      if (this.#fragments > 0) throw new ProtocolError('message-not-finished');
      this.#opcode = opcode;
      this.#isCompressed = rsv1; // RFC 7692 §6: the first frame says it for all
      this.#payloadLength = 0;
    }
    this.#fragments++;
    this.#payloadLength += payloadLength;
    this.#verifyLimits();
    this.#expected = fin ? this.#payloadLength : Math.min(2 * this.#payloadLength, this.#maxBytes());
  }

  /** Limits are checked on what headers claim, before anything is allocated or awaited for it. */
  #verifyLimits(): void {
    const most = this.#isCompressed ? MAX_EXPANSION * this.#maxMessageBytes + MIN_PAYLOAD : this.#maxBytes();
    if (this.#payloadLength > most) throw new ProtocolError('message-too-big');
    const limit = Math.max(MIN_FRAGMENT_LIMIT, this.#maxMessageBytes / BYTES_PER_FRAGMENT);
    if (this.#fragments > limit) throw new ProtocolError('too-many-fragments');
  }

  #maxBytes(): number {
    const most = this.#opcode === OPCODE.text ? MAX_TEXT_BYTES : Number.MAX_SAFE_INTEGER;
    return Math.min(this.#maxMessageBytes, most);
  }

  /** The common case: one frame, and all of it in this chunk. */
  #finishWhole(chunk: Uint8Array, start: number, end: number): Message {
    this.#fragments = 0;
    if (this.#isCompressed) return this.#finishWholeCompressed(chunk, start, end);
    return this.#deliver(chunk, start, end);
  }

  #finishWholeCompressed(chunk: Uint8Array, start: number, end: number): Message {
    const inflated = scratch.buffer();
    try {
      const failure = this.#inflate(chunk, start, end, inflated, true);
      if (failure === undefined) return this.#deliver(inflated.bytes, 0, inflated.length);
      this.#verifyText(inflated.bytes, 0, inflated.length);
      throw failure;
    } finally {
      scratch.release();
    }
  }

  /** A message out of bytes that lie whole somewhere. */
  #deliver(bytes: Uint8Array, start: number, end: number): Message {
    this.byteLength = end - start;
    if (this.#opcode === OPCODE.binary) return copied(bytes, start, end);
    const text = decodeIfUtf8(bytes, start, end);
    if (text === undefined) throw new ProtocolError('invalid-utf8');
    return text;
  }

  #append(chunk: Uint8Array, start: number, end: number, isEnd: boolean): void {
    this.#body ??= new MessageBody();
    if (this.#isCompressed) {
      const { tail } = this.#body;
      const from = tail.length;
      const failure = this.#inflate(chunk, start, end, tail, isEnd);
      this.#verifyText(tail.bytes, from, tail.length);
      if (failure !== undefined) throw failure;
    } else {
      this.#verifyText(chunk, start, end);
      this.#body.append(chunk, start, end, this.#expected);
    }
  }

  /** §8.1, as early as it can be known: the frame may still be arriving. */
  #verifyText(bytes: Uint8Array, start: number, end: number): void {
    if (this.#opcode !== OPCODE.text) return;
    this.#utf8 ??= new Utf8Validator();
    if (!this.#utf8.accept(bytes, start, end)) throw new ProtocolError('invalid-utf8');
  }

  /**
   * Inflates a piece of the payload.
   * @returns what went wrong, if anything: text that came before it is judged first, however the bytes were cut
   */
  #inflate(chunk: Uint8Array, start: number, end: number, body: ByteBuffer, isEnd: boolean): unknown {
    try {
      this.#compression!.inflate(chunk, start, end, body, this.#maxBytes());
      if (isEnd) this.#compression!.finish(body, this.#maxBytes());
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #finish(): Message {
    if (this.#utf8?.isComplete === false) throw new ProtocolError('invalid-utf8');
    const body = this.#body!.take();
    this.#body = undefined;
    this.#fragments = 0;
    this.byteLength = body.length;
    return this.#opcode === OPCODE.text ? decodeUtf8(body, 0, body.length) : alone(body);
  }
}
