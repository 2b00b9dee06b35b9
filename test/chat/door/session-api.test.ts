/** `/api/session` and `/api/accounts`, with what attackers send them. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Accounts, hashPassword, memoryAccounts } from '../../../src/chat/door/accounts.ts';
import { addressesBehind } from '../../../src/chat/door/addresses.ts';
import { sessionApi } from '../../../src/chat/door/session-api.ts';
import { Sessions } from '../../../src/chat/door/sessions.ts';
import { cert, key } from '../../support/certificate.ts';
import { RawClient } from '../../support/raw-client.ts';
import { cookieOf, serve } from './server.ts';

const PASSWORD = 'correct horse';

async function start(mode: Sessions['mode'] = 'nickname') {
  const sessions = new Sessions('s'.repeat(32), mode);
  const accounts = mode === 'accounts' ? new Accounts(memoryAccounts(), hashPassword) : undefined;
  const served = await serve(
    sessionApi({
      sessions,
      accounts,
      addressOf: addressesBehind(0),
      allowedOrigins: ['http://app.example', 'null'],
      end: async ({ key }) => sessions.revoke(key),
    }),
  );
  return { sessions, ...served };
}

describe('with nicknames', () => {
  test('one signs in, is known, and signs out', async () => {
    const { sessions, ask } = await start();
    expect(await ask('GET', '/api/session')).toMatchObject({ status: 401, json: { mode: 'nickname' } });
    const signedIn = await ask('POST', '/api/session', { name: ' Ada  Lovelace ' });
    expect(signedIn).toMatchObject({
      status: 200,
      json: { mode: 'nickname', user: { name: 'Ada Lovelace' } },
    });
    expect(signedIn.headers['cache-control']).toBe('no-store');
    expect(Math.abs(signedIn.json.expires - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000);
    const cookie = cookieOf(signedIn);
    const known = await ask('GET', '/api/session', undefined, { cookie });
    expect(known).toMatchObject({ status: 200, json: signedIn.json });
    const revoked: string[] = [];
    sessions.onRevoked = (key) => revoked.push(key);
    const out = await ask('DELETE', '/api/session', undefined, { cookie });
    expect(out).toMatchObject({ status: 204, text: '' });
    expect(out.headers['set-cookie']).toEqual([
      'barewire-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    ]);
    expect(revoked).toHaveLength(1);
    expect((await ask('GET', '/api/session', undefined, { cookie })).status).toBe(401);
    expect((await ask('DELETE', '/api/session', undefined, { cookie })).status).toBe(204);
    expect(revoked).toHaveLength(1);
  });

  test('another name leaves one the same person; somebody else is somebody else', async () => {
    const { ask } = await start();
    const first = await ask('POST', '/api/session', { name: 'Ada' });
    const renamed = await ask('POST', '/api/session', { name: 'Augusta' }, { cookie: cookieOf(first) });
    expect(renamed.json.user).toEqual({ id: first.json.user.id, name: 'Augusta' });
    expect((await ask('POST', '/api/session', { name: 'Ada' })).json.user.id).not.toBe(first.json.user.id);
  });

  test('who signs out after a new name has signed out under the old one too', async () => {
    const { sessions, ask } = await start();
    const first = cookieOf(await ask('POST', '/api/session', { name: 'Ada' }));
    const { key } = sessions.of({ headers: { cookie: first } })!;
    const renamed = cookieOf(await ask('POST', '/api/session', { name: 'Augusta' }, { cookie: first }));
    const elsewhere = cookieOf(await ask('POST', '/api/session', { name: 'Ada' }));
    const revoked: string[] = [];
    sessions.onRevoked = (ended) => revoked.push(ended);
    await ask('DELETE', '/api/session', undefined, { cookie: renamed });
    expect(revoked).toEqual([key]);
    const statusOf = async (cookie: string) =>
      (await ask('GET', '/api/session', undefined, { cookie })).status;
    expect([await statusOf(first), await statusOf(renamed), await statusOf(elsewhere)]).toEqual([
      401, 401, 200,
    ]);
  });

  test.each([
    {},
    { name: '' },
    { name: 1 },
    { name: ['Ada'] },
    { name: 'a\u202eb' },
    { name: 'x'.repeat(33) },
  ])('%j is no name', async (body) => {
    const { ask } = await start();
    const got = await ask('POST', '/api/session', body);
    expect(got).toMatchObject({ status: 400, json: { error: 'bad-name', message: expect.any(String) } });
    expect(got.headers['set-cookie']).toBeUndefined();
  });

  test('there are no accounts', async () => {
    const { ask } = await start();
    const got = await ask('POST', '/api/accounts', { name: 'Ada', password: PASSWORD });
    expect(got).toMatchObject({ status: 404, json: { error: 'no-accounts' } });
  });

  test('a flood of names from one address is refused', async () => {
    const { ask } = await start();
    const all = await Promise.all(
      Array.from({ length: 200 }, () => ask('POST', '/api/session', { name: 'x' })),
    );
    const refused = all.filter(({ status }) => status === 429);
    expect(all.length - refused.length).toBeGreaterThanOrEqual(100);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.json).toMatchObject({ error: 'too-fast', retryAfterMs: expect.any(Number) });
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  });
});

describe('with accounts', () => {
  test('one makes an account, and signs in with any spelling of the name', async () => {
    const { ask } = await start('accounts');
    expect((await ask('GET', '/api/session')).json).toEqual({ mode: 'accounts' });
    const made = await ask('POST', '/api/accounts', { name: 'Ada', password: PASSWORD });
    expect(made).toMatchObject({ status: 201, json: { mode: 'accounts', user: { name: 'Ada' } } });
    const known = await ask('GET', '/api/session', undefined, { cookie: cookieOf(made) });
    expect(known.json).toEqual(made.json);
    const again = await ask('POST', '/api/session', { name: 'ＡＤＡ', password: PASSWORD });
    expect(again).toMatchObject({ status: 200, json: { user: made.json.user } });
    const taken = await ask('POST', '/api/accounts', { name: 'aDA', password: 'another password' });
    expect(taken).toMatchObject({ status: 409, json: { error: 'name-taken' } });
    expect(taken.headers['set-cookie']).toBeUndefined();
  });

  test('signing in again goes on with the session of the same account, and of no other', async () => {
    const { sessions, ask } = await start('accounts');
    const keyOf = (cookie: string) => sessions.of({ headers: { cookie } })!.key;
    const credentials = { name: 'Ada', password: PASSWORD };
    const ada = cookieOf(await ask('POST', '/api/accounts', credentials));
    const eve = cookieOf(
      await ask('POST', '/api/accounts', { name: 'Eve', password: PASSWORD }, { cookie: ada }),
    );
    expect(keyOf(eve)).not.toBe(keyOf(ada));
    const signIn = async (cookie: string) =>
      keyOf(cookieOf(await ask('POST', '/api/session', credentials, { cookie })));
    expect(await signIn(ada)).toBe(keyOf(ada));
    expect(await signIn('')).not.toBe(keyOf(ada));
    expect(await signIn(eve)).not.toBe(keyOf(eve));
  });

  test('a wrong password and an unknown name get the same answer', async () => {
    const { ask } = await start('accounts');
    await ask('POST', '/api/accounts', { name: 'Ada', password: PASSWORD });
    const wrong = await ask('POST', '/api/session', { name: 'Ada', password: 'wrong password' });
    const unknown = await ask('POST', '/api/session', { name: 'Eve', password: PASSWORD });
    expect(wrong).toMatchObject({ status: 401, json: { error: 'wrong-credentials' } });
    expect(unknown.text).toBe(wrong.text);
    expect(Object.keys(unknown.headers)).toEqual(Object.keys(wrong.headers));
    expect(wrong.headers['set-cookie']).toBeUndefined();
  });

  test.each([
    'short',
    '1234567',
    '👍'.repeat(7),
    'x'.repeat(257),
    '\ud800'.repeat(10),
    12345678,
    null,
    undefined,
  ])('%j is no password', async (password) => {
    const { ask } = await start('accounts');
    for (const path of ['/api/session', '/api/accounts']) {
      const got = await ask('POST', path, { name: 'Ada', password });
      expect(got).toMatchObject({ status: 400, json: { error: 'bad-password' } });
    }
  });
});

describe('a body', () => {
  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/jsonp', 415],
    ['application/json; charset=utf-16', 415],
    ['application/json, text/plain', 415],
    ['', 415],
    ['application/json', 200],
    ['Application/JSON; charset=UTF-8', 200],
    ['application/json;charset="utf-8"', 200],
  ])('of the type %j gets %i', async (type, status) => {
    const { ask } = await start();
    expect((await ask('POST', '/api/session', '{"name":"Ada"}', { 'Content-Type': type })).status).toBe(
      status,
    );
  });

  test('without a type, or compressed, gets 415', async () => {
    const { port, ask } = await start();
    const client = await RawClient.connect(port);
    client.write('POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n{"name":"Ada"}');
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 415 /);
    const zipped = gzipSync('{"name":"Ada"}');
    expect((await ask('POST', '/api/session', zipped, { 'Content-Encoding': 'gzip' })).status).toBe(415);
  });

  test.each([
    '',
    '{',
    'null',
    '"Ada"',
    '["Ada"]',
    '1',
    '{"name":"Ada"}x',
    "{'name':'Ada'}",
    '['.repeat(4_000),
    Buffer.from('{"name":"\xff"}', 'latin1'),
    Buffer.from('{"name":"Ada"}', 'utf16le'),
  ])('that is no object in UTF-8 gets 400: %j', async (body) => {
    const { ask } = await start();
    expect(await ask('POST', '/api/session', body)).toMatchObject({
      status: 400,
      json: { error: 'bad-json' },
    });
  });

  test('with fields that are none of ours does no harm', async () => {
    const { ask } = await start();
    const got = await ask(
      'POST',
      '/api/session',
      '{"__proto__":{"name":"Eve"},"constructor":1,"name":"Ada","id":"x"}',
    );
    expect(got.json.user.name).toBe('Ada');
    expect(got.json.user.id).not.toBe('x');
    expect((await ask('POST', '/api/session', '{"__proto__":{"name":"Eve"}}')).status).toBe(400);
  });

  test('may have 4 KiB, and not one byte more, whether that is announced or not', async () => {
    const { ask } = await start();
    const padded = (bytes: number) => `{"name":"Ada"${' '.repeat(bytes - 14)}}`;
    expect((await ask('POST', '/api/session', padded(4_096))).status).toBe(200);
    for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
      const got = await ask('POST', '/api/session', padded(4_097), headers);
      expect(got).toMatchObject({ status: 413, json: { error: 'too-long' } });
      expect(got.headers.connection).toBe('close');
    }
  });

  test('that never ends is answered as soon as it is too long', async () => {
    const { port } = await start();
    const client = await RawClient.connect(port);
    const head = 'POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    client.write(`${head}Transfer-Encoding: chunked\r\n\r\n1001\r\n${' '.repeat(4_097)}\r\n`);
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('that breaks off leaves the server as it was', async () => {
    const { port, ask } = await start();
    const client = await RawClient.connect(port);
    const head = 'POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    client.write(`${head}Content-Length: 100\r\n\r\n{"name"`);
    client.socket.resetAndDestroy();
    expect((await ask('POST', '/api/session', { name: 'Ada' })).status).toBe(200);
  });
});

describe('an Origin', () => {
  const paths = [
    ['GET', '/api/session'],
    ['POST', '/api/session'],
    ['DELETE', '/api/session'],
    ['POST', '/api/accounts'],
  ] as const;

  test.each([
    'http://evil.example',
    'https://evil.example',
    'http://localhost',
    'http://localhost:1',
    'http://localhost:PORT.evil.example',
    'http://evil.example/localhost:PORT',
    'http://localhost:PORT@evil.example',
    'http://localhost:PORT, http://evil.example',
    'ftp://localhost:PORT',
    'http://app.example.evil.example',
    '',
  ])('of a foreign page is refused, before anything else: %j', async (template) => {
    const { port, ask, sessions } = await start();
    const { cookie } = sessions.issue({ id: 'ada', name: 'Ada' });
    const headers = { Origin: template.replace('PORT', String(port)), Host: `localhost:${port}`, cookie };
    for (const [method, path] of paths) {
      const got = await ask(method, path, method === 'POST' ? { name: 'Eve' } : undefined, headers);
      expect(got).toMatchObject({ status: 403, json: { error: 'foreign-origin' } });
      expect(got.headers['set-cookie']).toBeUndefined();
      const preflight = await ask('OPTIONS', path, undefined, headers);
      expect(preflight.status).toBe(403);
      for (const name of Object.keys({ ...got.headers, ...preflight.headers }))
        expect(name).not.toMatch(/^access-control-/);
    }
    expect(sessions.of({ headers: { cookie } })).toBeDefined();
  });

  test.each([
    ['http://localhost:81', 'localhost:81'],
    ['http://LOCALHOST:81', 'localhost:81'],
    ['http://chat.example', 'chat.example'],
    ['http://chat.example', 'chat.example:80'],
    ['https://chat.example', 'chat.example:443'],
    ['http://[::1]:81', '[::1]:81'],
    ['http://app.example', 'chat.example'],
    ['null', 'chat.example'],
  ])('%s may ask %s', async (Origin, Host) => {
    const { ask } = await start();
    expect((await ask('POST', '/api/session', { name: 'Ada' }, { Origin, Host })).status).toBe(200);
  });

  test.each(['http://app.example', 'null'])('that is allowed, %s, may send and read all', async (Origin) => {
    const { ask } = await start();
    const headers = { Origin, Host: 'chat.example' };
    const cors = {
      'access-control-allow-origin': Origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag, Retry-After',
    };
    const preflight = await ask('OPTIONS', '/api/session', undefined, headers);
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        ...cors,
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': 'Authorization, Content-Type, If-None-Match',
      },
    });
    const answers = [
      await ask('POST', '/api/session', { name: 'Ada' }, headers),
      await ask('POST', '/api/session', { name: '' }, headers),
      await ask('GET', '/api/session', undefined, headers),
      await ask('PUT', '/api/session', undefined, headers),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 401, 405]);
    for (const answer of answers) expect(answer.headers).toMatchObject(cors);
  });

  test('of this server, or none, gets nothing that is for other pages', async () => {
    const { ask } = await start();
    for (const headers of [{ Origin: 'http://chat.example', Host: 'chat.example' }, {}]) {
      const answers = [
        await ask('GET', '/api/session', undefined, headers),
        await ask('OPTIONS', '/api/session', undefined, headers),
      ];
      expect(answers.map(({ status }) => status)).toEqual([401, 405]);
      for (const answer of answers) expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test('of a page that came over TLS makes the cookie one for TLS alone', async () => {
    const { ask } = await start();
    const post = async (Origin: string) => {
      const headers = { Origin, Host: 'chat.example' };
      return (await ask('POST', '/api/session', { name: 'Ada' }, headers)).headers['set-cookie']?.[0];
    };
    expect(await post('https://chat.example')).toMatch(/; Secure$/);
    expect(await post('http://chat.example')).not.toMatch(/Secure/);
    expect(await post('null')).not.toMatch(/Secure/);
  });
});

test('over TLS the cookie is one for TLS alone, and a page that came without is foreign', async () => {
  const route = sessionApi({
    sessions: new Sessions('s'.repeat(32), 'nickname'),
    accounts: undefined,
    addressOf: addressesBehind(0),
    allowedOrigins: [],
    end: async () => {},
  });
  const server = createServer({ cert, key }, (incoming, response) => void route(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const post = (headers: OutgoingHttpHeaders) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const options = {
        port,
        host: '127.0.0.1',
        path: '/api/session',
        method: 'POST',
        agent: false,
      } as const;
      const type = { 'Content-Type': 'application/json', Host: 'localhost' };
      request({ ...options, ca: cert, headers: { ...type, ...headers } }, resolve)
        .on('error', reject)
        .end('{"name":"Ada"}');
    });
  for (const headers of [{}, { Origin: 'https://localhost' }]) {
    const answer = await post(headers);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/; Secure$/);
  }
  expect((await post({ Origin: 'http://localhost' })).statusCode).toBe(403);
});

test.each([
  ['PUT', '/api/session', 405, 'GET, POST, DELETE'],
  ['OPTIONS', '/api/session', 405, 'GET, POST, DELETE'],
  ['GET', '/api/accounts', 405, 'POST'],
  ['HEAD', '/api/session', 405, 'GET, POST, DELETE'],
  ['GET', '/api/session/', 404, undefined],
  ['GET', '/api/sessions', 404, undefined],
  ['GET', '/API/session', 404, undefined],
  ['GET', '/api/session?x=1', 401, undefined],
  ['GET', 'http://localhost/api/session?x=1', 401, undefined],
])('%s %s gets %i', async (method, path, status, allow) => {
  const { ask } = await start();
  const got = await ask(method, path);
  expect({ status: got.status, allow: got.headers.allow }).toEqual({ status, allow });
});
