/** What is said to those who miss the WebSocket. */
import { once } from 'node:events';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startChat } from '../../../src/chat/chat-server.ts';
import { upgradeRequired } from '../../../src/chat/door/endpoint.ts';
import { cert, key } from '../../support/certificate.ts';
import { RawClient } from '../../support/raw-client.ts';
import { statusOf } from '../member.ts';
import { serve } from './server.ts';

describe('a plain request for /chat', () => {
  test.each([
    ['GET', '/chat'],
    ['GET', '/chat?history=20'],
    ['POST', '/chat'],
    ['GET', 'http://localhost/chat'],
  ])('%s %s gets 426, and is told what it takes', async (method, path) => {
    const { ask, port } = await serve(upgradeRequired);
    const { status, headers, text } = await ask(method, path);
    expect({ status, upgrade: headers.upgrade, connection: headers.connection }).toEqual({
      status: 426,
      upgrade: 'websocket',
      connection: 'Upgrade',
    });
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text).toContain(
      /^http/.test(path)
        ? "new WebSocket('ws://localhost/chat')"
        : `new WebSocket('ws://127.0.0.1:${port}/chat')`,
    );
  });

  test.each([
    ['localhost:18480', 'ws://localhost:18480/chat'],
    ['Chat.Example', 'ws://Chat.Example/chat'],
    ['[::1]:81', 'ws://[::1]:81/chat'],
    ["a')</script>", '/chat'],
    ['a b', '/chat'],
    ['a/b', '/chat'],
    ['user@a', '/chat'],
    ['a\x9b2J', '/chat'],
    ['a:b', '/chat'],
    ['a'.repeat(300), '/chat'],
  ])('under the name %s is told of %s', async (host, address) => {
    const { ask } = await serve(upgradeRequired);
    const { text } = await ask('GET', '/chat', undefined, { Host: host });
    expect(text).toContain(`\nnew WebSocket('${address}'). `);
  });

  test('that names no host is told the path', async () => {
    const { port } = await serve(upgradeRequired);
    for (const lines of ['GET /chat HTTP/1.0', 'GET /chat HTTP/1.1\r\nHost:']) {
      const client = await RawClient.connect(port);
      client.write(`${lines}\r\n\r\n`);
      await client.until(() => client.received.includes("new WebSocket('/chat')"));
    }
  });

  test('over TLS is told of wss', async () => {
    const options = { publicFolder: 'public', tls: { cert: Buffer.from(cert), key: Buffer.from(key) } };
    const chat = await startChat(options, 0, '127.0.0.1');
    onTestFinished(() => chat.close());
    const { port } = chat.address;
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/chat',
      agent: false,
      rejectUnauthorized: false,
    });
    const [answer] = await once(asked.end(), 'response');
    expect(await text(answer)).toContain(`new WebSocket('wss://127.0.0.1:${port}/chat')`);
  });

  test.each(['/', '/chats', '/chat/', '/chat.js', '/x?/chat'])('%s is for others', async (path) => {
    const { ask } = await serve(upgradeRequired);
    expect((await ask('GET', path)).status).toBe(404);
  });
});

describe('a WebSocket at another path', () => {
  test('gets 404, and the server is told', async () => {
    const told: string[] = [];
    const options = { publicFolder: 'public', onWrongPath: (path: string) => void told.push(path) };
    const chat = await startChat(options, 0, '127.0.0.1');
    onTestFinished(() => chat.close());
    const url = `ws://127.0.0.1:${chat.address.port}`;
    expect(await statusOf(`${url}/chat`)).toBe(101);
    for (const path of ['/', '/ws?a=b', '/CHAT']) expect(await statusOf(url + path)).toBe(404);
    expect(told).toEqual(['/', '/ws', '/CHAT']);
  });
});
