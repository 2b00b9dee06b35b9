/** Several messages for many peers: their frames are joined once for all peers that get the same frames. */
import { allocate } from '#platform';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import type { PreparedMessage } from './prepared-message.ts';

/** Frames that are sent to many peers, and must not be changed. */
export interface BatchFrames {
  readonly bytes: Uint8Array;
  /** Where each message ends in the bytes. */
  readonly ends: readonly number[];
  readonly areCompressed: boolean;
}

export class PreparedBatch {
  /** How many bytes the messages have, before compression. */
  payloadBytes = 0;

  readonly #messages: PreparedMessage[] = [];
  readonly #compress: boolean[] = [];
  /** By the size of the window; 0 stands for peers without compression. */
  readonly #frames = new Map<number, BatchFrames>();

  /** How many messages there are. */
  get length(): number {
    return this.#messages.length;
  }

  /** How many bytes one of the messages has, before compression. */
  payloadBytesOf(index: number): number {
    return this.#messages[index]!.byteLength;
  }

  /** Adds a message after the others; to be called before {@link frames}. */
  add(message: PreparedMessage, compress: boolean): void {
    this.#messages.push(message);
    this.#compress.push(compress);
    this.payloadBytes += message.byteLength;
  }

  /**
   * The frames for a peer.
   * @param compression if permessage-deflate was negotiated; all peers of a batch must have the same threshold
   */
  frames(compression: MessageCompression | undefined): BatchFrames {
    const key = compression?.windowBits ?? 0;
    let frames = this.#frames.get(key);
    if (frames === undefined) {
      frames = this.#join(compression);
      this.#frames.set(key, frames);
    }
    return frames;
  }

  #join(compression: MessageCompression | undefined): BatchFrames {
    let areCompressed = false;
    const all = this.#messages.map((message, i) => {
      if (!this.#compress[i] || !compression?.reachesThreshold(message.byteLength))
        return message.plainFrame.bytes;
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

/** In memory of the platform's kind, which a socket of Node takes without making a view of its own. */
function concatenated(parts: readonly Uint8Array[], byteLength: number): Uint8Array {
  const bytes = allocate(byteLength);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
