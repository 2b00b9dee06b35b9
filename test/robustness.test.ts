/** Peers that break, stall and flood, and handlers that throw: nothing of it may reach the process. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type Handlers, type WebSocket, WebSocketServer } from 'barewire';
import { OPCODE } from 'barewire/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from './support/eventually.ts';
import { closeFrame, frame, RawClient, request, textFrame } from './support/raw-client.ts';
import { start, startEcho } from './support/servers.ts';

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => unhandled.push(error);

beforeAll(() => {
  process.on('uncaughtException', onUnhandled).on('unhandledRejection', onUnhandled);
});

afterAll(() => {
  process.off('uncaughtException', onUnhandled).off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

/** A server that makes sockets by hand and gives them to nobody. */
async function startByHand(options: ConstructorParameters<typeof WebSocketServer>[0]) {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new WebSocketServer(options);
  http.on('upgrade', (...upgrade) => void server.handleUpgrade(...upgrade));
  onTestFinished(async () => {
    await server.close({ timeoutMs: 50 });
    http.close();
  });
  return { server, port: (http.address() as AddressInfo).port };
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a reset', () => {
  const handshake = Buffer.from(request());
  const message = Buffer.concat([
    textFrame('first'),
    textFrame('frag', false),
    frame(OPCODE.ping, Uint8Array.of(1)),
    textFrame('ment', true, OPCODE.continuation),
    frame(OPCODE.close, Uint8Array.of(3, 0xe8)),
  ]);

  test('at every byte of the handshake leaves nothing behind', async () => {
    const { server, port } = await startEcho();
    for (let cut = 0; cut <= handshake.length; cut++) {
      const client = await RawClient.connect(port);
      client.write(handshake.subarray(0, cut));
      if (cut % 2 === 0) await new Promise(setImmediate);
      client.socket.resetAndDestroy();
    }
    await eventually(() => expect(server.sockets.size).toBe(0));
    expect(await (await RawClient.open(port)).socket.readyState).toBe('open');
  });

  test('at every byte of a conversation leaves nothing behind, and is told once', async () => {
    const close = vi.fn();
    const { server, port } = await start({}, { message: (socket, data) => socket.send(data), close });
    for (let cut = 0; cut <= message.length; cut++) {
      const client = await RawClient.open(port);
      client.write(message.subarray(0, cut));
      if (cut % 2 === 0) await new Promise(setImmediate);
      client.socket.resetAndDestroy();
    }
    await eventually(() => expect(server.sockets.size).toBe(0));
    expect(close).toHaveBeenCalledTimes(message.length + 1);
  });

  test('an orderly end at every byte of a conversation does neither', async () => {
    const { server, port } = await startEcho();
    for (let cut = 0; cut <= message.length; cut++) {
      const client = await RawClient.open(port);
      client.socket.end(message.subarray(0, cut));
      await client.ended();
    }
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test('right after the request, before the answer is written', async () => {
    const { server, port } = await start({
      authorize: () => new Promise<undefined>((r) => setTimeout(r, 20)),
    });
    for (let i = 0; i < 20; i++) {
      const client = await RawClient.connect(port);
      client.write(handshake);
      await nextTurn();
      client.socket.resetAndDestroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
    await eventually(() => expect(server.sockets.size).toBe(0));
  });
});

describe('a handler that throws closes its own socket with 1011 and is reported once', () => {
  const boom = new Error('boom');
  const fail = () => {
    throw boom;
  };
  const reject = async () => {
    await nextTurn();
    throw boom;
  };

  const cases: [string, Handlers][] = [
    ['open', { open: fail }],
    ['an async open', { open: reject }],
    ['message', { message: fail }],
    ['an async message', { message: reject }],
    ['a listener', { open: (socket) => socket.addEventListener('message', fail) }],
    ['an async listener', { open: (socket) => socket.addEventListener('message', reject) }],
    [
      'an object with handleEvent',
      { open: (socket) => socket.addEventListener('message', { handleEvent: fail }) },
    ],
    [
      'an on… handler',
      {
        open: (socket) => {
          socket.onmessage = fail;
        },
      },
    ],
    [
      'a loop',
      {
        open: async (socket) => {
          for await (const _message of socket) fail();
        },
      },
    ],
    ['something that is no Error', { message: () => Promise.reject('boom') }],
  ];

  test.each(cases)('%s', async (_name, handlers) => {
    const error = vi.fn();
    const close = vi.fn();
    const { port } = await start({}, { ...handlers, error, close });
    const client = await RawClient.open(port);
    client.write(textFrame('a'));
    expect(await client.take(4)).toBe(closeFrame(1011));
    client.write(frame(OPCODE.close, Uint8Array.of(3, 0xf3)));
    client.socket.end();
    await eventually(() => expect(close).toHaveBeenCalledOnce());
    expect(error).toHaveBeenCalledOnce();
    expect(String(error.mock.calls[0]?.[0])).toMatch(/boom/);
    expect(close.mock.calls[0]?.[1].error.message).toBe('boom');
    expect((await RawClient.open(port)).socket.readyState).toBe('open'); // the server lives on
  });

  test.each([
    ['an object without prototype', Object.create(null)],
    ['undefined', undefined],
    ['a symbol', Symbol('odd')],
  ])('%s thrown is survived like any other', async (_name, odd) => {
    const error = vi.fn();
    const throwOdd = () => {
      throw odd;
    };
    const { port } = await start({}, { message: throwOdd, error });
    const client = await RawClient.open(port);
    client.write(textFrame('a'));
    expect(await client.take(4)).toBe(closeFrame(1011));
    expect(error).toHaveBeenCalledExactlyOnceWith(odd, expect.anything());
  });

  test('a thenable that is no Promise counts as one', async () => {
    const error = vi.fn();
    // biome-ignore lint/suspicious/noThenProperty: that is what is tried
    const thenable = { then: (_resolve: unknown, rejectIt: (error: Error) => void) => rejectIt(boom) };
    const { port } = await start({}, { message: () => thenable, error });
    const client = await RawClient.open(port);
    client.write(textFrame('a'));
    expect(await client.take(4)).toBe(closeFrame(1011));
    expect(error).toHaveBeenCalledOnce();
  });

  test('async error and refused handlers that reject do not end the process', async () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => written.mockRestore());
    const { port } = await start({}, { message: fail, error: reject, refused: reject });
    const client = await RawClient.open(port);
    client.write(textFrame('a'));
    await client.take(4);
    const refused = await RawClient.connect(port);
    refused.write(request({ Origin: 'http://evil.example' }));
    await refused.answer();
    await eventually(() => expect(written).toHaveBeenCalledTimes(2));
  });

  test('a close handler that throws is reported too, and the socket is gone all the same', async () => {
    const error = vi.fn();
    const { server, port } = await start({}, { close: fail, error });
    (await RawClient.open(port)).socket.resetAndDestroy();
    await eventually(() => expect(error).toHaveBeenCalledOnce());
    expect(server.sockets.size).toBe(0);
  });

  test('a close listener and an error listener that throw, too', async () => {
    const error = vi.fn();
    const open = (socket: WebSocket) => {
      socket.onclose = fail;
      socket.onerror = fail;
    };
    const { server, port } = await start({}, { open, error });
    (await RawClient.open(port)).socket.resetAndDestroy();
    await eventually(() => expect(error).toHaveBeenCalledTimes(2));
    expect(server.sockets.size).toBe(0);
  });

  test('without an error handler it is written to the console', async () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => written.mockRestore());
    const { port } = await start({}, { message: fail });
    const client = await RawClient.open(port);
    client.write(textFrame('a'));
    await client.take(4);
    expect(written).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('barewire'), boom);
  });

  test('an error handler that throws itself does not end the process', async () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => written.mockRestore());
    const { port } = await start({}, { message: fail, error: fail });
    const client = await RawClient.open(port);
    client.write(textFrame('a'));
    expect(await client.take(4)).toBe(closeFrame(1011));
    expect(written).toHaveBeenCalledOnce();
  });

  test('a refused handler that throws is reported', async () => {
    const error = vi.fn();
    const { port } = await start({}, { refused: fail, error });
    const client = await RawClient.connect(port);
    client.write(request({ Origin: 'http://evil.example' }));
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 403 /);
    await eventually(() => expect(error).toHaveBeenCalledOnce());
  });
});

