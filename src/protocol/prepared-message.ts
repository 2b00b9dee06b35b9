/** A message for many peers: encoded once, and compressed once for each size of window. */
import { encodeUtf8, utf8Length } from '#platform';
import { viewOf } from './bytes.ts';
import { OPCODE, serializeFrame } from './frame.ts';
import type { Message } from './message.ts';
import { deflateIndependently } from './permessage-deflate/deflate.ts';
import { DEFAULT_OPTIONS, type SendOptions, verifyMessage } from './send-options.ts';

/** A frame that is sent to many peers, and must not be changed. */
export interface PreparedFrame {
  readonly bytes: Uint8Array;
  /** Where the payload begins in the bytes. */
  readonly payloadAt: number;
}

/** Its frames are a server's: they are not masked (§5.1), so they are the same for every client. Made by `prepareMessage`. */
export class PreparedMessage {
  readonly opcode: number;
  /** Whether it is compressed, where that was agreed on. */
  readonly compress: boolean;
  /** The bytes before compression. They must not be changed. */
  readonly payload: Uint8Array;
  #plain: PreparedFrame | undefined;
  #compressed: Map<number, PreparedFrame> | undefined;

  /**
   * @param data a string, or bytes, which must not change while the message is in use
   * @param options.text as in {@link SendOptions}, and so is `compress`
   * @throws {UsageError} for anything else, and for bytes that are no text but are to be sent as such
   */
  constructor(data: Message, options: SendOptions = DEFAULT_OPTIONS) {
    if (typeof data !== 'string') verifyMessage(data, options);
    this.opcode = typeof data === 'string' || options.text === true ? OPCODE.text : OPCODE.binary;
    this.compress = options.compress !== false;
    this.payload = typeof data === 'string' ? encoded(data) : viewOf(data);
  }

  /** How many bytes the message has, before compression. */
  get byteLength(): number {
    return this.payload.length;
  }

  /** The frame of the uncompressed message. */
  get plainFrame(): PreparedFrame {
    this.#plain ??= this.#frame(this.payload, false);
    return this.#plain;
  }

  /**
   * The frame of the message, compressed without reference to other messages: it is right for every client with a window of
   * 2^windowBits bytes or more, with or without context takeover.
   */
  compressedFrame(windowBits: number): PreparedFrame {
    this.#compressed ??= new Map();
    const known = this.#compressed.get(windowBits);
    if (known !== undefined) return known;
    const frame = this.#frame(deflateIndependently(this.payload, windowBits), true);
    this.#compressed.set(windowBits, frame);
    return frame;
  }

  #frame(payload: Uint8Array, rsv1: boolean): PreparedFrame {
    const bytes = serializeFrame(true, this.opcode, payload, undefined, rsv1);
    return { bytes, payloadAt: bytes.length - payload.length };
  }
}

function encoded(text: string): Uint8Array {
  const byteLength = utf8Length(text);
  const bytes = new Uint8Array(byteLength);
  encodeUtf8(text, bytes, 0, byteLength);
  return bytes;
}
