import { once } from 'node:events';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { type Handlers, type ServerOptions, UsageError, WebSocket, WebSocketServer } from 'barewire';
import { OPCODE, serializeFrame } from 'barewire/protocol';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket as Client } from 'ws';
import { heldBytes } from '../protocol/memory.ts';
import { fuzzTimeoutMs, runs } from '../support/arbitraries.ts';
import { eventually } from '../support/eventually.ts';
import { InProcessPeer } from '../support/in-process.ts';
import { frame, RawClient, textFrame } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';

type Socket = WebSocket<undefined>;

const hex = (text: string) => Buffer.from(text).toString('hex');
const frameOf = (text: string) => `81${Buffer.of(text.length).toString('hex')}${hex(text)}`;
const maskedClose = '88820000000003e8';
const framesOf = (...texts: string[]) => texts.map(frameOf).join('');

/** A server and raw clients, each with its socket. */
async function startWith(count: number, options: ServerOptions = {}, handlers: Handlers = {}) {
  const { server, port } = await start(options, handlers);
  const clients: RawClient[] = [];
  for (let i = 0; i < count; i++) {
    clients.push(await RawClient.open(port));
    await eventually(() => expect(server.sockets.size).toBe(i + 1));
  }
  return { server, port, clients, sockets: [...server.sockets] };
}

/** The same in this process. */
async function startInProcess(count: number, options: ServerOptions = {}, handlers: Handlers = {}) {
  const server = new WebSocketServer(options, handlers);
  onTestFinished(() => server.close({ timeoutMs: 0 }));
  const peers = await Promise.all(Array.from({ length: count }, () => InProcessPeer.join(server)));
  return { server, peers, sockets: peers.map(({ socket }) => socket) };
}

/** Twice: in the first what was published goes out, in an order with this that does not matter so. */
async function turnsEnd(): Promise<void> {
  await endOfTurn();
  await endOfTurn();
}

