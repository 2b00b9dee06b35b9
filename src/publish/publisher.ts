/**
 * What a server publishes in one turn of the event loop goes out at its end, in one write for each socket. Messages to the
 * same sockets are put together first: in a chat where 500 members each say something to all, this takes 500 steps in
 * place of 250,000.
 */
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import { type Flushable, publishAtEndOfTurn } from './end-of-turn.ts';
import { maxBytesOf, PendingBroadcast, sendToEach } from './pending-broadcast.ts';
import type { Subscriber } from './subscriber.ts';

/** The most bytes that are put together. */
const MAX_BATCH_BYTES = 64 * 1024;

export class Publisher implements Flushable {
  readonly #maxBatchBytes: number;
  #pending: PendingBroadcast | undefined;
  #isEndOfTurnScheduled = false;

  /**
   * @param maxQueuedBytes the most bytes that may be queued for a socket: a batch has half of it at most
   * @param isTraced true where a `frame` handler wants each frame at the moment in which it is queued: nothing is put
   * together then
   */
  constructor(maxQueuedBytes: number, isTraced: boolean) {
    this.#maxBatchBytes = isTraced ? 0 : Math.min(MAX_BATCH_BYTES, Math.floor(maxQueuedBytes / 2));
  }

  /**
   * Publishes a message.
   * @param sockets an array that never changes
   * @param except the one socket of them that must not get it
   * @returns the number of sockets for which it is queued
   */
  publish(
    sockets: readonly Subscriber[],
    message: PreparedMessage,
    compress: boolean,
    except: Subscriber | undefined,
  ): number {
    if (this.#pending?.sockets === sockets && this.#pending.hasRoomFor(message)) {
      return this.#pending.add(message, compress, except);
    }
    this.settle();
    if (maxBytesOf(message) > this.#maxBatchBytes) return sendToEach(sockets, message, compress, except);
    this.#pending = new PendingBroadcast(sockets, this.#maxBatchBytes);
    this.#scheduleEndOfTurn();
    return this.#pending.add(message, compress, except);
  }

  /**
   * Gives each socket what was published to it so far. To be called before anything else happens to a socket of this server:
   * so everything keeps its order, and counts are right when they are read.
   */
  settle(): void {
    if (this.#pending !== undefined) this.#deliver(false);
  }

  #deliver(isEndOfTurn: boolean): void {
    const pending = this.#pending;
    this.#pending = undefined; // first: a transport that is written to may call a function that publishes
    pending?.deliver(isEndOfTurn);
  }

  #scheduleEndOfTurn(): void {
    if (this.#isEndOfTurnScheduled) return;
    this.#isEndOfTurnScheduled = true;
    publishAtEndOfTurn(this);
  }

  onEndOfTurn(): void {
    this.#isEndOfTurnScheduled = false;
    this.#deliver(true);
  }
}
