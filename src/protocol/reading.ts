/**
 * What reading is in the middle of: a frame, a message in fragments, a control frame between these (§5.4). Most
 * connections of a server are in the middle of nothing most of the time: whoever reads borrows one of a few, and keeps it
 * only while it has begun something.
 */
import type { ByteBuffer } from './byte-buffer.ts';
import type { Role } from './frame.ts';
import { FrameParser } from './frame-parser.ts';
import { MessageReader } from './message.ts';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';

export class Reading {
  readonly parser: FrameParser;
  readonly messages: MessageReader = new MessageReader();
  /** The payload of a control frame whose end has not come yet. */
  controlPayload: ByteBuffer | undefined;

  constructor(receiver: Role) {
    this.parser = new FrameParser(receiver);
  }

  /** Whether the next byte begins a new message. */
  get isIdle(): boolean {
    return this.parser.isBetweenFrames && this.messages.isBetweenMessages;
  }
}

/** So many are kept for the next one who reads. More are in use only where connections of one process talk to each other. */
const MAX_SPARE = 8;
const spare: Reading[] = [];

/**
 * @param receiver the role of the endpoint that reads
 * @param compression where permessage-deflate was negotiated
 */
export function borrowReading(
  receiver: Role,
  maxMessageBytes: number,
  compression: MessageCompression | undefined,
): Reading {
  const reading = spare.pop() ?? new Reading(receiver);
  reading.parser.serve(receiver, compression !== undefined);
  reading.messages.serve(maxMessageBytes, compression);
  return reading;
}

/** @param reading one that is idle */
export function giveBackReading(reading: Reading): void {
  reading.messages.serve(0, undefined); // the window of a connection that ends is let go
  if (spare.length < MAX_SPARE) spare.push(reading);
}
