/** Bytes that are sent as text: `send`, `broadcast` and `publish` with `text: true`. */
import { once } from 'node:events';
import { type Handlers, type Sendable, type SendOptions, UsageError, WebSocket } from 'barewire';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket as Peer } from 'ws';
import { eventually } from '../support/eventually.ts';
import { FALSE_BYTES } from '../support/false-bytes.ts';
import { start } from '../support/servers.ts';

const TEXT = 'aé👋';
const bytes = new TextEncoder().encode(TEXT);
const NO_TEXT: [string, Uint8Array<ArrayBuffer>][] = [
  ['short', Uint8Array.of(0x61, 0xff)],
  ['long', new Uint8Array(100_000).fill(0x80)],
  ['cut off', bytes.subarray(0, bytes.length - 1)],
];

/** A server with a peer, and what came to that: strings and Buffers. */
async function startWithPeer(isCompressed = false, handlers: Handlers = {}) {
  const { server, port, opened } = await start(
    { perMessageDeflate: isCompressed && { thresholdBytes: 0 } },
    handlers,
  );
  const peer = new Peer(`ws://127.0.0.1:${port}/`, { perMessageDeflate: isCompressed });
  const got: unknown[] = [];
  peer.on('message', (data: Buffer, isBinary) => got.push(isBinary ? data : data.toString()));
  await once(peer, 'open');
  expect(peer.extensions !== '').toBe(isCompressed);
  return { server, socket: await opened, peer, got };
}

const KINDS: [string, Sendable][] = [
  ['a Uint8Array', bytes],
  ['a part of an ArrayBuffer', new Uint8Array([0xff, ...bytes, 0xff]).subarray(1, 1 + bytes.length)],
  ['an ArrayBuffer', bytes.buffer],
  ['a DataView', new DataView(bytes.buffer)],
  ['a Buffer', Buffer.from(TEXT)],
  ['a Blob', new Blob([TEXT])],
  ['a string', TEXT],
];

test.each(KINDS)('%s arrives as text', async (_name, data) => {
  const { socket, got } = await startWithPeer();
  expect(socket.send(data, { text: true })).toBe(true);
  expect(socket.send(new Uint8Array(0), { text: true })).toBe(true);
  expect(socket.send('after')).toBe(true);
  await eventually(() => expect(got).toEqual([TEXT, '', 'after']));
});

test('without the option, or with false, bytes are binary', async () => {
  const { socket, got } = await startWithPeer();
  const without: (SendOptions | undefined)[] = [undefined, {}, { compress: false }, { text: false }];
  for (const options of without) socket.send(bytes, options);
  await eventually(() => expect(got).toEqual(Array(4).fill(Buffer.from(bytes))));
});

test('a client sends them so too', async () => {
  const got: unknown[] = [];
  const { port } = await start({}, { message: (_socket, data) => void got.push(data) });
  const client = new WebSocket(`ws://127.0.0.1:${port}/`);
  onTestFinished(() => client.terminate());
  await client.opened;
  client.send(bytes, { text: true });
  expect(() => client.send(Uint8Array.of(0xff), { text: true })).toThrow(UsageError);
  client.send(bytes, { text: true, compress: false });
  await eventually(() => expect(got).toEqual([TEXT, TEXT]));
});

test.each([false, true])('long ones, behind a Blob, and to many: compressed %s', async (isCompressed) => {
  const { server, socket, got } = await startWithPeer(isCompressed);
  const long = TEXT.repeat(30_000);
  const longBytes = new TextEncoder().encode(long);
  socket.subscribe('topic');
  socket.send(longBytes, { text: true });
  socket.send(new Blob([long]), { text: true });
  socket.send(bytes, { text: true });
  expect(server.broadcast(longBytes.buffer, { text: true })).toBe(1);
  expect(server.publish('topic', bytes, { text: true })).toBe(1);
  expect(server.publish('topic', bytes)).toBe(1);
  longBytes.fill(0xff); // copied by now
  await eventually(() => expect(got).toEqual([long, long, TEXT, long, TEXT, Buffer.from(bytes)]));
});

describe('bytes that are no text', () => {
  test.each(NO_TEXT)('are an error, and nothing is sent: %s', async (_name, data) => {
    const { server, socket, got } = await startWithPeer();
    socket.subscribe('topic');
    for (const given of [data, data.slice().buffer, new DataView(data.buffer, 0, data.length)]) {
      expect(() => socket.send(given, { text: true })).toThrow(UsageError);
      expect(() => server.broadcast(given, { text: true })).toThrow('must be UTF-8');
      expect(() => server.publish('topic', given, { text: true, copy: false })).toThrow(UsageError);
    }
    expect(socket.bufferedAmount).toBe(0);
    expect(socket.traffic).toMatchObject({ messagesSent: 0 });
    socket.send('after');
    await eventually(() => expect(got).toEqual(['after']));
  });

  test('behind a Blob are an error at once', async () => {
    const { socket, got } = await startWithPeer();
    socket.send(new Blob(['b']));
    expect(() => socket.send(Uint8Array.of(0xff), { text: true })).toThrow(UsageError);
    expect(socket.bufferedAmount).toBe(1);
    socket.send('after');
    await eventually(() => expect(got).toEqual([Buffer.from('b'), 'after']));
  });

  test('in a Blob are found when it is read: the socket closes with 1011', async () => {
    const error = vi.fn<NonNullable<Handlers['error']>>();
    const { socket, peer, got } = await startWithPeer(false, { error });
    const closed = once(peer, 'close');
    expect(socket.send(new Blob([Uint8Array.of(0xff)]), { text: true })).toBe(true);
    expect((await closed)[0]).toBe(1011);
    expect(error.mock.calls).toEqual([[expect.any(UsageError), socket]]);
    expect(got).toEqual([]);
  });
});

test.each(FALSE_BYTES)('of bytes with %s, the true ones are verified and sent', async (_name, make) => {
  const { server, socket, got } = await startWithPeer();
  socket.send(make(), { text: true });
  server.broadcast(make(), { text: true });
  await eventually(() => expect(got).toEqual(['\u0001\u0002\u0003', '\u0001\u0002\u0003']));
});

test('a relay passes messages on as they were', async () => {
  const { peer, got } = await startWithPeer(false, {
    bytes: (socket, data, isText) => void socket.send(data, { text: isText }),
  });
  for (const data of [TEXT, '', Buffer.from(bytes), TEXT.repeat(30_000)]) peer.send(data);
  await eventually(() => expect(got).toEqual([TEXT, '', Buffer.from(bytes), TEXT.repeat(30_000)]));
});
