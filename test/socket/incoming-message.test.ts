/** One message read in parts: its stream, backpressure, what comes after it, and how it ends early. */
import { randomBytes } from 'node:crypto';
import {
  ClosedError,
  type Handlers,
  ProtocolError,
  type ServerOptions,
  type StreamedMessage,
  UsageError,
  type WebSocket,
} from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, open } from '../client/connect.ts';
import { heldArrayBufferBytes } from '../protocol/memory.ts';
import { eventually } from '../support/eventually.ts';
import { closeFrame, frame, RawClient, textFrame } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';
import { started, turn, unconnected } from './inner.ts';

/** A server's socket and the client at the other end. */
async function pair(
  options: ServerOptions = {},
  handlers: Handlers<undefined> = {},
): Promise<{ socket: WebSocket<undefined>; client: WebSocket }> {
  const server = await start<undefined>(options, handlers);
  const client = await open(`ws://127.0.0.1:${server.port}/`);
  return { socket: await server.opened, client };
}

/** A server's socket and a client made of bytes. */
async function withRaw(options: ServerOptions = {}) {
  const server = await start<undefined>({ closeTimeoutMs: 200, ...options });
  const raw = await RawClient.open(server.port);
  onTestFinished(() => void raw.socket.destroy());
  return { raw, socket: await server.opened };
}

/** The parts of a message until its end. */
async function partsOf({ readable }: StreamedMessage): Promise<(string | Uint8Array)[]> {
  const parts: (string | Uint8Array)[] = [];
  for await (const part of readable as ReadableStream<string | Uint8Array>) parts.push(part);
  return parts;
}

async function bytesOf(message: StreamedMessage): Promise<Buffer> {
  return Buffer.concat((await partsOf(message)) as Uint8Array[]);
}

async function textOf(message: StreamedMessage | undefined): Promise<string> {
  expect(message?.type).toBe('text');
  return (await partsOf(message!)).join('');
}

describe('the stream', () => {
  test('is there when the first frame begins, and gives what comes as it comes', async () => {
    const { raw, socket } = await withRaw();
    const whole = frame(2, Buffer.from('abcdef'));
    const next = socket.receiveStream();
    raw.write(whole.subarray(0, 6));
    const { type, readable } = (await next)!;
    expect(type).toBe('binary');
    const reader = (readable as ReadableStream<Uint8Array>).getReader();
    let read = reader.read();
    raw.write(whole.subarray(6, 9));
    expect(Buffer.from((await read).value!).toString()).toBe('abc');
    read = reader.read();
    raw.write(whole.subarray(9));
    expect(Buffer.from((await read).value!).toString()).toBe('def');
    expect((await reader.read()).done).toBe(true);
  });

  test('gives parts that are not empty, of whole characters', async () => {
    const { raw, socket } = await withRaw();
    const next = socket.receiveStream();
    const text = Buffer.from('a😀é');
    for (let at = 0; at < text.length; at++) {
      raw.write(frame(at === 0 ? 1 : 0, text.subarray(at, at + 1), false));
      await turn();
    }
    raw.write(frame(0));
    const parts = await partsOf((await next)!);
    expect(parts.join('')).toBe('a😀é');
    for (const part of parts) expect(part).toMatch(/^[a😀é]+$/u);
  });

  test('of an empty message ends at once', async () => {
    const { raw, socket } = await withRaw();
    raw.write(textFrame(''));
    expect(await textOf(await socket.receiveStream())).toBe('');
  });

  test('has memory of its own in each part', async () => {
    const { client, socket } = await pair();
    client.send(randomBytes(300_000));
    const parts = (await partsOf((await socket.receiveStream())!)) as Uint8Array[];
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.buffer.byteLength).toBe(part.length);
  });

  test.each([true, false])('of a client, before it is open, compressed: %s', async (perMessageDeflate) => {
    const text = 'Ein Wörtchen, 再一次 '.repeat(30_000);
    const server = await start({ perMessageDeflate }, { open: (socket) => void socket.send(text) });
    const client = connect(`ws://127.0.0.1:${server.port}/`);
    expect(await textOf(await client.receiveStream({ maxBytes: 2_000_000 }))).toBe(text);
    expect(client.extensions !== '').toBe(perMessageDeflate);
  });

  test('of a server, of compressed messages that refer to each other', async () => {
    const { client, socket } = await pair({ perMessageDeflate: { thresholdBytes: 0 } });
    const texts = ['x', 'y', 'x'].map((letter) => `${letter} and so on, `.repeat(20_000));
    for (const text of texts) client.send(text);
    for (const text of texts) expect(await textOf(await socket.receiveStream())).toBe(text);
    expect(socket.traffic?.wireBytesReceived).toBeLessThan(100_000);
  });

  test('of a message that had begun before is one part', async () => {
    const { inner, socket, transport } = started();
    inner.endWaitForConsumer();
    transport.push(textFrame('a', false));
    await turn();
    const next = socket.receiveStream();
    transport.push(textFrame('b', true, 0));
    transport.push(textFrame(''));
    expect(await partsOf((await next)!)).toEqual(['ab']);
    expect(await textOf(await socket.receiveStream())).toBe('');
  });

  test('two reads at once get two parts', async () => {
    const { raw, socket } = await withRaw();
    raw.write(frame(2, Buffer.from('a'), false));
    const reader = ((await socket.receiveStream())!.readable as ReadableStream<Uint8Array>).getReader();
    const reads = [reader.read(), reader.read(), reader.read()];
    raw.write(Buffer.concat([frame(0, Buffer.from('b'), false), frame(0, Buffer.from('c'))]));
    const parts = await Promise.all(reads);
    expect(parts.map(({ value }) => Buffer.from(value!).toString())).toEqual(['a', 'b', 'c']);
  });
});

