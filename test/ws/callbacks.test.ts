/** When callbacks of `send` are called, and where. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { Sender } from 'barewire/ws';
import { expect, test } from 'vitest';
import { pairOf } from './sockets.ts';

test('a callback has the AsyncLocalStorage of its send, whichever socket was first in the turn', async () => {
  const [one, two] = [await pairOf(), await pairOf()];
  const storage = new AsyncLocalStorage<string>();
  const got = await new Promise<unknown[]>((resolve) => {
    const all: unknown[] = [];
    const note = () => {
      if (all.push(storage.getStore()) === 3) resolve(all);
    };
    storage.run('a', () => one.accepted.send('x', note));
    storage.run('b', () => two.accepted.send('x', note));
    storage.run('c', () => two.accepted.send('x', note));
  });
  expect(got).toEqual(['a', 'b', 'c']);
});

test('what was sent before a Blob does not wait for it', async () => {
  const { accepted } = await pairOf();
  const calls: string[] = [];
  const blob = new Blob(['b']);
  let read = (_bytes: ArrayBuffer) => {};
  blob.arrayBuffer = () =>
    new Promise((resolve) => {
      read = resolve;
    });
  const first = new Promise<void>((resolve) => {
    accepted.send('a', (error) => {
      calls.push(`a ${error}`);
      resolve();
    });
  });
  const second = new Promise<void>((resolve) => {
    accepted.send(blob, (error) => {
      calls.push(`blob ${error}`);
      resolve();
    });
  });
  await first;
  expect(calls).toEqual(['a undefined']);
  read(Uint8Array.of(0x62).buffer);
  await second;
  expect(calls).toEqual(['a undefined', 'blob undefined']);
});

test('a Close frame that a program has made begins the closing handshake', async () => {
  const { accepted, client } = await pairOf();
  const payload = Buffer.concat([Buffer.from([0x0f, 0xa0]), Buffer.from('bye')]); // 4000
  const list = Sender.frame(payload, { opcode: 8, fin: true, mask: false });
  const closed = once(client, 'close');
  await new Promise<void>((resolve) => accepted._sender!.sendFrame(list, () => resolve()));
  expect(await closed).toEqual([4000, Buffer.from('bye')]);
});

test('a Close frame without a code too', async () => {
  const { accepted, client } = await pairOf();
  const closed = once(client, 'close');
  accepted._sender!.sendFrame(Sender.frame(Buffer.alloc(0), { opcode: 8, fin: true, mask: false }));
  expect(await closed).toEqual([1005, Buffer.alloc(0)]);
});
