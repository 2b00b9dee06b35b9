/** The chat: the page at `/`, the WebSocket at `/chat`, and who may use it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage, type Server } from 'node:http';
import { get as httpsGet } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ChatOptions, PAGE_HEADERS, startChat } from '../../src/chat/chat-server.ts';
import { BarewireCommand } from '../support/barewire-command.ts';
import { cert, key } from '../support/certificate.ts';
import { RawClient } from '../support/raw-client.ts';
import { Member, statusOf } from './member.ts';

const PAGE = fileURLToPath(new URL('../../public/', import.meta.url));

async function start(options: Partial<ChatOptions> = {}, host = '127.0.0.1') {
  const chat = await startChat({ publicFolder: PAGE, ...options }, 0, host);
  onTestFinished(() => chat.close());
  const { port } = chat.address;
  const url = `ws://127.0.0.1:${port}/chat`;
  const join = (count: number) => Promise.all(Array.from({ length: count }, () => Member.join(url)));
  return { chat, port, url, join };
}

describe('what anyone says, everyone hears', () => {
  test('verbatim, the speaker included', async () => {
    const { join } = await start();
    const members = await join(3);
    const texts = [
      'hello',
      '',
      ' \n\t ',
      '<b>&amp;</b>',
      '{"a":1}',
      'é 线 \u{1f9f5} \u{feff} \0',
      '\u202e',
      'x'.repeat(60_000),
    ];
    for (const text of texts) members[0]!.say(text);
    for (const member of members) expect(await member.hears(texts.length)).toEqual(texts);
  });

  test('in the same order for all, whoever says it', async () => {
    const { join } = await start();
    const members = await join(4);
    for (let round = 0; round < 50; round++) {
      for (const [index, member] of members.entries()) member.say(`${index}: ${round}`);
    }
    const [first, ...others] = await Promise.all(members.map((member) => member.hears(200)));
    expect(new Set(first).size).toBe(200);
    for (const other of others) expect(other).toEqual(first);
    const ownOrder = first!.filter((text) => String(text).startsWith('2:'));
    expect(ownOrder).toEqual(Array.from({ length: 50 }, (_, round) => `2: ${round}`));
  });

  test('from the moment of joining to the moment of leaving', async () => {
    const { url, join } = await start();
    const [a, b] = (await join(2)) as [Member, Member];
    a.say('before');
    await b.hears(1);
    const late = await Member.join(url);
    b.socket.close();
    await b.closed;
    a.say('after');
    expect(await late.hears(1)).toEqual(['after']);
    expect(await a.hears(2)).toEqual(['before', 'after']);
    expect(b.received).toEqual(['before']);
  });

  test('although it came in fragments', async () => {
    const { join } = await start();
    const [a, b] = (await join(2)) as [Member, Member];
    a.socket.send('in ', { fin: false });
    a.socket.send('two', { fin: true });
    expect(await b.hears(1)).toEqual(['in two']);
  });
});

describe('a member that does what this chat does not understand is let go, and only that one', () => {
  async function expectOnlySenderClosed(send: (sender: Member) => void, code: number) {
    const { join } = await start();
    const [sender, a, b] = (await join(3)) as [Member, Member, Member];
    send(sender);
    expect((await sender.closed).code).toBe(code);
    a.say('still here');
    for (const member of [a, b]) expect(await member.hears(1)).toEqual(['still here']);
  }

  test('bytes: 1003, with the reason', async () => {
    await expectOnlySenderClosed((sender) => sender.say(new Uint8Array([1, 2, 3])), 1003);
    const { join } = await start();
    const [member] = (await join(1)) as [Member];
    member.say(new Uint8Array(0));
    expect(await member.closed).toEqual({ code: 1003, reason: 'this chat speaks text' });
  });

  test('one byte more than 64 KiB: 1009', async () => {
    await expectOnlySenderClosed((sender) => sender.say('x'.repeat(64 * 1024 + 1)), 1009);
  });

  test('fragments that together are too long: 1009', async () => {
    await expectOnlySenderClosed((sender) => {
      for (let count = 0; count < 14; count++) sender.socket.send('x'.repeat(30_000), { fin: false });
    }, 1009);
  });

  test('64 KiB are not too much', async () => {
    const { join } = await start();
    const [a, b] = (await join(2)) as [Member, Member];
    const text = 'é'.repeat(32 * 1024);
    a.say(text);
    expect(await b.hears(1)).toEqual([text]);
  });

  test('a reset in the middle of a message', async () => {
    const { port, join } = await start();
    const [a, b] = (await join(2)) as [Member, Member];
    const raw = await RawClient.open(port, {}, '/chat');
    raw.write(Buffer.from('81fe', 'hex'));
    a.say('one');
    await raw.take(5);
    raw.socket.resetAndDestroy();
    b.say('two');
    expect(await a.hears(2)).toEqual(['one', 'two']);
  });
});

test('a member that reads too slowly misses nothing, costs no memory, and the others wait for nothing', async () => {
  const { join } = await start();
  const [slow, speaker, other] = (await join(3)) as [Member, Member, Member];
  slow.socket.pause();
  const text = 'x'.repeat(60_000);
  // Beyond what the system buffers for two ends of a connection, and the chat for a member.
  const count = 400;
  for (let spoken = 1; spoken <= count; spoken++) {
    speaker.say(text);
    await speaker.hears(spoken);
  }
  speaker.say('the end');
  expect((await other.hears(count + 1)).at(-1)).toBe('the end');
  slow.socket.resume();
  expect(await slow.hears(count + 1)).toEqual(other.received);
});

describe('origins', () => {
  test.each([
    ['localhost', 'http://localhost:PORT'],
    ['127.0.0.1', 'http://127.0.0.1:PORT'],
    ['[::1]', 'http://[::1]:PORT'],
  ])('the page by this name may connect: %s', async (_name, origin) => {
    const { url, port } = await start();
    expect(await statusOf(url, { origin: origin.replace('PORT', String(port)) })).toBe(101);
  });

  test('a page may connect to the host that it came from, where any name is answered to', async () => {
    const { url } = await start({}, '0.0.0.0');
    const headers = { Host: 'chat.example:81', Origin: 'http://chat.example:81' };
    expect(await statusOf(url, { headers })).toBe(101);
  });

  test('what is no page may connect', async () => {
    const { url } = await start();
    expect(await statusOf(url)).toBe(101);
  });

  test.each([
    'http://evil.example',
    'https://evil.example',
    'http://localhost',
    'http://localhost:1',
    'http://localhost:PORT.evil.example',
    'http://127.0.0.1.evil.example:PORT',
    'http://evil.example:PORT',
    'http://[::2]:PORT',
    'http://0.0.0.0:PORT',
    'http://LOCALHOST:PORT@evil.example',
    'file://',
    'null',
    '',
  ])('%j may not', async (template) => {
    const told: string[] = [];
    const { url, port } = await start({ onForeignOrigin: (origin) => told.push(origin) });
    const origin = template.replace('PORT', String(port));
    expect(await statusOf(url, { headers: { Origin: origin } })).toBe(403);
    expect(told).toEqual([origin]);
  });

  test.each(['null', 'http://localhost:5173', 'https://example.com'])(
    '%s may when it is allowed, and others may not',
    async (origin) => {
      const { url } = await start({ allowedOrigins: ['http://first.example', origin] });
      expect(await statusOf(url, { origin })).toBe(101);
      expect(await statusOf(url, { origin: 'http://first.example' })).toBe(101);
      expect(await statusOf(url, { origin: `${origin}.example` })).toBe(403);
    },
  );

  test('--allow-origin allows, as often as it is given', async () => {
    const flags = ['--allow-origin', 'null', '--allow-origin', 'http://localhost:5173'];
    const command = BarewireCommand.start(['chat', '--port', '0', ...flags]);
    const url = `ws://127.0.0.1:${await command.port()}/chat`;
    expect(await statusOf(url, { origin: 'null' })).toBe(101);
    expect(await statusOf(url, { origin: 'http://localhost:5173' })).toBe(101);
    expect(await statusOf(url, { origin: 'http://localhost:5174' })).toBe(403);
  });
});

/** The answer to a plain GET, its head and its body. */
async function get(port: number, host: string, target = '/'): Promise<string> {
  const client = await RawClient.connect(port);
  client.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return Buffer.from(await client.rest(), 'hex').toString();
}

