/** Long bytes that are sent with `copy: false`: they go to the system themselves, and everything else is as ever. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Handlers, type ServerOptions, WebSocket, WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket as Peer } from 'ws';
import { BarewireError, UsageError } from '../../src/protocol/errors.ts';
import { socketLimits } from '../../src/transport/socket-options.ts';
import { MAX_WRITE_BYTES, WriteQueue } from '../../src/transport/write-queue.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import { cert, key } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { RawClient, textFrame } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';
import { HandMadeTransport } from './hand-made-transport.ts';
import { socketPair } from './socket-pair.ts';

const MIB = 1024 * 1024;
const HEADER = 10;
const limits = { maxQueuedBytes: 64 * MIB, maxMessageBytes: 64 * MIB };

/** What differs in every place where it could be cut. */
function bytes(byteLength: number): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(byteLength);
  for (let i = 0; i < byteLength; i++) made[i] = i ^ (i >>> 8) ^ (i >>> 16);
  return made;
}

type Sent = WebSocket<undefined>;

async function startPlain(options: ServerOptions, handlers: Handlers): Promise<string> {
  const { port } = await start(options, handlers);
  return `ws://127.0.0.1:${port}/`;
}

async function startSecure(options: ServerOptions, handlers: Handlers): Promise<string> {
  const https = createServer({ key, cert });
  const server = new WebSocketServer(options, handlers).attach(https);
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  onTestFinished(async () => {
    await server.close({ timeoutMs: 100 });
    https.closeAllConnections();
    await new Promise((resolve) => https.close(resolve));
  });
  return `wss://localhost:${(https.address() as AddressInfo).port}/`;
}

/** Everything that comes to a peer until the end: the length and the type of each message, `ping`, and the code of the end. */
async function heard(url: string, perMessageDeflate: boolean, whole?: Uint8Array): Promise<unknown[]> {
  const peer = new Peer(url, { ca: cert, perMessageDeflate, maxPayload: 64 * MIB });
  const events: unknown[] = [];
  peer.on('ping', () => events.push('ping'));
  peer.on('message', (data: Buffer, isBinary) => {
    events.push(isBinary ? data.length : data.toString().slice(0, 10));
    if (isBinary && whole !== undefined)
      events.push(whole.subarray(0, data.length).every((b, i) => b === data[i]));
  });
  await once(peer, 'open');
  peer.send('go');
  const [code] = await once(peer, 'close');
  return [...events, code];
}

const long = bytes(3 * MIB + 1);

describe.each([
  ['TCP', startPlain, false],
  ['TCP with compression', startPlain, true],
  ['TLS', startSecure, false],
] as const)('over %s', (_name, startServer, perMessageDeflate) => {
  test('they arrive whole, in their place among messages, Pings and the Close frame', async () => {
    const url = await startServer(
      { ...limits, perMessageDeflate },
      {
        message(socket) {
          socket.send('first');
          socket.send(long, { copy: false });
          socket.send('second');
          void socket.ping().catch(() => {});
          socket.send(long.subarray(0, 65_537), { copy: false });
          socket.send(long.subarray(0, 100), { copy: false });
          socket.send(long, { copy: false });
          socket.send(long, { copy: false });
          socket.close(4000);
        },
      },
    );
    expect(await heard(url, perMessageDeflate, long)).toEqual([
      ...['first', long.length, true, 'second', 'ping', 65_537, true, 100, true],
      ...[long.length, true, long.length, true, 4000],
    ]);
  });
});

test('as text, after a Blob, to many, and of a client: all arrive', async () => {
  const text = new TextEncoder().encode('é'.repeat(100_000));
  const got: unknown[] = [];
  const { server, port } = await start(limits, {
    message(socket, data) {
      got.push(data === 'é'.repeat(100_000) || data);
      if (got.length > 1) return;
      socket.send(text, { text: true, copy: false });
      socket.send(new Blob(['b']));
      socket.send(text, { text: true, copy: false });
      setImmediate(() => {
        server.broadcast(text, { text: true, copy: false });
        socket.close();
      });
    },
  });
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, [], limits);
  await client.opened;
  client.send(text, { text: true, copy: false });
  const answers: unknown[] = [];
  for await (const message of client)
    answers.push(message === 'é'.repeat(100_000) || (message as Uint8Array).length);
  expect(got).toEqual([true]);
  expect(answers).toEqual([true, 1, true, true]);
});

