/** Messages for many peers, one behind another: their frames are put together once for all whose frames are the same. */
import { allocate } from '#platform';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import type { PreparedMessage } from './prepared-message.ts';

/** Frames that go to many as they are: nobody may change them. */
export interface BatchFrames {
  readonly bytes: Uint8Array;
  /** Where in the bytes each message ends. */
  readonly ends: readonly number[];
  readonly areCompressed: boolean;
}

export class PreparedBatch {
  /** How many bytes the messages have, before compression. */
  payloadBytes = 0;

  readonly #messages: PreparedMessage[] = [];
  readonly #compress: boolean[] = [];
  /** By the window's size; 0 stands for a peer with which no compression was negotiated. */
  readonly #frames = new Map<number, BatchFrames>();

  /** How many messages there are. */
  get length(): number {
    return this.#messages.length;
  }

  /** How many bytes one of the messages has, before compression. */
  payloadBytesOf(index: number): number {
    return this.#messages[index]!.byteLength;
  }

  /** Adds a message behind the others; to be called before anybody asks for `frames`. */
  add(message: PreparedMessage, compress: boolean): void {
    this.#messages.push(message);
    this.#compress.push(compress);
    this.payloadBytes += message.byteLength;
  }

  /**
   * The frames for a peer.
   * @param compression where permessage-deflate was negotiated: with the same threshold for all peers of a batch
   */
  frames(compression: MessageCompression | undefined): BatchFrames {
    const key = compression?.windowBits ?? 0;
    let frames = this.#frames.get(key);
    if (frames === undefined) {
      frames = this.#together(compression);
      this.#frames.set(key, frames);
    }
    return frames;
  }

  #together(compression: MessageCompression | undefined): BatchFrames {
    let areCompressed = false;
    const all = this.#messages.map((message, i) => {
      if (!this.#compress[i] || !compression?.isWorth(message.byteLength)) return message.plainFrame.bytes;
      areCompressed = true;
      return message.compressedFrame(compression.windowBits).bytes;
    });
    let end = 0;
    const ends = all.map(({ length }) => {
      end += length;
      return end;
    });
    return { bytes: concatenated(all, end), ends, areCompressed };
  }
}

/** In memory of the platform's kind, which Node's sockets take as it is: else each of them would make a view of its own. */
function concatenated(parts: readonly Uint8Array[], byteLength: number): Uint8Array {
  const bytes = allocate(byteLength);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
