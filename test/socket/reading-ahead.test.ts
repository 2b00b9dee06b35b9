/** A reader that takes its time: the end is noticed all the same, and nothing that came before it is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'barewire';
import { describe, expect, test } from 'vitest';
import { RawClient, textFrame } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';

const ends: [string, (client: RawClient) => void][] = [
  ['a reset', (client) => void client.socket.resetAndDestroy()],
  ['the end of TCP', (client) => void client.socket.end()],
];
const readers: [string, (socket: WebSocket) => void][] = [
  ['is paused', (socket) => socket.pause()],
  [
    'is busy',
    (socket) => {
      const messages = socket[Symbol.asyncIterator]();
      void messages.next();
    },
  ],
];

describe.each(readers)('while a reader %s', (_, read) => {
  test.each(ends)('%s is noticed', async (_end, end) => {
    const { port, opened } = await start({ idleTimeoutMs: 500, pingIntervalMs: 200 });
    const client = await RawClient.open(port);
    const socket = await opened;
    read(socket);
    client.write(textFrame('a'));
    client.write(textFrame('b'));
    await sleep(100); // so that the messages wait before the end comes
    end(client);
    expect(await socket.closed).toMatchObject({ code: 1006 });
  });
});

test('a busy loop that answers gets all that came before the peer left', async () => {
  const got: unknown[] = [];
  const { port, opened } = await start(
    {},
    {
      async open(socket) {
        for await (const message of socket) {
          got.push(message);
          await sleep(20);
          socket.send('answer'); // the second of these meets a reset
        }
      },
    },
  );
  const client = await RawClient.open(port);
  const socket = await opened;
  const texts = Array.from({ length: 10 }, (_, i) => `${i}`);
  for (const text of texts) client.write(textFrame(text));
  await sleep(10);
  client.socket.destroy();
  await socket.closed;
  expect(got).toEqual(texts);
});
