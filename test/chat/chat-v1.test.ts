/** chat.v1, spoken by clients of `ws` to the chat on a real SQLite file. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ChatOptions, startChat } from '../../src/chat/chat-server.ts';
import { heldBytes } from '../protocol/memory.ts';
import { ChatClient, signIn } from './chat-client.ts';
import { Member, statusOf } from './member.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'barewire-chat-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function start(options: Partial<ChatOptions> = {}) {
  const data = options.data ?? (await folder());
  const chat = await startChat({ publicFolder: 'public', data, ...options }, 0, '127.0.0.1');
  onTestFinished(() => chat.close());
  const base = `http://127.0.0.1:${chat.address.port}/`;
  return { chat, data, base, plain: `${base.replace('http', 'ws')}chat` };
}

/** What came of entries, in a form that reads well. */
const texts = (entries: readonly { seq: number; text: string }[]) =>
  entries.map(({ seq, text }) => `${seq} ${text}`);

describe('who may connect', () => {
  test('nobody without a session', async () => {
    const { plain } = await start();
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(plain, 'chat.v1');
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    expect(status).toBe(401);
  });

  test('in plain text everybody, unless there are accounts', async () => {
    expect(await statusOf((await start()).plain)).toBe(101);
    expect(await statusOf((await start({ auth: true })).plain)).toBe(401);
  });

  test('a session that is ended closes its connections with 4001, and no other', async () => {
    const { base } = await start();
    const cookie = await signIn(base, 'ann');
    const [one, two, other] = [
      await ChatClient.connect(base, 'ann', cookie),
      await ChatClient.connect(base, 'ann', cookie),
      await ChatClient.connect(base, 'ben'),
    ];
    await fetch(new URL('/api/session', base), { method: 'DELETE', headers: { cookie } });
    expect([(await one.closed).code, (await two.closed).code]).toEqual([4001, 4001]);
    await other.join('lobby');
  });

  test('only so many connections from one address', async () => {
    const { base } = await start({ limits: { connections: 2 } });
    await ChatClient.connect(base, 'a');
    const second = await ChatClient.connect(base, 'b');
    expect((await (await ChatClient.connect(base, 'c')).closed).code).toBe(4009);
    second.socket.close();
    await second.closed;
    await expect.poll(async () => (await ChatClient.connect(base, 'd')).join('lobby')).toBeTruthy();
  });
});

