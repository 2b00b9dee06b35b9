/** The schema of the SQLite file, and all that is asked of it: one set of statements for both engines. */
import type { Database, Statement } from './sqlite.ts';

const VERSION = 2;

/**
 * Makes a file, or makes one of version 1 into one of this version.
 *
 * `body` is the draft as JSON: as text, NUL would end it when it is read. Keys of a room grow as its numbers do. `changes` finds
 * what one author has done to one message, however long the room is and whatever others have done. `words` has a row for each
 * message that can be found, under the key of its entry, with the text as its last edit has it; what is deleted leaves no words
 * in the file. Version 1 had another index, `targets`, and at first kept the text of an edit that came behind a delete.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS rooms (
    key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, floor INTEGER NOT NULL, head INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS entries (
    key INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL,
    target INTEGER, body TEXT NOT NULL, UNIQUE (room, seq), UNIQUE (room, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS changes ON entries (room, target, body ->> '$.kind', body -> '$.author.id')
    WHERE target IS NOT NULL;
  CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (room, text);
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
  DROP INDEX IF EXISTS targets;
  UPDATE entries SET body = json_set(body, '$.text', '')
    WHERE target IS NOT NULL AND body ->> '$.kind' = 'edit' AND body ->> '$.text' <> '' AND EXISTS (
      SELECT * FROM entries removal INDEXED BY changes WHERE removal.room = entries.room AND removal.target = entries.target
        AND removal.body ->> '$.kind' = 'delete' AND removal.body -> '$.author.id' = entries.body -> '$.author.id'
        AND removal.seq > removal.target);
  PRAGMA user_version = ${VERSION};`;

export const QUERIES = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  room: 'SELECT key, epoch, floor, head FROM rooms WHERE name = ?',
  makeRoom: 'INSERT INTO rooms (name, epoch, floor, head) VALUES (?, ?, 1, 0) RETURNING *',
  moveRoom: 'UPDATE rooms SET floor = ?, head = ? WHERE key = ?',
  insert: `INSERT INTO entries (room, seq, id, at, target, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (room, id) DO NOTHING`,
  known: 'SELECT seq, at FROM entries WHERE room = ? AND id = ?',
  entry: 'SELECT key, body FROM entries WHERE room = ? AND seq = ?',
  /** The message and its edits, as far as they are by this author. */
  erase: `UPDATE entries SET body = json_set(body, '$.text', '') WHERE key IN (
    SELECT key FROM entries WHERE room = ?1 AND seq = ?2 AND body ->> '$.kind' = 'text' AND body -> '$.author.id' = ?3
    UNION ALL SELECT key FROM entries INDEXED BY changes WHERE room = ?1 AND target = ?2 AND body ->> '$.kind' = 'edit'
      AND body -> '$.author.id' = ?3)`,
  /** Whether this author has deleted the message. */
  deleted: `SELECT seq FROM entries INDEXED BY changes WHERE room = ?1 AND target = ?2 AND body ->> '$.kind' = 'delete'
    AND body -> '$.author.id' = ?3 AND seq > target ORDER BY key DESC LIMIT 1`,
  trimWords: 'DELETE FROM words WHERE rowid IN (SELECT key FROM entries WHERE room = ? AND seq < ?)',
  trim: 'DELETE FROM entries WHERE room = ? AND seq < ?',
  index: 'INSERT OR REPLACE INTO words (rowid, room, text) VALUES (?, ?, ?)',
  unindex: 'DELETE FROM words WHERE rowid = ?',
  /** One statement, for one state of the file: another process may write. */
  read: `SELECT epoch, floor, head, seq, at, body FROM rooms LEFT JOIN entries ON room = rooms.key AND seq BETWEEN ? AND ?
    WHERE name = ? ORDER BY seq`,
  firstSizes: `SELECT seq, octet_length(body) AS size FROM entries WHERE room = (SELECT key FROM rooms WHERE name = ?)
    AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?`,
  lastSizes: `SELECT seq, octet_length(body) AS size FROM entries WHERE room = (SELECT key FROM rooms WHERE name = ?)
    AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?`,
  /** With the last edit of each by its author, if there is one. */
  search: `SELECT seq, at, body, (SELECT edit.body FROM entries edit INDEXED BY changes WHERE edit.room = entries.room
      AND edit.target = entries.seq AND edit.body ->> '$.kind' = 'edit'
      AND edit.body -> '$.author.id' = entries.body -> '$.author.id' ORDER BY edit.key DESC LIMIT 1) AS edited
    FROM words JOIN entries ON key = words.rowid WHERE words MATCH ?1 AND entries.room = ?2 AND words.rowid <=
      (SELECT key FROM entries WHERE room = ?2 AND seq < ?3 ORDER BY seq DESC LIMIT 1)
    ORDER BY words.rowid DESC LIMIT ?4`,
};

export type Statements = Readonly<Record<keyof typeof QUERIES, Statement>>;

/** @throws {Error} if a newer version has written the file */
export function prepare(database: Database): Statements {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > VERSION) throw new Error(`the log was written by a newer version (${version})`);
  if (version < VERSION) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
  const prepared = Object.entries(QUERIES).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(prepared) as Statements;
}
