/** The log in memory, for a Node without SQLite: the last entries of the rooms that were used last. */
import { newEpoch, plainDraft, subjectOf } from './drafts.ts';
import {
  type Appended,
  type Draft,
  type Entry,
  LogUnavailableError,
  MAX_SLICE,
  type RoomLog,
  type Slice,
  type Watcher,
} from './room-log.ts';
import { Watchers } from './watchers.ts';

/** The most entries of a room. */
const KEEP = 1000;
/** The most rooms. The one that was not used for longest goes, and begins anew with another epoch. */
const MAX_ROOMS = 1000;

interface Room {
  readonly epoch: string;
  readonly entries: Entry[];
  readonly seqs: Map<string, number>;
  head: number;
}

export class MemoryLog implements RoomLog {
  readonly storage = 'memory';
  /** The one that was not used for longest comes first. */
  readonly #rooms = new Map<string, Room>();
  readonly #watchers = new Watchers();
  #isClosed = false;

  async append(name: string, draft: Draft): Promise<Appended> {
    this.#check();
    const kept = plainDraft(draft);
    const room = this.#use(name) ?? this.#make(name);
    const { epoch } = room;
    const known = room.seqs.get(kept.id);
    if (known !== undefined) {
      const { seq, at } = room.entries[known - 1 - room.head + room.entries.length]!;
      return { epoch, seq, at, isDuplicate: true };
    }
    room.head++;
    const entry: Entry = { seq: room.head, at: Date.now(), ...kept };
    if (entry.kind === 'delete') erase(room.entries, entry);
    room.entries.push(entry);
    room.seqs.set(entry.id, entry.seq);
    if (room.entries.length > KEEP) room.seqs.delete(room.entries.shift()!.id);
    queueMicrotask(() => this.#watchers.hint(name, epoch, entry));
    return { epoch, seq: entry.seq, at: entry.at, isDuplicate: false };
  }

  async read(name: string, from: number, to: number): Promise<Slice> {
    this.#check();
    const { epoch, entries, head } = this.#use(name) ?? { epoch: '', entries: [], head: 0 };
    const floor = head + 1 - entries.length;
    const first = Math.max(from, floor);
    const last = Math.min(to, head, first + MAX_SLICE - 1);
    return {
      epoch,
      floor,
      head,
      entries: first > last ? [] : entries.slice(first - floor, last - floor + 1),
    };
  }

  async watch(room: string, watcher: Watcher): Promise<() => void> {
    this.#check();
    return this.#watchers.add(room, watcher);
  }

  tell(room: string, text: string): void {
    queueMicrotask(() => this.#watchers.tell(room, text));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rooms.clear();
    this.#watchers.clear();
  }

  #check(): void {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
  }

  #use(name: string): Room | undefined {
    const room = this.#rooms.get(name);
    if (room !== undefined && this.#rooms.delete(name)) this.#rooms.set(name, room);
    return room;
  }

  #make(name: string): Room {
    const room = { epoch: newEpoch(), entries: [], seqs: new Map(), head: 0 };
    this.#rooms.set(name, room);
    if (this.#rooms.size > MAX_ROOMS) this.#rooms.delete(this.#rooms.keys().next().value!);
    return room;
  }
}

/** Empties the message that is deleted and its edits, as far as they are by the same author. */
function erase(entries: Entry[], { target, author }: Entry): void {
  for (const [index, entry] of entries.entries()) {
    const isMeant = subjectOf(entry) === target && entry.author.id === author.id;
    if (target !== undefined && isMeant) entries[index] = { ...entry, text: '' };
  }
}
