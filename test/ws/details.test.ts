/** What few programs use: defaults, the end of the scale, and what is done twice. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { duplexPair } from 'node:stream';
import { deflateRawSync } from 'node:zlib';
import { createWebSocketStream, PerMessageDeflate, Receiver, Sender, WebSocket } from 'barewire/ws';
import { describe, expect, test } from 'vitest';
import * as ws from 'ws';
import { binaryOf } from '../../src/ws/data.ts';
import { CloseEvent, ErrorEvent, MessageEvent } from '../../src/ws/events.ts';
import { frame, RawClient } from '../support/raw-client.ts';
import { eventsOf, pairOf, serverOf } from './sockets.ts';

describe('the arguments of close', () => {
  test.each<[what: string, data: unknown]>([
    ['an array of numbers', Uint16Array.of(1)],
    ['a list', [1]],
  ])('%s is no reason, as with ws', async (_what, data) => {
    const { client } = await pairOf();
    expect(() => client.close(1000, data as string)).toThrow(TypeError);
    expect(client.readyState).toBe(WebSocket.OPEN);
  });
});

describe('events', () => {
  test('have the defaults of the DOM', () => {
    const [close, error, message] = [
      new CloseEvent('close'),
      new ErrorEvent('error'),
      new MessageEvent('message'),
    ];
    expect([close.code, close.reason, close.wasClean]).toEqual([0, '', false]);
    expect([error.error, error.message, message.data, message.target]).toEqual([null, '', null, null]);
  });
});

describe('binary messages', () => {
  test('are of the type that was asked for', async () => {
    const { accepted, client } = await pairOf();
    expect(client.binaryType).toBe('nodebuffer');
    client.binaryType = 'fragments';
    expect(client.binaryType).toBe('fragments');
    const events = eventsOf(client, 'message');
    accepted.send(Buffer.alloc(0));
    await expect.poll(() => events).toEqual([['message', [], true]]);
  });

  test('that are a part of other memory become an ArrayBuffer of their own', () => {
    const memory = Uint8Array.of(1, 2, 3);
    expect(binaryOf(memory, 'arraybuffer')).toBe(memory.buffer);
    expect(binaryOf(memory.subarray(1), 'arraybuffer')).toEqual(Uint8Array.of(2, 3).buffer);
  });
});

describe('limits', () => {
  test('a maxPayload of 0 is none', async () => {
    const { accepted, client } = await pairOf({ server: { maxPayload: 0 } });
    const bytes = Buffer.alloc(101 * 1024 * 1024);
    client.send(bytes);
    const [message] = (await once(accepted, 'message')) as [Buffer];
    expect(message.length).toBe(bytes.length);
  });

  test('a closeTimeout that is no number is no time', async () => {
    const { server, url } = await serverOf({ closeTimeout: Number.NaN });
    const raw = await RawClient.open(Number(new URL(url).port));
    const [accepted] = [...server.clients];
    accepted!.close(1000);
    expect(await once(accepted!, 'close')).toEqual([1006, Buffer.alloc(0)]);
    raw.socket.destroy();
  });

  test('without context takeover, a message under 1024 bytes is not compressed', async () => {
    const { accepted, client } = await pairOf({
      server: { perMessageDeflate: true },
      client: { perMessageDeflate: { clientNoContextTakeover: true } },
    });
    const sizes: number[] = [];
    for (const length of [1023, 1024]) {
      const before = accepted._socket as unknown as { bytesRead: number };
      const { bytesRead } = before;
      client.send('a'.repeat(length));
      await once(accepted, 'message');
      sizes.push(before.bytesRead - bytesRead);
    }
    expect(sizes[0]).toBeGreaterThan(1023);
    expect(sizes[1]).toBeLessThan(100);
  });
});

describe('allowSynchronousEvents: false', () => {
  test('a listener that pauses holds back the messages after it', async () => {
    const { accepted, client } = await pairOf({ client: { allowSynchronousEvents: false } });
    const got: string[] = [];
    client.on('message', (data) => {
      got.push(`${data}`);
      client.pause();
    });
    for (const text of ['a', 'b']) {
      accepted.send(text);
      await expect.poll(() => got.at(-1)).toBe(text);
      expect(client.isPaused).toBe(true);
      client.resume();
    }
    expect(got).toEqual(['a', 'b']);
  });
});

describe('Receiver', () => {
  test('reads nothing after the end, though it was written before', async () => {
    const receiver = new Receiver();
    const events: unknown[] = [];
    for (const name of ['message', 'conclude', 'error']) receiver.on(name, () => events.push(name));
    receiver.cork();
    receiver.write(Buffer.from('8800', 'hex'));
    receiver.write(Buffer.from('810161', 'hex'));
    receiver.uncork();
    await new Promise(setImmediate);
    expect(events).toEqual(['conclude']);
  });

  test('of a client inflates too; an extension without parameters is none', () => {
    const deflate = new PerMessageDeflate();
    deflate.accept([{ server_no_context_takeover: [true] } as never]);
    const payload = deflateRawSync('aaaaaaaaaa', { finishFlush: 2 }).subarray(0, -4);
    const got: string[] = [];
    const receiver = new Receiver({ extensions: { 'permessage-deflate': deflate } });
    receiver.on('message', (data: Buffer) => got.push(`${data}`));
    receiver.write(Buffer.concat([Buffer.from([0xc1, payload.length]), payload]));
    const plain = new Receiver({ extensions: { 'permessage-deflate': { params: null } }, maxPayload: 5 });
    plain.on('message', (data: Buffer) => got.push(`${data}`));
    plain.write(Buffer.from('810162', 'hex'));
    expect(got).toEqual(['aaaaaaaaaa', 'b']);
  });

  test('a client may be answered without parameters', () => {
    expect(new PerMessageDeflate().accept([])).toEqual({});
  });
});

describe('Sender', () => {
  test('says so where a Blob cannot be read', async () => {
    const [transport] = duplexPair();
    const blob = new Blob(['b']);
    const error = new Error('not readable');
    blob.arrayBuffer = () => Promise.reject(error);
    const sender = new Sender(transport as never);
    expect(await new Promise((resolve) => sender.ping(blob as never, false, resolve))).toBe(error);
    sender.ping(blob as never, false); // nobody to be told
  });

  test('frames of every length can be sent by _sender', async () => {
    const { accepted, client } = await pairOf();
    const lengths: number[] = [];
    client.on('message', (data: Buffer) => lengths.push(data.length));
    for (const length of [0, 0xffff, 0x1_0000]) {
      const list = Sender.frame(Buffer.alloc(length), { opcode: 2, fin: true, mask: true });
      accepted._sender!.sendFrame([Buffer.concat(list)]);
    }
    await expect.poll(() => lengths).toEqual([0, 0xffff, 0x1_0000]);
  });
});

describe('a server', () => {
  test('may count no clients, and may be closed twice', async () => {
    const { server, url } = await serverOf({ clientTracking: false });
    const [[accepted]] = await Promise.all([once(server, 'connection'), once(new ws.WebSocket(url), 'open')]);
    expect(server.clients).toBeUndefined();
    accepted.terminate();
    await new Promise((resolve) => server.close(resolve));
    const closed = once(server, 'close');
    server.close();
    await closed;
  });

  test('agrees on no other extension', async () => {
    const { url } = await serverOf({ perMessageDeflate: true });
    const raw = await RawClient.connect(Number(new URL(url).port));
    raw.write(
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: x-other\r\n\r\n',
    );
    expect(await raw.answer()).not.toMatch(/extensions/i);
    raw.write(frame(8, Buffer.of(3, 0xe8)));
  });

  test('may refuse with a status that has no name', async () => {
    const { url } = await serverOf({ verifyClient: (_info, done) => done(false, 499) });
    const peer = new ws.WebSocket(url);
    peer.on('error', () => {});
    const [, response] = (await once(peer, 'unexpected-response')) as [unknown, IncomingMessage];
    expect([response.statusCode, response.headers]).toMatchObject([499, { 'content-length': '0' }]);
  });
});

describe('a client', () => {
  test('takes https: for wss:', () => {
    const socket = new WebSocket('https://127.0.0.1:1/');
    socket.on('error', () => {});
    expect(socket.url).toBe('wss://127.0.0.1:1/');
  });

  test('that is destroyed as a stream before it is open has its error', async () => {
    const { url } = await serverOf();
    const stream = createWebSocketStream(new WebSocket(url));
    const failed = once(stream, 'error');
    stream.destroy();
    expect(await failed).toMatchObject([
      { message: 'WebSocket was closed before the connection was established' },
    ]);
  });
});
