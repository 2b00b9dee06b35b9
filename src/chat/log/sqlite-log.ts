/**
 * The log in a SQLite file. What is appended in one turn of the event loop is one transaction. Several processes may use the file,
 * but each hints only at what it has written itself.
 */
import { join } from 'node:path';
import { fitting, newEpoch, plainDraft } from './drafts.ts';
import type { Appended, Draft, Entry, RoomLog, Slice, Watcher } from './room-log.ts';
import { LogUnavailableError, MAX_SLICE } from './room-log.ts';
import { matchOf, spaced } from './search-words.ts';
import { type Database, openSqlite } from './sqlite.ts';
import { prepare, type Statements } from './sqlite-statements.ts';
import { Watchers } from './watchers.ts';

export interface SqliteOptions {
  /** The folder of the file `log.sqlite`. Made, for its owner only, if it is missing. */
  readonly folder: string;
  /**
   * What an acknowledged message survives. `process`: the end of this process in any way, `kill -9` included; a power cut or
   * a crash of the system may take the last moments, from the end, and never damages the file. `power`: these as
   * well, if the disk keeps what it says it has; each transaction waits for the disk. @defaultValue 'process'
   */
  readonly durability?: 'process' | 'power' | undefined;
  /** How many entries of a room are kept. Ids are known as long as their entries. @defaultValue all */
  readonly keep?: number | undefined;
}

/** How long a transaction waits for another process that writes, in milliseconds. This process stands still meanwhile. */
const BUSY_TIMEOUT_MS = 1000;
/** The most entries that a transaction trims from a room, so that it stays short. */
const MAX_TRIMMED = 1000;

/**
 * Opens the log, and makes it if there is none.
 * @returns undefined if this Node has no SQLite and `libsql` is not installed
 * @throws {Error} if the file cannot be opened, is none of SQLite, or was written by a newer version
 */
