/** The file of SQLite: what statements look at, and what older versions have made. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Database, openSqlite } from '../../../src/chat/log/sqlite.ts';
import { openSqliteLog } from '../../../src/chat/log/sqlite-log.ts';
import { prepare, QUERIES } from '../../../src/chat/log/sqlite-statements.ts';
import { BERT, deletion, edit, text } from './drafts.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'log-file-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const open = async (folder: string): Promise<Database> => (await openSqlite(join(folder, 'log.sqlite')))!;

const CHANGES = 'entries (room=? AND target=? AND <expr>=? AND <expr>=?)';

/** The rows that each statement looks at: one, or those that it gives back. A range is one that has a limit, or is trimmed. */
const PLANS: Readonly<Record<keyof typeof QUERIES, readonly string[]>> = {
  begin: [],
  commit: [],
  rollback: [],
  room: ['rooms (name=?)'],
  makeRoom: [],
  moveRoom: ['rooms (rowid=?)'],
  insert: [],
  known: ['entries (room=? AND id=?)'],
  entry: ['entries (room=? AND seq=?)'],
  erase: ['entries (rowid=?)', 'entries (room=? AND seq=?)', CHANGES],
  deleted: [CHANGES],
  trimWords: ['words =', 'entries (room=? AND seq<?)'],
  trim: ['entries (room=? AND seq<?)'],
  index: [],
  unindex: ['words ='],
  read: ['rooms (name=?)', 'entries (room=? AND seq>? AND seq<?)'],
  firstSizes: ['entries (room=? AND seq>? AND seq<?)', 'rooms (name=?)'],
  lastSizes: ['entries (room=? AND seq>? AND seq<?)', 'rooms (name=?)'],
  search: [
    'words M2<', // what matches, below a rowid
    'entries (room=? AND seq<?)', // the greatest one
    'entries (rowid=?)',
    CHANGES.replace('entries', 'edit'), // the last one
  ],
};

test.each(Object.entries(QUERIES))('%s looks at no more than it needs', async (name, sql) => {
  const database = await open(await newFolder());
  prepare(database);
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
  database.close();
  const steps = rows.map(({ detail }) => detail).filter((detail) => /^(SEARCH|SCAN|USE)/.test(detail));
  const short = steps.map((step) =>
    step
      .replace(/^SCAN words VIRTUAL TABLE INDEX \d+:/, 'words ')
      .replace(/^SEARCH (\w+) USING .*?(\(.*\)).*/, '$1 $2'),
  );
  expect(short).toEqual(PLANS[name as keyof typeof QUERIES]);
});

/** As version 1 made it. */
const VERSION_1 = `
  CREATE TABLE IF NOT EXISTS rooms (
    key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, floor INTEGER NOT NULL, head INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS entries (
    key INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL,
    target INTEGER, body TEXT NOT NULL, UNIQUE (room, seq), UNIQUE (room, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS targets ON entries (room, target) WHERE target IS NOT NULL;
  CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (room, text);
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
  PRAGMA user_version = 1;`;

test('goes on with a file of version 1', async () => {
  const folder = await newFolder();
  const before = await open(folder);
  before.exec(VERSION_1);
  const drafts = [text('first'), edit(1, 'first edited'), text(''), deletion(3), text('third of Anna')];
  drafts.push(edit(3, 'late'), edit(3, 'by Bert', { author: BERT }), deletion(9), edit(9, 'early'));
  before.exec(`INSERT INTO rooms (name, epoch, floor, head) VALUES ('room', 'life', 1, ${drafts.length})`);
  const insert =
    before.prepare(`INSERT INTO entries (room, seq, id, at, target, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (room, id) DO NOTHING`);
  for (const [index, draft] of drafts.entries())
    insert.run(1, index + 1, draft.id, 7, draft.target ?? null, JSON.stringify(draft));
  const index = before.prepare('INSERT OR REPLACE INTO words (rowid, room, text) VALUES (?, ?, ?)');
  index.run(1, '1', 'first edited');
  index.run(5, '1', 'third of Anna');
  before.close();

  const log = (await openSqliteLog({ folder }))!;
  const { epoch, floor, head, entries } = await log.read('room', 1, 100);
  expect({ epoch, floor, head }).toEqual({ epoch: 'life', floor: 1, head: 9 });
  const late = { ...drafts[5]!, text: '' }; // which it has kept, though its message was deleted
  const expected = drafts.map((draft, at) => ({ ...(at === 5 ? late : draft), seq: at + 1, at: 7 }));
  expect(entries).toEqual(expected);
  expect(await log.append('room', drafts[0]!)).toMatchObject({ epoch: 'life', seq: 1, at: 7 });
  await log.append('room', edit(5, 'third edited'));
  await log.append('room', deletion(1));
  const found = async (query: string) => (await log.search!('room', query, 1e9, 50)).map((one) => one.text);
  expect(await found('first')).toEqual([]);
  expect(await found('third')).toEqual(['third edited']);
  const texts = (await log.read('room', 1, 100)).entries.map((entry) => entry.text);
  expect(texts).toEqual(['', '', '', '', 'third of Anna', '', 'by Bert', '', 'early', 'third edited', '']);
  await log.close();

  const after = await open(folder);
  const all = (sql: string) =>
    after
      .prepare(sql)
      .all()
      .flatMap((row) => Object.values(row as object));
  expect(all("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")).toEqual(['changes']);
  expect(all('PRAGMA user_version')).toEqual([2]); // version 1 refuses it
  after.close();
});
