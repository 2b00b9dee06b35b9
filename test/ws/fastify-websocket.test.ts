/** What the tests of @fastify/websocket do with ws, and other tests do not. */
import { once } from 'node:events';
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