describe('a peer that reads too slowly', () => {
  const block = Buffer.alloc(64 * 1024);

  /** A client that reads nothing, and the server's socket for it. */
  async function slowReader(options: ConstructorParameters<typeof WebSocketServer>[0]) {
    const { port, opened } = await start({ maxQueuedBytes: 1024 * 1024, ...options });
    const client = await RawClient.open(port);
    client.socket.pause();
    return { client, socket: await opened };
  }

  test('is closed with 1008 where the queue would exceed maxQueuedBytes', async () => {
    const { socket } = await slowReader({ closeTimeoutMs: 100 });
    let queuedAtMost = 0;
    while (socket.send(block)) {
      queuedAtMost = Math.max(queuedAtMost, socket.bufferedAmount);
      await new Promise(setImmediate);
    }
    expect(queuedAtMost).toBeLessThanOrEqual(1024 * 1024);
    const info = await socket.closed;
    expect(info.sent?.code).toBe(1008);
    expect(info.error?.message).toMatch(/reads too slowly/);
  });

  test("misses messages and stays, where whenQueueIsFull is 'drop'", async () => {
    const { socket, client } = await slowReader({ whenQueueIsFull: 'drop' });
    let sent = 0;
    while (socket.send(block)) {
      sent++;
      await new Promise(setImmediate);
    }
    expect(socket.send('still too full')).toBe(true); // 16 bytes still fit
    expect(socket.send(block)).toBe(false);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(1024 * 1024);
    client.socket.resume();
    await client.until(() => client.received.length === sent * (block.length + 10) + 16);
    expect(socket.readyState).toBe(1);
  });

  test('makes drained wait until it reads again', async () => {
    const { socket, client } = await slowReader({ maxQueuedBytes: 16 * 1024 * 1024 });
    await socket.drained();
    const big = Buffer.alloc(12 * 1024 * 1024);
    socket.send(big);
    const drained = vi.fn();
    const done = socket.drained().then(drained);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(drained).not.toHaveBeenCalled();
    client.socket.resume();
    await done;
    expect(socket.bufferedAmount).toBeLessThan(big.length);
  });

  test('drained resolves when the connection is gone', async () => {
    const { socket, client } = await slowReader({ maxQueuedBytes: 16 * 1024 * 1024 });
    socket.send(Buffer.alloc(12 * 1024 * 1024));
    const drained = socket.drained();
    client.socket.resetAndDestroy();
    await drained;
  });

  test('gets one message that is bigger than maxQueuedBytes', async () => {
    const { socket, client } = await slowReader({ maxQueuedBytes: 1000 });
    expect(socket.send('x'.repeat(5 * 1024 * 1024))).toBe(true);
    client.socket.resume();
    await socket.drained();
    expect(socket.bufferedAmount).toBe(0);
    expect(socket.readyState).toBe(socket.OPEN);
  });

  test('and floods with pings gets one pong in the end: the queue does not grow', async () => {
    const { socket, client } = await slowReader({});
    let sent = 0;
    for (; socket.bufferedAmount === 0; sent += 10 + block.length) {
      socket.send(block);
      await new Promise(setImmediate);
    }
    const before = socket.bufferedAmount;
    const ping = frame(OPCODE.ping, Buffer.alloc(125));
    const last = frame(OPCODE.ping, Buffer.from('last'));
    for (let i = 0; i < 200; i++) client.write(Buffer.concat(Array(100).fill(ping)));
    client.write(last);
    const cameIn = () => socket.traffic?.wireBytesReceived;
    await expect.poll(cameIn, { timeout: 10_000 }).toBe(20_000 * ping.length + last.length);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(before + 127);
    client.socket.resume();
    await client.until(() => client.received.includes('\x8a\x04last', 0, 'latin1'));
    expect(client.received.length - sent).toBeLessThan(20_000 * 127 * 0.1);
  });
});

