/**
 * Parsers and message readers, lent to connections while they need them. A connection holds a `Reading` during a call of
 * `receive`, and while a frame or a message has begun and not ended. Between two messages, where most connections are most of
 * the time, it holds none. It gives back nothing that was in use when a rule was broken.
 */
import type { Role } from './frame.ts';
import type { MessageForm } from './message.ts';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import { Reading } from './reading.ts';

/** No more than this are kept. More are in use only where connections of one process talk to each other. */
const MAX_SPARE = 8;

export class ReadingPool {
  readonly #spare: Reading[] = [];

  /**
   * @param receiver the role of the endpoint that reads
   * @param compression if permessage-deflate was negotiated
   * @param wanted of what messages are to be made
   */
  borrow(
    receiver: Role,
    maxMessageBytes: number,
    compression: MessageCompression | undefined,
    wanted?: MessageForm,
  ): Reading {
    const reading = this.#spare.pop() ?? new Reading(receiver);
    reading.parser.serve(receiver, compression !== undefined);
    reading.messages.serve(maxMessageBytes, compression, wanted);
    return reading;
  }

  /** @param reading must be free */
  giveBack(reading: Reading): void {
    reading.messages.serve(0, undefined); // so that it keeps no connection's windows alive
    if (this.#spare.length < MAX_SPARE) this.#spare.push(reading);
  }
}

/** That of all connections. */
export const readings: ReadingPool = new ReadingPool();
