/** What has begun and not ended while bytes are read: a frame, a fragmented message, a control frame within it (§5.4). */
import { ByteBuffer } from './byte-buffer.ts';
import type { Role } from './frame.ts';
import { FrameParser } from './frame-parser.ts';
import { MessageReader } from './message.ts';
import { allocateOwned, ownedCopy } from './owned-bytes.ts';

/** A shorter chunk has no two messages that are worth a look ahead. */
const WORTH_A_LOOK = 64;

export class Reading {
  readonly parser: FrameParser;
  readonly messages: MessageReader = new MessageReader();
  /** The payload of a control frame that is not complete. */
  #controlPayload: ByteBuffer | undefined;

  constructor(receiver: Role) {
    this.parser = new FrameParser(receiver);
  }

  /** Whether the next byte begins a new message. */
  get isIdle(): boolean {
    return this.parser.isBetweenFrames && this.messages.isBetweenMessages;
  }

  /** Whether nothing is under way or asked for: then it can serve another connection. */
  get isFree(): boolean {
    return this.isIdle && this.messages.parts === undefined;
  }

  /** To be called for each chunk before it is read. */
  begin(chunk: Uint8Array, start: number, end: number, isMasked: boolean): void {
    if (end - start < WORTH_A_LOOK || !this.isFree || this.messages.keepsText) return;
    this.messages.shortTexts.begin(chunk, start, end, isMasked);
  }

  /**
   * Takes the piece of a control frame that the parser has found in `chunk`.
   * @returns the payload of the frame, if this piece completes it
   */
  readControl(chunk: Uint8Array): Uint8Array | undefined {
    const { isFirst, isLast, start, end } = this.parser;
    if (isFirst && isLast) return ownedCopy(chunk, start, end);
    this.#controlPayload ??= new ByteBuffer(allocateOwned);
    this.#controlPayload.append(chunk, start, end);
    if (!isLast) return undefined;
    const payload = this.#controlPayload.takeOwned();
    this.#controlPayload = undefined;
    return payload;
  }
}
