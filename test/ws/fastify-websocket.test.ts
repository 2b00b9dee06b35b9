/** What the tests of @fastify/websocket do with ws, and other tests do not. */
import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { WebSocket } from 'barewire/ws';
import { expect, test } from 'vitest';
import { pairOf } from './sockets.ts';

test.each([10, true, 'text', null])(
  'options of a message that are no object (%j) are none',
  async (options) => {
    const { client, accepted } = await pairOf({});
    const received = once(accepted, 'message');
    client.send('a', options as unknown as object);
    expect(await received).toEqual([Buffer.from('a'), false]);
  },
);

test('both ends of a connection on streams in memory, one of them the client', async () => {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const client = new WebSocket(null, undefined, { isServer: false } as object);
  const accepted = new WebSocket(null);
  expect([client._isServer, accepted._isServer]).toEqual([true, true]);
  client._isServer = false;
  const opened = once(client, 'open');
  client.setSocket(Duplex.from({ readable: toClient, writable: toServer }), Buffer.alloc(0), {
    maxPayload: 0,
  });
  accepted.setSocket(Duplex.from({ readable: toServer, writable: toClient }), Buffer.alloc(0));
  await opened;
  const received = [once(accepted, 'message'), once(client, 'message')];
  client.send('to the server');
  accepted.send('to the client');
  expect((await Promise.all(received)).map(([data]) => `${data}`)).toEqual([
    'to the server',
    'to the client',
  ]);
  const closed = [once(accepted, 'close'), once(client, 'close')];
  client.close(1000, 'done');
  expect((await Promise.all(closed)).map(([code]) => code)).toEqual([1000, 1000]);
});
