/** The command while it serves, and how it ends. */
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { Member, statusOf } from '../chat/member.ts';
import { BarewireCommand } from '../support/barewire-command.ts';
import { RawClient, request } from '../support/raw-client.ts';

async function start(...parameters: string[]) {
  const command = BarewireCommand.start(parameters);
  return { command, port: await command.port() };
}

describe('where it listens is said in one line', () => {
  test.each([
    [['chat', '--port', '0'], 'barewire chat: http://localhost:PORT/'],
    [['chat', '--port', '0', '--host', 'localhost'], 'barewire chat: http://localhost:PORT/'],
    [['echo', '--port', '0'], 'barewire echo: ws://127.0.0.1:PORT/'],
    [['echo', '--port', '0', '--host', 'localhost'], 'barewire echo: ws://localhost:PORT/'],
  ])('%j: %s', async (parameters, line) => {
    const { command, port } = await start(...parameters);
    expect(await command.stop()).toEqual({ code: 0, signal: null });
    expect(command.stdout).toBe(`${line.replace('PORT', String(port))}\n`);
    expect(command.stderr).toBe('');
    expect(port).toBeGreaterThan(0);
  });

  test('a browser can open the line of the chat', async () => {
    const { command } = await start('chat', '--port', '0');
    const [url] = /http:.*/.exec(command.stdout)!;
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<title>barewire chat</title>');
  });

  test('only this machine can connect unless --host says otherwise', async () => {
    const { port } = await start('chat', '--port', '0');
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address, family, internal } of addresses) {
      if (family !== 'IPv4' || internal) continue;
      await expect(fetch(`http://${address}:${port}/`), address).rejects.toThrow('fetch failed');
    }
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test.each([
    ['chat', '/chat'],
    ['echo', '/'],
  ])('ends %s with 0, and its clients get 1001', async (name, path) => {
    const { command, port } = await start(name, '--port', '0');
    const clients = [
      await Member.join(`ws://127.0.0.1:${port}${path}`),
      await Member.join(`ws://127.0.0.1:${port}${path}`),
    ];
    expect(await command.stop(signal)).toEqual({ code: 0, signal: null });
    for (const client of clients) expect(await client.closed).toEqual({ code: 1001, reason: '' });
    expect(command.stderr).toBe('');
  });

  test('ends the chat although a browser keeps an idle connection', async () => {
    const { command, port } = await start('chat', '--port', '0');
    const idle = await RawClient.connect(port);
    idle.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await idle.answer();
    await RawClient.connect(port); // one that says nothing at all, as browsers open them in advance
    expect(await command.stop(signal)).toEqual({ code: 0, signal: null });
  });

  test('given twice does not wait for a client that never answers', async () => {
    const { command, port } = await start('echo', '--port', '0');
    const deaf = await RawClient.open(port);
    command.signal(signal);
    expect(await deaf.take(4)).toBe('880203e9');
    expect(await command.stop(signal)).toEqual({ code: 1, signal: null });
  });
});

test('the chat outlives the reader of its log, although a stranger makes it write', async () => {
  const { command, port } = await start('chat', '--port', '0');
  const url = `ws://127.0.0.1:${port}/chat`;
  command.stopReading();
  for (const origin of ['http://a.example', 'http://b.example', 'http://c.example']) {
    expect(await statusOf(url, { origin })).toBe(403);
  }
  const member = await Member.join(url);
  member.say('still here');
  expect(await member.hears(1)).toEqual(['still here']);
  expect(await command.stop()).toEqual({ code: 0, signal: null });
  expect(command.stderr).toBe('');
});

describe('echo', () => {
  test('sends a text back as text and bytes as bytes, to the sender alone', async () => {
    const { port } = await start('echo', '--port', '0');
    const client = await Member.join(`ws://127.0.0.1:${port}/any/path`);
    const other = await Member.join(`ws://127.0.0.1:${port}/`);
    client.say('línea 线 \u{1f9f5}');
    client.say(new Uint8Array([0, 255, 128]));
    client.say('');
    expect(await client.hears(3)).toEqual(['línea 线 \u{1f9f5}', Buffer.from([0, 255, 128]), '']);
    other.say('mine');
    expect(await other.hears(1)).toEqual(['mine']);
  });

  test('takes a message of 16 MiB, the largest of Autobahn', async () => {
    const { port } = await start('echo', '--port', '0');
    const client = await Member.join(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    const bytes = Buffer.alloc(16 * 1024 * 1024, 'wire');
    client.say(bytes);
    const [echoed] = await client.hears(1);
    expect(bytes.equals(echoed as Buffer)).toBe(true);
  });

  test('--broadcast sends every message to everyone', async () => {
    const { port } = await start('echo', '--port', '0', '--broadcast');
    const [a, b, c] = [
      await Member.join(`ws://127.0.0.1:${port}/`),
      await Member.join(`ws://127.0.0.1:${port}/`),
      await Member.join(`ws://127.0.0.1:${port}/`),
    ];
    a.say('one');
    await c.hears(1);
    b.say(new Uint8Array([2]));
    for (const client of [a, b, c]) expect(await client.hears(2)).toEqual(['one', Buffer.from([2])]);
  });

  test('lets pages of every origin in, and says nothing about them', async () => {
    const { command, port } = await start('echo', '--port', '0');
    expect(await statusOf(`ws://127.0.0.1:${port}/`, { origin: 'https://example.com' })).toBe(101);
    expect(await statusOf(`ws://127.0.0.1:${port}/`, { origin: 'null' })).toBe(101);
    await command.stop();
    expect(command.lines).toHaveLength(1);
  });

  test('outlives a client that breaks the protocol', async () => {
    const { port } = await start('echo', '--port', '0');
    const rude = await RawClient.connect(port);
    rude.write(request());
    await rude.answer();
    rude.write(Buffer.from('8105', 'hex')); // not masked
    expect((await rude.rest()).slice(4, 8)).toBe('03ea'); // 1002
    const client = await Member.join(`ws://127.0.0.1:${port}/`);
    client.say('still here');
    expect(await client.hears(1)).toEqual(['still here']);
  });
});
