/** What publishing needs of a socket. */
import type { PreparedBatch } from '../protocol/prepared-batch.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';

export interface Subscriber {
  /** Whether the socket is open and has room in its queue for this many bytes. */
  isReadyFor(byteLength: number): boolean;
  /**
   * Queues messages. To be called only after {@link isReadyFor} was true for all their bytes.
   * @param skipped indexes, in ascending order, of the messages that this socket must not get
   * @param isEndOfTurn true: write them now. False: write them at the end of the turn
   */
  sendBatch(batch: PreparedBatch, skipped: readonly number[], isEndOfTurn: boolean): void;
  /**
   * Queues one message. A full queue is handled as `whenQueueIsFull` says.
   * @returns whether the message was queued
   */
  sendPrepared(message: PreparedMessage, compress: boolean): boolean;
}
