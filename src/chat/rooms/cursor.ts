/**
 * A member's place in the log of a room. Members that keep up are subscribed to what the room publishes, and cost nothing more.
 * One that does not read is unsubscribed, and refilled from the log as its socket takes more: what waits for it is a number.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { PreparedMessage, WebSocket } from '../../index.ts';
import type { Slice } from '../log/room-log.ts';
import { following } from './following.ts';
import { batches, type Format } from './format.ts';

/** Bytes that may wait for a member before it is refilled from the log instead. */
const LAGS_AT_BYTES = 64 * 1024;
/** How long to wait for a room that does not have yet what its log has, in milliseconds. */
const PATIENCE_MS = 50;
/** No log has it: who comes from there is told of a gap. */
export const ANOTHER_EPOCH = '-';
const OPEN = 1;

/** An entry that a client has seen, and after which it goes on; without `id` it has seen none since a gap. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
  readonly id?: string;
}

/** A place, and the life of the room in which it is known that the log has it: {@link Source.life}. */
export interface Start {
  readonly epoch: string;
  readonly seq: number;
  readonly life: number;
}

/** Where a cursor gets entries from: a room. */
export interface Source {
  readonly epoch: string;
  /** Counts how often it had to begin anew: the numbers of entries may mean others since then, also within an epoch. */
  readonly life: number;
  /** The last entry that was published. */
  readonly head: number;
  /** Entries after a number, as many as one read gives. */
  after(seq: number): Slice | Promise<Slice>;
  /** What one who was not subscribed may have missed. @param isBack whether it has been there before */
  signals(isBack: boolean): readonly PreparedMessage[];
}

export class Cursor {
  readonly format: Format;
  readonly #socket: WebSocket<unknown>;
  readonly #source: Source;
  /** The last entry that it was sent; undefined while it is subscribed, and so is where the room is. */
  #lagsAt: number | undefined;
  #epoch = '';
  #life = 0;
  #hasLeft = false;

  constructor(socket: WebSocket<unknown>, format: Format, source: Source) {
    this.#socket = socket;
    this.format = format;
    this.#source = source;
  }

  /** Sends what comes after an entry of an epoch, and from then on what is new. */
  async start({ epoch, seq, life }: Start): Promise<void> {
    this.#epoch = epoch;
    this.#life = life;
    this.#lagsAt = seq;
    await this.#refill(false);
  }

  /** Before something is published: takes a member that does not read out of those who get it. */
  checkLag(): void {
    if (this.#lagsAt !== undefined || this.#socket.bufferedAmount < LAGS_AT_BYTES) return;
    this.#socket.unsubscribe(this.format.topic);
    this.#epoch = this.#source.epoch;
    this.#life = this.#source.life;
    this.#lagsAt = this.#source.head;
    void this.#refill(true);
  }

  leave(): void {
    this.#hasLeft = true;
    this.#socket.unsubscribe(this.format.topic);
  }

  /** Never rejects: a log that cannot be read is the room's concern, which waits for it. */
  async #refill(isBack: boolean): Promise<void> {
    while (this.#lagsAt !== undefined && !this.#hasEnded) {
      const before = this.#lagsAt;
      await inTurn(this.#socket, () => this.#goOn(isBack));
      if (this.#lagsAt === before) await sleep(PATIENCE_MS, undefined, { ref: false });
      else await nextTurn(); // the others have theirs, however much there is to send
    }
  }

  /** Sends as much as the socket takes at once, and subscribes behind the last entry. While it waits it holds nothing. */
  async #goOn(isBack: boolean): Promise<void> {
    await this.#socket.drained();
    if (this.#hasEnded) return;
    const slice = this.#source.after(this.#lagsAt ?? 0);
    this.#send(slice instanceof Promise ? await slice : slice); // what is at hand is not to be old
    if (this.#hasEnded || this.#epoch !== this.#source.epoch || this.#lagsAt !== this.#source.head) return;
    // Nothing may come between this and the subscription: what is published next is what comes next.
    this.#socket.subscribe(this.format.topic);
    this.#lagsAt = undefined;
    if (!this.format.hasSignals) return;
    for (const signal of this.#source.signals(isBack)) this.#socket.send(signal);
  }

  get #hasEnded(): boolean {
    return this.#hasLeft || this.#socket.readyState !== OPEN;
  }

  #send(slice: Slice): void {
    if (this.#hasEnded) return;
    const isSameLife = this.#life === this.#source.life || this.#epoch === '';
    const { gap, entries } = following(slice, isSameLife ? this.#epoch : ANOTHER_EPOCH, this.#lagsAt ?? 0);
    this.#epoch = slice.epoch;
    this.#life = this.#source.life;
    if (gap !== undefined) {
      const message = this.format.gap(slice.epoch, gap.reason, gap.next);
      if (message !== undefined) this.#socket.send(message);
      this.#lagsAt = gap.next - 1;
    }
    for (const batch of batches(entries)) {
      if (this.#socket.bufferedAmount >= LAGS_AT_BYTES) return;
      for (const message of this.format.entries(batch, slice.epoch)) this.#socket.send(message);
      this.#lagsAt = batch.at(-1)!.seq;
    }
  }
}

/** What a socket waits for in its rooms comes one after the other: in memory is what one of them reads. */
const turns = new WeakMap<WebSocket<unknown>, Promise<void>>();

function inTurn(socket: WebSocket<unknown>, act: () => Promise<void>): Promise<void> {
  const turn = (turns.get(socket) ?? Promise.resolve()).then(act);
  turns.set(socket, turn);
  return turn;
}
