/** What is published to the same sockets, until it is delivered: messages that are put together once for all of them. */
import { frameHeaderLength } from '../protocol/frame.ts';
import { PreparedBatch } from '../protocol/prepared-batch.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';

/** What may be done to those who are published to. */
export interface Delivery<Socket> {
  /** Whether so many bytes can be queued for a socket now. */
  isReadyFor(socket: Socket, byteLength: number): boolean;
  /**
   * Queues messages for a socket that had room for them.
   * @param skipped those that are not for it, by their place in the batch, which rises
   * @param isEndOfTurn whether they may go out at once
   */
  sendBatch(socket: Socket, batch: PreparedBatch, skipped: readonly number[], isEndOfTurn: boolean): void;
  /** Queues a message, or does what is to be done where there is no room. @returns whether it was queued */
  sendPrepared(socket: Socket, message: PreparedMessage, compress: boolean): boolean;
}

/** Messages to the same sockets, which have not been given them yet. */
export class Publication<Socket> {
  readonly sockets: readonly Socket[];
  readonly #delivery: Delivery<Socket>;
  readonly #batch = new PreparedBatch();
  /** Those who have room for whatever the batch will hold, and those whose queue has to be looked at for each message. */
  readonly #ready: Socket[] = [];
  readonly #slow: Socket[] = [];
  /** Which messages are not for whom of the ready, once there are such. */
  #skipped: Map<Socket, number[]> | undefined;
  #room: number;

  constructor(sockets: readonly Socket[], delivery: Delivery<Socket>, maxBytes: number) {
    this.sockets = sockets;
    this.#delivery = delivery;
    this.#room = maxBytes;
    for (const socket of sockets) {
      const list = delivery.isReadyFor(socket, maxBytes) ? this.#ready : this.#slow;
      list.push(socket);
    }
  }

  /** Whether a message can be put to the others. */
  takes(message: PreparedMessage): boolean {
    return mostBytesOf(message) <= this.#room;
  }

  /** @returns how many sockets the message is queued for */
  add(message: PreparedMessage, compress: boolean, except: Socket | undefined): number {
    const isSkipped = except !== undefined && this.#skip(except);
    this.#batch.add(message, compress);
    this.#room -= mostBytesOf(message);
    const ready = this.#ready.length - (isSkipped ? 1 : 0);
    return ready + sendToEach(this.#slow, message, compress, this.#delivery, except);
  }

  deliver(isEndOfTurn: boolean): void {
    for (const socket of this.#ready) {
      const skipped = this.#skipped?.get(socket) ?? NONE;
      if (skipped.length < this.#batch.length) {
        this.#delivery.sendBatch(socket, this.#batch, skipped, isEndOfTurn);
      }
    }
  }

  /** Leaves a socket out of the next message. @returns whether it would have been given it with the batch */
  #skip(socket: Socket): boolean {
    this.#skipped ??= new Map(this.#ready.map((ready) => [ready, []]));
    return this.#skipped.get(socket)?.push(this.#batch.length) !== undefined;
  }
}

const NONE: readonly number[] = [];

/** Queues a message for each socket by itself. @returns for how many it was queued */
export function sendToEach<Socket>(
  sockets: readonly Socket[],
  message: PreparedMessage,
  compress: boolean,
  delivery: Delivery<Socket>,
  except: Socket | undefined,
): number {
  let count = 0;
  for (const socket of sockets) {
    if (socket !== except && delivery.sendPrepared(socket, message, compress)) count++;
  }
  return count;
}

/** What a message can take in a queue. Compression makes some bigger, and a batch of tiny ones must not have too many. */
export function mostBytesOf({ byteLength }: PreparedMessage): number {
  return Math.max(MIN_BYTES, byteLength + frameHeaderLength(byteLength, false) + MAX_GROWTH);
}

const MIN_BYTES = 64;
/** Of messages that compression makes bigger, which are stored as they are then, with a few bytes more. */
const MAX_GROWTH = 16;