describe('a room', () => {
  test('welcomes, and tells what is there', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'Ann');
    const { you, limits, storage, search } = await ann.next('welcome');
    expect([you.name, limits.textBytes, storage, search]).toEqual(['Ann', 65_536, 'disk', true]);
    expect(await ann.join('lobby')).toMatchObject({ epoch: '', floor: 1, head: 0, from: 1 });
    const { members, count } = await ann.next('presence');
    expect([members, count]).toEqual([[you], 1]);
  });

  test('gives what is said to everybody, in one order, and an ack to who said it', async () => {
    const { base } = await start();
    const [ann, ben] = [await ChatClient.connect(base, 'ann'), await ChatClient.connect(base, 'ben')];
    await ann.join('lobby');
    await ben.join('lobby');
    const { seq, epoch } = await ann.say('lobby', 'hi');
    expect([seq, epoch]).toEqual([1, expect.stringMatching(/^\w+$/)]);
    await ben.say('lobby', 'hello');
    for (const client of [ann, ben]) expect(texts(await client.entries(2))).toEqual(['1 hi', '2 hello']);
  });

  test('writes what is said twice with one id once', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('lobby');
    const id = randomUUID();
    const acks = [await ann.say('lobby', 'once', id), await ann.say('lobby', 'once', id)];
    expect(acks[1]).toEqual(acks[0]);
    await ann.say('lobby', 'then');
    expect(texts(await ann.entries(2))).toEqual(['1 once', '2 then']);
  });

  test('is kept when the server is started again, and a client goes on where it was', async () => {
    const first = await start();
    const ann = await ChatClient.connect(first.base, 'ann');
    await ann.join('lobby');
    const { epoch } = await ann.say('lobby', 'one');
    await ann.say('lobby', 'two');
    await first.chat.close();
    expect((await ann.closed).code).toBe(1001);
    const second = await start({ data: first.data });
    const back = await ChatClient.connect(second.base, 'ann');
    expect(await back.join('lobby', { epoch, seq: 1 })).toMatchObject({ epoch, head: 2, from: 2 });
    expect(texts(await back.entries(1))).toEqual(['2 two']);
    await back.say('lobby', 'three');
    expect(texts(await back.entries(1))).toEqual(['3 three']);
  });

  test('tells of a gap to who has seen an entry that a restored file does not have, also if its number is used again', async () => {
    const first = await start();
    const file = join(first.data, 'log.sqlite');
    const ann = await ChatClient.connect(first.base, 'ann');
    await ann.join('lobby');
    const { epoch } = await ann.say('lobby', 'one');
    await first.chat.close();
    const older = await readFile(file);

    const second = await start({ data: first.data });
    const ben = await ChatClient.connect(second.base, 'ben');
    await ben.join('lobby');
    const { seq, id } = await ben.say('lobby', 'lost');
    await second.chat.close();
    await writeFile(file, older);

    const third = await start({ data: first.data });
    const late = await ChatClient.connect(third.base, 'late');
    await late.join('lobby', { epoch, seq, id });
    expect(await late.next('gap')).toMatchObject({ reason: 'reset', epoch, next: 1 });
    expect(texts(await late.entries(1))).toEqual(['1 one']);
    await late.say('lobby', 'other');
    const [same, back] = [
      await ChatClient.connect(third.base, 'same'),
      await ChatClient.connect(third.base, 'ben'),
    ];
    await back.join('lobby', { epoch, seq, id });
    expect(await back.next('gap')).toMatchObject({ reason: 'reset', epoch, next: 1 });
    expect(texts(await back.entries(2))).toEqual(['1 one', '2 other']);
    await same.join('lobby', { epoch, seq, id: (await late.entries(1))[0]!.id });
    await same.say('lobby', 'then');
    expect(texts(await same.entries(1))).toEqual(['3 then']);
    expect(same.answers.filter(({ type }) => type === 'gap')).toEqual([]);
  });

  test('gives the last 50 entries to somebody new, and those before page by page', async () => {
    const { base } = await start({ limits: { perSecond: 1000, burst: 1000 } });
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('lobby');
    for (let count = 1; count <= 120; count++) await ann.say('lobby', String(count));
    const ben = await ChatClient.connect(base, 'ben');
    expect(await ben.join('lobby')).toMatchObject({ head: 120, from: 71 });
    expect((await ben.entries(50)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 50 }, (_, i) => 71 + i),
    );
    ben.send({ type: 'history', room: 'lobby', before: 71, limit: 1000 });
    const page = await ben.next('history');
    expect([page.floor, page.entries[0]?.seq, page.entries.at(-1)?.seq]).toEqual([1, 1, 70]);
  });

  test('tells a client of another log so, and begins anew', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('lobby');
    const { epoch } = await ann.say('lobby', 'one');
    const ben = await ChatClient.connect(base, 'ben');
    await ben.join('lobby', { epoch: 'of-another-life', seq: 7 });
    expect(await ben.next('gap')).toMatchObject({ reason: 'reset', epoch, next: 1 });
    expect(texts(await ben.entries(1))).toEqual(['1 one']);
  });

  test('takes edits and deletions of one’s own messages, as entries, and empties what is deleted', async () => {
    const { base } = await start();
    const [ann, ben] = [await ChatClient.connect(base, 'ann'), await ChatClient.connect(base, 'ben')];
    await ann.join('lobby');
    await ben.join('lobby');
    const { seq: target, id: targetId, epoch } = await ann.say('lobby', 'teh');
    ann.send({ type: 'edit', room: 'lobby', id: randomUUID(), target, targetId, text: 'the' });
    await ann.next('ack');
    for (const type of ['edit', 'delete']) {
      ben.send({ type, room: 'lobby', id: randomUUID(), target, targetId, text: 'mine' });
      expect(await ben.next('error')).toMatchObject({ code: 'not-yours', room: 'lobby' });
    }
    ann.send({ type: 'delete', room: 'lobby', id: randomUUID(), target, targetId });
    await ann.next('ack');
    expect((await ben.entries(3)).map(({ kind, target }) => [kind, target])).toEqual([
      ['text', undefined],
      ['edit', 1],
      ['delete', 1],
    ]);
    const late = await ChatClient.connect(base, 'late');
    await late.join('lobby', { epoch, seq: 0 });
    expect((await late.entries(3)).map(({ text }) => text)).toEqual(['', '', '']);
  });

  test('keeps what one connection sends in its order, also what comes behind an edit', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('lobby');
    const { seq: target, id: targetId } = await ann.say('lobby', 'first');
    const sent = Array.from({ length: 20 }, (_, i) => `${i}`);
    for (const text of sent) {
      const what = Number(text) % 2 === 0 ? { type: 'edit', target, targetId } : { type: 'say' };
      ann.send({ ...what, room: 'lobby', id: randomUUID(), text });
    }
    expect((await ann.entries(21)).map(({ text }) => text)).toEqual(['first', ...sent]);
  });

  test('shows who is there and who types, and neither is kept', async () => {
    const { base } = await start();
    const [ann, ben] = [await ChatClient.connect(base, 'ann'), await ChatClient.connect(base, 'ben')];
    await ann.join('r');
    await ben.join('r');
    await ann.next('presence', ({ count }) => count === 2);
    ben.send({ type: 'typing', room: 'r' });
    expect((await ann.next('typing')).members.map(({ name }) => name)).toEqual(['ben']);
    await ben.say('r', 'done');
    expect((await ann.next('typing')).members).toEqual([]);
    ben.socket.close();
    await ann.next('presence', ({ count }) => count === 1);
    expect((await ann.entries(1)).length).toBe(1);
  });

  test('is none of the others: what is said in one stays there', async () => {
    const { base } = await start({ limits: { rooms: 2 } });
    const [ann, ben] = [await ChatClient.connect(base, 'ann'), await ChatClient.connect(base, 'ben')];
    await ann.join('a');
    await ann.join('聊天室');
    await ben.join('a');
    ann.send({ type: 'join', room: 'c' });
    expect(await ann.next('error')).toMatchObject({ code: 'too-many-rooms', room: 'c' });
    await ann.say('聊天室', '你好');
    await ann.say('a', 'here');
    expect(texts(await ben.entries(1))).toEqual(['1 here']);
    ann.send({ type: 'leave', room: 'a' });
    await ann.join('c');
    ann.send({ type: 'say', room: 'a', id: randomUUID(), text: 'x' });
    expect(await ann.next('error')).toMatchObject({ code: 'not-joined' });
  });

  test('for very many gets what is said in one message a tick, and slows its members down', async () => {
    const { base } = await start({ limits: { crowd: 3, crowdTickMs: 100, crowdPerSecond: 2 } });
    const clients = await Promise.all(['a', 'b', 'c'].map((name) => ChatClient.connect(base, name)));
    for (const client of clients) await client.join('live');
    for (const client of clients)
      expect(await client.next('crowd')).toMatchObject({ on: true, tickMs: 100, perSecond: 2 });
    const [a] = clients as [ChatClient];
    await Promise.all(clients.map((client) => client.say('live', 'hi')));
    expect((await a.next('entries')).entries.length).toBe(3);
    await a.say('live', 'again');
    a.send({ type: 'say', room: 'live', id: randomUUID(), text: 'and again' });
    expect((await a.next('error')).retryAfterMs).toBeGreaterThan(0);
    for (const client of clients.slice(1)) client.socket.close();
    expect(await a.next('crowd')).toMatchObject({ on: false });
  });
});

