import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LogUnavailableError, type RoomLog } from '../../../src/chat/log/room-log.ts';
import { openSqlite } from '../../../src/chat/log/sqlite.ts';
import { openSqliteLog, type SqliteOptions } from '../../../src/chat/log/sqlite-log.ts';
import { prepare } from '../../../src/chat/log/sqlite-statements.ts';
import { contract, type Engine } from './contract.ts';
import { ANNA, BERT, deletion, edit, Notes, range, text } from './drafts.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'log-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function open(folder: string, options: Partial<SqliteOptions> = {}): Promise<RoomLog> {
  return (await openSqliteLog({ folder, ...options }))!;
}

async function start(): Promise<Engine> {
  const folder = await newFolder();
  return {
    open: (keep) => open(folder, { keep }),
    isDurable: true,
    window: { keep: 20, overflow: 25 },
    empty: async () => {
      for (const file of await readdir(folder)) await rm(join(folder, file));
    },
  };
}

contract('the log in SQLite', start);

describe('search', () => {
  async function found(drafts: ReturnType<typeof text>[], query: string, before = 1e9, limit = 50) {
    const log = await open(await newFolder());
    for (const draft of drafts) await log.append('room', draft);
    await log.append('another', text(query));
    const entries = await log.search!('room', query, before, limit);
    await log.close();
    return entries.map((entry) => `${entry.seq} ${entry.text}`);
  }

  const MESSAGES = [
    'Hello World',
    '你好，世界',
    '世界你好hello',
    '今天天气很好',
    'Über naïve Straße',
    '서울에서',
  ];

  test.each([
    ['hello', ['3 世界你好hello', '1 Hello World']],
    ['WORLD  hello', ['1 Hello World']],
    ['hello nowhere', []],
    ['wor', []],
    ['世界', ['3 世界你好hello', '2 你好，世界']],
    ['界', ['3 世界你好hello', '2 你好，世界']],
    ['界世', []],
    ['天气', ['4 今天天气很好']],
    ['好 天', ['4 今天天气很好']],
    ['你好hello', ['3 世界你好hello']],
    ['ｈｅｌｌｏ！', ['3 世界你好hello', '1 Hello World']],
    ['uber naive', ['5 Über naïve Straße']],
    ['서울', ['6 서울에서']],
    ['hello — !!', ['3 世界你好hello', '1 Hello World']],
    ['', []],
    ['!!', []],
    ['room', []],
    ['1', []],
  ])('%j', async (query, expected) => {
    expect(
      await found(
        MESSAGES.map((one) => text(one)),
        query,
      ),
    ).toEqual(expected);
  });

  test.each([
    'hello" OR "x',
    'hello*',
    'text:hello',
    'NOT hello',
    'NEAR(hello x)',
    '-hello',
    '^hello',
    'hello\0x',
    "hello'--",
    '"',
    '""hello',
    '(hello',
    '{room}:1',
    'hello + world',
    'hello\ud800',
    'hello＂',
    'hello＂ OR ＂x',
    'x '.repeat(5000),
    '好'.repeat(5000),
  ])('a query is never syntax: %j', async (query) => {
    await expect(found([text('nothing of this')], query)).resolves.toEqual([]);
  });

  test('never reads another room, whatever the query or the index says', async () => {
    const folder = await newFolder();
    const log = await open(folder);
    await log.append('private', text('x secret'));
    await log.append('room', text('nothing of this'));
    for (const quote of ['"', '＂'])
      for (const key of [1, 2])
        expect(await log.search!('room', `x${quote})OR(room:${quote}${key}`, 1e9, 50)).toEqual([]);
    await log.close();
    const database = (await openSqlite(join(folder, 'log.sqlite')))!;
    const { search } = prepare(database);
    expect(search.all('text:secret', 2, 1e9, 50)).toEqual([]);
    expect(search.all('text:secret', 1, 1e9, 50)).toHaveLength(1);
    database.close();
  });

  test('the newest first, before a number, no more than asked for', async () => {
    const drafts = range(1, 20).map((n) => text(`same ${n}`));
    expect(await found(drafts, 'same', 15, 3)).toEqual(['14 same 14', '13 same 13', '12 same 12']);
    expect(await found(drafts, 'same', 3, 3)).toEqual(['2 same 2', '1 same 1']);
    expect(await found(drafts, 'same', 1, 3)).toEqual([]);
  });

  test('finds messages as their last edit has them', async () => {
    const drafts = [
      text('old words'),
      edit(1, 'newer'),
      edit(1, 'newest'),
      edit(1, 'evil', { author: BERT }),
    ];
    expect(await found(drafts, 'old')).toEqual([]);
    expect(await found(drafts, 'newer')).toEqual([]);
    expect(await found(drafts, 'evil')).toEqual([]);
    expect(await found(drafts, 'newest')).toEqual(['1 newest']);
    expect(await found([text(''), edit(1, 'filled')], 'filled')).toEqual(['1 filled']);
  });

  test('does not find what was deleted, nor what is sealed', async () => {
    const drafts = [text('secret'), edit(1, 'secret too'), deletion(1), edit(1, 'secret again')];
    expect(await found(drafts, 'secret')).toEqual([]);
    expect(await found([text('secret'), deletion(1, { author: BERT })], 'secret')).toEqual(['1 secret']);
    expect(await found([text('c2VjcmV0', { sealed: true })], 'c2VjcmV0')).toEqual([]);
    expect(await found([text('secret'), edit(1, 'c2VjcmV0', { sealed: true })], 'c2VjcmV0')).toEqual([]);
    expect(await found([text('secret'), edit(1, 'c2VjcmV0', { sealed: true })], 'secret')).toEqual([]);
  });

  test('does not find what is no longer kept', async () => {
    const log = await open(await newFolder(), { keep: 5 });
    for (const n of range(1, 9)) await log.append('room', text(`same ${n}`));
    expect((await log.search!('room', 'same', 1e9, 50)).map(({ seq }) => seq)).toEqual([9, 8, 7, 6, 5]);
    expect(await log.search!('nowhere', 'same', 1e9, 50)).toEqual([]);
    await log.close();
  });
});

