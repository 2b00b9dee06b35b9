/** A `bytes` handler, of a server and of a client: text comes as its bytes, valid and not decoded. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { type ClientOptions, type Handlers, UsageError, WebSocket, WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket as Peer } from 'ws';
import { eventually } from '../support/eventually.ts';
import { closeFrame, frame, RawClient, textFrame } from '../support/raw-client.ts';
import { serverFrame, startRaw } from '../support/raw-server.ts';
import { start } from '../support/servers.ts';

const KIB = 1024;
const limits = { maxMessageBytes: 8 * KIB * KIB, maxQueuedBytes: 32 * KIB * KIB };
const perMessageDeflate = { thresholdBytes: 0 };

interface Heard {
  readonly data: Uint8Array;
  readonly isText: boolean;
}

/** What a `bytes` handler was called with; and with what was said then. */
class Ear {
  readonly heard: Heard[] = [];
  readonly hear = (data: Uint8Array, isText: boolean) => void this.heard.push({ data, isText });

  get texts(): (string | Uint8Array)[] {
    return this.heard.map(({ data, isText }) => (isText ? Buffer.from(data).toString() : data));
  }
}

type Send = (data: string | Uint8Array, parts?: number) => void;

/** Sends a message whole, or in fragments; `ws` cuts nothing of itself. */
function sendWith(peer: Peer): Send {
  return (data, parts = 1) => {
    const bytes = Buffer.from(data as string);
    const size = Math.ceil(bytes.length / parts);
    for (let i = 0; i < parts; i++) {
      const part = bytes.subarray(i * size, (i + 1) * size);
      peer.send(part, { binary: typeof data !== 'string', fin: i === parts - 1 });
    }
  };
}

/** A server with the ear, and what sends to it. */
async function serverEar(isCompressed: boolean): Promise<[Ear, Send]> {
  const ear = new Ear();
  const { port } = await start(
    { ...limits, perMessageDeflate: isCompressed && perMessageDeflate },
    { bytes: (_socket, data, isText) => ear.hear(data, isText) },
  );
  const peer = new Peer(`ws://127.0.0.1:${port}/`, { perMessageDeflate: isCompressed && { threshold: 0 } });
  await once(peer, 'open');
  expect(peer.extensions !== '').toBe(isCompressed);
  return [ear, sendWith(peer)];
}

/** A client with the ear, and what sends to it. */
async function clientEar(isCompressed: boolean): Promise<[Ear, Send]> {
  const ear = new Ear();
  const { WebSocketServer: PeerServer } = await import('ws');
  const server = new PeerServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: isCompressed && { threshold: 0 },
  });
  onTestFinished(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const connected = once(server, 'connection');
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, [], { ...limits, bytes: ear.hear });
  onTestFinished(() => client.terminate());
  await client.opened;
  expect(client.extensions !== '').toBe(isCompressed);
  return [ear, sendWith((await connected)[0] as Peer)];
}

describe.each([
  ['a server', serverEar, false],
  ['a server, compressed', serverEar, true],
  ['a client', clientEar, false],
  ['a client, compressed', clientEar, true],
] as const)('the bytes handler of %s', (_name, open, isCompressed) => {
  test('gets every message as bytes that are its own, and whether they are text', async () => {
    const [ear, send] = await open(isCompressed);
    const texts = ['', 'a', 'é👋', '\uFEFFa', 'ab'.repeat(100), 'é'.repeat(40_000), '😀'.repeat(500_000)];
    const binary = [new Uint8Array(0), Uint8Array.of(0xff, 0, 0x80), new Uint8Array(300_000).fill(0xe9)];
    const messages = [...texts, ...binary];
    const said = messages.flatMap((message) => [message, message]);
    for (const message of messages) {
      send(message);
      send(message, 3);
    }
    await eventually(() => expect(ear.heard).toHaveLength(said.length));
    // Only now: what came later has not changed what came before.
    for (const [index, { data, isText }] of ear.heard.entries()) {
      expect(isText).toBe(typeof said[index] === 'string');
      expect(Buffer.from(said[index] as string).equals(data)).toBe(true);
      expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
      expect(data.buffer.byteLength).toBe(data.length); // memory of its own
    }
    expect(new Set(ear.heard.map(({ data }) => data.buffer)).size).toBe(said.length);
  });
});

describe('what is no UTF-8', () => {
  test.each([
    ['in one frame', [frame(1, Uint8Array.of(0x61, 0xff))]],
    ['in a long one', [frame(1, new Uint8Array(70_000).fill(0xe9))]],
    ['cut off at the end', [frame(1, Uint8Array.of(0xc3))]],
    ['in a fragment', [textFrame('a', false), frame(0, Uint8Array.of(0x80), true)]],
    ['cut off at the end of a fragment', [textFrame('a', false), frame(0, Uint8Array.of(0xc3), true)]],
  ])('%s ends the connection with 1007, and is not delivered', async (_name, frames) => {
    const ear = new Ear();
    const { port, opened } = await start(limits, { bytes: (_socket, ...message) => ear.hear(...message) });
    const client = await RawClient.open(port);
    for (const one of [textFrame('good'), ...frames]) client.write(one);
    const socket = await opened;
    await eventually(() => expect(client.received.toString('hex')).toContain('03ef'));
    client.socket.destroy();
    expect(await socket.closed).toMatchObject({ sent: { code: 1007 } });
    expect(ear.texts).toEqual(['good']);
  });

  test('a character may be cut by fragments', async () => {
    const ear = new Ear();
    const { port } = await start(limits, { bytes: (_socket, ...message) => ear.hear(...message) });
    const client = await RawClient.open(port);
    client.write(frame(1, Uint8Array.of(0xc3), false));
    client.write(frame(0, Uint8Array.of(0xa9), true));
    await eventually(() => expect(ear.texts).toEqual(['é']));
  });

  test('a client fails such a connection too', async () => {
    const ear = new Ear();
    const { url } = await startRaw((guest) => {
      guest.accept();
      guest.write(serverFrame(1, Uint8Array.of(0xff)));
    });
    const socket = new WebSocket(url, [], { bytes: ear.hear, closeTimeoutMs: 100 });
    expect(await socket.closed).toMatchObject({ sent: { code: 1007 }, wasClean: false });
    expect(ear.heard).toEqual([]);
  });
});