describe('backpressure', () => {
  test('what is not pulled is not read: the peer is held back', async () => {
    const { client, socket } = await pair();
    const message = randomBytes(40_000_000);
    client.send(message);
    const streamed = (await socket.receiveStream({ maxBytes: message.length }))!;
    const readable = streamed.readable as ReadableStream<Uint8Array>;
    const reader = readable.getReader();
    // The first part comes by itself, the second is asked for.
    const first = Buffer.concat([(await reader.read()).value!, (await reader.read()).value!]);
    reader.releaseLock();
    let before = -1;
    await eventually(() => {
      const [last, now] = [before, client.bufferedAmount];
      before = now;
      expect(now).toBe(last); // it stands still
    });
    expect(client.bufferedAmount).toBeGreaterThan(20_000_000);
    expect(socket.traffic?.payloadBytesReceived).toBe(first.length);
    const rest = await bytesOf(streamed);
    expect(Buffer.concat([first, rest]).equals(message)).toBe(true);
    expect(client.bufferedAmount).toBe(0);
  });

  test('64 MiB go there and back, and what is held stays flat', { timeout: 60_000 }, async () => {
    const size = 64 * 1024 * 1024;
    const options = { maxBytes: Number.POSITIVE_INFINITY };
    const { client } = await pair(
      {},
      {
        async open(socket) {
          const { readable } = (await socket.receiveStream(options)) as {
            readable: ReadableStream<Uint8Array>;
          };
          await readable.pipeTo(socket.sendStream('binary'));
        },
      },
    );
    const part = randomBytes(64 * 1024);
    let sent = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent === size) return controller.close();
        controller.enqueue(part);
        sent += part.length;
      },
    });
    const sending = source.pipeTo(client.sendStream('binary'));
    const { readable } = (await client.receiveStream(options)) as { readable: ReadableStream<Uint8Array> };
    let [received, most] = [0, 0];
    const before = heldArrayBufferBytes();
    for await (const bytes of readable) {
      const at = received % part.length;
      const expected = Buffer.concat([part.subarray(at), part]).subarray(0, bytes.length);
      if (expected.compare(bytes) !== 0) expect.fail(`another part at ${received}`);
      const isMeasured = received >> 22 !== (received + bytes.length) >> 22; // every 4 MiB
      received += bytes.length;
      if (isMeasured) most = Math.max(most, heldArrayBufferBytes());
    }
    await sending;
    expect(received).toBe(size);
    expect(most - before).toBeLessThan(size / 8);
  });

  test('Pings between fragments are answered while a part is waited for', async () => {
    const { raw, socket } = await withRaw();
    raw.write(Buffer.concat([frame(2, Buffer.from('a'), false), frame(9, Buffer.from('?'))]));
    const reader = ((await socket.receiveStream())!.readable as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    reader.read().catch(() => {}); // it fails when the test ends
    await eventually(() => expect(raw.received.toString('hex')).toBe('8a013f'));
  });
});

