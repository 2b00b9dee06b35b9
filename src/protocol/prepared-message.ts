/** A message for many peers: encoded once, and compressed once for all whose windows are the same size. */
import { encodeUtf8, utf8Length } from '#platform';
import { OPCODE, serializeFrame } from './frame.ts';
import type { Message } from './message.ts';
import { deflateAlone } from './permessage-deflate/deflate.ts';

/** A frame that goes to many as it is. */
export interface PreparedFrame {
  readonly bytes: Uint8Array;
  /** Where in the bytes the payload begins. */
  readonly payloadAt: number;
}

/** Its frames are those of a server, which masks nothing (§5.1), so that they are the same for every client. */
export class PreparedMessage {
  readonly opcode: number;
  readonly #payload: Uint8Array;
  #plain: PreparedFrame | undefined;
  #compressed: Map<number, PreparedFrame> | undefined;

  /** @param data a string or bytes; these must not change while the message is in use */
  constructor(data: Message) {
    this.opcode = typeof data === 'string' ? OPCODE.text : OPCODE.binary;
    this.#payload = typeof data === 'string' ? encoded(data) : data;
  }

  /** How many bytes the message has, before compression. */
  get byteLength(): number {
    return this.#payload.length;
  }

  /** The frame of the message as it is. */
  get plainFrame(): PreparedFrame {
    this.#plain ??= this.#frame(this.#payload, false);
    return this.#plain;
  }

  /**
   * The frame of the message compressed, without reference to any other, so that it suits every client that has a window
   * of 2^windowBits bytes or more, with or without context takeover.
   */
  compressedFrame(windowBits: number): PreparedFrame {
    this.#compressed ??= new Map();
    const known = this.#compressed.get(windowBits);
    if (known !== undefined) return known;
    const frame = this.#frame(deflateAlone(this.#payload, windowBits), true);
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
