/** The log in memory, for a Node without SQLite: the last entries of the rooms that were used last. */
import { afterDelete, fitting, forbids, newEpoch, plainDraft } from './drafts.ts';
import type { Appended, Draft, Entry, RoomLog, Slice, Watcher } from './room-log.ts';
import { LogUnavailableError } from './room-log.ts';
import { Watchers } from './watchers.ts';

/** The most entries of a room. */
const KEEP = 1000;
/** The most rooms. The one that was not used for longest goes, and begins anew with another epoch. */
const MAX_ROOMS = 1000;

interface Room {
  readonly epoch: string;
  readonly entries: Entry[];
  /** Of the entries that are kept, by their ids. */
  readonly seqs: Map<string, number>;
}

export class MemoryLog implements RoomLog {
  readonly storage = 'memory';
  /** The one that was not used for longest comes first. */
  readonly #rooms = new Map<string, Room>();
  readonly #watchers = new Watchers();
  #isClosed = false;

  async append(name: string, draft: Draft): Promise<Appended> {
    const kept = plainDraft(draft);
    const { epoch, entries, seqs } = this.#use(name) ?? this.#make(name);
    const known = entries[(seqs.get(kept.id) ?? 0) - (entries[0]?.seq ?? 0)];
    if (known !== undefined) return { epoch, seq: known.seq, at: known.at, isDuplicate: true };
    const seq = (entries.at(-1)?.seq ?? 0) + 1;
    const isLate = kept.kind === 'edit' && entries.some((entry) => forbids(entry, kept));
    const entry: Entry = { seq, at: Date.now(), ...kept, text: isLate ? '' : kept.text };
    if (entry.kind === 'delete') {
      for (const [index, other] of entries.entries()) entries[index] = afterDelete(other, entry);
    }
    entries.push(entry);
    seqs.set(entry.id, entry.seq);
    if (entries.length > KEEP) seqs.delete(entries.shift()!.id);
    queueMicrotask(() => this.#watchers.each(name, (watcher) => watcher.hint(epoch, entry)));
    return { epoch, seq: entry.seq, at: entry.at, isDuplicate: false };
  }

  async read(name: string, from: number, to: number, end: 'first' | 'last' = 'first'): Promise<Slice> {
    const { epoch, entries } = this.#use(name) ?? { epoch: '', entries: [] };
    const floor = entries[0]?.seq ?? 1;
    const asked = entries.slice(Math.max(0, from - floor), Math.max(0, to + 1 - floor));
    const taken = fitting(asked, end, ({ text }) => Buffer.byteLength(text));
    return { epoch, floor, head: entries.at(-1)?.seq ?? 0, entries: taken };
  }

  async watch(room: string, watcher: Watcher): Promise<() => void> {
    this.#use(room);
    return this.#watchers.add(room, watcher);
  }

  tell(room: string, text: string): void {
    queueMicrotask(() => this.#watchers.each(room, (watcher) => watcher.told(text)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rooms.clear();
  }

  #use(name: string): Room | undefined {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
    const room = this.#rooms.get(name);
    if (room !== undefined && this.#rooms.delete(name)) this.#rooms.set(name, room);
    return room;
  }

  #make(name: string): Room {
    const room = { epoch: newEpoch(), entries: [], seqs: new Map() };
    this.#rooms.set(name, room);
    if (this.#rooms.size > MAX_ROOMS) this.#rooms.delete(this.#rooms.keys().next().value!);
    return room;
  }
}