describe('beside a bytes handler', () => {
  test('listeners and loops get strings, whatever the handler does with its bytes', async () => {
    const [ear, listened, looped]: [Ear, unknown[], unknown[]] = [new Ear(), [], []];
    const { port } = await start(limits, {
      open(socket) {
        socket.addEventListener('message', ({ data }) => listened.push(data));
        void (async () => {
          for await (const message of socket) looped.push(message);
        })();
      },
      bytes(_socket, data, isText) {
        ear.hear(data.slice(), isText);
        if (isText) data.fill(0x2a);
      },
    });
    const client = await RawClient.open(port);
    const long = 'é'.repeat(50_000);
    client.write(
      Buffer.concat([textFrame('é'), frame(2, Uint8Array.of(1)), textFrame(long), textFrame('b')]),
    );
    const expected = ['é', Uint8Array.of(1), long, 'b'];
    for (const messages of [listened, looped]) await eventually(() => expect(messages).toEqual(expected));
    expect(ear.texts).toEqual(expected);
  });

  test('listeners of a client get strings too', async () => {
    const { url, guest } = await startRaw((one) => one.accept());
    const ear = new Ear();
    const socket = new WebSocket(url, [], { bytes: ear.hear });
    onTestFinished(() => socket.terminate());
    const listened: unknown[] = [];
    socket.onmessage = ({ data }) => listened.push(data);
    await socket.opened;
    (await guest).write(serverFrame(1, Buffer.from('é')));
    await eventually(() => expect(listened).toEqual(['é']));
    expect(ear.heard).toEqual([{ data: Uint8Array.of(0xc3, 0xa9), isText: true }]);
  });
});

describe('a bytes handler that is not right', () => {
  test.each<[string, () => unknown, string]>([
    [
      'beside a message handler',
      () => new WebSocketServer({}, { message() {}, bytes() {} }),
      'message and bytes',
    ],
    [
      'beside a message option',
      () => new WebSocket('ws://127.0.0.1:1/', [], { message() {}, bytes() {} }),
      'message and bytes',
    ],
    [
      'of a server, but no function',
      () => new WebSocketServer({}, { bytes: 1 as never }),
      'bytes must be a function',
    ],
    ['null', () => new WebSocketServer({}, { bytes: null as never }), 'bytes must be a function'],
    [
      'of a client, but no function',
      () => new WebSocket('ws://127.0.0.1:1/', [], { bytes: 'x' as never } satisfies ClientOptions),
      'bytes must be a function',
    ],
    ['among the options of a server', () => new WebSocketServer({ bytes() {} } as never), 'second argument'],
  ])('%s is a UsageError', (_name, act, message) => {
    expect(act).toThrow(UsageError);
    expect(act).toThrow(message);
  });

  test.each<[string, Handlers['bytes'] & object]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    [
      'rejects',
      async () => {
        await null;
        throw new Error('no');
      },
    ],
  ])('%s: that closes its socket with 1011', async (_name, bytes) => {
    const error = vi.fn<NonNullable<Handlers['error']>>();
    const { port, opened } = await start(limits, { bytes, error });
    const client = await RawClient.open(port);
    client.write(textFrame('a'));
    expect(await client.take(4)).toBe(closeFrame(1011));
    expect(error.mock.calls).toEqual([[new Error('no'), await opened]]);
  });

  test('of a client closes it with 1011 too', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => report.mockRestore());
    const { url, guest } = await startRaw((one) => {
      one.accept();
      one.write(serverFrame(1, 'a'));
    });
    const bytes = () => Promise.reject(new Error('no'));
    const socket = new WebSocket(url, [], { bytes });
    onTestFinished(() => socket.terminate());
    await (await guest).take(8);
    expect(report).toHaveBeenCalledOnce();
  });
});

test('its async context is that of a message handler', async () => {
  const storage = new AsyncLocalStorage<string>();
  const stores: (string | undefined)[] = [];
  const note = () => void stores.push(storage.getStore());
  for (const name of ['message', 'bytes'] as const) {
    const { port } = await storage.run('server', () => start(limits, { [name]: note }));
    const client = await storage.run('a client', () => RawClient.open(port));
    client.write(textFrame('a'));
    await eventually(() => expect(stores.length % 2).toBe(1));
    const { url } = await startRaw((guest) => {
      guest.accept();
      guest.write(serverFrame(1, 'a'));
    });
    const socket = storage.run('client', () => new WebSocket(url, [], { [name]: note }));
    onTestFinished(() => socket.terminate());
    await eventually(() => expect(stores.length % 2).toBe(0));
  }
  expect(stores.slice(0, 2)).toEqual(stores.slice(2));
  expect(stores[1]).toBe('client');
});