describe('time', () => {
  test('a peer of whom nothing comes is closed with 1001 after idleTimeoutMs', async () => {
    const { port, opened } = await start({ idleTimeoutMs: 100, pingIntervalMs: 0, closeTimeoutMs: 100 });
    const client = await RawClient.open(port);
    expect(await client.rest()).toBe(closeFrame(1001));
    expect((await (await opened).closed).error?.message).toBe('nothing came from the peer for 100 ms');
  });

  test('a peer that answers pings is not idle', async () => {
    const { port, opened } = await start({ idleTimeoutMs: 250, pingIntervalMs: 50 });
    const client = await RawClient.open(port);
    const until = performance.now() + 1_000;
    while (performance.now() < until) {
      const ping = await client.take(6);
      client.write(frame(OPCODE.pong, Buffer.from(ping.slice(4), 'hex')));
    }
    expect((await opened).readyState).toBe(1);
  });

  test('silence does not count while messages wait for a socket that we paused', async () => {
    const { port, opened } = await start({ idleTimeoutMs: 100, pingIntervalMs: 0 }, { message: () => {} });
    const client = await RawClient.open(port);
    const socket = await opened;
    socket.pause();
    client.write(textFrame('this waits'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(socket.readyState).toBe(1);
  });

  test('a socket whose messages nobody ever takes is closed, and told why', async () => {
    const { server, port } = await startByHand({
      idleTimeoutMs: 100,
      pingIntervalMs: 0,
      closeTimeoutMs: 100,
    });
    const client = await RawClient.open(port);
    client.write(textFrame('hello?'));
    const [socket] = server.sockets;
    expect(await client.rest()).toBe(closeFrame(1001));
    client.socket.end();
    expect((await socket?.closed)?.error?.message).toBe('no one took the messages that came for 100 ms');
  });

  test('a socket that is only written to lives on, for its peer answers pings', async () => {
    const { server, port } = await startByHand({ idleTimeoutMs: 250, pingIntervalMs: 50 });
    const client = await RawClient.open(port);
    for (let i = 0; i < 10; i++) {
      const ping = await client.take(6);
      client.write(frame(OPCODE.pong, Buffer.from(ping.slice(4), 'hex')));
    }
    expect([...server.sockets][0]?.readyState).toBe(1);
  });

  test('a turn that takes longer than idleTimeoutMs makes no living peer silent', async () => {
    const { port, opened } = await start({ idleTimeoutMs: 300, pingIntervalMs: 0 });
    const client = await RawClient.open(port);
    const socket = await opened;
    await new Promise((resolve) => setTimeout(resolve, 150));
    client.write(textFrame('I am here'));
    for (const until = performance.now() + 500; performance.now() < until; );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(socket.readyState).toBe(1);
  });

  test('a pong that waits behind a message for a busy loop is no silence', async () => {
    const server = new WebSocketServer({ idleTimeoutMs: 250, pingIntervalMs: 50 }, async (socket) => {
      for await (const _message of socket) await new Promise((resolve) => setTimeout(resolve, 800));
    });
    const { port } = await server.listen(0, '127.0.0.1');
    onTestFinished(() => server.close({ timeoutMs: 50 }));
    const client = await RawClient.open(port);
    client.write(textFrame('a'));
    const ping = await client.take(6);
    client.write(Buffer.concat([textFrame('b'), frame(OPCODE.pong, Buffer.from(ping.slice(4), 'hex'))]));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect([...server.sockets][0]?.readyState).toBe(1);
  });

  test('a paused socket with a message waiting learns of its end after idleTimeoutMs', async () => {
    const close = vi.fn();
    const { port } = await start(
      { idleTimeoutMs: 200, pingIntervalMs: 0 },
      { message: (socket) => socket.pause(), close },
    );
    const client = await RawClient.open(port);
    client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.resetAndDestroy();
    await eventually(() => expect(close).toHaveBeenCalledOnce());
  });

  test('a loop that waits for a peer which never reads is set free after idleTimeoutMs', async () => {
    const ended = vi.fn();
    const server = new WebSocketServer(
      { idleTimeoutMs: 200, pingIntervalMs: 0, closeTimeoutMs: 100, maxQueuedBytes: 32_000_000 },
      async (socket) => {
        for await (const _message of socket) {
          socket.send(new Uint8Array(16_000_000));
          await socket.drained();
        }
        ended();
      },
    );
    const { port } = await server.listen(0, '127.0.0.1');
    onTestFinished(() => server.close({ timeoutMs: 50 }));
    const client = await RawClient.open(port);
    client.socket.pause();
    client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
    await eventually(() => expect(ended).toHaveBeenCalled());
    expect(server.sockets.size).toBe(0);
  });

  test('a loop that waits for a peer is set free when that resets', async () => {
    const ended = vi.fn();
    const server = new WebSocketServer({ maxQueuedBytes: 32_000_000 }, async (socket) => {
      for await (const _message of socket) {
        socket.send(new Uint8Array(16_000_000));
        await socket.drained();
        await socket.ping().catch(() => {});
      }
      ended();
    });
    const { port } = await server.listen(0, '127.0.0.1');
    onTestFinished(() => server.close({ timeoutMs: 50 }));
    const client = await RawClient.open(port);
    client.socket.pause();
    client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.resetAndDestroy();
    await eventually(() => expect(ended).toHaveBeenCalled());
    expect(server.sockets.size).toBe(0);
  });

  test('a peer that takes what is queued steadily gets all of it, longer than closeTimeoutMs', async () => {
    const { port } = await start(
      { maxQueuedBytes: 32_000_000, closeTimeoutMs: 1_000 },
      {
        open: (socket) => {
          socket.send(new Uint8Array(16_000_000));
          socket.close(1000, 'done');
        },
      },
    );
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void client.destroy());
    client.write(request());
    const from = performance.now();
    let received = 0;
    let last = Buffer.alloc(0);
    client.on('data', (chunk) => {
      received += chunk.length;
      last = Buffer.concat([last, chunk]).subarray(-8);
      client.pause();
      setTimeout(() => client.resume(), 8);
    });
    await once(client, 'end').catch(() => {});
    expect(received).toBeGreaterThan(16_000_000);
    expect(last.toString('hex')).toBe(closeFrame(1000, 'done'));
    expect(performance.now() - from).toBeGreaterThan(1_000); // else it was no trial
  });

  test('a peer that pings and reads on cannot put off its end for ever', async () => {
    const { server, port } = await start({ closeTimeoutMs: 300 }, { open: (socket) => socket.close(1000) });
    const client = await RawClient.open(port);
    const pings = Buffer.concat(Array.from({ length: 2_000 }, () => frame(OPCODE.ping, Buffer.alloc(125))));
    const flood = setInterval(() => {
      client.received = Buffer.alloc(0);
      client.write(pings);
    }, 10);
    onTestFinished(() => clearInterval(flood));
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test('what was sent to a peer that has ended its half still goes out', async () => {
    const { port } = await start(
      { maxQueuedBytes: 32_000_000 },
      { message: (socket) => socket.send(new Uint8Array(16_000_000)) },
    );
    const client = await RawClient.open(port);
    client.socket.pause();
    client.write(textFrame('all of it, please'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.resume();
    await client.ended();
    expect(client.received.length).toBe(10 + 16_000_000);
  });
});

describe('limits', () => {
  test('a message beyond maxMessageBytes is refused by its header, before it comes', async () => {
    const { port } = await startEcho({ maxMessageBytes: 1000 });
    const client = await RawClient.open(port);
    client.write(frame(OPCODE.binary, Buffer.alloc(1001)).subarray(0, 8));
    expect(await client.rest()).toBe(closeFrame(1009, 'the message is bigger than this endpoint accepts'));
  });

  test('a message of exactly maxMessageBytes comes through, whole or in fragments', async () => {
    const { port } = await startEcho({ maxMessageBytes: 1000 });
    const client = await RawClient.open(port);
    client.write(frame(OPCODE.binary, Buffer.alloc(1000, 1)));
    expect(await client.take(1004)).toBe(`827e03e8${'01'.repeat(1000)}`);
    client.write(frame(OPCODE.binary, Buffer.alloc(600, 1), false));
    client.write(frame(OPCODE.continuation, Buffer.alloc(400, 1)));
    expect(await client.take(1004)).toBe(`827e03e8${'01'.repeat(1000)}`);
  });

  test('text is refused at its first bad byte, in the middle of a frame', async () => {
    const { port } = await startEcho();
    const client = await RawClient.open(port);
    client.write(
      frame(
        OPCODE.text,
        Buffer.concat([Buffer.from('good'), Buffer.from([0xff]), Buffer.alloc(500)]),
      ).subarray(0, 13),
    );
    expect(await client.rest()).toBe(closeFrame(1007, 'text must be valid UTF-8'));
  });
});
