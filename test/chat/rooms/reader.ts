/** A client of chat.v1 that keeps a cursor, and fails at the first entry that is not the next one. */
import type { Entry } from '../../../src/chat/log/room-log.ts';
import type { Place } from '../../../src/chat/rooms/cursor.ts';
import type { PreparedMessage } from '../../../src/index.ts';

export class Reader {
  epoch: string;
  seq: number;
  readonly seen: Entry[] = [];
  readonly gaps: string[] = [];
  /** Of the last entry, if nothing is missing behind it. */
  #id: string | undefined;

  /** @param seq after which it is to get entries, as `joined` tells it */
  constructor(epoch: string, seq: number) {
    this.epoch = epoch;
    this.seq = seq;
  }

  /** What it says when it comes back. */
  get place(): Place {
    return { epoch: this.epoch, seq: this.seq, ...(this.#id !== undefined && { id: this.#id }) };
  }

  receive(sent: PreparedMessage): void {
    const message = JSON.parse(new TextDecoder().decode(sent.payload));
    if (message.type === 'gap') {
      this.gaps.push(`${message.reason} ${message.next}`);
      if (message.reason === 'reset') this.seen.length = 0;
      else if (message.next <= this.seq + 1) throw new Error(`a gap to ${message.next} after ${this.seq}`);
      this.epoch = message.epoch;
      this.seq = message.next - 1;
      this.#id = undefined;
    }
    if (message.type !== 'entries') return;
    if (this.epoch !== '' && message.epoch !== this.epoch)
      throw new Error(`${message.epoch} after ${this.epoch}`);
    this.epoch = message.epoch;
    for (const entry of message.entries as Entry[]) {
      if (entry.seq !== this.seq + 1) throw new Error(`${entry.seq} after ${this.seq}`);
      this.seq = entry.seq;
      this.#id = entry.id;
      this.seen.push(entry);
    }
  }
}
