/** What is said to those who miss the WebSocket. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { upgradeRequired, wrongPaths } from '../../../src/chat/door/endpoint.ts';
import { WebSocketServer } from '../../../src/index.ts';
import { RawClient, request } from '../../support/raw-client.ts';
import { statusOf } from '../member.ts';
import { serve } from './server.ts';

describe('a plain request for /chat', () => {
  test.each([
    ['GET', '/chat'],
    ['GET', '/chat?history=20'],
    ['POST', '/chat'],
    ['GET', 'http://localhost/chat'],
  ])('%s %s gets 426, and is told what it takes', async (method, path) => {
    const { ask } = await serve(upgradeRequired);
    const { status, headers, text } = await ask(method, path);
    expect({ status, upgrade: headers.upgrade, connection: headers.connection }).toEqual({
      status: 426,
      upgrade: 'websocket',
      connection: 'Upgrade',
    });
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text).toContain("new WebSocket('ws://localhost:8080/chat')");
  });

  test.each(['/', '/chats', '/chat/', '/chat.js', '/x?/chat'])('%s is for others', async (path) => {
    const { ask } = await serve(upgradeRequired);
    expect((await ask('GET', path)).status).toBe(404);
  });
});

describe('a WebSocket at another path', () => {
  async function start(allowedHosts?: string[]) {
    const told: string[] = [];
    const http = createServer((incoming, response) => void upgradeRequired(incoming, response));
    const chat = new WebSocketServer({ path: '/chat' }).attach(http);
    const wrong = wrongPaths(allowedHosts, (path) => told.push(path)).attach(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await Promise.all([chat.close(), wrong.close()]);
      http.close();
      http.closeAllConnections();
    });
    const { port } = http.address() as AddressInfo;
    return { told, port, url: `ws://127.0.0.1:${port}` };
  }

  test('gets 404, is told where it should go, and so is the server', async () => {
    const { told, port, url } = await start();
    expect(await statusOf(`${url}/chat`)).toBe(101);
    for (const path of ['/', '/ws?a=b', '/CHAT']) expect(await statusOf(url + path)).toBe(404);
    expect(await statusOf(`${url}/evil`, { origin: 'http://evil.example' })).toBe(404);
    expect(told).toEqual(['/', '/ws', '/CHAT', '/evil']);
    const client = await RawClient.connect(port);
    client.write(request({}, '/'));
    expect(Buffer.from(await client.rest(), 'hex').toString()).toContain(
      'the WebSocket of this chat is at /chat',
    );
  });

  test('tells nothing under a foreign name', async () => {
    const { told, url } = await start(['127.0.0.1']);
    expect(await statusOf(`${url}/`, { headers: { host: 'evil.example' } })).toBe(421);
    expect(told).toEqual([]);
  });
});
