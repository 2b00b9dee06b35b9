/** Messages out of frames: fragmentation §5.4, types §5.6, text §8.1, limits §10.4. */
import { decodeIfUtf8, decodeUtf8 } from '#platform';
import { ByteBuffer } from './byte-buffer.ts';
import { ProtocolError } from './errors.ts';
import { type FrameHeader, OPCODE } from './frame.ts';
import type { FrameParser } from './frame-parser.ts';
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

/** What V8 can make a string of; to decode more would throw. */
const MAX_TEXT_BYTES = 0x1fff_ffe8;

export class MessageReader {
  /** How many bytes the last message had. */
  byteLength = 0;

  readonly #maxMessageBytes: number;
  /** The opcode of the message that is under way, or `continuation` when there is none. */
  #opcode: number = OPCODE.continuation;
  #fragments = 0;
  #body: ByteBuffer | undefined;
  /** How much room the body will need: what the message's last frame says, or a guess within the limit before. */
  #expected = 0;
  #utf8: Utf8Validator | undefined;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
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
    this.#append(chunk, start, end);
    return isLast && header.fin ? this.#finish() : undefined;
  }

  #beginFrame({ fin, opcode, payloadLength }: FrameHeader): void {
    if (opcode === OPCODE.continuation) {
      if (this.#fragments === 0) throw new ProtocolError('nothing-to-continue');
    } else {
      if (this.#fragments > 0) throw new ProtocolError('message-not-finished');
      this.#opcode = opcode;
    }
    this.#fragments++;
    // Limits are checked on what the header claims, before anything is allocated or awaited for it.
    const length = (this.#body?.length ?? 0) + payloadLength;
    const most = this.#opcode === OPCODE.text ? MAX_TEXT_BYTES : Number.MAX_SAFE_INTEGER;
    if (length > Math.min(this.#maxMessageBytes, most)) throw new ProtocolError('message-too-big');
    this.#expected = fin ? length : Math.min(2 * length, this.#maxMessageBytes);
    const limit = Math.max(MIN_FRAGMENT_LIMIT, this.#maxMessageBytes / BYTES_PER_FRAGMENT);
    if (this.#fragments > limit) throw new ProtocolError('too-many-fragments');
  }

  /** The common case: one frame, and all of it in this chunk. */
  #finishWhole(chunk: Uint8Array, start: number, end: number): Message {
    this.#fragments = 0;
    this.byteLength = end - start;
    // A copy: a view would keep the whole chunk alive, and would not be the receiver's own.
    if (this.#opcode === OPCODE.binary) return new Uint8Array(chunk.subarray(start, end));
    const text = decodeIfUtf8(chunk, start, end);
    if (text === undefined) throw new ProtocolError('invalid-utf8');
    return text;
  }

  #append(chunk: Uint8Array, start: number, end: number): void {
    if (this.#opcode === OPCODE.text) {
      this.#utf8 ??= new Utf8Validator();
      // §8.1, as early as it can be known: the frame may still be arriving.
      if (!this.#utf8.accept(chunk, start, end)) throw new ProtocolError('invalid-utf8');
    }
    this.#body ??= new ByteBuffer(allocateOwned);
    this.#body.append(chunk, start, end, this.#expected);
  }

  #finish(): Message {
    if (this.#utf8?.isComplete === false) throw new ProtocolError('invalid-utf8');
    const body = this.#body!.take();
    this.#body = undefined;
    this.#fragments = 0;
    this.byteLength = body.length;
    if (this.#opcode === OPCODE.text) return decodeUtf8(body, 0, body.length);
    const isExact = body.length > 0 && body.length === body.buffer.byteLength;
    return isExact ? body : new Uint8Array(body);
  }
}

/** Not from the platform's pool: the bytes of a message are the receiver's alone. */
function allocateOwned(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength);
}
