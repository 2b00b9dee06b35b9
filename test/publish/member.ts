/** A subscriber made by hand: it notes what it is asked and what it gets. */
import type { PreparedBatch } from '../../src/protocol/prepared-batch.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import type { Subscriber } from '../../src/publish/subscriber.ts';

export class Member implements Subscriber {
  /** What it was asked in {@link isReadyFor}. */
  readonly asked: number[] = [];
  /**
   * What it got, in order: `batch a b` in the middle of a turn, `batch a b at the end`, or `one a`. Texts that are shorter than
   * 126 bytes.
   */
  readonly got: string[] = [];
  /** How many bytes it has room for. */
  room: number;
  /** Whether it takes messages one by one. */
  takes = true;
  /** What it does when it gets something. */
  onGet: (what: string) => void = () => {};

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  isReadyFor(byteLength: number): boolean {
    this.asked.push(byteLength);
    return byteLength <= this.room;
  }

  sendBatch(batch: PreparedBatch, skipped: readonly number[], isEndOfTurn: boolean): void {
    const { bytes, ends } = batch.frames(undefined);
    const texts = ends
      .map((end, i) => Buffer.from(bytes.subarray((ends[i - 1] ?? 0) + 2, end)).toString())
      .filter((_, i) => !skipped.includes(i));
    this.#get(`batch ${texts.join(' ')}${isEndOfTurn ? ' at the end' : ''}`);
  }

  sendPrepared(message: PreparedMessage, compress: boolean): boolean {
    if (!this.takes) return false;
    const text = Buffer.from(message.plainFrame.bytes.subarray(2)).toString();
    this.#get(`one ${text}${compress ? '' : ' plain'}`);
    return true;
  }

  #get(what: string): void {
    this.got.push(what);
    this.onGet(what);
  }
}

export const messageOf = (text: string): PreparedMessage => new PreparedMessage(text);
