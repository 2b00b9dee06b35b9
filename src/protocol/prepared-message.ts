/** A message for many peers: encoded once, and compressed once for all whose windows are the same size. */
import { encodeUtf8, utf8Length } from '#platform';
import { ByteBuffer } from './byte-buffer.ts';
import { OPCODE, serializeFrame } from './frame.ts';
import type { Message } from './message.ts';
import { Deflater } from './permessage-deflate/deflate.ts';

/** Its frames are those of a server, which masks nothing (§5.1), so that they are the same for every client. */
export class PreparedMessage {
  readonly #opcode: number;
  readonly #payload: Uint8Array;
  #plain: Uint8Array | undefined;
  #compressed: Map<number, Uint8Array> | undefined;

  /** @param data a string or bytes; these must not change while the message is in use */
  constructor(data: Message) {
    this.#opcode = typeof data === 'string' ? OPCODE.text : OPCODE.binary;
    this.#payload = typeof data === 'string' ? encoded(data) : data;
  }

  /** How many bytes the message has, before compression. */
  get byteLength(): number {
    return this.#payload.length;
  }

  /** The frame of the message as it is. */
  get plainFrame(): Uint8Array {
    this.#plain ??= serializeFrame(true, this.#opcode, this.#payload);
    return this.#plain;
  }

  /**
   * The frame of the message compressed, without reference to any other, so that it suits every client that has a window
   * of 2^windowBits bytes or more, with or without context takeover.
   */
  compressedFrame(windowBits: number): Uint8Array {
    this.#compressed ??= new Map();
    const known = this.#compressed.get(windowBits);
    if (known !== undefined) return known;
    const payload = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
    const deflater = new Deflater({ windowBits, contextTakeover: false });
    deflater.deflate(this.#payload, 0, this.#payload.length, payload);
    const frame = serializeFrame(true, this.#opcode, payload.take(), undefined, true);
    this.#compressed.set(windowBits, frame);
    return frame;
  }
}

function encoded(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  encodeUtf8(text, bytes, 0);
  return bytes;
}
