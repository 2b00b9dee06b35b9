import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ClosedError, HandshakeError, streamsOf, WebSocket, WebSocketError, WebSocketStream } from 'barewire';
import { describe, expect, test } from 'vitest';
import { streamsOf as streamsOfSource } from '../../src/socket/websocket-stream.ts';
import { eventually } from '../support/eventually.ts';
import { RawClient } from '../support/raw-client.ts';
import { start, startEcho } from '../support/servers.ts';
import { started, turn } from './inner.ts';

const url = (port: number) => `ws://127.0.0.1:${port}/`;

/** What a promise rejects with. */
function rejection(promise: Promise<unknown>): Promise<Error | undefined> {
  return promise.then(
    () => undefined,
    (error: Error) => error,
  );
}

/** Waits until a count does not change any more. */
async function standsStill(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

describe('WebSocketStream', () => {
  test('opens, sends and receives text and bytes, and closes in order', async () => {
    const { port } = await startEcho({ subprotocols: ['chat'] });
    const stream = new WebSocketStream(url(port), { protocols: ['chat'] });
    expect(stream.url).toBe(url(port));
    const { readable, writable, protocol, extensions } = await stream.opened;
    expect([protocol, extensions]).toEqual(['chat', '']);
    const writer = writable.getWriter();
    const reader = readable.getReader();
    await writer.write('text');
    expect(await reader.read()).toEqual({ done: false, value: 'text' });
    await writer.write(Uint8Array.of(1, 2).buffer);
    expect(await reader.read()).toEqual({ done: false, value: Uint8Array.of(1, 2) });
    stream.close({ closeCode: 3000, reason: 'done' });
    expect(await stream.closed).toEqual({ closeCode: 3000, reason: 'done' });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  test('a connection that cannot be had rejects both promises', async () => {
    const { port } = await start({ path: '/elsewhere' });
    const stream = new WebSocketStream(url(port));
    const [opened, closed] = await Promise.all([stream.opened, stream.closed].map(rejection));
    for (const error of [opened, closed]) {
      expect(error?.constructor).toBe(WebSocketError);
      expect(error).toMatchObject({ closeCode: null, reason: '', cause: expect.any(HandshakeError) });
    }
    expect(closed?.cause).toMatchObject({ status: 404 });
  });

  test('close before it is open gives up', async () => {
    const { port } = await start();
    const stream = new WebSocketStream(url(port));
    stream.close();
    const [opened, closed] = await Promise.all([stream.opened, stream.closed].map(rejection));
    for (const error of [opened, closed]) {
      expect(error).toBeInstanceOf(WebSocketError);
      expect(error?.cause).toBeInstanceOf(ClosedError);
    }
  });

  test('a signal gives up', async () => {
    const { port } = await start();
    const reason = new Error('enough');
    const stream = new WebSocketStream(url(port), { signal: AbortSignal.abort(reason) });
    await expect(stream.opened).rejects.toBe(reason);
    await expect(stream.closed).rejects.toBe(reason);
  });

  test('an end without a closing handshake is one error of all of them', async () => {
    const { port, opened } = await start();
    const stream = new WebSocketStream(url(port));
    const { readable, writable } = await stream.opened;
    (await opened).terminate();
    const error = await rejection(stream.closed);
    expect(error?.constructor).toBe(WebSocketError);
    expect(error).toMatchObject({ closeCode: 1006, reason: '', cause: expect.any(Error) });
    await expect(readable.getReader().read()).rejects.toBe(error);
    await expect(writable.getWriter().write('x')).rejects.toBe(error);
  });

  test('an end in order closes the readable stream without a read, and writes are an InvalidStateError', async () => {
    const { port, opened } = await start();
    const stream = new WebSocketStream(url(port));
    const { readable, writable } = await stream.opened;
    const reader = readable.getReader();
    (await opened).close(4000, 'bye');
    await reader.closed;
    expect(await stream.closed).toEqual({ closeCode: 4000, reason: 'bye' });
    const writer = writable.getWriter();
    for (const promise of [writer.ready, writer.closed, writer.write('x')])
      await expect(promise).rejects.toMatchObject({ name: 'InvalidStateError' });
  });

  test('is an interface of the platform', () => {
    expect(WebSocketStream.length).toBe(1);
    expect(Object.keys(WebSocketStream.prototype)).toEqual(['url', 'opened', 'closed', 'close']);
    expect(Object.prototype.toString.call(WebSocketStream.prototype)).toBe('[object WebSocketStream]');
    expect(WebSocketStream.prototype.close.length).toBe(0);
  });

  test('wrong arguments are TypeErrors', async () => {
    expect(() => Reflect.construct(WebSocketStream, [])).toThrow(TypeError);
    const at = 'ws://127.0.0.1:1/';
    for (const options of [true, 5, 'hi', { protocols: 'hi' }, { protocols: 5 }, { signal: {} }])
      expect(() => new WebSocketStream(at, options as never)).toThrow(TypeError);
    const { port } = await start();
    const stream = new WebSocketStream(url(port));
    for (const info of [
      true,
      5,
      'x',
      { closeCode: -1 },
      { closeCode: 65_536 },
      { closeCode: 'x' },
      { reason: Symbol('x') },
    ])
      expect(() => stream.close(info as never)).toThrow(TypeError);
    expect(() => stream.close({ closeCode: 1001 })).toThrow(
      expect.objectContaining({ name: 'InvalidAccessError' }),
    );
    expect(() => stream.close({ reason: 'x'.repeat(124) })).toThrow(
      expect.objectContaining({ name: 'SyntaxError' }),
    );
    stream.close(null as never);
    await expect(stream.opened).rejects.toThrow(WebSocketError);
  });

  test.each<[string, (streams: Awaited<WebSocketStream['opened']>) => Promise<void>]>([
    ['closing the writable stream', ({ writable }) => writable.close()],
    ['aborting it', ({ writable }) => writable.abort()],
    ['cancelling the readable one', ({ readable }) => readable.cancel()],
  ])('%s closes the connection', async (_name, end) => {
    const { port } = await startEcho();
    const stream = new WebSocketStream(url(port));
    await end(await stream.opened);
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
  });

  test('messages that are bigger than maxQueuedBytes are written one after the other', async () => {
    const { port } = await startEcho();
    const stream = new WebSocketStream(url(port), { maxQueuedBytes: 100 });
    const { readable, writable } = await stream.opened;
    const messages = ['x'.repeat(200), 'y'.repeat(100_000), 'z'];
    const writer = writable.getWriter();
    for (const message of messages) void writer.write(message);
    const reader = readable.getReader();
    for (const message of messages) expect((await reader.read()).value).toBe(message);
    stream.close();
  });

  test('nothing is read from the network that nobody wants: the sender is held back', async () => {
    const block = new Uint8Array(64 * 1024);
    let socket: WebSocket | undefined;
    let sent = 0;
    const { port } = await start(
      {},
      {
        async open(accepted) {
          socket = accepted;
          for (; sent < 1000; sent++) {
            if (!accepted.send(block)) break;
            await accepted.drained();
          }
        },
      },
    );
    const stream = new WebSocketStream(url(port));
    const { readable } = await stream.opened;
    await standsStill(() => sent);
    expect(sent).toBeLessThan(1000);
    expect(socket!.bufferedAmount).toBeLessThan(2 * block.length);
    const reader = readable.getReader();
    for (let i = 0; i < 1000; i++) expect((await reader.read()).value?.length).toBe(block.length);
    stream.close();
  });
});

describe.each<[string, (streams: Awaited<WebSocketStream['opened']>, reason?: unknown) => Promise<void>]>([
  ['abort', ({ writable }, reason) => writable.abort(reason)],
  ['cancel', ({ readable }, reason) => readable.cancel(reason)],
])('%s', (_name, end) => {
  test.each<[string, unknown, { code: number; reason: string }]>([
    ['nothing', undefined, { code: 1005, reason: '' }],
    [
      'an object that only looks like a WebSocketError',
      { closeCode: 3333, reason: 'x' },
      { code: 1005, reason: '' },
    ],
    ['a code', new WebSocketError('', { closeCode: 3333 }), { code: 3333, reason: '' }],
    [
      'a code and a reason',
      new WebSocketError('', { closeCode: 3456, reason: 'x' }),
      { code: 3456, reason: 'x' },
    ],
    ['a reason', new WebSocketError('', { reason: 'x' }), { code: 1000, reason: 'x' }],
  ])('with %s sends it', async (_name, reason, received) => {
    const { port, opened } = await start();
    const stream = new WebSocketStream(url(port));
    await end(await stream.opened, reason);
    expect(await (await opened).closed).toMatchObject(received);
    expect(await stream.closed).toMatchObject({ closeCode: received.code });
  });

  test('does not wait for messages that nobody reads', async () => {
    const { port } = await start(
      {},
      { open: (socket) => void [1, 2, 3].map((count) => socket.send(`${count}`)) },
    );
    const stream = new WebSocketStream(url(port), { closeTimeoutMs: 20_000 });
    const streams = await stream.opened;
    expect((await streams.readable.getReader().read()).value).toBe('1');
    if (_name === 'abort') return;
    const other = new WebSocketStream(url(port), { closeTimeoutMs: 20_000 });
    await end(await other.opened);
    expect(await other.closed).toEqual({ closeCode: 1005, reason: '' });
    stream.close();
  });
});

describe('a writer', () => {
  test('is told when the peer has ended its half of TCP, and the event loop goes on', async () => {
    let failed: unknown;
    const { port } = await start(
      { closeTimeoutMs: 200 },
      {
        async open(socket) {
          const writer = streamsOf(socket).writable.getWriter();
          writer.closed.catch(() => {});
          try {
            for (;;) {
              await writer.write('more');
              await new Promise(setImmediate);
            }
          } catch (error) {
            failed = error;
          }
        },
      },
    );
    const client = await RawClient.open(port);
    client.socket.end();
    await eventually(() => expect(failed).toMatchObject({ name: 'InvalidStateError' }));
  });

  test.each(['close', 'drop'] as const)(
    'that waits for each write loses nothing to a slow reader, however little may be queued: %s',
    async (whenQueueIsFull) => {
      const message = 'x'.repeat(15_000);
      const { port } = await start(
        { maxQueuedBytes: 20_000, whenQueueIsFull },
        {
          async open(socket) {
            const writer = streamsOf(socket).writable.getWriter();
            for (let i = 0; i < 500; i++) await writer.write(message);
            await writer.close();
          },
        },
      );
      const client = await new WebSocket(url(port)).opened;
      let count = 0;
      for await (const received of client) {
        expect(received).toBe(message);
        if (count++ % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(count).toBe(500);
      expect(await client.closed).toMatchObject({ wasClean: true });
    },
  );

  test('of Blobs is held back too', async () => {
    const { port } = await startEcho({ maxMessageBytes: 4 * 1024 * 1024, maxQueuedBytes: 16 * 1024 * 1024 });
    const stream = new WebSocketStream(url(port), { maxMessageBytes: 4 * 1024 * 1024 });
    const { readable, writable } = await stream.opened;
    const writer = writable.getWriter();
    const reader = readable.getReader();
    for (let i = 0; i < 5; i++) {
      const [received] = await Promise.all([
        reader.read(),
        writer.write(new Blob([new Uint8Array(3_000_000)])),
      ]);
      expect(received.value?.length).toBe(3_000_000);
    }
    stream.close();
    await stream.closed;
  });
});

describe('streamsOf', () => {
  test('makes streams of an accepted socket', async () => {
    const { port } = await start({}, { open: (socket) => echo(socket) });
    async function echo(socket: WebSocket<undefined>) {
      const { readable, writable } = streamsOf(socket);
      await readable.pipeTo(writable).catch(() => {});
    }
    const stream = new WebSocketStream(url(port));
    const { readable, writable } = await stream.opened;
    await writable.getWriter().write('there and back');
    expect((await readable.getReader().read()).value).toBe('there and back');
    stream.close();
    await stream.closed;
  });

  test('makes a Node stream of it by the standard adapter', async () => {
    const { port } = await start(
      {},
      {
        open(socket) {
          const duplex = Duplex.fromWeb(streamsOf(socket) as never, { encoding: 'utf8' });
          duplex.on('error', () => {});
          duplex.write('what did you say? ');
          duplex.on('data', (piece) => duplex.write(`you said ${piece}`));
        },
      },
    );
    const client = await RawClient.open(port);
    expect(await client.take(2 + 18)).toContain(Buffer.from('what did you say? ').toString('hex'));
    client.socket.destroy();
  });

  test('a Node stream ends with the connection', async () => {
    const { port } = await start(
      {},
      {
        async open(socket) {
          for (const piece of ['a', 'b', 'c']) socket.send(piece);
          socket.close(1000);
        },
      },
    );
    const stream = new WebSocketStream(url(port));
    const { readable } = await stream.opened;
    expect(await text(readable as never)).toBe('abc');
  });
});

describe('a write', () => {
  // The room is free when the write asks, and may be taken in any microtask before the write goes on.
  test.each(Array.from({ length: 12 }, (_, count) => count))(
    'waits again when other code takes the room %i microtasks later',
    async (count) => {
      const { socket, transport } = started({}, { maxQueuedBytes: 1_000, whenQueueIsFull: 'drop' });
      const writer = streamsOfSource(socket).writable.getWriter();
      await writer.ready;
      transport.isStuck = true;
      const written = writer.write('b'.repeat(600));
      for (let done = 0; done < count; done++) await null;
      const isSent = socket.send('a'.repeat(600));
      await turn();
      transport.takeAll();
      await written;
      await turn();
      const texts = Buffer.concat(transport.writes).toString().match(/a+|b+/g)!;
      expect(texts.filter((text) => text.length === 600).sort()).toEqual(
        isSent ? ['a'.repeat(600), 'b'.repeat(600)] : ['b'.repeat(600)],
      );
    },
  );

  test('fails when the connection is closing, as soon as that is closed', async () => {
    const { socket } = started();
    const writer = streamsOfSource(socket).writable.getWriter();
    socket.close();
    const settled: unknown[] = [];
    const written = rejection(writer.write('a')).then((error) => settled.push(error));
    await turn();
    expect(settled).toEqual([]);
    socket.terminate();
    await written;
    expect(settled).toMatchObject([
      { name: 'InvalidStateError', message: 'the connection takes no more messages' },
    ]);
  });

  test('that the peer does not let finish rejects, as later ones do, and the end is not one in order', async () => {
    const { port } = await start(
      { maxMessageBytes: 64 * 1024 * 1024 },
      {
        async open(socket) {
          socket.pause();
          socket.close(4567, 'enough');
        },
      },
    );
    const stream = new WebSocketStream(url(port), { closeTimeoutMs: 200, perMessageDeflate: false });
    const { writable } = await stream.opened;
    const writer = writable.getWriter();
    const error = await rejection(writer.write(new Uint8Array(50 * 1024 * 1024)));
    expect(error).toMatchObject({ name: 'InvalidStateError' });
    await expect(writer.write('later')).rejects.toBe(error);
    expect(await rejection(stream.closed)).toMatchObject({ closeCode: 4567, reason: 'enough' });
  });

  test('that has gone out is done, though the connection is closed from here meanwhile', async () => {
    const { port } = await startEcho();
    const stream = new WebSocketStream(url(port));
    const { readable, writable } = await stream.opened;
    const reader = readable.getReader();
    await turn();
    const written = writable.getWriter().write('x');
    stream.close({ closeCode: 3000 });
    await written;
    expect(await stream.closed).toMatchObject({ closeCode: 3000 });
    expect(await reader.read()).toMatchObject({ done: true });
  });

  test('never loops without a turn of the event loop, where the transport is not writable and the socket open', async () => {
    const { socket, transport } = started({}, { maxQueuedBytes: 100, whenQueueIsFull: 'drop' });
    const writer = streamsOfSource(socket).writable.getWriter();
    await writer.ready;
    transport.isStuck = true;
    socket.send('x'.repeat(90));
    Object.defineProperty(transport, 'writable', { value: false });
    const { send } = socket;
    let count = 0;
    socket.send = (data) => {
      if (++count > 1_000) throw new RangeError('it loops');
      return send.call(socket, data as string);
    };
    const written = rejection(writer.write('y'.repeat(90)));
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(100);
    socket.terminate();
    expect(await written).toMatchObject({ name: 'InvalidStateError' });
  });

  test.each<[unknown, string]>([
    [5, '5'],
    [null, 'null'],
    [{}, '[object Object]'],
  ])('of %o is of its text, as in a browser', async (value, text) => {
    const { socket, transport } = started();
    await streamsOfSource(socket)
      .writable.getWriter()
      .write(value as never);
    await turn();
    expect(transport.written).toBe(
      `81${text.length.toString(16).padStart(2, '0')}${Buffer.from(text).toString('hex')}`,
    );
  });

  test.each<[string, unknown]>([
    ['what cannot be made a string', Object.create(null)],
    ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(1))],
    ['a resizable buffer', Reflect.construct(ArrayBuffer, [1, { maxByteLength: 2 }])],
    ['a view of one', new Uint8Array(Reflect.construct(ArrayBuffer, [1, { maxByteLength: 2 }]))],
  ])('of %s is a TypeError', async (_name, value) => {
    const { socket, transport } = started();
    const writer = streamsOfSource(socket).writable.getWriter();
    writer.closed.catch(() => {});
    await expect(writer.write(value as never)).rejects.toThrow(TypeError);
    expect(transport.written).toBe('');
  });
});
