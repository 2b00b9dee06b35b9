/** Messages that were published to the same sockets in one turn. They are put together once for all of these sockets. */
import { frameHeaderLength } from '../protocol/frame.ts';
import { PreparedBatch } from '../protocol/prepared-batch.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Subscriber } from './subscriber.ts';

export class PendingBroadcast {
  readonly sockets: readonly Subscriber[];
  readonly #batch = new PreparedBatch();
  /** Sockets with room for everything that the batch may hold. */
  readonly #ready: Subscriber[] = [];
  /** All other sockets: their queue is checked for each message. */
  readonly #slow: Subscriber[] = [];
  /** For each ready socket, the indexes of the messages that it must not get. Made when there is such a message. */
  #skipped: Map<Subscriber, number[]> | undefined;
  /** Bytes that the batch can still take. */
  #room: number;

  /** @param maxBytes how many bytes the batch may hold, as {@link maxBytesOf} counts them */
  constructor(sockets: readonly Subscriber[], maxBytes: number) {
    this.sockets = sockets;
    this.#room = maxBytes;
    for (const socket of sockets) {
      const list = socket.isReadyFor(maxBytes) ? this.#ready : this.#slow;
      list.push(socket);
    }
  }

  hasRoomFor(message: PreparedMessage): boolean {
    return maxBytesOf(message) <= this.#room;
  }

  /** @returns the number of sockets for which the message is queued */
  add(message: PreparedMessage, compress: boolean, except: Subscriber | undefined): number {
    const isSkipped = except !== undefined && this.#skip(except);
    this.#batch.add(message, compress);
    this.#room -= maxBytesOf(message);
    const ready = this.#ready.length - (isSkipped ? 1 : 0);
    return ready + sendToEach(this.#slow, message, compress, except);
  }

  /** Gives every ready socket its messages. @param isEndOfTurn as for {@link Subscriber.sendBatch} */
  deliver(isEndOfTurn: boolean): void {
    for (const socket of this.#ready) {
      const skipped = this.#skipped?.get(socket) ?? NONE;
      if (skipped.length < this.#batch.length) socket.sendBatch(this.#batch, skipped, isEndOfTurn);
    }
  }

  /** Leaves a socket out of the next message. @returns whether the socket is one of the ready ones */
  #skip(socket: Subscriber): boolean {
    this.#skipped ??= new Map(this.#ready.map((ready) => [ready, []]));
    return this.#skipped.get(socket)?.push(this.#batch.length) !== undefined;
  }
}

const NONE: readonly number[] = [];

/** Queues a message for each socket separately. @returns the number of sockets for which it was queued */
export function sendToEach(
  sockets: readonly Subscriber[],
  message: PreparedMessage,
  compress: boolean,
  except: Subscriber | undefined,
): number {
  let count = 0;
  for (const socket of sockets) {
    if (socket !== except && socket.sendPrepared(message, compress)) count++;
  }
  return count;
}

/** An upper bound for what a message takes in a queue: its frame, and some bytes more where compression makes it bigger. */
export function maxBytesOf({ byteLength }: PreparedMessage): number {
  return Math.max(MIN_BYTES, byteLength + frameHeaderLength(byteLength, false) + MAX_GROWTH);
}

/** Counted for each message at least, so that a batch cannot hold too many tiny ones. */
const MIN_BYTES = 64;
/** A message that DEFLATE cannot make smaller goes out in stored blocks, which add a few bytes. */
const MAX_GROWTH = 16;
