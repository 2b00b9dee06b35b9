/** What is said to those who miss the WebSocket. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { startChat } from '../../../src/chat/chat-server.ts';
import { upgradeRequired } from '../../../src/chat/door/endpoint.ts';
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