describe('what once went wrong', () => {
  test('messages as large as they may be do not shut anybody out', async () => {
    const { base } = await start({ limits: { perSecond: 1000, burst: 1000 } });
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('r');
    const text = '\u0001'.repeat(65_000); // six bytes each in JSON
    for (let count = 0; count < 40; count++) await ann.say('r', text);
    const ben = await ChatClient.connect(base, 'ben');
    await ben.join('r');
    expect((await ben.entries(40)).length).toBe(40);
    ben.send({ type: 'history', room: 'r', before: 41, limit: 40 });
    const { entries } = await ben.next('history');
    expect([entries.length > 0, entries.at(-1)?.seq]).toEqual([true, 40]);
    const headers = { cookie: await signIn(base, 'cat') };
    const page = async (query: string) => {
      const text = await (await fetch(`${base}api/rooms/r/messages?limit=100&${query}`, { headers })).text();
      expect(text.length).toBeLessThan(1024 * 1024);
      return (JSON.parse(text) as { entries: { seq: number }[] }).entries.map(({ seq }) => seq);
    };
    expect((await page('')).at(-1)).toBe(40);
    expect((await page('before=20')).at(-1)).toBe(19);
    expect((await page('after=20'))[0]).toBe(21);
  });

  test('a burst of large messages closes nobody', async () => {
    const { base } = await start({ limits: { perSecond: 1000, burst: 1000 } });
    const [ann, ben] = [await ChatClient.connect(base, 'ann'), await ChatClient.connect(base, 'ben')];
    await ann.join('r');
    await ben.join('r');
    const text = 'x'.repeat(60_000);
    for (let count = 0; count < 300; count++) ann.send({ type: 'say', room: 'r', id: randomUUID(), text });
    expect((await ben.entries(300)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
    expect((await ann.entries(300)).length).toBe(300);
  });

  test('a member that reads late, in many rooms, is not closed, and misses nothing', async () => {
    const { base } = await start({ limits: { perSecond: 1000, burst: 1000 } });
    const [ann, ben] = [await ChatClient.connect(base, 'ann'), await ChatClient.connect(base, 'ben')];
    const rooms = Array.from({ length: 8 }, (_, index) => `r${index}`);
    for (const room of rooms) for (const one of [ann, ben]) await one.join(room);
    ben.socket.pause();
    const text = '\u0001'.repeat(65_000); // six bytes each in JSON
    for (let count = 0; count < 4; count++) for (const room of rooms) await ann.say(room, text);
    ben.socket.resume();
    const seqs: Record<string, number[]> = Object.fromEntries(rooms.map((room) => [room, []]));
    while (Object.values(seqs).some((some) => some.length < 4)) {
      const { room, entries } = await ben.next('entries');
      seqs[room]!.push(...entries.map(({ seq }) => seq));
    }
    for (const some of Object.values(seqs)) expect(some).toEqual([1, 2, 3, 4]);
  });

  test('a member that asks and does not read costs no more than what it asked', async () => {
    const { base } = await start({ limits: { perSecond: 1000, burst: 1000 } });
    const [ann, ben] = [await ChatClient.connect(base, 'ann'), await ChatClient.connect(base, 'ben')];
    await ann.join('r');
    for (let count = 0; count < 100; count++) await ann.say('r', 'x'.repeat(65_000));
    const { epoch } = await ben.join('r');
    await ben.entries(50);
    ben.socket.pause();
    const before = heldBytes();
    for (let count = 0; count < 28; count++) {
      ben.send({ type: 'join', room: 'r', after: { epoch, seq: 1 } });
      ben.send({ type: 'history', room: 'r', before: 60, limit: 100 });
    }
    for (const text of ['all of it has been read', 'and begun']) await ann.say('r', text);
    expect(heldBytes() - before).toBeLessThan(8 * 1024 * 1024);
  });

  test('what is said right behind a join, before its answer, is said in the room', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    ann.send({ type: 'join', room: 'r' });
    await ann.say('r', 'hi');
    ann.send({ type: 'leave', room: 'r' });
    ann.send({ type: 'say', room: 'r', id: randomUUID(), text: 'gone' });
    expect(await ann.next('error')).toMatchObject({ code: 'not-joined' });
  });

  test('a flood of requests that cost nothing ends with 4008', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    for (let count = 0; count < 1_000; count++) ann.send({ type: 'leave', room: 'r' });
    expect((await ann.closed).code).toBe(4008);
  });

  test('the rate of a room for very many holds for those who leave and come back', async () => {
    const { base } = await start({ limits: { crowd: 1, crowdPerSecond: 0.01 } });
    const ann = await ChatClient.connect(base, 'ann');
    await (await ChatClient.connect(base, 'ben')).join('r');
    await ann.join('r');
    await ann.say('r', 'hi');
    await ann.join('r');
    ann.send({ type: 'say', room: 'r', id: randomUUID(), text: 'again' });
    expect(await ann.next('error')).toMatchObject({ code: 'too-fast' });
  });

  test('a member who is called otherwise now is shown so', async () => {
    const { base } = await start();
    const first = await signIn(base, 'Old');
    const old = await ChatClient.connect(base, 'Old', first);
    await old.join('r');
    const response = await fetch(new URL('/api/session', base), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', cookie: first },
      body: JSON.stringify({ name: 'New' }),
    });
    const second = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    await (await ChatClient.connect(base, 'New', second)).join('r');
    const { members } = await old.next('presence', (answer) => answer.members[0]?.name === 'New');
    expect(members).toHaveLength(1);
  });

  test('a delete that is sent again with its id is answered as before', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('r');
    const { seq: target, id: targetId } = await ann.say('r', 'secret');
    const request = { type: 'delete', room: 'r', id: randomUUID(), target, targetId };
    ann.send(request);
    const { seq } = await ann.next('ack');
    ann.send(request);
    expect(await ann.next('ack')).toMatchObject({ id: request.id, seq });
  });

  test('a message that was deleted is not edited back', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('r');
    const { seq: target, id: targetId } = await ann.say('r', 'secret');
    ann.send({ type: 'delete', room: 'r', id: randomUUID(), target, targetId });
    ann.send({ type: 'edit', room: 'r', id: randomUUID(), target, targetId, text: 'again' });
    const ben = await ChatClient.connect(base, 'ben');
    await ben.join('r', { epoch: (await ann.next('ack')).epoch, seq: 0 });
    expect((await ben.entries(3)).map(({ kind, text }) => [kind, text])).toEqual([
      ['text', ''],
      ['delete', ''],
      ['edit', ''],
    ]);
  });

  test('an edit and the delete behind it are answered as before when both are sent again', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('r');
    const { seq: target, id: targetId } = await ann.say('r', 'secret');
    const edit = { type: 'edit', room: 'r', id: randomUUID(), target, targetId, text: 'again' };
    const deletion = { type: 'delete', room: 'r', id: randomUUID(), target, targetId };
    const seqs: number[] = [];
    for (const request of [edit, deletion, edit, deletion]) {
      ann.send(request);
      seqs.push((await ann.next('ack')).seq);
    }
    expect(seqs).toEqual([2, 3, 2, 3]);
  });

  test('a request that is none is named, as far as it has a name', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    const [room, id] = ['r', randomUUID()];
    ann.send({ type: 'say', room, id });
    expect(await ann.next('error')).toMatchObject({ code: 'bad-message', room, id });
    ann.send({ type: 'say', room, id: '<b>' });
    expect(await ann.next('error')).toEqual({
      type: 'error',
      code: 'bad-message',
      message: expect.any(String),
      room,
    });
  });

  test('a change that means another message than the one that has the number now changes nothing', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('r');
    const { seq: target } = await ann.say('r', 'mine');
    for (const type of ['edit', 'delete']) {
      ann.send({ type, room: 'r', id: randomUUID(), target, targetId: 'of-another-life', text: 'other' });
      expect(await ann.next('error')).toMatchObject({ code: 'not-yours' });
    }
    const ben = await ChatClient.connect(base, 'ben');
    const { head } = await ben.join('r');
    expect([head, (await ben.entries(1))[0]?.text]).toEqual([1, 'mine']);
  });
});