describe('hosts: on the loopback interface', () => {
  test.each([
    'localhost:PORT',
    '127.0.0.1:PORT',
    '[::1]:PORT',
    'LocalHost:PORT',
    'localhost',
    'localhost:9000',
  ])('the chat answers to %s, with its page and its WebSocket', async (template) => {
    const { port, url } = await start();
    const host = template.replace('PORT', String(port));
    expect(await get(port, host)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await statusOf(url, { headers: { Host: host, Origin: `http://${host}` } })).toBe(101);
  });

  test.each([
    'rebound.example:PORT',
    'rebound.example',
    'localhost.:PORT',
    'localhost.rebound.example:PORT',
    '127.0.0.1.rebound.example:PORT',
    '0.0.0.0:PORT',
    '[::]:PORT',
    '127.0.0.2:PORT',
  ])('it does not answer to %s', async (template) => {
    const told: string[] = [];
    const { port, url } = await start({ onForeignHost: (host) => told.push(host) });
    const host = template.replace('PORT', String(port));
    for (const target of ['/', '/chat', '/chat.js', '/none']) {
      const answer = await get(port, host, target);
      expect(answer).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/);
      expect(answer).toMatch(/\r\n\r\n.*This chat does not answer to the name that you used;/s);
      expect(answer).not.toContain('<');
    }
    expect(await statusOf(url, { headers: { Host: host, Origin: `http://${host}` } })).toBe(421);
    expect(told).toEqual(Array(5).fill(host));
  });

  test('the name in a target that is a whole URL counts, whatever Host says', async () => {
    const told: string[] = [];
    const { port } = await start({ onForeignHost: (host) => told.push(host) });
    expect(await get(port, 'b.example', 'http://localhost/')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await get(port, 'localhost', 'http://a.example/')).toMatch(/^HTTP\/1\.1 421 /);
    const upgrade = `localhost\r\n${['Upgrade: websocket', 'Connection: Upgrade'].join('\r\n')}`;
    expect(await get(port, upgrade, 'http://a.example/chat')).toMatch(/^HTTP\/1\.1 421 /);
    expect(told).toEqual(['a.example', 'a.example']);
  });

  test('a request with two Host lines is refused', async () => {
    const { port } = await start();
    expect(await get(port, 'localhost\r\nHost: localhost')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a page is served by its own name alone to a client that would rather speak HTTP/2, too', async () => {
    const { port } = await start();
    for (const [host, status] of [
      [`localhost:${port}`, 200],
      ['rebound.example', 421],
    ]) {
      const answer = await get(port, `${host}\r\nUpgrade: h2c\r\nConnection: Upgrade`);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });

  test('an allowed origin may come, and is no name', async () => {
    const { url } = await start({ allowedOrigins: ['http://app.example'] });
    expect(await statusOf(url, { origin: 'http://app.example' })).toBe(101);
    const headers = { Host: 'app.example', Origin: 'http://app.example' };
    expect(await statusOf(url, { headers })).toBe(421);
  });

  test('an allowed host, as a proxy in front passes it on, is one name more', async () => {
    const { port, url } = await start({ allowedHosts: ['chat.example'] });
    const headers = { Host: 'chat.example', Origin: 'https://chat.example' };
    expect(await statusOf(url, { headers })).toBe(101);
    expect(await get(port, 'chat.example')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await statusOf(url)).toBe(101);
    expect(await statusOf(url, { headers: { Host: 'www.chat.example' } })).toBe(421);
  });

  test('the name that was given to listen on is one of the own', async () => {
    const { chat, port } = await start({}, '127.1');
    expect(chat.address.address).toBe('127.0.0.1');
    expect(await get(port, `127.1:${port}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await get(port, `127.2:${port}`)).toMatch(/^HTTP\/1\.1 421 /);
  });
});

describe('hosts: on other addresses', () => {
  test('every name is answered to, as nobody knows them all', async () => {
    const { port, url } = await start({}, '0.0.0.0');
    expect(await get(port, 'any.example')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await statusOf(url, { headers: { Host: '192.0.2.1:81' } })).toBe(101);
  });

  test('unless some are named', async () => {
    const { port, url } = await start({ allowedHosts: ['chat.example'] }, '0.0.0.0');
    for (const host of ['chat.example', `localhost:${port}`, `127.0.0.1:${port}`])
      expect(await statusOf(url, { headers: { Host: host } })).toBe(101);
    expect(await statusOf(url, { headers: { Host: 'any.example' } })).toBe(421);
    expect(await get(port, 'any.example')).toMatch(/^HTTP\/1\.1 421 /);
  });
});

test.each(['/', '/chat/', '/chats', '/CHAT', '/index.html', '/%63hat'])(
  'there is no WebSocket at %s',
  async (path) => {
    const { port } = await start();
    expect(await statusOf(`ws://127.0.0.1:${port}${path}`)).toBe(404);
  },
);

test('the query does not belong to the path', async () => {
  const { url } = await start();
  expect(await statusOf(`${url}?name=x`)).toBe(101);
});

test.each(['http', 'https'] as const)(
  'connections of %s that cannot be accepted are logged',
  async (scheme) => {
    const lines: string[] = [];
    const tls = scheme === 'https' ? { cert: Buffer.from(cert), key: Buffer.from(key) } : undefined;
    const { port } = await start({ tls, log: (line) => lines.push(line) });
    const url = { host: '127.0.0.1', port, agent: false, rejectUnauthorized: false };
    const statusOfPage = async () => {
      const asked = scheme === 'https' ? httpsGet(url) : httpGet(url);
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      return answer.resume().statusCode;
    };
    const heard = new Promise<Server>((resolve) => {
      const listener = (message: unknown) => resolve((message as { server: Server }).server);
      subscribe('http.server.request.start', listener);
      onTestFinished(() => void unsubscribe('http.server.request.start', listener));
    });
    expect(await statusOfPage()).toBe(200);
    const server = await heard;
    for (const code of ['EMFILE', 'EMFILE', 'ENOBUFS']) server.emit('error', new Error(`accept ${code}`)); // as node:net does
    expect(lines).toEqual(['the port: accept EMFILE', 'the port: accept ENOBUFS']);
    expect(await statusOfPage()).toBe(200);
  },
);

test('closing the chat says goodbye to everybody and frees the port', async () => {
  const { chat, port, url, join } = await start();
  const members = await join(2);
  await chat.close();
  for (const member of members) expect(await member.closed).toEqual({ code: 1001, reason: '' });
  await expect(Member.join(url)).rejects.toThrow();
  const next = await startChat({ publicFolder: PAGE }, port, '127.0.0.1');
  await next.close();
});

test('a port that is taken is told to the caller', async () => {
  const { port } = await start();
  await expect(startChat({ publicFolder: PAGE }, port, '127.0.0.1')).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

describe('the page', () => {
  test('that is shipped allows nothing from elsewhere and nothing inline', async () => {
    const command = BarewireCommand.start(['chat', '--port', '0']);
    const page = `http://127.0.0.1:${await command.port()}`;
    for (const path of ['/', '/chat.js', '/style.css', '/favicon.svg']) {
      const response = await fetch(page + path);
      expect(response.status, path).toBe(200);
      for (const [name, value] of Object.entries(PAGE_HEADERS)) {
        expect(response.headers.get(name), `${name} of ${path}`).toBe(value);
      }
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const policy = PAGE_HEADERS['Content-Security-Policy'];
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|http/);
  });

  test("of one's own may do what it likes, but is not guessed at", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'barewire-page-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'index.html'), '<script>alert(1)</script>');
    const command = BarewireCommand.start(['chat', '--port', '0', '--public', folder]);
    const response = await fetch(`http://127.0.0.1:${await command.port()}/`);
    expect(await response.text()).toBe('<script>alert(1)</script>');
    expect(response.headers.get('content-security-policy')).toBeNull();
    expect(response.headers.get('referrer-policy')).toBeNull();
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });
});
