/** Rooms over plain HTTP, on a log in memory. */
import { describe, expect, test } from 'vitest';
import { addressesBehind } from '../../../src/chat/door/addresses.ts';
import { rest } from '../../../src/chat/door/rest.ts';
import { Sessions } from '../../../src/chat/door/sessions.ts';
import { type Draft, type Entry, LogUnavailableError, type RoomLog } from '../../../src/chat/log/room-log.ts';
import { type Got, serve } from './server.ts';

const TOKEN = 'a-token_of.this~test+chat/==';
const BEARER = { Authorization: `Bearer ${TOKEN}` };
const ID = '0d3e0b0e-93b8-4ad9-a4a4-6a53c8a0f3c7';

/** The least that a log must do for REST. */
class TestLog implements Omit<RoomLog, 'watch' | 'tell' | 'close'> {
  readonly storage = 'memory';
  readonly rooms = new Map<string, Entry[]>();
  readonly searched: unknown[][] = [];
  isAway = false;
  floor = 1;

  async append(room: string, draft: Draft) {
    if (this.isAway) throw new LogUnavailableError('away');
    const entries = this.rooms.get(room) ?? [];
    this.rooms.set(room, entries);
    const known = entries.find(({ id }) => id === draft.id);
    const entry = known ?? { ...draft, seq: entries.length + 1, at: 1_700_000_000_000 };
    if (known === undefined) entries.push(entry);
    return { epoch: 'e1', seq: entry.seq, at: entry.at };
  }

  async read(room: string, from: number, to: number) {
    if (this.isAway) throw new LogUnavailableError('away');
    const all = this.rooms.get(room) ?? [];
    const entries = all.filter(({ seq }) => seq >= from && seq <= to && seq >= this.floor).slice(0, 200);
    return { epoch: all.length === 0 ? '' : 'e1', floor: this.floor, head: all.length, entries };
  }

  async search(...parameters: [string, string, number, number]) {
    this.searched.push(parameters);
    return this.rooms.get(parameters[0])?.slice(0, 1) ?? [];
  }
}

async function start({ token = TOKEN as string | null, textBytes = 1_000, canSearch = true } = {}) {
  const log = new TestLog();
  const sessions = new Sessions('s'.repeat(32), 'nickname');
  const roomLog = canSearch ? log : { append: log.append.bind(log), read: log.read.bind(log) };
  const options = {
    log: roomLog as unknown as RoomLog,
    sessions,
    token: token ?? undefined,
    textBytes,
    allowedOrigins: [],
    addressOf: addressesBehind(0),
  };
  const { ask } = await serve(rest(options));
  const cookie = sessions.issue({ id: 'ada', name: 'Ada' }).cookie.split(';')[0]!;
  const post = (body: unknown, room = 'lobby', headers: Record<string, string> = BEARER) =>
    ask('POST', `/api/rooms/${encodeURIComponent(room)}/messages`, body, headers);
  const get = (query = '', headers: Record<string, string> = BEARER, room = 'lobby') =>
    ask('GET', `/api/rooms/${encodeURIComponent(room)}/messages${query}`, undefined, headers);
  /** Writes messages 1 to `count`. */
  const fill = async (count: number) => {
    for (let seq = 1; seq <= count; seq++)
      await log.append('lobby', {
        id: `${seq}`,
        author: { id: 'ada', name: 'Ada' },
        kind: 'text',
        text: `#${seq}`,
      });
  };
  return { log, ask, cookie, post, get, fill };
}

const seqsOf = ({ json }: Got): number[] => json.entries.map(({ seq }: Entry) => seq);