describe('limits, each with an error by name, and a close code for those who go on', () => {
  test('bytes of a text', async () => {
    const { base } = await start({ limits: { textBytes: 10 } });
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('r');
    await ann.say('r', '三个字');
    const id = randomUUID();
    ann.send({ type: 'say', room: 'r', id, text: '四个字！' });
    expect(await ann.next('error')).toMatchObject({ code: 'text-too-long', room: 'r', id });
  });

  test('messages a second', async () => {
    const { base } = await start({ limits: { perSecond: 1, burst: 2 } });
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('r');
    await ann.say('r', '1');
    await ann.say('r', '2');
    ann.send({ type: 'say', room: 'r', id: randomUUID(), text: '3' });
    const { code, retryAfterMs } = await ann.next('error');
    expect([code, retryAfterMs > 0 && retryAfterMs <= 1000]).toEqual(['too-fast', true]);
    for (let count = 0; count < 200; count++)
      ann.send({ type: 'say', room: 'r', id: randomUUID(), text: 'x' });
    expect((await ann.closed).code).toBe(4008);
  });

  test.each([
    ['no JSON', '{', 'this is not JSON'],
    ['no object', '[1]', 'type is none of'],
    ['an unknown type', '{"type":"shout"}', 'type is none of'],
    ['a type of every object', '{"type":"toString"}', 'type is none of'],
    ['no room', '{"type":"join"}', 'join: room'],
    ['a name that is none', '{"type":"join","room":"A b"}', 'join: room'],
    ['no UUID', '{"type":"say","room":"r","id":"1","text":""}', 'say: id'],
    ['a text that is none', `{"type":"say","room":"r","id":"${randomUUID()}","text":1}`, 'say: text'],
    ['half a cursor', '{"type":"join","room":"r","after":{"seq":1}}', 'join: after'],
    ['a page of nothing', '{"type":"history","room":"r","before":0,"limit":1}', 'history: before'],
    [
      'a target below the log',
      `{"type":"delete","room":"r","id":"${randomUUID()}","targetId":"e","target":-1}`,
      'delete: target',
    ],
  ])('what is no request: %s', async (_what, message, sentence) => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    for (let count = 0; count < 10; count++) ann.socket.send(message);
    expect((await ann.next('error')).message).toContain(sentence);
    expect((await ann.closed).code).toBe(4002);
  });

  test('texts are sealed in encrypted rooms, and only there', async () => {
    const { base } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('e-1');
    ann.send({ type: 'say', room: 'e-1', id: randomUUID(), text: 'clear' });
    expect(await ann.next('error')).toMatchObject({ code: 'bad-message' });
    ann.send({ type: 'say', room: 'e-1', id: randomUUID(), text: 'c2VhbGVk', sealed: true });
    expect((await ann.entries(1))[0]).toMatchObject({ sealed: true, text: 'c2VhbGVk' });
  });
});

describe('plain text', () => {
  test('shares the lobby: each hears the other', async () => {
    const { base, plain } = await start();
    const ann = await ChatClient.connect(base, 'ann');
    await ann.join('lobby');
    const article = await Member.join(plain);
    await ann.say('lobby', 'hi');
    expect(await article.hears(1)).toEqual(['hi']);
    article.say('hello');
    expect(await article.hears(2)).toEqual(['hi', 'hello']);
    expect((await ann.entries(2))[1]).toMatchObject({
      seq: 2,
      text: 'hello',
      author: { id: 'plain', name: '' },
    });
  });

  test('has the last texts first where it asks for them', async () => {
    const { plain } = await start();
    const first = await Member.join(plain);
    for (const text of ['1', '2', '3']) first.say(text);
    await first.hears(3);
    expect(await (await Member.join(`${plain}?history=2`)).hears(2)).toEqual(['2', '3']);
    const last = await Member.join(`${plain}?history=20`);
    last.say('4');
    expect(await last.hears(4)).toEqual(['1', '2', '3', '4']);
  });
});