describe('while the peer does not read', () => {
  /** A client that reads nothing, and the server's socket after it has sent `length` bytes. */
  async function stuck(length: number, options: ServerOptions = limits) {
    let onSent: (socket: Sent) => void = () => {};
    const sent = new Promise<Sent>((resolve) => {
      onSent = resolve;
    });
    const { port } = await start(options, {
      message(socket) {
        socket.send(bytes(length), { copy: false });
        onSent(socket);
      },
    });
    const client = await RawClient.open(port);
    client.socket.pause();
    client.write(textFrame('go'));
    return { client, socket: await sent };
  }

  /** Reads on, without the cost of joining all chunks. */
  function receive({ socket }: RawClient): Buffer[] {
    const chunks: Buffer[] = [];
    socket.removeAllListeners('data').on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.resume();
    return chunks;
  }

  const lengthOf = (chunks: Buffer[]) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);

  test('what waits is counted, what is sent afterwards waits behind it, and drained() waits for both', async () => {
    const length = 24 * MIB;
    const { client, socket } = await stuck(length);
    const waiting = socket.bufferedAmount;
    expect(waiting).toBeGreaterThan(MIB);
    expect(waiting).toBeLessThan(length);
    socket.send('tail');
    expect(socket.bufferedAmount).toBe(waiting + 4);
    let isDrained = false;
    const drained = socket.drained().then(() => {
      isDrained = true;
    });
    await new Promise(setImmediate);
    expect(isDrained).toBe(false);
    const chunks = receive(client);
    await drained;
    const total = HEADER + length + 2 + 4;
    await eventually(() => expect(lengthOf(chunks)).toBe(total));
    const all = Buffer.concat(chunks);
    expect(all.subarray(HEADER, HEADER + length).equals(bytes(length))).toBe(true);
    expect(all.toString('latin1', total - 4)).toBe('tail');
    expect(socket.bufferedAmount).toBe(0);
  });

  test('maxQueuedBytes holds for what is sent afterwards', async () => {
    const options = { ...limits, maxQueuedBytes: 24 * MIB, whenQueueIsFull: 'drop' } as const;
    const { socket } = await stuck(24 * MIB, options);
    expect(socket.send(long.subarray(0, 65_537), { copy: false })).toBe(true);
    expect(socket.send(bytes(24 * MIB), { copy: false })).toBe(false);
    expect(socket.readyState).toBe(1);
  });

  test('a queue that is full closes the connection', async () => {
    const { socket } = await stuck(24 * MIB, { maxQueuedBytes: 1024 });
    expect(socket.send('more')).toBe(false);
    expect(socket.readyState).toBe(2);
    socket.terminate();
    expect((await socket.closed).error).toBeInstanceOf(BarewireError);
  });

  test('the end of the transport in the middle is an end like any other', async () => {
    for (const end of ['resetAndDestroy', 'destroy'] as const) {
      const { client, socket } = await stuck(24 * MIB);
      socket.send('tail');
      client.socket[end]();
      expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false });
      expect(socket.bufferedAmount).toBeGreaterThan(MIB);
    }
    const { socket } = await stuck(24 * MIB);
    socket.terminate();
    expect(await socket.closed).toMatchObject({ code: 1006 });
    expect(socket.send(long, { copy: false })).toBe(false);
  });
});

test('by default, bytes may be changed right after send', async () => {
  const url = await startPlain(limits, {
    message(socket) {
      const data = long.slice();
      socket.send(data);
      data.fill(0);
      const all = socket.send(data.subarray(0, 10));
      socket.close(all ? 4000 : 4001);
    },
  });
  expect(await heard(url, false)).toEqual([long.length, 10, 4000]);
});

