/** What somebody who follows a room can rely on: each entry once, in order, or a gap that was announced. */

/**
 * @typedef {{ seq: number, id: string, at: number, author: { id: string, name: string }, kind: string, text: string, target?: number }} Entry
 * @typedef {{ entry(who: string, epoch: string, entry: Entry): void, broken(what: string): void }} Judge
 */

export class Follower {
  who;
  epoch = '';
  /** The last entry that came. */
  seq = 0;
  entries = 0;
  gaps = { trimmed: 0, reset: 0 };
  #judge;
  #hasJoined = false;
  /** Of the last entry, if nothing is missing behind it. @type {string | undefined} */
  #id;

  constructor(/** @type {string} */ who, /** @type {Judge} */ judge) {
    this.who = who;
    this.#judge = judge;
  }

  /** What a `join` says after the first one. */
  get cursor() {
    return this.#hasJoined ? { epoch: this.epoch, seq: this.seq, id: this.#id } : undefined;
  }

  /** Begins at an entry, instead of where the server lets somebody begin who is new. */
  beginAfter(/** @type {string} */ epoch, /** @type {number} */ seq) {
    this.#hasJoined = true;
    this.epoch = epoch;
    this.seq = seq;
  }

  /** `joined`. Where somebody comes back, it changes nothing: only a gap may move a cursor. */
  onJoined(/** @type {{ epoch: string, from: number }} */ { epoch, from }) {
    if (!this.#hasJoined) this.beginAfter(epoch, from - 1);
  }

  onGap(/** @type {{ epoch: string, reason: 'trimmed' | 'reset', next: number }} */ { epoch, reason, next }) {
    this.gaps[reason]++;
    this.epoch = epoch;
    this.seq = next - 1;
    this.#id = undefined;
  }

  onEntries(/** @type {{ epoch: string, entries: Entry[] }} */ { epoch, entries }) {
    const isFirst = this.epoch === '' && this.seq === 0;
    if (epoch !== this.epoch && !isFirst)
      this.#judge.broken(`${this.who}: entries of ${epoch} after ${this.epoch}:${this.seq}, without a gap`);
    this.epoch = epoch;
    for (const entry of entries) {
      this.entries++;
      if (entry.seq !== this.seq + 1) {
        const what = entry.seq > this.seq ? 'a gap that was not announced' : 'a duplicate, or out of order';
        this.#judge.broken(`${this.who}: ${what}: ${entry.seq} after ${this.seq}`);
      }
      this.seq = entry.seq;
      this.#id = entry.id;
      this.#judge.entry(this.who, epoch, entry);
    }
  }
}
