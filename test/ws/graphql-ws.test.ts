/** What the tests of graphql-ws do with ws, and other tests do not. */
import { once } from 'node:events';
import { WebSocket } from 'barewire/ws';
import { expect, test } from 'vitest';
import { eventsOf, pairOf, peerServerOf } from './sockets.ts';

test('a program plays a peer that is gone by replacing pong', async () => {
  const { accepted, client } = await pairOf();
  const events = eventsOf(accepted, 'pong');
  const replaced: unknown[] = [];
  client.pong = (payload: unknown) => void replaced.push(payload);
  accepted.ping('a');
  await once(client, 'ping');
  client.send('behind it');
  await once(accepted, 'message');
  expect(events).toEqual([]);
  expect(replaced).toEqual([Buffer.from('a')]);
});

test('Pings without end get answers, the latest one for sure', async () => {
  const { accepted, client } = await pairOf();
  let last = '';
  let pongs = 0;
  const answered = new Promise<void>((resolve) =>
    accepted.on('pong', (payload: Buffer) => {
      pongs++;
      last = payload.toString();
      if (last === '4999') resolve();
    }),
  );
  for (let i = 0; i < 5000; i++) accepted.ping(`${i}`);
  await answered;
  expect(pongs).toBeGreaterThanOrEqual(1000);
  client.terminate();
});

test('a peer that pings and reads nothing gets an answer to the latest Ping, and few to those before', async () => {
  const { server, url } = await peerServerOf();
  const client = new WebSocket(url);
  const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
  peer._socket.pause();
  const payload = Buffer.alloc(125);
  for (let turn = 0; turn < 120; turn++) {
    for (let i = 0; i < 2000; i++) peer.ping(payload);
    await new Promise((resolve) => peer.ping('x', false, resolve));
  }
  let pongs = 0;
  const answered = new Promise<void>((resolve) =>
    peer.on('pong', (answer: Buffer) => {
      pongs++;
      if (answer.toString() === 'last') resolve();
    }),
  );
  peer.ping('last');
  peer._socket.resume();
  await answered;
  expect(pongs).toBeLessThan(180_000); // of 240,000: what the buffers of the system take
  client.terminate();
});
