/** Messages for many peers, one behind another: their frames are put together once for all whose frames are the same. */
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import type { PreparedMessage } from './prepared-message.ts';

/** Frames that go to many as they are: nobody may change them. */
export interface BatchFrames {
  readonly bytes: Uint8Array;
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
    return { bytes: all.length === 1 ? all[0]! : concatenated(all), areCompressed };
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
