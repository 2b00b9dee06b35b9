/** A message that is made once and sent many times, over real connections. */
import { once } from 'node:events';
import { type PublishOptions, prepareMessage, UsageError } from 'barewire';
import { describe, expect, test } from 'vitest';
import { WebSocket as Peer } from 'ws';
import { connect, open } from '../client/connect.ts';
import { eventually } from '../support/eventually.ts';
import { RawClient } from '../support/raw-client.ts';
import { startRaw } from '../support/raw-server.ts';
import { start, startEcho } from '../support/servers.ts';

const perMessageDeflate = { thresholdBytes: 0 };
const TEXT = 'round and round and round it goes '.repeat(30);

/** A client of ws, and what it gets. */
async function peerOf(port: number, options: ConstructorParameters<typeof Peer>[2] = {}) {
  const peer = new Peer(`ws://127.0.0.1:${port}/`, options);
  const got: (string | Buffer)[] = [];
  peer.on('message', (data, isBinary) => got.push(isBinary ? (data as Buffer) : `${data}`));
  await once(peer, 'open');
  return { peer, got };
}

describe('with compression', () => {
  test.each([
    ['with context takeover', {}],
    ['without', { serverNoContextTakeover: true, clientNoContextTakeover: true }],
    ['in a small window', { serverMaxWindowBits: 9 }],
    ['with a peer without it', false],
  ])('it arrives between other messages, %s', async (_how, deflate) => {
    const { port, opened } = await start({ perMessageDeflate });
    const { got } = await peerOf(port, { perMessageDeflate: deflate });
    const socket = await opened;
    const message = prepareMessage(TEXT);
    for (const each of [TEXT, message, TEXT, message, message, TEXT]) socket.send(each as string);
    await eventually(() => expect(got).toHaveLength(6));
    expect(new Set(got)).toEqual(new Set([TEXT]));
  });

  test('it is compressed, unless that was excluded when it was made', async () => {
    const { port, opened } = await start({ perMessageDeflate });
    const { got } = await peerOf(port);
    const socket = await opened;
    socket.send(prepareMessage(TEXT));
    const compressed = socket.traffic!.wireBytesSent;
    socket.send(prepareMessage(TEXT, { compress: false }));
    expect(compressed).toBeLessThan(100);
    expect(socket.traffic!.wireBytesSent - compressed).toBeGreaterThan(TEXT.length);
    await eventually(() => expect(got).toEqual([TEXT, TEXT]));
  });

  test('sockets with the same window get the same frame', async () => {
    const { server, port } = await start({ perMessageDeflate });
    const peers = await Promise.all([peerOf(port), peerOf(port)]);
    const message = prepareMessage(TEXT);
    const { windowBits } = { windowBits: 12 };
    const frame = message.compressedFrame(windowBits);
    for (const socket of server.sockets) socket.send(message);
    expect(message.compressedFrame(windowBits)).toBe(frame);
    for (const socket of server.sockets) expect(socket.traffic!.wireBytesSent).toBe(frame.bytes.length);
    await eventually(() => expect(peers.map(({ got }) => got)).toEqual([[TEXT], [TEXT]]));
  });
});

describe('of a client', () => {
  test('it is masked with another key each time, and stays as it is', async () => {
    const { url, guest } = await startRaw((each) => each.accept());
    let key = 0;
    const socket = await open(url, { maskingKey: () => ++key });
    const message = prepareMessage('abc');
    for (let count = 0; count < 2; count++) expect(socket.send(message)).toBe(true);
    const raw = await guest;
    expect(await raw.take(18)).toBe('818300000001616263' + '818300000002616263');
    expect(Buffer.from(message.payload).toString()).toBe('abc');
  });

  test.each([true, false])('it arrives, compressed: %s', async (compress) => {
    const { port } = await startEcho({ perMessageDeflate });
    const socket = await open(`ws://127.0.0.1:${port}/`, { perMessageDeflate });
    const [text, binary] = [TEXT, Buffer.from(TEXT)].map((data) => prepareMessage(data, { compress }));
    for (const message of [text, text, binary]) socket.send(message!);
    expect(socket.traffic!.wireBytesSent < TEXT.length).toBe(compress);
    const got: unknown[] = [];
    for await (const message of socket) if (got.push(message) === 3) break;
    expect(got).toEqual([TEXT, TEXT, new Uint8Array(Buffer.from(TEXT))]);
  });

  test('it cannot be sent before the connection is open', () => {
    const socket = connect('ws://127.0.0.1:9/');
    expect(() => socket.send(prepareMessage('x'))).toThrow(DOMException);
  });
});

test('publish and broadcast take it too', async () => {
  const { server, port } = await start({}, { open: (socket) => socket.subscribe('topic') });
  const clients = [await RawClient.open(port), await RawClient.open(port)];
  await eventually(() => expect(server.sockets.size).toBe(2));
  const [first] = server.sockets;
  const message = prepareMessage('a');
  expect(server.publish('nobody', message)).toBe(0);
  expect(server.publish('topic', message)).toBe(2);
  expect(server.broadcast(message, { except: first })).toBe(1);
  first!.send(prepareMessage('b'));
  const got = await Promise.all(clients.map((client) => client.take(6)));
  expect(got.sort()).toEqual(['810161810161', '810161810162']);
});

test('takes no options any more when it is sent', async () => {
  const { server, port } = await start();
  const socket = await open(`ws://127.0.0.1:${port}/`);
  const message = prepareMessage('x');
  expect(() => socket.send(message as never, { compress: false })).toThrow(UsageError);
  for (const options of [{ compress: true }, { text: false }, { copy: false }] as PublishOptions[]) {
    expect(() => server.broadcast(message, options as object)).toThrow(UsageError);
    expect(() => server.publish('topic', message, options as object)).toThrow(UsageError);
  }
});