describe('posting', () => {
  test('writes an entry, and says where it is', async () => {
    const { log, post } = await start();
    const got = await post({ text: '21.5 °C \u0000 线', id: ID, name: ' Sensor  1 ' });
    expect(got).toMatchObject({ status: 201, json: { epoch: 'e1', seq: 1, at: 1_700_000_000_000, id: ID } });
    expect(log.rooms.get('lobby')).toMatchObject([
      { id: ID, author: { id: 'api', name: 'Sensor 1' }, kind: 'text', text: '21.5 °C \u0000 线' },
    ]);
    expect(log.rooms.get('lobby')?.[0]).not.toHaveProperty('sealed');
    expect((await post({ text: 'again', id: ID })).json).toMatchObject({ seq: 1, id: ID });
    const nameless = await post({ text: 'without name and id' }, '房间');
    expect(nameless.json.id).toMatch(/^[\da-f]{8}-/);
    expect(log.rooms.get('房间')).toMatchObject([{ id: nameless.json.id, author: { id: 'api', name: '' } }]);
  });

  test.each<[string, unknown]>([
    ['text', {}],
    ['text', { text: '' }],
    ['text', { text: 1 }],
    ['text', { text: null }],
    ['text', { text: ['a'] }],
    ['text', { text: 'a\ud800' }],
    ['id', { text: 'a', id: 'x' }],
    ['id', { text: 'a', id: `${ID}x` }],
    ['id', { text: 'a', id: `${ID}\n` }],
    ['id', { text: 'a', id: null }],
    ['name', { text: 'a', name: 'x\u202e' }],
    ['name', { text: 'a', name: 1 }],
    ['name', { text: 'a', name: 'x'.repeat(33) }],
  ])('names what is wrong: %s in %j', async (what, body) => {
    const { log, post } = await start();
    const got = await post(body);
    expect(got).toMatchObject({ status: 400, json: { error: 'bad-request' } });
    expect(got.json.message).toContain(`The ${what} `);
    expect(log.rooms.size).toBe(0);
  });

  test('takes texts up to the limit, in bytes of UTF-8, however they are escaped', async () => {
    const { post } = await start({ textBytes: 30 });
    expect((await post({ text: '\0'.repeat(30) })).status).toBe(201);
    expect((await post({ text: '线'.repeat(10) })).status).toBe(201);
    expect(await post({ text: '线'.repeat(11) })).toMatchObject({
      status: 413,
      json: { error: 'text-too-long' },
    });
    expect(await post({ text: 'x'.repeat(2_000) })).toMatchObject({
      status: 413,
      json: { error: 'too-long' },
    });
  });

  test('takes no plain text for an encrypted room', async () => {
    const { log, post } = await start();
    expect(await post({ text: 'a' }, 'e-room')).toMatchObject({ status: 403, json: { error: 'encrypted' } });
    expect(log.rooms.size).toBe(0);
  });

  test('needs the token: a session is not enough', async () => {
    const { log, post, cookie } = await start();
    const wrong = [
      {},
      { cookie },
      { Authorization: TOKEN },
      { Authorization: `Basic ${TOKEN}` },
      { Authorization: 'Bearer ' },
      { Authorization: `Bearer ${TOKEN.slice(0, -1)}` },
      { Authorization: `Bearer ${TOKEN}x` },
      { Authorization: `Bearer ${TOKEN.toUpperCase()}`, cookie },
    ];
    for (const headers of wrong) {
      const got = await post({ text: 'a' }, 'lobby', headers as Record<string, string>);
      expect(got).toMatchObject({ status: 401, json: { error: 'unauthorized' } });
      expect(got.headers['www-authenticate']).toBe('Bearer');
    }
    expect(log.rooms.size).toBe(0);
  });

  test('without a token of the chat is for nobody, and the answer says how to change that', async () => {
    const { post, get } = await start({ token: null });
    for (const headers of [BEARER, {}, { Authorization: 'Bearer undefined' }, { Authorization: 'Bearer ' }]) {
      const got = await post({ text: 'a' }, 'lobby', headers as Record<string, string>);
      expect(got).toMatchObject({ status: 403, json: { error: 'no-token' } });
      expect(got.json.message).toContain('--api-token');
    }
    expect((await get('', { Authorization: 'Bearer undefined' })).status).toBe(401);
  });

  test('is refused to foreign pages, although they know the token', async () => {
    const { log, post, get } = await start();
    const headers = { ...BEARER, Origin: 'http://evil.example' };
    expect((await post({ text: 'a' }, 'lobby', headers)).status).toBe(403);
    expect((await get('', headers)).status).toBe(403);
    expect(log.rooms.size).toBe(0);
  });

  test('too fast gets 429, and when to come back', async () => {
    const { post } = await start();
    const all = await Promise.all(Array.from({ length: 150 }, () => post({ text: 'a' })));
    const refused = all.filter(({ status }) => status === 429);
    expect(all.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(50);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.json).toMatchObject({ error: 'too-fast', retryAfterMs: expect.any(Number) });
    expect(refused[0]?.headers['retry-after']).toBe('1');
  });
});

