import { describe, expect, test } from 'vitest';
import { ClosedError } from '../../src/protocol/errors.ts';
import { flushed } from '../../src/socket/flushed.ts';
import { RawClient } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';
import { connected, started, unconnected } from './inner.ts';

/** What a promise is, after everything that is due has happened. */
async function stateOf(promise: Promise<void>): Promise<string> {
  const settled = promise.then(
    () => 'resolved',
    (error: unknown) => (error as Error).name,
  );
  const later = new Promise<string>((resolve) => setTimeout(resolve, 30, 'pending'));
  return Promise.race([settled, later]);
}

describe('flushed', () => {
  test('resolves when the system has what was sent before, and not earlier', async () => {
    const { socket, transport } = started();
    await socket.flushed(); // nothing was sent
    transport.isStuck = true;
    socket.send('a');
    const first = socket.flushed();
    expect(transport.written).toBe('810161');
    expect(await stateOf(first)).toBe('pending');
    transport.takeAll();
    expect(await stateOf(first)).toBe('resolved');
  });

  test('does not wait for what is sent later', async () => {
    const { socket, transport } = started();
    socket.send('a');
    const first = socket.flushed();
    transport.isStuck = true;
    socket.send('b');
    expect(await stateOf(first)).toBe('resolved');
    expect(await stateOf(socket.flushed())).toBe('pending');
    transport.takeAll();
  });

  test('waits for a Blob before, and for what is sent behind it', async () => {
    const { socket, transport } = started();
    socket.send(new Blob(['b']));
    socket.send('c');
    await socket.flushed();
    expect(transport.written).toBe('820162' + '810163');
  });

  test('rejects when the connection ends before', async () => {
    const { socket, transport } = started();
    transport.isStuck = true;
    socket.send('a');
    const first = socket.flushed();
    socket.terminate();
    await expect(first).rejects.toThrow(new ClosedError('the connection ended before everything was sent'));
    await expect(socket.flushed()).rejects.toThrow(ClosedError);
    await expect(flushed(unconnected().inner)).rejects.toThrow(ClosedError);
  });

  test('rejects for a Blob that is dropped by the end', async () => {
    const { socket } = started();
    socket.send(new Blob(['b']));
    const first = socket.flushed();
    socket.terminate();
    await expect(first).rejects.toThrow(ClosedError);
    await expect(socket.flushed()).rejects.toThrow(ClosedError); // also where it is asked later
  });

  test('rejects after a Blob that cannot be read', async () => {
    const { socket } = started();
    const blob = new Blob(['b']);
    blob.arrayBuffer = () => Promise.reject(new Error('gone'));
    socket.send(blob);
    await socket.closed;
    await expect(socket.flushed()).rejects.toThrow(ClosedError);
  });

  test('rejects after a Blob that is no text', async () => {
    const { socket } = started();
    socket.send(new Blob([Uint8Array.of(0xff)]), { text: true });
    await socket.closed;
    await expect(socket.flushed()).rejects.toThrow(ClosedError);
  });

  test('on a real connection rejects for what the system has not taken when the connection is cut', async () => {
    const { port, opened } = await start({ maxQueuedBytes: Infinity });
    const client = await RawClient.open(port);
    client.socket.pause();
    const socket = await opened;
    socket.send(new Uint8Array(32 * 1024 * 1024)); // more than the buffers of the system hold
    const early = socket.flushed();
    socket.terminate();
    await expect(early).rejects.toThrow(ClosedError);
    await socket.closed;
    await expect(socket.flushed()).rejects.toThrow(ClosedError);
    client.socket.destroy();
  });

  test('resolves for what went out before the end', async () => {
    const { socket } = started();
    socket.send('a');
    const first = socket.flushed();
    socket.terminate();
    await first;
  });

  test('on a real connection waits for the peer to read, where that is much', async () => {
    const { port, opened } = await start({ maxQueuedBytes: 16 * 1024 * 1024 });
    const client = await RawClient.open(port);
    client.socket.pause();
    const socket = await opened;
    socket.send(new Uint8Array(12 * 1024 * 1024));
    const all = socket.flushed();
    expect(await stateOf(all)).toBe('pending');
    client.socket.resume();
    await all;
    expect(socket.bufferedAmount).toBe(0);
  });
});

test('what was sent before terminate() goes out', async () => {
  const { port, opened } = await start();
  const client = await RawClient.open(port);
  const socket = await opened;
  socket.send('last');
  socket.terminate();
  expect(await client.rest()).toBe('81046c617374');
});

test('what was sent before terminate() goes out as far as the transport takes it', () => {
  const { socket, transport } = connected();
  transport.isStuck = true;
  for (const text of ['a', 'b']) socket.send(text);
  socket.terminate();
  expect(transport.written).toBe('810161' + '810162');
  expect(transport.destroyed).toBe(true);
});
