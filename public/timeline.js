/**
 * The timeline of a room: merges pages of history, live entries, edits, gaps and one's own messages that are not confirmed yet
 * into what is shown. Each message is there once, in the order of the log; where something is missing there is a gap that says so.
 * No DOM, no clock, no network.
 *
 * @typedef {import('./protocol.js').Author} Author
 * @typedef {import('./protocol.js').Entry} Entry
 * @typedef {{ id: string, kind: 'text' | 'edit' | 'delete', text: string, target?: number, targetId?: string, at: number, author: Author,
 *   state: 'pending' | 'failed', reason?: string | undefined, sealed?: true | undefined }} Own a message of one's own that is not
 *   confirmed; a change names its `target` by its number and its id
 * @typedef {{ type: 'message', key: string, id: string, seq: number | undefined, epoch: string, at: number, author: Author, text: string,
 *   isEdited: boolean, isDeleted: boolean, sealed: boolean, unreadable: boolean, state: 'kept' | 'pending' | 'failed',
 *   reason: string | undefined, change: string | undefined }} Message `change`: the id of a change of one's own that is not
 *   confirmed; `seq` is undefined until the message is confirmed
 * @typedef {{ type: 'gap', key: string, reason: 'trimmed' | 'reset', missing: number }} GapItem
 * @typedef {Message | GapItem} Item
 */

import { asPast, byAck, echoOf, isGap, isSame, messageOf, surplusOf } from './items.js';

export class Timeline {
  /** What the server calls this log: undefined before the first `joined`; empty while nothing was written. @type {string | undefined} */
  #name;
  /** What it is called here. A log that has lost its end has its old name, and is another one. @type {string | undefined} */
  #epoch;
  /** How often it has lost its end. */
  #lives = 0;
  /** The id of the last entry that came, if nothing is missing behind it. @type {string | undefined} */
  #lastId;
  /** The least number from which on all is here, but for announced gaps. */
  #first = 1;
  /** The next number that must come. */
  #expected = 1;
  #floor = 1;
  /** Whether nothing has come of this log: it begins where its first entries do, and what is before them is history. */
  #isFresh = true;
  /** What earlier logs of this room held. @type {Item[]} */
  #past = [];
  /** Messages and gaps of this log, in order. @type {(Entry | GapItem)[]} */
  #rows = [];
  /** Gaps so far: each has a key of its own. */
  #gaps = 0;
  /** Where the text of a message is, by its number. @type {Map<number, Entry>} */
  #texts = new Map();
  /** The ids of `#texts`. @type {Set<string>} */
  #ids = new Set();
  /** Edits and deletions, by the number of their target and by their own: the newest ones. @type {Map<number, Map<number, Entry>>} */
  #changes = new Map();
  /** @type {Map<string, Own & { ack?: { epoch: string, seq: number, at: number } }>} */
  #own = new Map();
  /** Messages as they were last shown, so that what did not change is the same object. @type {Map<string, Message>} */
  #shown = new Map();
  /** @type {Item[] | undefined} */
  #items;

  /** Where to come back to, in the words of the server. @returns {{ epoch: string, seq: number, id: string | undefined } | undefined} */
  get cursor() {
    return this.#name ? { epoch: this.#name, seq: this.#expected - 1, id: this.#lastId } : undefined;
  }

  /** Names this log among the items. */
  get epoch() {
    return this.#epoch ?? '';
  }

  /** What to ask history for next. @returns {number | undefined} undefined at the beginning of what is kept */
  get before() {
    return this.#epoch && this.#first > this.#floor ? this.#first : undefined;
  }

  /** Whether the log has lost its beginning. */
  get isTrimmed() {
    return this.#floor > 1;
  }

  /** Whether it shows a message of this log. @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  /** @param {{ epoch: string, floor: number, from: number }} joined */
  joined({ epoch, floor, from }) {
    this.#items = undefined;
    this.#enter(epoch, from);
    this.#skipTo(from);
    this.#floor = floor;
    this.#settle();
  }

  /** @param {{ epoch: string, reason: 'trimmed' | 'reset', next: number }} gap */
  gap({ epoch, reason, next }) {
    this.#items = undefined;
    if (reason === 'reset' && epoch === this.#name && !this.#isFresh) {
      this.#begin(epoch, `${epoch} ${++this.#lives}`, next); // it has lost its end, and uses numbers again
    } else {
      this.#enter(epoch, next);
    }
    this.#skipTo(next);
    this.#settle();
  }