describe('other messages', () => {
  test('wait until the stream is read to its end, and then for the next reader', async () => {
    const { client, socket } = await pair();
    for (const text of ['one', 'two', 'three', 'four']) client.send(text);
    const first = (await socket.receiveStream())!;
    expect(() => socket.receiveStream()).toThrow(UsageError);
    expect(() => socket[Symbol.asyncIterator]()).toThrow(UsageError);
    expect(await textOf(first)).toBe('one');
    for await (const message of socket) {
      expect(message).toBe('two');
      expect(() => socket.receiveStream()).toThrow(UsageError);
      break;
    }
    expect(await textOf(await socket.receiveStream())).toBe('three');
    const four = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)));
    expect(await four).toBe('four');
  });

  test('that a handler or listener takes are not for a stream', async () => {
    const { client, socket } = await pair({}, { message() {} });
    expect(() => socket.receiveStream()).toThrow(UsageError);
    client.onmessage = () => {};
    expect(() => client.receiveStream()).toThrow(UsageError);
  });

  test('for a listener that was added meanwhile come after it', async () => {
    const { client, socket } = await pair();
    client.send('one');
    client.send('two');
    const one = (await socket.receiveStream())!;
    const two = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)));
    expect(await textOf(one)).toBe('one');
    expect(await two).toBe('two');
  });
});

describe('cancel', () => {
  test('drops the rest, which is still checked, and the next message comes', async () => {
    const { client, socket } = await pair();
    client.send(randomBytes(900_000));
    client.send('next');
    await (await socket.receiveStream())!.readable.cancel();
    expect(await textOf(await socket.receiveStream())).toBe('next');
    expect(socket.traffic).toMatchObject({ messagesReceived: 2, payloadBytesReceived: 900_004 });
  });

  test.each([
    ['invalid text', frame(0, Buffer.of(0xff)), 1007],
    ['more than maxBytes', frame(0, Buffer.alloc(10)), 1009],
  ])('does not take %s', async (_, bytes, code) => {
    const { raw, socket } = await withRaw();
    raw.write(textFrame('a', false));
    const cancelled = (await socket.receiveStream({ maxBytes: 5 }))!.readable.cancel();
    raw.write(bytes);
    await cancelled;
    expect((await socket.closed).sent?.code).toBe(code);
  });

  test('of a message that has come to its end, read or not, lets the next come', async () => {
    const { client, socket } = await pair();
    for (const text of ['one', 'two', 'three']) client.send(text);
    await (await socket.receiveStream())!.readable.cancel();
    const reader = ((await socket.receiveStream())!.readable as ReadableStream<string>).getReader();
    expect((await reader.read()).value).toBe('two');
    expect(() => socket.receiveStream()).toThrow(UsageError);
    await reader.cancel();
    expect(await textOf(await socket.receiveStream())).toBe('three');
  });

  test('is what leaving a loop over the stream does; it ends with the connection at the latest', async () => {
    const { raw, socket } = await withRaw();
    raw.write(textFrame('a', false));
    const { readable } = (await socket.receiveStream())!;
    setImmediate(() => raw.socket.destroy());
    for await (const part of readable as ReadableStream<string>) if (part === 'a') break;
    expect(await socket.receiveStream()).toBeUndefined();
  });
});

