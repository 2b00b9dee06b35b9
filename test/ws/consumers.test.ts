/** What packages that depend on ws use of it beyond its documented interface. */
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from '../../src/ws/index.ts';

test('setSocket makes both ends of a pipe: @fastify/websocket in tests of its users', async () => {
  const [near, far] = duplexPair();
  const server = new WebSocket(null);
  const client = new WebSocket(null);
  client._isServer = false;
  server.setSocket(near, Buffer.alloc(0));
  client.setSocket(far, Buffer.alloc(0), { maxPayload: 0 });
  server.on('message', (data: Buffer) => server.send(`${data} back`));
  const answer = once(client, 'message');
  client.send('hello');
  expect(await answer).toEqual([Buffer.from('hello back'), false]);
  const closed = Promise.all([once(server, 'close'), once(client, 'close')]);
  client.close(4000, 'done');
  expect(await closed).toEqual([
    [4000, Buffer.from('done')],
    [4000, Buffer.from('done')],
  ]);
});

test('path can be written, and is not what is served: @nestjs/platform-ws', () => {
  const server = new WebSocketServer({ noServer: true });
  expect(server.path).toBeNull();
  server.path = '/live';
  expect([server.path, server.options.path]).toEqual(['/live', null]);
  expect(new WebSocketServer({ noServer: true, path: '/a' }).path).toBe('/a');
});
