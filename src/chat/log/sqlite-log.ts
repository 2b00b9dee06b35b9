/** The log in a SQLite file. What is appended in one turn of the event loop is one transaction. */
import { join } from 'node:path';
import { newEpoch, plainDraft } from './drafts.ts';
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
    return new SqliteLog(database, prepare(database), options.keep ?? Number.POSITIVE_INFINITY);
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

interface Written {
  readonly name: string;
  readonly appended: Appended;
  /** Undefined if it had been written before. */
  readonly entry?: Entry;
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

  constructor(database: Database, statements: Statements, keep: number) {
    this.#database = database;
    this.#statements = statements;
    this.#keep = keep;
  }

  async append(name: string, draft: Draft): Promise<Appended> {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
    const kept = plainDraft(draft);
    return await new Promise((resolve, reject) => {
      if (this.#waiting.push({ name, draft: kept, resolve, reject }) === 1)
        setImmediate(() => this.#commit());
    });
  }

  async read(name: string, from: number, to: number): Promise<Slice> {
    const [first, last] = [Math.max(from, 0), Math.min(to, Number.MAX_SAFE_INTEGER)];
    const rows = this.#try(() => this.#statements.read.all(first, last, name, MAX_SLICE)) as (Room &
      Stored)[];
    const { epoch, floor, head } = rows[0] ?? { epoch: '', floor: 1, head: 0 };
    return { epoch, floor, head, entries: rows[0]?.body ? rows.map(entryOf) : [] };
  }

  async watch(room: string, watcher: Watcher): Promise<() => void> {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
    return this.#watchers.add(room, watcher);
  }

  tell(room: string, text: string): void {
    queueMicrotask(() => this.#watchers.tell(room, text));
  }

  async search(name: string, query: string, before: number, limit: number): Promise<Entry[]> {
    return this.#try(() => {
      const { key } = (this.#statements.room.get(name) ?? {}) as Partial<Room>;
      const match = key === undefined ? undefined : matchOf(key, query);
      if (key === undefined || match === undefined) return [];
      const rows = this.#statements.search.all(match, key, Math.min(before, Number.MAX_SAFE_INTEGER), limit);
      return (rows as (Stored & { edited: string | null })[]).map((row) => {
        return {
          ...entryOf(row),
          ...(row.edited !== null && { text: JSON.parse(row.edited).text as string }),
        };
      });
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#commit();
    this.#isClosed = true;
    this.#watchers.clear();
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.#database.close();
    }
  }

  /** Writes all that is waiting, or nothing of it. */
  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    let written: Written[];
    try {
      written = this.#try(() => this.#write(waiting));
    } catch (error) {
      for (const { reject } of waiting) reject(error as Error);
      return;
    }
    for (const [index, { resolve }] of waiting.entries()) resolve(written[index]!.appended);
    for (const { name, appended, entry } of written) {
      if (entry !== undefined) this.#watchers.hint(name, appended.epoch, entry);
    }
  }

  #write(waiting: readonly Waiting[]): Written[] {
    const { begin, commit, rollback } = this.#statements;
    begin.run();
    try {
      const rooms = new Map<string, Room>();
      const written = waiting.map(({ name, draft }) => this.#append(rooms, name, draft));
      for (const room of rooms.values()) this.#store(room);
      commit.run();
      return written;
    } catch (error) {
      try {
        rollback.run();
      } catch {
        // SQLite has done so already.
      }
      throw error;
    }
  }

  #append(rooms: Map<string, Room>, name: string, draft: Draft): Written {
    const { insert, known } = this.#statements;
    const room = rooms.get(name) ?? this.#room(name);
    rooms.set(name, room);
    const { key, epoch } = room;
    const at = Date.now();
    const seq = room.head + 1;
    const { changes, lastInsertRowid } = insert.run(
      key,
      seq,
      draft.id,
      at,
      draft.target ?? null,
      JSON.stringify(draft),
    );
    if (Number(changes) === 0) {
      const before = known.get(key, draft.id) as Stored;
      return { name, appended: { epoch, seq: before.seq, at: before.at, isDuplicate: true } };
    }
    room.head = seq;
    const entry: Entry = { seq, at, ...draft };
    if (entry.kind === 'text') this.#index(room, Number(lastInsertRowid), entry);
    else this.#change(room, entry);
    return { name, appended: { epoch, seq, at, isDuplicate: false }, entry };
  }

  /** Takes the room from the file, for this transaction. */
  #room(name: string): Room {
    const { room, makeRoom } = this.#statements;
    if (room.get(name) === undefined) makeRoom.run(name, newEpoch());
    const { key, epoch, floor, head } = room.get(name) as Room;
    return { key, epoch, floor, head };
  }

  /** What an edit or a delete does to its message, if that is by the same author. */
  #change(room: Room, { kind, author, target = 0, text, sealed }: Entry): void {
    const { entry, erase, unindex } = this.#statements;
    if (kind === 'delete') erase.run(room.key, target, JSON.stringify(author.id));
    const row = entry.get(room.key, target) as (Stored & { key: number }) | undefined;
    const message = row && entryOf(row);
    if (row === undefined || message?.kind !== 'text' || message.author.id !== author.id) return;
    if (kind === 'delete' || sealed) unindex.run(row.key);
    else if (message.text !== '') this.#index(room, row.key, { text });
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