describe('a message that is read while close() waits behind a Blob', () => {
  test.each([true, false])(
    'is read to its end with messagesWhileClosing: %s',
    async (messagesWhileClosing) => {
      const { raw, socket } = await withRaw({ messagesWhileClosing });
      const next = socket.receiveStream();
      raw.write(textFrame('one ', false));
      const { readable } = (await next)!;
      let read = () => {};
      const blob = Object.assign(new Blob(['b']), {
        arrayBuffer: () =>
          new Promise<ArrayBuffer>((resolve) => {
            read = () => resolve(new ArrayBuffer(1));
          }),
      });
      socket.send(blob);
      socket.close(1000);
      expect(socket.readyState).toBe(2);
      raw.write(textFrame('two', true, 0));
      const reader = (readable as ReadableStream<string>).getReader();
      expect((await reader.read()).value).toBe('one ');
      const rest = reader.read();
      if (messagesWhileClosing) expect((await rest).value).toBe('two');
      read();
      raw.write(frame(8, Buffer.of(3, 0xe8)));
      if (messagesWhileClosing) expect((await reader.read()).done).toBe(true);
      else await expect(rest).rejects.toThrow(ClosedError);
      await socket.closed;
    },
  );
});

describe('the end', () => {
  test('before another message is undefined, also of later calls', async () => {
    const { client, socket } = await pair();
    const next = socket.receiveStream();
    client.close(1000);
    expect(await next).toBeUndefined();
    await socket.closed;
    expect(await socket.receiveStream()).toBeUndefined();
    const failed = connect('ws://127.0.0.1:1/');
    expect(await failed.receiveStream()).toBeUndefined();
    expect(() => unconnected().socket.receiveStream({ maxByte: 1 } as never)).toThrow(/maxBytes/);
  });

  test('of TCP in the middle fails the stream', async () => {
    const { raw, socket } = await withRaw();
    raw.write(textFrame('a', false));
    const parts = partsOf((await socket.receiveStream())!);
    raw.socket.destroy();
    await expect(parts).rejects.toThrow(ClosedError);
  });

  test('by a Close frame in the middle fails the stream, and it says which', async () => {
    const { raw, socket } = await withRaw();
    raw.write(
      Buffer.concat([textFrame('a', false), Buffer.from('8882 00000000 03e8'.replaceAll(' ', ''), 'hex')]),
    );
    const error = await partsOf((await socket.receiveStream())!).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ClosedError);
    expect(error).toMatchObject({ received: { code: 1000 }, sent: { code: 1000 } });
    expect(Object.hasOwn(error as object, 'cause')).toBe(false);
    expect(raw.received.toString('hex')).toBe(closeFrame(1000));
  });

  test.each([
    ['invalid text', Buffer.of(0xff), {}, 'invalid-utf8'],
    ['more than the limit of the socket', Buffer.alloc(100), { maxMessageBytes: 99 }, 'message-too-big'],
  ])(
    'by %s fails the stream, with the error of the connection as the cause',
    async (_, rest, options, id) => {
      const { raw, socket } = await withRaw(options);
      raw.write(Buffer.concat([textFrame('a', false), frame(0, rest)]));
      const error = await partsOf((await socket.receiveStream())!).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ClosedError);
      const { cause } = error as ClosedError;
      expect(cause).toBeInstanceOf(ProtocolError);
      expect(cause).toBe((await socket.closed).error);
      expect(cause).toMatchObject({ violation: id });
    },
  );

  test('behind a whole message that is not read to its end leaves it whole', async () => {
    const { client, socket } = await pair();
    client.send('all of it');
    const message = (await socket.receiveStream())!;
    client.close();
    await socket.closed;
    expect(await textOf(message)).toBe('all of it');
  });

  test('by a reset at any byte is undefined or a ClosedError, and nothing else', async () => {
    const outcomes: unknown[] = [];
    const readAll = async (socket: WebSocket<undefined>) => {
      for (let next = await socket.receiveStream(); next; next = await socket.receiveStream())
        await partsOf(next);
    };
    const server = await start<undefined>(
      { closeTimeoutMs: 200, perMessageDeflate: true },
      {
        open: (socket) =>
          readAll(socket).then(
            () => outcomes.push('end'),
            (error) => outcomes.push(error),
          ),
      },
    );
    const said = Buffer.concat([
      textFrame('é', false),
      frame(9, Buffer.from('?')),
      textFrame('a', true, 0),
      frame(2, Buffer.alloc(130)),
    ]);
    for (let at = 0; at <= said.length; at++) {
      const raw = await RawClient.open(server.port);
      raw.write(said.subarray(0, at));
      if (at % 2 === 0) await turn();
      raw.socket.resetAndDestroy();
    }
    await eventually(() => expect(outcomes).toHaveLength(said.length + 1));
    for (const outcome of outcomes) expect(outcome === 'end' || outcome instanceof ClosedError).toBe(true);
    expect(outcomes.filter((outcome) => outcome === 'end').length).toBeGreaterThan(0);
  });

  test('by this side delivers nothing more', async () => {
    const { client, socket } = await pair();
    const writer = client.sendStream('text').getWriter();
    await writer.write('a');
    const message = (await socket.receiveStream())!;
    socket.close(1000);
    writer.write('b').catch(() => {});
    writer.closed.catch(() => {});
    await expect(partsOf(message)).rejects.toThrow(ClosedError);
    expect(socket.traffic?.payloadBytesReceived).toBe(1);
  });

  test('that waits behind a message in parts delivers nothing more either', async () => {
    const { socket, transport } = started();
    transport.push(textFrame('a', false));
    const { readable } = (await socket.receiveStream())!;
    await socket.sendStream('text').getWriter().write('x');
    socket.close();
    const parts = partsOf({ type: 'text', readable } as StreamedMessage);
    transport.push(textFrame('b', true, 0));
    await turn();
    transport.destroy();
    await expect(parts).rejects.toThrow(ClosedError);
  });
});