  /**
   * @param {{ epoch: string, entries: readonly Entry[] }} live
   * @returns {boolean} false if something is missing that no gap has announced: join again from the cursor
   */
  entries({ epoch, entries }) {
    this.#items = undefined;
    const [begin] = entries;
    if (!begin) return true;
    if (this.#name === '') this.#enter(epoch, begin.seq);
    if (epoch !== this.#name) return false;
    if (this.#isFresh) this.#first = this.#expected = begin.seq;
    this.#isFresh = false;
    const next = entries.filter(({ seq }) => seq >= this.#expected); // the others have come before
    const fits = next.findIndex(({ seq }, index) => seq !== this.#expected + index);
    const taken = fits < 0 ? next : next.slice(0, fits);
    for (const entry of taken) {
      const row = this.#take(entry);
      if (row) this.#rows.push(row);
    }
    this.#expected += taken.length;
    this.#lastId = taken.at(-1)?.id ?? this.#lastId;
    this.#settle();
    return taken === next;
  }

  /**
   * A page of what was before. One that does not fit to what is here is left out.
   * @param {{ epoch: string, floor: number, before: number, entries: readonly Entry[] }} page
   */
  history({ epoch, floor, before, entries }) {
    this.#items = undefined;
    if (epoch !== this.#name) return;
    this.#floor = Math.max(this.#floor, floor);
    const older = entries.filter((entry) => entry.seq < this.#first);
    // Without holes, and up to where it begins here.
    const fits = older.every((entry, index) => entry.seq === this.#first - older.length + index);
    if (!fits) return;
    if (older.length === 0) {
      if (before === this.#first && entries.length === 0) this.#floor = this.#first;
      return;
    }
    this.#isFresh = false;
    this.#first -= older.length;
    this.#rows.unshift(...older.map((entry) => this.#take(entry)).filter((row) => row !== undefined));
  }

  /** @param {Own} own shows it at once; again with the same id, it takes the place of what was there */
  say(own) {
    this.#items = undefined;
    if (this.#ids.has(own.id) || this.#hasChange(own)) return;
    this.#own.set(own.id, { ...own });
  }

  /** @param {string} id one's own, that is not to be sent any more */
  drop(id) {
    this.#items = undefined;
    this.#own.delete(id);
  }

  /** @param {{ id: string, epoch: string, seq: number, at: number }} ack it is kept, and its entry comes, or has come */
  ack({ id, epoch: name, seq, at }) {
    this.#items = undefined;
    const epoch = name === this.#name ? this.epoch : name;
    const own = this.#own.get(id);
    if (!own) return;
    const hasPassed = epoch === this.#epoch && seq < this.#expected;
    this.#own.delete(id);
    if (!hasPassed) this.#own.set(id, { ...own, state: 'pending', ack: { epoch, seq, at } });
  }

  /** Lets go of the oldest messages; history brings them again. @param {number} most messages to keep */
  trim(most) {
    this.#items = undefined;
    if (this.#past.length > most) this.#past.splice(0, this.#past.length - most);
    const surplus = this.#rows.length - most;
    const kept = this.#rows.findIndex((row, index) => index >= surplus && !isGap(row));
    const next = this.#rows[kept];
    if (surplus <= 0 || !next || isGap(next)) return;
    for (const row of this.#rows.splice(0, kept)) if (!isGap(row)) this.#forget(row);
    this.#first = next.seq;
    // History brings the changes again that come before this message; it does not bring those behind it.
    for (const [target, changes] of this.#changes) {
      for (const seq of changes.keys()) if (seq < this.#first) changes.delete(seq);
      if (changes.size === 0) this.#changes.delete(target);
    }
  }

  /** What is shown, in order: what was in earlier logs, this log, one's own. @returns {Item[]} */
  items() {
    this.#items ??= this.#merge();
    return this.#items;
  }

  /** @returns {Item[]} */
  #merge() {
    const shown = new Map();
    const keep = (/** @type {Message} */ message) => {
      const before = this.#shown.get(message.key);
      const same = before && isSame(before, message) ? before : message;
      shown.set(same.key, same);
      return same;
    };
    const changes = this.#ownChanges();
    const rows = this.#rows.map((row) => (isGap(row) ? row : keep(this.#message(row, changes.get(row.id)))));
    const said = [...this.#own.values()].filter(({ kind }) => kind === 'text');
    const own = said.sort(byAck).map((one) => keep(echoOf(one, this.epoch)));
    this.#shown = shown;
    return [...this.#past, ...rows, ...own];
  }

  /** @param {string} name @param {number} next the number that comes first, if this is another log than before */
  #enter(name, next) {
    if (name !== this.#name) this.#begin(name, name, next);
  }

  /** @param {string} name @param {string} epoch @param {number} next */
  #begin(name, epoch, next) {
    // A change that was not confirmed never happened.
    for (const { id, kind } of this.#own.values()) if (kind !== 'text') this.#own.delete(id);
    this.#past = this.#withGaps(this.#merge().flatMap((item) => asPast(item, epoch)));
    const last = this.#past.at(-1);
    if (last && last.type !== 'gap') this.#past.push(this.#gapOf('reset', 0));
    for (const [id, own] of this.#own) if (own.ack && own.ack.epoch !== epoch) this.#own.delete(id);
    this.#name = name;
    this.#epoch = epoch;
    this.#lastId = undefined;
    this.#isFresh = true;
    this.#first = this.#expected = next;
    this.#floor = 1;
    this.#rows = [];
    this.#texts.clear();
    this.#ids.clear();
    this.#changes.clear();
  }

  /**
   * Of a log that is gone, one's own may be known by their acknowledgements alone: what was between them never came.
   * @param {Item[]} items
   * @returns {Item[]}
   */
  #withGaps(items) {
    let seen = { epoch: this.#epoch, seq: this.#expected - 1 };
    /** @type {Item[]} */
    const all = [];
    for (const item of items) {
      if (item.type === 'message' && this.#own.has(item.id)) {
        const { epoch, seq = 0 } = item;
        const isSame = epoch === seen.epoch;
        const missing = isSame ? seq - 1 - seen.seq : 0;
        const isWhole = all.length === 0 || all.at(-1)?.type === 'gap' || (isSame && missing === 0);
        if (!isWhole) all.push(this.#gapOf(isSame ? 'trimmed' : 'reset', missing));
        seen = { epoch, seq };
      }
      all.push(item);
    }
    return all;
  }

  /** @param {'trimmed' | 'reset'} reason @param {number} missing @returns {GapItem} */
  #gapOf(reason, missing) {
    return { type: 'gap', key: `gap ${this.#gaps++}`, reason, missing };
  }

  /** @param {number} next */
  #skipTo(next) {
    if (this.#isFresh) this.#first = this.#expected = next;
    if (next <= this.#expected) return;
    this.#rows.push(this.#gapOf('trimmed', next - this.#expected));
    this.#expected = next;
    this.#lastId = undefined;
  }

  /** What is kept before the next entry is here, or in a gap, or in history: it does not wait any more. */
  #settle() {
    for (const [id, { ack }] of this.#own) {
      if (ack && ack.epoch === this.#epoch && ack.seq < this.#expected) this.#own.delete(id);
    }
  }

  /** @param {Entry} entry @returns {Entry | undefined} the row that it makes, if it makes one */
  #take(entry) {
    this.#own.delete(entry.id);
    if (entry.kind !== 'text') {
      const changes = this.#changes.get(entry.target ?? 0) ?? new Map();
      this.#changes.set(entry.target ?? 0, changes.set(entry.seq, entry));
      for (const { seq } of surplusOf([...changes.values()])) changes.delete(seq);
      return undefined;
    }
    if (this.#ids.has(entry.id)) return undefined;
    this.#texts.set(entry.seq, entry);
    this.#ids.add(entry.id);
    // A log that was put back from a copy has the same messages under another epoch.
    this.#past = this.#past.filter((item) => item.type === 'gap' || item.id !== entry.id);
    return entry;
  }

  /** @param {Entry} entry */
  #forget(entry) {
    this.#texts.delete(entry.seq);
    this.#ids.delete(entry.id);
  }

  /** @param {Own} own */
  #hasChange({ kind, id, target }) {
    if (kind === 'text') return false;
    return [...(this.#changes.get(target ?? 0)?.values() ?? [])].some((change) => change.id === id);
  }

  /** @returns {Map<string, Own>} the last change of one's own that is not confirmed, by the id of its target */
  #ownChanges() {
    const changes = new Map();
    for (const own of this.#own.values()) {
      if (own.kind !== 'text') changes.set(own.targetId, own);
    }
    return changes;
  }

  /** @param {Entry} entry @param {Own | undefined} own */
  #message(entry, own) {
    return messageOf(entry, [...(this.#changes.get(entry.seq)?.values() ?? [])], own, this.epoch);
  }
}