test('wrong tokens get 429 after ten, and do not lock out the right one', async () => {
  const { get, post, cookie } = await start();
  for (let guess = 0; guess < 10; guess++)
    expect((await get('', { Authorization: `Bearer ${guess}` })).status).toBe(401);
  expect((await get('', { Authorization: 'Bearer 10' })).status).toBe(429);
  expect((await get()).status).toBe(200);
  expect((await post({ text: 'a' })).status).toBe(201);
  expect((await get('', { cookie })).status).toBe(200);
});

test('the right token is never too much of a guess', async () => {
  const { get } = await start();
  for (let count = 0; count < 15; count++) expect((await get()).status).toBe(200);
});

describe('reading', () => {
  test('takes the cookie or the token, also beside what a proxy adds', async () => {
    const { get, cookie } = await start();
    expect((await get('', {})).status).toBe(401);
    expect((await get('', { cookie: `${cookie}x` })).status).toBe(401);
    expect((await get('', { cookie })).json).toEqual({ epoch: '', floor: 1, head: 0, entries: [] });
    expect((await get('', { cookie, Authorization: 'Basic YTpi' })).status).toBe(200);
    expect((await get('', { cookie, Authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await get()).headers['cache-control']).toBe('private, no-cache');
  });

  test('pages', async () => {
    const { get, fill } = await start();
    await fill(120);
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const cases: [string, number[]][] = [
      ['', range(71, 120)],
      ['?limit=3', [118, 119, 120]],
      ['?limit=100', range(21, 120)],
      ['?before=4&limit=2', [2, 3]],
      ['?before=4', [1, 2, 3]],
      ['?before=1', []],
      ['?before=0', []],
      ['?before=999999999999999&limit=1', [120]],
      ['?after=0&limit=2', [1, 2]],
      ['?after=118', [119, 120]],
      ['?after=120', []],
      ['?after=999999999999999', []],
      ['?after=5&before=8', [6, 7]],
      ['?after=5&before=3', []],
      ['?limit=0', []],
    ];
    for (const [query, seqs] of cases) {
      const got = await get(query);
      expect(seqsOf(got), query).toEqual(seqs);
      expect(got.json).toMatchObject({ epoch: 'e1', floor: 1, head: 120 });
    }
  });

  test('shows edits and deletes as the entries that they are', async () => {
    const { log, get, fill } = await start();
    await fill(1);
    const author = { id: 'ada', name: 'Ada' };
    await log.append('lobby', { id: 'b', author, kind: 'edit', text: 'b', target: 1, sealed: true });
    await log.append('lobby', { id: 'c', author, kind: 'delete', text: '', target: 1 });
    const at = 1_700_000_000_000;
    expect((await get('?after=1')).json.entries).toEqual([
      { seq: 2, id: 'b', at, author, kind: 'edit', text: 'b', target: 1, sealed: true },
      { seq: 3, id: 'c', at, author, kind: 'delete', text: '', target: 1 },
    ]);
  });

  test.each([
    'limit=101',
    'limit=-1',
    'limit=',
    'limit=1e1',
    'after=x',
    'before=1.5',
    'before=9999999999999999',
  ])('?%s gets 400', async (query) => {
    const { get } = await start();
    expect(await get(`?${query}`)).toMatchObject({ status: 400, json: { error: 'bad-request' } });
  });

  test('what has not changed gets 304, until it has', async () => {
    const { get, fill } = await start();
    await fill(3);
    const first = await get('?limit=2');
    const etag = first.headers.etag!;
    expect(etag).toBe('"e1-3-2-3-3"');
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const same = await get('?limit=2', { ...BEARER, 'If-None-Match': tag });
      expect({ status: same.status, text: same.text, etag: same.headers.etag }).toEqual({
        status: 304,
        text: '',
        etag,
      });
    }
    for (const tag of ['"x"', etag.slice(1, -1), '']) {
      expect((await get('?limit=2', { ...BEARER, 'If-None-Match': tag })).status).toBe(200);
    }
    expect((await get('?limit=1', { ...BEARER, 'If-None-Match': etag })).status).toBe(200);
    expect((await get('?limit=2', { 'If-None-Match': etag })).status).toBe(401);
    await fill(4);
    const next = await get('?limit=2', { ...BEARER, 'If-None-Match': etag });
    expect({ status: next.status, seqs: seqsOf(next) }).toEqual({ status: 200, seqs: [3, 4] });
  });

  test('the same numbers for other entries, after a log lost its last ones, are a change', async () => {
    const { log, get, fill } = await start();
    await fill(3);
    const { etag } = (await get()).headers;
    log.rooms.get('lobby')!.pop();
    await log.append('lobby', { id: ID, author: { id: 'ada', name: 'Ada' }, kind: 'text', text: 'new' });
    const next = await get('', { ...BEARER, 'If-None-Match': etag! });
    expect({ status: next.status, text: next.json?.entries[2].text }).toEqual({ status: 200, text: 'new' });
  });

  test('a flood is refused', async () => {
    const { get } = await start();
    const all = await Promise.all(Array.from({ length: 300 }, () => get()));
    expect(all.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect(all.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100);
  });
});

describe('searching', () => {
  const path = '/api/rooms/lobby/search';

  test('passes the words on as they are', async () => {
    const { log, ask, fill, cookie } = await start();
    await fill(2);
    const got = await ask(
      'GET',
      `${path}?q=${encodeURIComponent(' "a" OR 线* ')}&before=9&limit=5`,
      undefined,
      { cookie },
    );
    expect(got).toMatchObject({ status: 200, json: { entries: [{ seq: 1 }] } });
    await ask('GET', `${path}?q=b`, undefined, BEARER);
    expect(log.searched).toEqual([
      ['lobby', '"a" OR 线*', 9, 5],
      ['lobby', 'b', Number.MAX_SAFE_INTEGER, 20],
    ]);
  });

  test.each(['', '?q=', '?q=%20', `?q=${'x'.repeat(201)}`, '?q=a&limit=51', '?q=a&before=x'])(
    '%s gets 400',
    async (query) => {
      const { ask } = await start();
      expect((await ask('GET', path + query, undefined, BEARER)).status).toBe(400);
    },
  );

  test('gets 501 where the log cannot, and 401 without leave', async () => {
    const { ask } = await start({ canSearch: false });
    expect((await ask('GET', `${path}?q=a`, undefined, BEARER)).status).toBe(501);
    expect((await ask('GET', `${path}?q=a`)).status).toBe(401);
    expect((await ask('POST', `${path}?q=a`, undefined, BEARER)).status).toBe(405);
  });
});

test.each([
  ['..%2f..%2fetc', 400],
  ['%2e%2e', 400],
  ['%2F', 400],
  ['a%00', 400],
  ['a%0a', 400],
  ['%ff', 400],
  ['%', 400],
  ['Lobby', 400],
  ['', 400],
  ['a%20b', 400],
  ['x'.repeat(65), 400],
  ['..', 400],
  ['../rooms/lobby', 404],
  ['lobby/..', 404],
  ['a/b', 404],
])('a room %j gets %i', async (room, status) => {
  const { ask, log } = await start();
  for (const [method, what] of [
    ['GET', 'messages'],
    ['POST', 'messages'],
    ['GET', 'search'],
  ] as const) {
    const body = method === 'POST' ? { text: 'a' } : undefined;
    expect((await ask(method, `/api/rooms/${room}/${what}?q=a`, body, BEARER)).status).toBe(status);
  }
  expect(log.rooms.size).toBe(0);
});

test('a log that cannot be reached gets 503, and when to try again', async () => {
  const { log, post, get } = await start();
  log.isAway = true;
  for (const got of [await post({ text: 'a' }), await get()]) {
    expect(got).toMatchObject({ status: 503, json: { error: 'unavailable', retryAfterMs: 2_000 } });
    expect(got.headers['retry-after']).toBe('2');
  }
  log.isAway = false;
  expect((await post({ text: 'a' })).status).toBe(201);
});
