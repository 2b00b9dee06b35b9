/** The log in memory, for a Node without SQLite: the last entries of the rooms that were used last, as many as there is space for. */
import { afterDelete, fitting, forbids, newEpoch, plainDraft } from './drafts.ts';
import type { Appended, Draft, Entry, RoomLog, Slice, Watcher } from './room-log.ts';
import { LogUnavailableError } from './room-log.ts';
import { Watchers } from './watchers.ts';

/** The most entries of a room. */
const KEEP = 1000;
/** The most rooms. The one that was not used for longest goes, and begins anew with another epoch. */
const MAX_ROOMS = 1000;
/** The most characters of text in all rooms together. Beyond it, the oldest go of the room that was not used for longest. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

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
  readonly #maxCharacters: number;
  #characters = 0;
  #isClosed = false;

  /** @param maxCharacters of text in all rooms together; 64 Mi by default */
  constructor(maxCharacters: number = MAX_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  async append(name: string, draft: Draft): Promise<Appended> {
    const kept = plainDraft(draft);
    const room = this.#use(name) ?? this.#make(name);
    const { epoch, entries, seqs } = room;
    const known = entries[(seqs.get(kept.id) ?? 0) - (entries[0]?.seq ?? 0)];
    if (known !== undefined) return { epoch, seq: known.seq, at: known.at };
    const seq = (entries.at(-1)?.seq ?? 0) + 1;
    const isLate = kept.kind === 'edit' && entries.some((entry) => forbids(entry, kept));
    const entry: Entry = { seq, at: Date.now(), ...kept, text: isLate ? '' : kept.text };
    if (entry.kind === 'delete') {
      for (const [index, other] of entries.entries()) {
        const after = afterDelete(other, entry);
        this.#characters += after.text.length - other.text.length;
        entries[index] = after;
      }
    }
    entries.push(entry);
    seqs.set(entry.id, entry.seq);
    this.#characters += entry.text.length;
    if (entries.length > KEEP) this.#forgetOldest(room);
    this.#shrink(room);
    queueMicrotask(() => this.#watchers.each(name, (watcher) => watcher.hint(epoch, entry)));
    return { epoch, seq: entry.seq, at: entry.at };
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
    return room;
  }

  /** Lets go of what is too much, in the rooms that were not used for longest; never of what was written just now. */
  #shrink(written: Room): void {
    for (const [name, room] of this.#rooms) {
      const isTooMuch = () => this.#characters > this.#maxCharacters || this.#rooms.size > MAX_ROOMS;
      while (isTooMuch() && room.entries.length > (room === written ? 1 : 0)) this.#forgetOldest(room);
      if (room.entries.length > 0) return;
      this.#rooms.delete(name);
    }
  }

  #forgetOldest({ entries, seqs }: Room): void {
    const { id, text } = entries.shift()!;
    seqs.delete(id);
    this.#characters -= text.length;
  }
}