describe('a queue', () => {
  function queueOn<T extends HandMadeTransport | Awaited<ReturnType<typeof socketPair>>[0]>(transport: T) {
    const endpoint = new Endpoint('server');
    const queue = new WriteQueue(transport, endpoint.connection, socketLimits(limits));
    transport.on('drain', () => {
      queue.onDrain();
      queue.flush();
    });
    transport.on('error', () => {});
    return { connection: endpoint.connection, queue };
  }

  const header = Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0, 0x30, 0, 1);

  test('gives the system a part at a time: each one that the peer takes is a sign of life', async () => {
    const [near, far] = await socketPair();
    const { queue } = queueOn(near);
    const payload = bytes(16 * MIB);
    expect(queue.takeAtOnce()).toBe(true);
    queue.takeFrame(header, payload);
    expect(queue.queuedBytes).toBeGreaterThan(MIB);
    expect(near.writableLength).toBeLessThanOrEqual(MAX_WRITE_BYTES + HEADER);
    let drains = 0;
    near.on('drain', () => drains++);
    const chunks: Buffer[] = [];
    far.on('data', (chunk: Buffer) => chunks.push(chunk));
    await eventually(() => expect(queue.queuedBytes).toBe(0));
    expect(drains).toBeGreaterThan(1);
    await eventually(() =>
      expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(HEADER + payload.length),
    );
    expect(Buffer.concat(chunks).subarray(HEADER).equals(payload)).toBe(true);
  });

  test('waits where the system takes only a part of the first bytes', async () => {
    const [near, far] = await socketPair();
    const { queue, connection } = queueOn(near);
    const payload = bytes(100_000);
    let frames = 0;
    for (; near.writableLength === 0; frames++) {
      expect(queue.takeAtOnce()).toBe(true);
      queue.takeFrame(header, payload);
    }
    expect(connection.congested).toBe(true);
    expect(queue.takeAtOnce()).toBe(false);
    const chunks: Buffer[] = [];
    far.on('data', (chunk: Buffer) => chunks.push(chunk));
    await eventually(() => expect(queue.queuedBytes).toBe(0));
    const one = Buffer.concat([header, payload]);
    const received = () => chunks.reduce((sum, { length }) => sum + length, 0);
    await eventually(() => expect(received()).toBe(frames * one.length));
    expect(Buffer.concat(chunks).equals(Buffer.concat(Array(frames).fill(one)))).toBe(true);
  });

  test('takes no frame while something waits before it', async () => {
    const [near] = await socketPair();
    const { queue, connection } = queueOn(near);
    connection.send(bytes(16 * MIB));
    expect(queue.takeAtOnce()).toBe(false);
    const [ended] = await socketPair();
    const other = queueOn(ended);
    ended.destroy();
    expect(other.queue.takeAtOnce()).toBe(false);
  });

  test('takes no frame for a transport of the user: that may throw, or answer, while it is written to', () => {
    const transport = new HandMadeTransport();
    const { queue } = queueOn(transport);
    expect(queue.takeAtOnce()).toBe(false);
    expect(transport.writes).toEqual([]);
  });

  test('bytes that are transferred away too early end the transport', async () => {
    const [near, far] = await socketPair();
    far.pause();
    const { queue } = queueOn(near);
    const payload = bytes(16 * MIB);
    queue.takeFrame(header, payload);
    const failed = once(near, 'error');
    const moved = structuredClone(payload.buffer, { transfer: [payload.buffer] }); // the system still reads a part of it
    far.resume();
    expect((await failed)[0]).toBeInstanceOf(UsageError);
    expect(moved.byteLength).toBe(16 * MIB);
  });
});

describe('a transport of the user', () => {
  /** A server's socket on it. */
  async function socketOn(transport: HandMadeTransport, handlers: Handlers = {}): Promise<Sent> {
    const server = new WebSocketServer(limits, handlers);
    const headers = {
      host: 'localhost',
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    };
    const request = {
      method: 'GET',
      httpVersion: '1.1',
      url: '/',
      headers,
      rawHeaders: Object.entries(headers).flat(),
      socket: transport,
    };
    const socket = await server.handleUpgrade(request as never, transport, new Uint8Array(0));
    transport.writes.length = 0;
    return socket!;
  }

  test('that throws has failed', async () => {
    const transport = new HandMadeTransport();
    const socket = await socketOn(transport);
    transport.onWrite = () => {
      throw new Error('of a transport');
    };
    expect(socket.send(long, { copy: false })).toBe(true);
    expect((await socket.closed).error?.message).toBe('of a transport');
  });

  test('that brings bytes while it is written to: the answer to them is not lost', async () => {
    const transport = new HandMadeTransport();
    const socket = await socketOn(transport, {
      message: (inner, data) => void inner.send(`re: ${String(data)}`),
    });
    socket.resume();
    await new Promise(setImmediate);
    transport.onWrite = () => {
      transport.onWrite = () => {};
      transport.push(textFrame('x'));
    };
    socket.send(long, { copy: false });
    await eventually(() =>
      expect(transport.written.endsWith(Buffer.from('re: x').toString('hex'))).toBe(true),
    );
    expect(transport.written.length).toBe(2 * (HEADER + long.length + 2 + 5));
    expect(socket.traffic).toMatchObject({ messagesSent: 2, payloadBytesSent: long.length + 5 });
    socket.terminate();
  });
});