describe('publish', () => {
  test('sends to the subscribers, and says to how many', async () => {
    const { server, clients, sockets } = await startWith(3);
    for (const socket of sockets.slice(0, 2)) socket.subscribe('news');
    sockets[2]!.subscribe('weather');
    expect(server.publish('news', 'n')).toBe(2);
    expect(server.publish('weather', Uint8Array.of(1).buffer)).toBe(1);
    expect(server.publish('news', new DataView(new ArrayBuffer(1)))).toBe(2);
    for (const client of clients.slice(0, 2)) expect(await client.take(6)).toBe(`${frameOf('n')}820100`);
    expect(await clients[2]!.take(3)).toBe('820101');
  });

  test('to nobody is to 0, and nothing is encoded', async () => {
    const maxQueuedBytes = 2 ** 28;
    const { server, sockets } = await startInProcess(1, { maxQueuedBytes });
    const [alone] = sockets;
    alone!.subscribe('the speaker’s own');
    const [text, bytes] = ['é'.repeat(2 ** 25), new Uint8Array(2 ** 26)];
    const before = process.memoryUsage().arrayBuffers;
    for (const data of [text, bytes]) {
      expect(server.publish('nobody’s', data)).toBe(0);
      expect(server.publish('the speaker’s own', data, { except: alone })).toBe(0);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 25);
  });

  test('leaves out the one that is to be left out', async () => {
    const { server, clients, sockets } = await startWith(3);
    const [a, b] = sockets;
    for (const socket of sockets) socket.subscribe('x');
    expect(server.publish('x', '1', { except: a })).toBe(2);
    expect(server.publish('x', '2', { except: undefined })).toBe(3);
    b!.unsubscribe('x');
    expect(server.publish('x', '3', { except: b })).toBe(2);
    expect(await clients[0]!.take(6)).toBe(framesOf('2', '3'));
    expect(await clients[1]!.take(6)).toBe(framesOf('1', '2'));
    expect(await clients[2]!.take(9)).toBe(framesOf('1', '2', '3'));
  });

  test('so does broadcast', async () => {
    const { server, clients, sockets } = await startWith(2);
    expect(server.broadcast('1', { except: sockets[0] })).toBe(1);
    expect(server.broadcast('2')).toBe(2);
    expect(await clients[0]!.take(3)).toBe(frameOf('2'));
    expect(await clients[1]!.take(6)).toBe(framesOf('1', '2'));
  });

  test('and send stay in order, and go out in one write', async () => {
    const { server, clients } = await startWith(
      1,
      {},
      {
        message: (socket): void => {
          socket.subscribe('a');
          socket.subscribe('b');
          socket.send('1');
          server.publish('a', '2');
          socket.send('3');
          server.broadcast('4');
          server.publish('b', '5');
        },
      },
    );
    const [client] = clients;
    const chunks = client!.chunks;
    client!.write(textFrame('go'));
    expect(await client!.take(15)).toBe(framesOf('1', '2', '3', '4', '5'));
    expect(client!.chunks - chunks).toBe(1);
  });

  test('writes once for each socket and turn of the event loop, however often something is published', async () => {
    const { server, peers, sockets } = await startInProcess(3);
    for (const socket of sockets) socket.subscribe('x');
    for (let turn = 1; turn <= 3; turn++) {
      for (let i = 0; i < 100; i++) server.publish('x', `${i}`);
      await Promise.resolve().then(() => server.publish('x', 'later in the same turn'));
      await turnsEnd();
      for (const { writes, texts } of peers) {
        expect(writes.length).toBe(turn);
        expect(texts.length).toBe(turn * 101);
      }
    }
  });

  test('comes before whatever is done to a socket after it in the same turn', async () => {
    const afterwards: Record<string, (socket: Socket) => unknown> = {
      send: (socket) => socket.send('!'),
      ping: (socket) => socket.ping(Uint8Array.of(0x21)),
      close: (socket) => socket.close(1000),
    };
    const frames = { send: frameOf('!'), ping: '890121', close: '880203e8' };
    for (const [name, act] of Object.entries(afterwards)) {
      const { server, peers, sockets } = await startInProcess(2);
      server.broadcast('1');
      server.broadcast('2');
      act(sockets[0]!);
      expect(server.broadcast('3')).toBe(name === 'close' ? 1 : 2);
      await turnsEnd();
      const after = frames[name as keyof typeof frames];
      const hears = framesOf('1', '2') + after + (name === 'close' ? '' : frameOf('3'));
      expect(peers.map(({ writes }) => Buffer.concat(writes).toString('hex'))).toEqual([
        hears,
        framesOf('1', '2', '3'),
      ]);
    }
  });

  test.each<[string, (server: WebSocketServer) => unknown, string, string]>([
    [
      'the handler throws',
      () => {
        throw new Error('of the handler');
      },
      textFrame('go').toString('hex'),
      '880203f3',
    ],
    ['the peer closes', () => {}, textFrame('go').toString('hex') + maskedClose, '880203e8'],
    ['the peer breaks a rule', () => {}, `${textFrame('go').toString('hex')}8380`, '88'],
  ])('goes out before the Close frame when %s', async (_, then, bytes, close) => {
    const { server, clients, sockets } = await startWith(
      2,
      {},
      {
        message: () => {
          expect(server.broadcast('hi')).toBe(2);
          return then(server);
        },
        error: () => {},
      },
    );
    clients[0]!.write(Buffer.from(bytes, 'hex'));
    expect(await clients[0]!.take(4 + close.length / 2)).toBe(frameOf('hi') + close);
    expect(await clients[1]!.take(4)).toBe(frameOf('hi'));
    await sockets[0]!.closed;
  });

  test('takes no more than the queue may hold, even where compression makes messages bigger', async () => {
    const server = new WebSocketServer({
      perMessageDeflate: { thresholdBytes: 0 },
      maxQueuedBytes: 20_000,
      whenQueueIsFull: 'drop',
    });
    onTestFinished(() => server.close({ timeoutMs: 0 }));
    const deflating = { 'sec-websocket-extensions': 'permessage-deflate' };
    const peer = await InProcessPeer.join(server, deflating);
    peer.isStuck = true;
    for (let i = 0; i < 20_000; i++) server.broadcast('x');
    await turnsEnd();
    const { wireBytesSent, messagesSent } = peer.socket.traffic!;
    expect(wireBytesSent).toBeLessThanOrEqual(20_000);
    expect(messagesSent).toBeGreaterThan(1_000);
  });

  test('shows at once in what the sockets and the server tell of themselves', async () => {
    const { server, sockets } = await startInProcess(2);
    server.broadcast('abc');
    expect(sockets[0]!.bufferedAmount).toBe(3);
    expect(sockets[1]!.traffic!.messagesSent).toBe(1);
    server.broadcast('def');
    expect(server.traffic.payloadBytesSent).toBe(12);
    await turnsEnd();
    expect(sockets[0]!.bufferedAmount).toBe(0);
  });

  test('of more than is put together goes out all the same, in order', async () => {
    const { server, peers } = await startInProcess(2, { maxQueuedBytes: 400_000 });
    const texts = [10, 60_000, 30_000, 70_000, 20].map((length, i) => `${i}`.repeat(length));
    for (const text of texts) expect(server.broadcast(text)).toBe(2);
    await turnsEnd();
    const frames = texts.map((text) => serializeFrame(true, OPCODE.text, Buffer.from(text)));
    for (const { writes } of peers) expect(Buffer.concat(writes).equals(Buffer.concat(frames))).toBe(true);
  });

  test('is not counted for a member whose queue is full, and reaches the others in order', async () => {
    const { server, peers, sockets } = await startInProcess(3, {
      maxQueuedBytes: 1_000,
      whenQueueIsFull: 'drop',
    });
    peers[1]!.isStuck = true;
    const texts = Array.from({ length: 50 }, (_, i) => `${i}`.padStart(98, '-'));
    for (let turn = 0; turn < 5; turn++) {
      const counts = texts.slice(10 * turn, 10 * turn + 10).map((text) => server.broadcast(text));
      expect(counts).toEqual(Array(10).fill(turn === 0 ? 3 : 2));
      await turnsEnd();
      expect(peers.map(({ texts }) => texts.length)).toEqual([10 * turn + 10, 10, 10 * turn + 10]);
    }
    expect(sockets[1]!.bufferedAmount).toBe(980);
    expect(peers[0]!.texts).toEqual(texts);
  });

  test('everybody talks to everybody in one turn: each hears all, in the same order', async () => {
    const { server, port } = await start(
      {},
      {
        open: (socket) => socket.subscribe('all'),
        message: (_socket, data): void => void server.publish('all', data),
      },
    );
    const clients = Array.from({ length: 20 }, () => new Client(`ws://127.0.0.1:${port}/`));
    const heard = clients.map((client) => {
      const texts: string[] = [];
      client.on('message', (data) => texts.push(String(data)));
      return texts;
    });
    await Promise.all(clients.map((client) => once(client, 'open')));
    await eventually(() => expect(server.subscriberCount('all')).toBe(20));
    for (const [i, client] of clients.entries()) client.send(`from ${i}`);
    await eventually(() => expect(heard.every((texts) => texts.length === 20)).toBe(true));
    for (const texts of heard) expect(texts).toEqual(heard[0]);
  });

  test('copies: bytes may be changed after it', async () => {
    const { server, clients, sockets } = await startWith(2);
    for (const [i, socket] of sockets.entries()) socket.subscribe(`${i}`);
    sockets[1]!.send(new Blob(['b'])); // what is published waits behind it, not written anywhere yet
    const bytes = Uint8Array.of(1, 2);
    server.publish('0', bytes);
    server.publish('1', bytes);
    bytes.fill(9);
    expect(await clients[0]!.take(4)).toBe('82020102');
    expect(await clients[1]!.take(7)).toBe(`8201${hex('b')}82020102`);
  });

  test('compresses once: the bytes are the same for all that agreed alike, whatever each was sent before', async () => {
    const { server, port } = await start({ perMessageDeflate: { thresholdBytes: 0 } });
    const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
    const clients: RawClient[] = [];
    for (const headers of [offer, offer, {}]) clients.push(await RawClient.open(port, headers));
    await eventually(() => expect(server.sockets.size).toBe(3));
    const sockets = [...server.sockets];
    const text = 'the same words over and over '.repeat(20);
    sockets[0]!.send(text);
    await eventually(() => expect(clients[0]!.received.length).toBeGreaterThan(0));
    clients[0]!.received = Buffer.alloc(0);
    for (const socket of sockets) socket.subscribe('x');
    const before = sockets.map(({ traffic }) => traffic!.wireBytesSent);
    expect(server.publish('x', text)).toBe(3);
    const [a, b, plain] = sockets.map(({ traffic }, i) => traffic!.wireBytesSent - before[i]!);
    expect(a).toBeLessThan(100);
    expect(b).toBe(a);
    expect(plain).toBe(4 + text.length);
    expect(await clients[0]!.take(a!)).toBe(await clients[1]!.take(b!));
  });

  test('compresses nothing where it is asked not to', async () => {
    const { server, port, opened } = await start({ perMessageDeflate: { thresholdBytes: 0 } });
    const client = await RawClient.open(port, { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
    (await opened).subscribe('x');
    server.publish('x', 'x'.repeat(100), { compress: false });
    expect(await client.take(102)).toBe(`8164${hex('x'.repeat(100))}`);
  });

  test.each([5, null, undefined, new Blob(['x']), { length: 1 }])(
    'of %o is a TypeError, with and without subscribers',
    async (data) => {
      const { server, sockets } = await startInProcess(1);
      sockets[0]!.subscribe('x');
      for (const topic of ['x', 'nobody’s']) {
        expect(() => server.publish(topic, data as never)).toThrow(TypeError);
      }
      expect(() => server.broadcast(data as never)).toThrow(TypeError);
    },
  );

  test('of more than maxQueuedBytes goes to those for whom nothing waits', async () => {
    const { server, peers, sockets } = await startInProcess(2, {
      maxQueuedBytes: 102,
      whenQueueIsFull: 'drop',
    });
    for (const socket of sockets) socket.subscribe('x');
    sockets[0]!.send(new Blob(['b']));
    expect(server.publish('x', 'x'.repeat(125))).toBe(1);
    await eventually(() => expect(peers[1]!.texts).toEqual(['x'.repeat(125)]));
    expect(server.broadcast('é'.repeat(51))).toBe(2);
    await eventually(() => expect(peers[0]!.texts).toContain('é'.repeat(51)));
  });

  test('waits behind a Blob that was sent before it', async () => {
    const { server, clients, sockets } = await startWith(1);
    sockets[0]!.subscribe('x');
    sockets[0]!.send(new Blob(['blob']));
    expect(server.publish('x', 'after')).toBe(1);
    expect(await clients[0]!.take(6 + 7)).toBe(`8204${hex('blob')}${frameOf('after')}`);
  });
});

describe('subscribing', () => {
  test('twice is subscribing once, and so is unsubscribing', async () => {
    const { server, sockets } = await startInProcess(2);
    const [a, b] = sockets;
    for (const socket of [a, a, b]) socket!.subscribe('x');
    expect(server.subscriberCount('x')).toBe(2);
    expect(server.publish('x', '1')).toBe(2);
    a!.unsubscribe('x');
    a!.unsubscribe('x');
    expect(server.publish('x', '2')).toBe(1);
    a!.unsubscribe('never subscribed to');
    a!.subscribe('x');
    expect(server.publish('x', '3')).toBe(2);
  });

  test('shows in subscriptions, which is one set all the time', async () => {
    const { sockets } = await startInProcess(1);
    const [socket] = sockets;
    const { subscriptions } = socket!;
    expect(subscriptions).toEqual(new Set());
    for (const topic of ['a', 'b', 'b', '', '__proto__']) socket!.subscribe(topic);
    socket!.unsubscribe('a');
    expect(subscriptions).toEqual(new Set(['b', '', '__proto__']));
    expect(socket!.subscriptions).toBe(subscriptions);
  });

  test('is by the whole name: an empty one is one, and those of members of Object.prototype are as any other', async () => {
    const { server, sockets } = await startInProcess(1);
    const [socket] = sockets;
    for (const topic of ['', '__proto__', 'constructor', 'A', 'é']) {
      expect(server.subscriberCount(topic)).toBe(0);
      socket!.subscribe(topic);
      expect(server.publish(topic, 'x')).toBe(1);
    }
    expect(server.publish('a', 'x')).toBe(0);
    expect(server.publish('e\u0301', 'x')).toBe(0);
  });

  test.each([undefined, null, 5, { length: 1 }, Symbol('x')])('to %o is a TypeError', async (topic) => {
    const { server, sockets } = await startInProcess(1);
    const [socket] = sockets;
    expect(() => socket!.subscribe(topic as never)).toThrow(TypeError);
    expect(() => socket!.unsubscribe(topic as never)).toThrow(TypeError);
    expect(() => server.publish(topic as never, 'x')).toThrow(TypeError);
    expect(() => server.subscriberCount(topic as never)).toThrow(TypeError);
    expect(socket!.subscriptions.size).toBe(0);
  });

  test('is a UsageError on a client', async () => {
    const { port } = await start();
    const client = await new WebSocket(`ws://127.0.0.1:${port}/`).opened;
    expect(() => client.subscribe('x')).toThrow(UsageError);
    expect(() => client.unsubscribe('x')).toThrow(UsageError);
    expect(client.subscriptions.size).toBe(0);
    client.close();
    await client.closed;
    expect(() => client.subscribe('x')).toThrow(UsageError);
  });

  test.each([
    ['is closing', (socket: Socket) => socket.close()],
    ['was terminated', (socket: Socket) => socket.terminate()],
    [
      'closes behind a Blob',
      (socket: Socket) => {
        socket.send(new Blob(['x']));
        socket.close();
      },
    ],
  ])('does nothing when the socket %s', async (_when, end) => {
    const { server, sockets } = await startInProcess(1, { closeTimeoutMs: 50 });
    const [socket] = sockets;
    end(socket!);
    socket!.subscribe('x');
    expect(server.subscriberCount('x')).toBe(0);
    expect(socket!.subscriptions.size).toBe(0);
    await socket!.closed;
    socket!.subscribe('x');
    expect(server.subscriberCount('x')).toBe(0);
    expect(socket!.subscriptions.size).toBe(0);
  });

  test('is of one server: another has topics of its own', async () => {
    const [one, other] = [await startInProcess(1), await startInProcess(1)];
    one.sockets[0]!.subscribe('x');
    expect(other.server.publish('x', '1')).toBe(0);
    expect(other.server.subscriberCount('x')).toBe(0);
  });
});

describe('at its end a socket leaves its topics', () => {
  const ends: [string, (client: RawClient, socket: Socket) => void][] = [
    [
      'with a closing handshake',
      (client, socket) => {
        socket.close(1000);
        client.write(frame(OPCODE.close, Buffer.from('03e8', 'hex')));
        client.socket.end();
      },
    ],
    ['by terminate', (_client, socket) => socket.terminate()],
    ['by a reset', (client) => client.socket.resetAndDestroy()],
    [
      'by an error of the protocol',
      (client) => {
        client.write(Buffer.from('ffff', 'hex'));
        client.socket.end();
      },
    ],
  ];

  test.each(ends)('%s: before close handlers and listeners, which still see which', async (_how, end) => {
    const seen: unknown[] = [];
    const see = (who: string, socket: Socket) =>
      seen.push([who, server.subscriberCount('x'), server.publish('x', who), [...socket.subscriptions]]);
    const { server, clients, sockets } = await startWith(
      2,
      {},
      { close: (socket) => see('handler', socket) },
    );
    const [leaver, stayer] = sockets;
    leaver!.addEventListener('close', () => see('listener', leaver!));
    for (const topic of ['x', 'y']) leaver!.subscribe(topic);
    stayer!.subscribe('x');
    expect(server.subscriberCount('x')).toBe(2);
    end(clients[0]!, leaver!);
    await leaver!.closed;
    expect(seen).toEqual([
      ['listener', 1, 1, ['x', 'y']],
      ['handler', 1, 1, ['x', 'y']],
    ]);
    expect(server.subscriberCount('y')).toBe(0);
    expect(await clients[1]!.take(10 + 9)).toBe(framesOf('listener', 'handler'));
  });

  test('but not while it is closing: it counts, and hears nothing', async () => {
    const { server, sockets } = await startInProcess(2);
    for (const socket of sockets) socket.subscribe('x');
    sockets[0]!.close();
    expect(server.subscriberCount('x')).toBe(2);
    expect(server.publish('x', '1')).toBe(1);
    sockets[0]!.unsubscribe('x');
    expect(server.subscriberCount('x')).toBe(1);
  });

  test('a topic that everybody has left takes no memory', async () => {
    const { server, sockets } = await startInProcess(1);
    const comeAndGo = (count: number) => {
      for (let i = 0; i < count; i++) {
        const topic = `${i} ${'x'.repeat(1000)}`;
        sockets[0]!.subscribe(topic);
        server.publish(topic, '1');
        sockets[0]!.unsubscribe(topic);
      }
    };
    comeAndGo(1000);
    await endOfTurn();
    const before = heldBytes();
    comeAndGo(10_000);
    await endOfTurn();
    expect(heldBytes() - before).toBeLessThan(2_000_000);
  });
});

describe('a subscriber that reads slowly', () => {
  test.each(['close', 'drop'] as const)(
    'meets the limit of the queue: %s; the others miss nothing',
    async (policy) => {
      const { server, clients, sockets } = await startWith(2, {
        maxQueuedBytes: 1024 * 1024,
        whenQueueIsFull: policy,
        closeTimeoutMs: 200,
      });
      const [slow] = clients;
      slow!.socket.pause();
      for (const socket of sockets) socket.subscribe('x');
      const block = new Uint8Array(64 * 1024);
      const frameLength = 10 + block.length;
      let sent = 0;
      let queued = 2;
      for (; queued === 2 && sent < 1000; sent++) {
        queued = server.publish('x', block);
        await clients[1]!.take(frameLength);
      }
      expect(queued).toBe(1);
      expect(sockets[0]!.readyState).toBe(policy === 'close' ? WebSocket.CLOSING : WebSocket.OPEN);
      expect(server.publish('x', block)).toBe(1);
      await clients[1]!.take(frameLength);
      if (policy === 'close') {
        await expect(sockets[0]!.closed).resolves.toMatchObject({ sent: { code: 1008 } });
        expect(server.subscriberCount('x')).toBe(1);
      } else {
        slow!.socket.resume();
        await slow!.take((sent - 1) * frameLength); // all but the one that was dropped
        await sockets[0]!.drained();
        expect(server.publish('x', 'again')).toBe(2);
        expect(await slow!.take(7)).toBe(frameOf('again'));
      }
    },
  );
});

describe('in the middle of a publish', () => {
  /** Calls back as each text frame of the named message goes out: user code within the loop. */
  function whileSending(text: string, run: (socket: Socket) => void): Handlers {
    const bytes = Buffer.from(text);
    return {
      frame: (socket, { direction, payload }) => {
        if (direction === 'sent' && bytes.equals(payload!)) run(socket);
      },
    };
  }

  test('a socket that subscribes then hears the next message, one that unsubscribes still hears this one, one that ends hears nothing', async () => {
    const { server, peers, sockets } = await startInProcess(
      5,
      {},
      whileSending('1', (socket) => {
        if (socket !== sockets[0]) return;
        sockets[1]!.unsubscribe('x');
        sockets[2]!.terminate();
        sockets[3]!.close();
        sockets[4]!.subscribe('x');
      }),
    );
    for (const socket of sockets.slice(0, 4)) socket.subscribe('x');
    expect(server.publish('x', '1')).toBe(2);
    expect(server.publish('x', '2')).toBe(2);
    await turnsEnd();
    expect(peers.map(({ texts }) => texts)).toEqual([['1', '2'], ['1'], [], [], ['2']]);
  });

  test('a socket that unsubscribes and subscribes again hears it once', async () => {
    const { server, peers, sockets } = await startInProcess(
      3,
      {},
      whileSending('1', (socket) => {
        socket.unsubscribe('x');
        socket.subscribe('x');
      }),
    );
    for (const socket of sockets) socket.subscribe('x');
    expect(server.publish('x', '1')).toBe(3);
    await turnsEnd();
    for (const { texts } of peers) expect(texts).toEqual(['1']);
  });

  test('another publish is all right', async () => {
    const { server, peers, sockets } = await startInProcess(
      3,
      {},
      whileSending('1', (socket) => {
        if (socket === sockets[1]) expect(server.publish('x', '2')).toBe(3);
      }),
    );
    for (const socket of sockets) socket.subscribe('x');
    expect(server.publish('x', '1')).toBe(3);
    await turnsEnd();
    for (const { texts } of peers) expect([...texts].sort()).toEqual(['1', '2']);
  });

  test('a member that is closed because it is too slow disturbs no other, even if its end is published then', async () => {
    const { server, peers, sockets } = await startInProcess(
      3,
      { maxQueuedBytes: 200, closeTimeoutMs: 50 },
      {
        frame: (socket, { direction, opcode }) => {
          if (direction !== 'sent' || opcode !== OPCODE.close) return;
          socket.unsubscribe('x');
          server.publish('x', 'one is too slow');
        },
      },
    );
    for (const socket of sockets) socket.subscribe('x');
    sockets[1]!.send(new Blob(['x'.repeat(150)]));
    expect(server.publish('x', 'y'.repeat(100))).toBe(2);
    expect(server.subscriberCount('x')).toBe(2);
    await turnsEnd();
    expect(peers[0]!.texts).toEqual(['y'.repeat(100), 'one is too slow']);
    expect([...peers[2]!.texts].sort()).toEqual(['one is too slow', 'y'.repeat(100)]);
  });
});

describe('a large topic', () => {
  test('of 500 sockets over TCP', async () => {
    const { server, port } = await start({}, { open: (socket) => socket.subscribe('x') });
    const clients = await Promise.all(Array.from({ length: 500 }, () => RawClient.open(port)));
    onTestFinished(() => {
      for (const { socket } of clients) socket.destroy();
    });
    await eventually(() => expect(server.subscriberCount('x')).toBe(500));
    expect(server.publish('x', 'to 500')).toBe(500);
    for (const client of clients) expect(await client.take(8)).toBe(frameOf('to 500'));
  });

  test('of 10,000 sockets, half of which leave in one turn while all are published to', async () => {
    const { server, peers, sockets } = await startInProcess(10_000);
    for (const socket of sockets) socket.subscribe('x');
    expect(server.publish('x', '1')).toBe(10_000);
    await turnsEnd();
    for (const { texts } of peers) expect(texts).toEqual(['1']);
    for (const [i, socket] of sockets.entries()) {
      if (i % 4 === 0) socket.unsubscribe('x');
      if (i % 4 === 1) socket.terminate();
    }
    expect(server.publish('x', '2')).toBe(5_000);
    await turnsEnd();
    expect(server.subscriberCount('x')).toBe(5_000);
    for (const [i, { texts }] of peers.entries()) expect(texts).toEqual(i % 4 < 2 ? ['1'] : ['1', '2']);
  });
});

describe('whatever is done in whatever order', () => {
  const TOPICS = ['a', 'b', 'c'];

  /** A socket and, in the simplest words, what it should be. */
  class Member {
    readonly peer: InProcessPeer<undefined>;
    readonly topics = new Set<string>();
    state: 'open' | 'closing' | 'terminated' | 'gone' = 'open';
    readonly sent: string[] = [];
    /** How much of that has gone out. */
    written = 0;

    constructor(peer: InProcessPeer<undefined>) {
      this.peer = peer;
    }

    get socket(): Socket {
      return this.peer.socket;
    }

    /** @returns whether it should hear this */
    hears(text: string): boolean {
      if (this.state === 'open') this.sent.push(text);
      return this.state === 'open';
    }

    /** The peer has sent something that closes: it is read at once, and what waits is written with the answer. */
    isRead(): void {
      if (this.state !== 'open' && this.state !== 'closing') return;
      this.state = 'closing';
      this.written = this.sent.length;
    }

    /** What was sent before goes out. */
    terminates(): void {
      this.isRead();
      if (this.state !== 'gone') this.state = 'terminated';
    }

    turnEnds(): void {
      if (this.state === 'open' || this.state === 'closing') this.written = this.sent.length;
      else this.state = 'gone';
    }
  }

  const THROW = 'throw';
  function message(_socket: Socket, text: unknown): void {
    if (text === THROW) throw new Error('of the handler');
  }

  const who = fc.nat(3);
  const topic = fc.constantFrom(...TOPICS);
  const except = fc.option(who, { nil: -1 });
  const act = fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('subscribe' as const), who, topic }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('unsubscribe' as const), who, topic }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('publish' as const), topic, except }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('broadcast' as const), except }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('send', 'close', 'terminate'), who }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('peer closes', 'handler throws'), who }) },
    { weight: 2, arbitrary: fc.constant({ what: 'let the turn end' as const }) },
  );
  type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

  /** What waits is written while the peer's Close frame is read, and not once more by `terminate`. */
  const sentBeforeThePeerCloses: Act[] = [
    { what: 'send', who: 0 },
    { what: 'peer closes', who: 0 },
    { what: 'terminate', who: 0 },
  ];

  async function perform(act: Act, text: string, server: WebSocketServer, members: Member[]): Promise<void> {
    if (act.what === 'let the turn end') {
      await turnsEnd();
      for (const member of members) member.turnEnds();
    } else if ('except' in act) {
      const options = { except: members[act.except]?.socket };
      const audience =
        act.what === 'broadcast' ? members : members.filter(({ topics }) => topics.has(act.topic));
      const heard = audience.filter((member) => member !== members[act.except] && member.hears(text));
      const count =
        act.what === 'broadcast' ? server.broadcast(text, options) : server.publish(act.topic, text, options);
      expect(count).toBe(heard.length);
    } else {
      const member = members[act.who]!;
      const { socket, state, topics } = member;
      if (act.what === 'subscribe') {
        socket.subscribe(act.topic);
        if (state === 'open') topics.add(act.topic);
      } else if (act.what === 'unsubscribe') {
        socket.unsubscribe(act.topic);
        topics.delete(act.topic);
      } else if (act.what === 'send') {
        expect(socket.send(text)).toBe(member.hears(text));
      } else if (act.what === 'close') {
        socket.close();
        if (state === 'open') member.state = 'closing';
      } else if (act.what === 'peer closes' || act.what === 'handler throws') {
        member.peer.send(act.what === 'peer closes' ? Buffer.from(maskedClose, 'hex') : textFrame(THROW));
        member.isRead();
      } else {
        socket.terminate();
        member.terminates();
      }
    }
  }

  const property = fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
    const server = new WebSocketServer({}, { message, error: () => {} });
    const members: Member[] = [];
    while (members.length < 4) members.push(new Member(await InProcessPeer.join(server)));
    await turnsEnd();
    for (const [i, act] of acts.entries()) {
      await perform(act, `${i}`, server, members);
      for (const { socket, topics } of members) expect(socket.subscriptions).toEqual(topics);
      for (const name of TOPICS) {
        const subscribed = members.filter(({ topics, state }) => topics.has(name) && state !== 'gone');
        expect(server.subscriberCount(name)).toBe(subscribed.length);
      }
    }
    await perform({ what: 'let the turn end' }, '', server, members);
    for (const { peer, sent, written } of members) expect(peer.texts).toEqual(sent.slice(0, written));
    await server.close({ timeoutMs: 0 });
  });

  test(
    'each hears what it has subscribed to, in order, and all counts are right',
    async () => {
      await fc.assert(property, { numRuns: runs(200), examples: [[sentBeforeThePeerCloses]] });
    },
    fuzzTimeoutMs,
  );
});