test('the file is for its owner only, and what was deleted is not in it', async () => {
  const folder = join(await newFolder(), 'a', 'b');
  const log = await open(folder);
  await log.append('room', text('somebodys 秘密 is zanzibar'));
  const files = await readdir(folder);
  expect(files.sort()).toEqual(['log.sqlite', 'log.sqlite-shm', 'log.sqlite-wal']);
  for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await log.append('room', deletion(1));
  await log.close();
  const file = await readFile(join(folder, 'log.sqlite'));
  for (const word of ['somebodys', '秘', 'zanzi']) expect([word, file.includes(word)]).toEqual([word, false]);
});

test('refuses a file of a newer version, or of something else', async () => {
  const folder = await newFolder();
  await (await open(folder)).close();
  const database = (await openSqlite(join(folder, 'log.sqlite')))!;
  database.exec('PRAGMA user_version = 99');
  database.close();
  await expect(open(folder)).rejects.toThrow(/newer version/);
  const other = await newFolder();
  await writeFile(join(other, 'log.sqlite'), 'no database at all'.repeat(1000));
  await expect(open(other)).rejects.toThrow();
});

test.each(['process', 'power'] as const)('writes with durability %s', async (durability) => {
  const log = await open(await newFolder(), { durability });
  expect((await log.append('room', text('1'))).seq).toBe(1);
  await log.close();
});

describe('a transaction that fails', () => {
  test('rejects all that is in it, announces nothing, and the next one works: busy', async () => {
    const folder = await newFolder();
    const log = await open(folder);
    const notes = new Notes();
    await log.append('room', text('1'));
    await log.watch('room', notes);
    const other = (await openSqlite(join(folder, 'log.sqlite')))!;
    other.exec('BEGIN IMMEDIATE');
    const drafts = [text('2'), text('3', { author: ANNA })];
    const all = await Promise.allSettled(drafts.map((draft) => log.append('room', draft)));
    for (const one of all) expect(one).toMatchObject({ reason: expect.any(LogUnavailableError) });
    expect((await log.read('room', 1, 10)).head).toBe(1); // reading needs no lock
    other.exec('ROLLBACK');
    other.close();
    expect(await log.append('room', drafts[0]!)).toMatchObject({ seq: 2 });
    expect(notes.seqs).toEqual([2]);
    await log.close();
  });

  test('rejects all that is in it, announces nothing, and the next one works: an error halfway', async () => {
    const folder = await newFolder();
    const log = await open(folder);
    const notes = new Notes();
    await log.append('room', text('1'));
    await log.watch('room', notes);
    const other = (await openSqlite(join(folder, 'log.sqlite')))!;
    other.exec(`CREATE TRIGGER fails BEFORE INSERT ON entries WHEN NEW.body LIKE '%fails%'
      BEGIN SELECT RAISE(ABORT, 'halfway'); END`);
    other.close();
    const drafts = [text('2'), text('this fails'), text('3')];
    const all = await Promise.allSettled(drafts.map((draft) => log.append('room', draft)));
    for (const one of all) expect(one).toMatchObject({ reason: expect.any(LogUnavailableError) });
    expect((await log.read('room', 1, 10)).head).toBe(1);
    expect(await log.append('room', drafts[2]!)).toMatchObject({ seq: 2 });
    expect(notes.hints.map(({ entry }) => entry.text)).toEqual(['3']);
    await log.close();
    const next = await open(folder);
    expect((await next.read('room', 1, 10)).entries.map((entry) => entry.text)).toEqual(['1', '3']);
    await next.close();
  });
});
