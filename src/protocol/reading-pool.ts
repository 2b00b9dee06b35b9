/**
 * What connections need while they read, lent to those that do. A connection holds a `Reading` while a frame or a message has
 * begun and not ended; between two messages, where most connections are most of the time, it holds none.
 */
import type { Role } from './frame.ts';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import { Reading } from './reading.ts';

/** No more than this are kept. More are in use only where connections of one process talk to each other. */
const MAX_SPARE = 8;

export class ReadingPool {
  readonly #spare: Reading[] = [];

  /**
   * @param receiver the role of the endpoint that reads
   * @param compression where permessage-deflate was negotiated
   */
  borrow(receiver: Role, maxMessageBytes: number, compression: MessageCompression | undefined): Reading {
    const reading = this.#spare.pop() ?? new Reading(receiver);
    reading.parser.serve(receiver, compression !== undefined);
    reading.messages.serve(maxMessageBytes, compression);
    return reading;
  }

  /** @param reading one that is idle, and was not in use when a rule was broken */
  giveBack(reading: Reading): void {
    reading.messages.serve(0, undefined); // the window of a connection that ends is let go
    if (this.#spare.length < MAX_SPARE) this.#spare.push(reading);
  }
}

/** That of all connections. */
export const readings: ReadingPool = new ReadingPool();
