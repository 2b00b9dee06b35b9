/** A log in memory whose hints and reads go as wrong as a test asks for. */
import type { Appended, Draft, Entry, RoomLog, Slice, Watcher } from '../../../src/chat/log/room-log.ts';
import { LogUnavailableError } from '../../../src/chat/log/room-log.ts';

/** The entries of a slice: as few as a log of very long texts may give. */
const SLICE = 2;

export class UnreliableLog implements RoomLog {
  readonly storage = 'memory';
  readonly watchers = new Set<Watcher>();
  /** Hints that were not given yet. */
  hints: { epoch: string; entry: Entry }[] = [];
  entries: Entry[] = [];
  epoch = '';
  floor = 1;
  isAway = false;
  #lives = 0;

  get head(): number {
    return this.entries.at(-1)?.seq ?? this.floor - 1;
  }

  async append(_room: string, draft: Draft): Promise<Appended> {
    const entry = this.write(draft);
    return { epoch: this.epoch, seq: entry.seq, at: entry.at };
  }

  write(draft: Draft): Entry {
    if (this.epoch === '') this.epoch = `life ${++this.#lives}`;
    const entry = { ...draft, seq: this.head + 1, at: Date.now() };
    this.entries.push(entry);
    this.hints.push({ epoch: this.epoch, entry });
    return entry;
  }

  /** Gives a waiting hint. @param isKept whether it will be given again */
  hint(index: number, isKept: boolean): void {
    const hint = this.hints[index % Math.max(1, this.hints.length)];
    if (hint === undefined) return;
    if (!isKept) this.hints.splice(this.hints.indexOf(hint), 1);
    for (const watcher of this.watchers) watcher.hint(hint.epoch, hint.entry);
  }

  trim(count: number): void {
    this.floor = Math.min(this.head + 1, this.floor + count);
    this.entries = this.entries.filter(({ seq }) => seq >= this.floor);
  }

  /** Forgets the last entries, and goes on with their numbers, as a store does that has lost its last writes. Its connections had ended: there is doubt. */
  rollBack(count: number): void {
    this.doubt();
    this.entries.splice(Math.max(0, this.entries.length - count));
    if (this.head === 0) this.epoch = ''; // no store has an epoch before its first entry
    this.hints = this.hints.filter(({ entry }) => entry.seq <= this.head);
  }

  restart(): void {
    this.entries = [];
    this.floor = 1;
    this.epoch = '';
  }

  async read(_room: string, from: number, to: number, end: 'first' | 'last' = 'first'): Promise<Slice> {
    await Promise.resolve();
    if (this.isAway) throw new LogUnavailableError('away');
    const { epoch, floor, head } = this;
    const asked = this.entries.filter(({ seq }) => seq >= from && seq <= to);
    const entries = end === 'first' ? asked.slice(0, SLICE) : asked.slice(-SLICE);
    await Promise.resolve(); // what is written now is not in it
    return { epoch, floor, head, entries };
  }

  async watch(_room: string, watcher: Watcher): Promise<() => void> {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  doubt(): void {
    for (const watcher of this.watchers) watcher.doubt();
  }

  tell(): void {}

  async close(): Promise<void> {}
}
