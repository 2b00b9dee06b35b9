/** WHATWG WebSockets §3.1: bufferedAmount. */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { type Sendable, WebSocket } from 'barewire';
import { describe, expect, test } from 'vitest';
import { startRaw } from '../support/raw-server.ts';
import { connectNowhere, next, open } from './client.ts';
import { againstEachServer } from './servers.ts';

againstEachServer((url) => {
  describe('right after send', () => {
    test.each<[string, Sendable, number]>([
      ['an empty string', '', 0],
      ['a string', 'a'.repeat(200), 200],
      ['a string, as UTF-8', 'é线\u{1f9f5}', 9],
      ['a lone surrogate, as U+FFFD', '\ud800', 3],
      ['a large string', 'é'.repeat(70_000), 140_000],
      ['an ArrayBuffer', new ArrayBuffer(10), 10],
      ['a view, without what it does not show', new Uint8Array(10).subarray(4), 6],
      ['a DataView', new DataView(new ArrayBuffer(10), 7), 3],
      ['a Blob', new Blob(['x'.repeat(5)]), 5],
    ])('%s is counted without the frame around it', async (_, data, byteLength) => {
      const socket = await open(url());
      expect(socket.bufferedAmount).toBe(0);
      socket.send(data);
      expect(socket.bufferedAmount).toBe(byteLength);
      socket.send(data);
      expect(socket.bufferedAmount).toBe(2 * byteLength);
      await expect.poll(() => socket.bufferedAmount).toBe(0);
    });

    test('what waits behind a Blob is counted with it', async () => {
      const socket = await open(url());
      socket.send('ab');
      socket.send(new Blob(['cde']));
      socket.send('fghi');
      socket.send(new Uint8Array(5));
      expect(socket.bufferedAmount).toBe(14);
      await expect.poll(() => socket.bufferedAmount).toBe(0);
    });
  });

  test('is 0 when what was sent has been answered', async () => {
    const socket = await open(url());
    socket.send('a');
    await next(socket, 'message');
    expect(socket.bufferedAmount).toBe(0);
  });

  test('grows by what is sent after close(), and keeps that when the connection is over', async () => {
    const socket = await open(url());
    socket.close();
    socket.send('abc');
    expect(socket.bufferedAmount).toBe(3);
    socket.send(new Uint8Array(2));
    socket.send(new Blob(['x']));
    expect(socket.bufferedAmount).toBe(6);
    await next(socket, 'close');
    expect(socket.bufferedAmount).toBe(6);
    socket.send('é');
    expect(socket.bufferedAmount).toBe(8);
  });

  test('what was sent before close() counts until it has gone out', async () => {
    const socket = await open(url());
    socket.send('abc');
    socket.close();
    expect(socket.bufferedAmount).toBe(3);
    await next(socket, 'close');
    expect(socket.bufferedAmount).toBe(0);
  });
});

test('counts what is sent after close() on a connection that was never open', async () => {
  const socket = connectNowhere('ws://localhost/');
  socket.close();
  socket.send('abc');
  socket.send(new Blob(['de']));
  expect(socket.bufferedAmount).toBe(5);
  await next(socket, 'close');
  expect(socket.bufferedAmount).toBe(5);
});

test('what the peer never took stays counted when the connection is lost', async () => {
  const server = await startRaw((guest) => {
    guest.accept();
    guest.socket.pause();
  });
  const transport = connectTcp(server.port, '127.0.0.1');
  await once(transport, 'connect');
  const socket = await open(server.url, [], {
    createConnection: () => transport,
    maxQueuedBytes: 64 * 1024 * 1024,
  });
  for (let count = 0; count < 32; count++) socket.send(new Uint8Array(1024 * 1024));
  await expect.poll(() => transport.writableNeedDrain).toBe(true);
  socket.terminate();
  await next(socket, 'close');
  expect(socket.bufferedAmount).toBeGreaterThan(16 * 1024 * 1024);
  expect(socket.bufferedAmount).toBeLessThanOrEqual(32 * 1024 * 1024);
});

test('a Blob whose turn comes when the peer has closed already stays counted', async () => {
  let read = (_bytes: ArrayBuffer): void => {};
  class SlowBlob extends Blob {
    override arrayBuffer(): Promise<ArrayBuffer> {
      return new Promise((resolve) => {
        read = resolve;
      });
    }
  }
  const server = await startRaw((guest) => guest.accept());
  const socket = await open(server.url);
  const guest = await server.guest;
  socket.send(new SlowBlob(['12345']));
  guest.write(Buffer.from('8800', 'hex'));
  await guest.take(6);
  expect(socket.readyState).toBe(WebSocket.CLOSING);
  read(new ArrayBuffer(5));
  guest.socket.end();
  await next(socket, 'close');
  expect(socket.bufferedAmount).toBe(5);
});