test.each([-1, Number.NaN, '1', null])('maxBytes is a number: not %s', (maxBytes) => {
  const { socket } = started();
  expect(() => socket.receiveStream({ maxBytes: maxBytes as number })).toThrow(UsageError);
  expect(() => socket.receiveStream({ maxBytes: 1 })).not.toThrow(); // no reader was left behind
});

test.each<[string, (socket: WebSocket<undefined>) => Promise<unknown>]>([
  ['once', (socket) => new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))],
  [
    'and was an attribute',
    (socket) =>
      new Promise((resolve) => {
        socket.onmessage = (event) => {
          socket.onmessage = null;
          socket.pause();
          resolve(event);
        };
      }),
  ],
])('a message may be read in parts after a listener has listened %s', async (_, listened) => {
  const { raw, socket } = await withRaw();
  const first = listened(socket);
  raw.write(textFrame('head'));
  await first;
  raw.write(textFrame('body'));
  socket.resume();
  expect(await textOf(await socket.receiveStream())).toBe('body');
  raw.write(textFrame('next'));
  await turn();
  expect(await textOf(await socket.receiveStream())).toBe('next');
});

test('a message that had begun is the next one, as a whole, and what comes after it is not lost', async () => {
  const { raw, socket } = await withRaw();
  socket.resume();
  raw.write(textFrame('a', false));
  await eventually(() => expect(socket.traffic?.wireBytesReceived).toBe(7));
  const streamed = socket.receiveStream();
  raw.write(Buffer.concat([frame(0, Buffer.from('b')), textFrame('c'), textFrame('d')]));
  expect(await textOf(await streamed)).toBe('ab');
  const texts: unknown[] = [];
  for await (const message of socket) if (texts.push(message) === 2) break;
  expect(texts).toEqual(['c', 'd']);
});
