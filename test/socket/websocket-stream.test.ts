import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ClosedError, HandshakeError, streamsOf, WebSocket, WebSocketStream } from 'barewire';
import { describe, expect, test } from 'vitest';
import { streamsOf as streamsOfSource } from '../../src/socket/websocket-stream.ts';
import { eventually } from '../support/eventually.ts';
import { RawClient } from '../support/raw-client.ts';
import { start, startEcho } from '../support/servers.ts';
import { started, turn } from './inner.ts';

const url = (port: number) => `ws://127.0.0.1:${port}/`;

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
    expect(await stream.closed).toEqual({ closeCode: 3000, reason: '' });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  test('a connection that cannot be had rejects both promises', async () => {
    const { port } = await start({ path: '/elsewhere' });
    const stream = new WebSocketStream(url(port));
    await expect(stream.opened).rejects.toThrow(HandshakeError);
    await expect(stream.closed).rejects.toMatchObject({ status: 404 });
  });

  test('close before it is open gives up', async () => {
    const { port } = await start();
    const stream = new WebSocketStream(url(port));
    stream.close();
    await expect(stream.opened).rejects.toThrow(ClosedError);
  });

  test('a signal gives up', async () => {
    const { port } = await start();
    const reason = new Error('enough');
    const stream = new WebSocketStream(url(port), { signal: AbortSignal.abort(reason) });
    await expect(stream.opened).rejects.toBe(reason);
  });

  test('an end without a closing handshake is an error of all of them', async () => {
    const { port, opened } = await start();
    const stream = new WebSocketStream(url(port));
    const { readable, writable } = await stream.opened;
    (await opened).terminate();
    await expect(readable.getReader().read()).rejects.toThrow(Error);
    await expect(stream.closed).rejects.toThrow(Error);
    await expect(writable.getWriter().write('x')).rejects.toThrow(Error);
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
    await eventually(() => expect(failed).toBeInstanceOf(ClosedError));
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

  test('fails when the connection is closing', async () => {
    const { socket } = started();
    const writer = streamsOfSource(socket).writable.getWriter();
    writer.closed.catch(() => {});
    socket.close();
    await expect(writer.write('a')).rejects.toThrow('the connection takes no more messages');
  });

  test('that is no message fails, whatever it is', async () => {
    for (const value of [5, null, undefined, {}]) {
      const other = started();
      const writer = streamsOfSource(other.socket).writable.getWriter();
      writer.closed.catch(() => {});
      await expect(writer.write(value as never)).rejects.toThrow(TypeError);
      expect(other.transport.written).toBe('');
    }
  });
});