export async function openSqliteLog(options: SqliteOptions): Promise<RoomLog | undefined> {
  const database = await openSqlite(join(options.folder, 'log.sqlite'));
  if (database === undefined) return undefined;
  const synchronous = options.durability === 'power' ? 'FULL' : 'NORMAL';
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${synchronous}; PRAGMA secure_delete = ON`);
    return new SqliteLog(database, options.keep ?? Number.POSITIVE_INFINITY);
  } catch (error) {
    database.close();
    throw error;
  }
}

interface Waiting {
  readonly name: string;
  readonly draft: Draft;
  resolve(appended: Appended): void;
  reject(error: Error): void;
}

/** A row of `rooms`. */
interface Room {
  readonly key: number;
  readonly epoch: string;
  floor: number;
  head: number;
}

interface Stored {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
}

class SqliteLog implements RoomLog {
  readonly storage = 'disk';
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #keep: number;
  readonly #watchers = new Watchers();
  #waiting: Waiting[] = [];
  #isClosed = false;

  constructor(database: Database, keep: number) {
    this.#database = database;
    this.#statements = prepare(database);
    this.#keep = keep;
  }

  async append(name: string, draft: Draft): Promise<Appended> {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
    const kept = plainDraft(draft);
    return await new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commit());
      this.#waiting.push({ name, draft: kept, resolve, reject });
    });
  }

  async read(name: string, from: number, to: number, end: 'first' | 'last' = 'first'): Promise<Slice> {
    let [first, last] = [Math.max(from, 0), Math.min(to, Number.MAX_SAFE_INTEGER)];
    const rows = this.#try(() => {
      // So that no more is read than a slice takes. Two entries it always does.
      if (last - first >= 2) [first, last] = this.#boundsOf(name, first, last, end);
      return this.#statements.read.all(first, last, name);
    }) as (Room & Stored)[];
    const { epoch, floor, head } = rows[0] ?? { epoch: '', floor: 1, head: 0 };
    return { epoch, floor, head, entries: rows[0]?.body ? rows.map(entryOf) : [] };
  }

  #boundsOf(name: string, first: number, last: number, end: 'first' | 'last'): [number, number] {
    const { firstSizes, lastSizes } = this.#statements;
    const sizes = (end === 'first' ? firstSizes : lastSizes).all(name, first, last, MAX_SLICE);
    if (end === 'last') sizes.reverse();
    const taken = fitting(sizes as { seq: number; size: number }[], end, ({ size }) => size);
    return [taken[0]?.seq ?? 1, taken.at(-1)?.seq ?? 0];
  }

  async watch(room: string, watcher: Watcher): Promise<() => void> {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
    return this.#watchers.add(room, watcher);
  }

  tell(room: string, text: string): void {
    queueMicrotask(() => this.#watchers.each(room, (watcher) => watcher.told(text)));
  }

  async search(name: string, query: string, before: number, limit: number): Promise<Entry[]> {
    const { key } = this.#try(() => this.#statements.room.get(name) ?? { key: 0 }) as Room;
    const match = matchOf(key, query);
    if (match === undefined) return [];
    const last = Math.min(before, Number.MAX_SAFE_INTEGER);
    const found = this.#try(() => this.#statements.search.all(match, key, last, limit));
    return (found as (Stored & { edited: string | null })[]).map((row) => {
      const entry = entryOf(row);
      return row.edited === null ? entry : { ...entry, text: entryOf({ ...row, body: row.edited }).text };
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#commit();
    this.#isClosed = true;
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.#database.close();
    }
  }

  /** Writes all that is waiting, or nothing of it. Only what is kept is answered and announced. */
  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    try {
      const kept = this.#try(() => this.#write(waiting));
      for (const announce of kept) announce();
    } catch (error) {
      for (const { reject } of waiting) reject(error as Error);
    }
  }

  #write(waiting: readonly Waiting[]): (() => void)[] {
    const { begin, commit, rollback } = this.#statements;
    begin.run();
    try {
      const rooms = new Map<string, Room>();
      const announcements = waiting.map((one) => this.#append(rooms, one));
      for (const room of rooms.values()) this.#store(room);
      commit.run();
      return announcements;
    } catch (error) {
      try {
        rollback.run();
      } catch {
        // SQLite has done so already.
      }
      throw error;
    }
  }

  /** @returns answers and announces it */
  #append(rooms: Map<string, Room>, { name, draft: asked, resolve }: Waiting): () => void {
    const { room: find, makeRoom, insert, known, deleted } = this.#statements;
    const room = rooms.get(name) ?? ((find.get(name) ?? makeRoom.get(name, newEpoch())) as Room);
    rooms.set(name, room);
    const { key, epoch } = room;
    const [seq, at] = [room.head + 1, Date.now()];
    const { kind, target = null, author } = asked;
    const isLate = kind !== 'text' && deleted.get(key, target, JSON.stringify(author.id)) !== undefined;
    const draft = isLate && kind === 'edit' ? { ...asked, text: '' } : asked;
    const body = JSON.stringify(draft);
    const { changes, lastInsertRowid } = insert.run(key, seq, draft.id, at, target, body);
    if (Number(changes) === 0) {
      const before = known.get(key, draft.id) as Stored;
      return () => resolve({ epoch, seq: before.seq, at: before.at });
    }
    room.head = seq;
    const entry: Entry = { seq, at, ...draft };
    if (kind === 'text') this.#index(room, Number(lastInsertRowid), entry);
    else if (!isLate) this.#change(room, entry); // behind a delete nothing of the message has text any more
    return () => {
      resolve({ epoch, seq, at });
      this.#watchers.each(name, (watcher) => watcher.hint(epoch, entry));
    };
  }

  /** What an edit or a delete does to its message, if that is by the same author. */
  #change(room: Room, { kind, author, target = 0, text, sealed }: Entry): void {
    const { entry, erase, unindex } = this.#statements;
    if (kind === 'delete') erase.run(room.key, target, JSON.stringify(author.id));
    const row = entry.get(room.key, target) as (Stored & { key: number }) | undefined;
    const message = row && entryOf(row);
    if (row === undefined || message?.kind !== 'text' || message.author.id !== author.id) return;
    if (kind === 'delete' || sealed) unindex.run(row.key);
    else this.#index(room, row.key, { text });
  }

  #index(room: Room, key: number, { text, sealed }: Pick<Entry, 'text' | 'sealed'>): void {
    if (!sealed) this.#statements.index.run(key, String(room.key), spaced(text));
  }

  #store(room: Room): void {
    const { moveRoom, trim, trimWords } = this.#statements;
    const floor = Math.min(room.head + 1 - this.#keep, room.floor + MAX_TRIMMED);
    if (floor > room.floor) {
      trimWords.run(room.key, floor);
      trim.run(room.key, floor);
      room.floor = floor;
    }
    moveRoom.run(room.floor, room.head, room.key);
  }

  #try<T>(action: () => T): T {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
    try {
      return action();
    } catch (cause) {
      throw new LogUnavailableError(`SQLite: ${(cause as Error).message}`, { cause });
    }
  }
}

function entryOf({ seq, at, body }: Stored): Entry {
  return { seq, at, ...(JSON.parse(body) as Draft) };
}
