/**
 * The log of a room: what was said in it, in one order, kept. The log is the truth. Hints, which tell that there is something
 * new, may be lost, doubled or late: they only save a read.
 */

/** What a sender asks to have written. */
export interface Draft {
  /** Made by the client, a UUID. A second append with it writes nothing, and answers as the first did. */
  readonly id: string;
  readonly author: Author;
  /** `edit` and `delete` change what `target` says. */
  readonly kind: 'text' | 'edit' | 'delete';
  /** Empty for `delete`. In an encrypted room what the browser made of it, with `sealed`. */
  readonly text: string;
  /** The sequence number of the message that is edited or deleted. */
  readonly target?: number;
  /** Whether `text` is ciphertext. It is not searched, then. */
  readonly sealed?: true;
}

export interface Author {
  readonly id: string;
  /** As shown; empty for somebody without a name. */
  readonly name: string;
}

/** What is written: an entry of the log. It never changes, but for the text of a message that was deleted, which is emptied. */
export interface Entry extends Draft {
  /** 1, 2, 3 … in its room, without holes. */
  readonly seq: number;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
}

/** A part of a log, and where the log begins and ends. */
export interface Slice {
  /**
   * Names this life of the log: another value means another log, in which the numbers begin anew. Empty while nothing was
   * written.
   */
  readonly epoch: string;
  /** The least number that is still kept; `head + 1` if nothing is. */
  readonly floor: number;
  /** The greatest number; 0 while nothing was written. */
  readonly head: number;
  /** In ascending order, without holes. */
  readonly entries: readonly Entry[];
}

export interface Appended {
  readonly epoch: string;
  readonly seq: number;
  readonly at: number;
}

/** What is told to those who watch a room. Nothing that a function throws may reach the log. */
export interface Watcher {
  /** An entry was written, by any process. May be lost, doubled or late. */
  hint(epoch: string, entry: Entry): void;
  /** What {@link RoomLog.tell} was given, by any process, this one included. May be lost. */
  told(text: string): void;
  /** Hints may have been lost: read the log. */
  doubt(): void;
}

/** The most entries of one {@link RoomLog.read}. */
export const MAX_SLICE = 200;
/** A slice that has so many bytes, as they are stored, takes no further entry, except a second one. */
export const MAX_SLICE_BYTES = 131_072;

/** The log cannot be reached, or cannot write. Nothing is known of what was to be written: append it again, with its id. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
}

/** Small texts, each written once under its key. */
export interface Records {
  find(key: string): Promise<string | undefined>;
  /** @returns false if the key is taken: what is there stays */
  add(key: string, text: string): Promise<boolean>;
}

/** The logs of all rooms. */
export interface RoomLog {
  /** `memory` is gone with the process; `disk` and `redis` are not. */
  readonly storage: 'memory' | 'disk' | 'redis';

  /**
   * Writes an entry: checks whether the id is known in this room, numbers it, keeps it, and tells the watchers, all or nothing.
   * @returns when it is kept, as safely as this log promises
   * @throws {LogUnavailableError} if it may not have been written
   */
  append(room: string, draft: Draft): Promise<Appended>;

  /**
   * Reads `from` to `to`, both included, as far as they exist, and as far as a slice may hold them: {@link MAX_SLICE} entries or
   * {@link MAX_SLICE_BYTES}. What is asked for may lie outside of the log: the slice then has no entries.
   * @param end where a slice begins that cannot hold them all: with the first, or so that it ends with the last
   * @throws {LogUnavailableError}
   */
  read(room: string, from: number, to: number, end?: 'first' | 'last'): Promise<Slice>;

  /**
   * Watches a room: all that is written after the promise has resolved is hinted at.
   * @returns ends it
   * @throws {LogUnavailableError}
   */
  watch(room: string, watcher: Watcher): Promise<() => void>;

  /** Tells all who watch a room something that is not kept, such as who types. It may get lost. */
  tell(room: string, text: string): void;

  /**
   * Messages in which all words of a query occur, the newest first. Not there if this log cannot search.
   * @param before only messages with a smaller number
   * @param limit at most 50
   */
  search?(room: string, query: string, before: number, limit: number): Promise<readonly Entry[]>;

  /** Accounts, beside the logs. Not there if a file of this machine will do. */
  readonly accounts?: Records;

  /** Waits for what is being written, and lets go of everything. */
  close(): Promise<void>;
}
