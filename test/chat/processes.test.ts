/** Several chats that share people: the same folder one after the other, and one Redis at the same time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ChatOptions, startChat } from '../../src/chat/chat-server.ts';
import { eventually } from '../support/eventually.ts';
import { REDIS, RedisServer } from '../support/redis-server.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatClient, signIn } from './chat-client.ts';
import { Member } from './member.ts';

const CREDENTIALS = { name: 'Ada', password: 'correct horse' };

async function start(options: Partial<ChatOptions>) {
  const chat = await startChat({ publicFolder: 'public', ...options }, 0, '127.0.0.1');
  onTestFinished(() => chat.close());
  const base = `http://127.0.0.1:${chat.address.port}/`;
  const ask = (method: string, path: string, cookie = '', body?: object) =>
    fetch(new URL(path, base), {
      method,
      headers: { cookie, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  return { chat, base, ask };
}

test('a session that was ended stays so when the chat is started again', async () => {
  const data = await mkdtemp(join(tmpdir(), 'barewire-chat-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const first = await start({ data });
  const [gone, kept] = [await signIn(first.base, 'gone'), await signIn(first.base, 'kept')];
  expect((await first.ask('DELETE', '/api/session', gone)).status).toBe(204);
  await first.chat.close();
  const { ask } = await start({ data });
  expect((await ask('GET', '/api/session', gone)).status).toBe(401);
  expect((await ask('GET', '/api/session', kept)).status).toBe(200);
});

test('the log of ended sessions is no room', async () => {
  const { base, ask } = await start({});
  const cookie = await signIn(base, 'ann');
  const ann = await ChatClient.connect(base, 'ann', cookie);
  ann.send({ type: 'join', room: '.sessions' });
  expect(await ann.next('error')).toMatchObject({ code: 'bad-message' });
  expect((await ask('GET', '/api/rooms/.sessions/messages', cookie)).status).toBe(400);
});

test('behind a proxy each client has its own address', async () => {
  const { base } = await start({ proxies: 1, limits: { connections: 1 } });
  const url = `${base.replace('http', 'ws')}chat`;
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': `198.51.100.1, ${address}` } });
  const one = await Member.join(url, from('203.0.113.1'));
  const other = await Member.join(url, from('203.0.113.2'));
  expect((await (await Member.join(url, from('203.0.113.1'))).closed).code).toBe(4009);
  one.say('hi');
  expect(await other.hears(1)).toEqual(['hi']);
});

describe.skipIf(leftOutWithout(REDIS))('on one Redis', () => {
  let redis: RedisServer;
  const shared = () => ({ redis: redis.url, secret: 's'.repeat(32) });
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.remove());

  test('a session that one process ends is ended in the others, with its connections', async () => {
    const [one, other] = [await start(shared()), await start(shared())];
    const cookie = await signIn(one.base, 'ann');
    const ann = await ChatClient.connect(other.base, 'ann', cookie);
    expect((await one.ask('DELETE', '/api/session', cookie)).status).toBe(204);
    expect((await ann.closed).code).toBe(4001);
    expect((await other.ask('GET', '/api/session', cookie)).status).toBe(401);
    const late = await start(shared());
    expect((await late.ask('GET', '/api/session', cookie)).status).toBe(401);
  });

  test('an account that one process has made is one of the others, and its name is taken', async () => {
    const [one, other] = [await start({ ...shared(), auth: true }), await start({ ...shared(), auth: true })];
    const made = await one.ask('POST', '/api/accounts', '', CREDENTIALS);
    expect(made.status).toBe(201);
    const signedIn = await other.ask('POST', '/api/session', '', CREDENTIALS);
    expect((await signedIn.json()).user).toEqual((await made.json()).user);
    expect((await other.ask('POST', '/api/accounts', '', CREDENTIALS)).status).toBe(409);
  });

  test('a session that ends while Redis is away ends here at once, and in the others when it is back', async () => {
    const own = await RedisServer.start('--appendonly', 'yes');
    onTestFinished(() => own.remove());
    const options = { redis: own.url, secret: 's'.repeat(32) };
    const [one, other] = [await start(options), await start(options)];
    const cookie = await signIn(one.base, 'ann');
    const ann = await ChatClient.connect(other.base, 'ann', cookie);
    await own.kill();
    expect((await one.ask('DELETE', '/api/session', cookie)).status).toBe(204);
    expect((await one.ask('GET', '/api/session', cookie)).status).toBe(401);
    expect((await other.ask('GET', '/api/session', cookie)).status).toBe(200);
    await own.start();
    expect((await ann.closed).code).toBe(4001);
  });

  test('a chat that starts while Redis is away hears later which sessions have ended', async () => {
    const own = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always');
    onTestFinished(() => own.remove());
    const options = { redis: own.url, secret: 's'.repeat(32) };
    const first = await start(options);
    const cookie = await signIn(first.base, 'ann');
    await first.ask('DELETE', '/api/session', cookie);
    await own.kill();
    const { ask } = await start(options);
    expect((await ask('GET', '/api/session', cookie)).status).toBe(200);
    await own.start();
    await eventually(async () => expect((await ask('GET', '/api/session', cookie)).status).toBe(401));
  });
});
