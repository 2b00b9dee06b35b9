import { EventEmitter, once } from 'node:events';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { socketPair } from './socket-pair.ts';

type Module = typeof import('../../src/transport/shared-reads.ts');

/** The file, loaded anew: it remembers whether sockets of this runtime can be read so. */
async function load(setting?: string): Promise<Module> {
  vi.resetModules();
  vi.stubEnv('BAREWIRE_SHARED_READS', setting);
  return import('../../src/transport/shared-reads.ts');
}

let module: Module;
beforeEach(async () => {
  module = await load();
});
afterEach(() => void vi.unstubAllEnvs());

/** A socket that reads into the shared buffer; what it read, and its events. */
async function reading(onRead: (text: string, socket: Socket) => void = () => {}) {
  const [socket, peer] = await socketPair();
  const log: string[] = [];
  const buffers = new Set<Uint8Array>();
  const isShared = module.readIntoSharedBuffer(socket, function (byteCount, buffer) {
    buffers.add(buffer);
    const text = Buffer.from(buffer.subarray(0, byteCount)).toString();
    log.push(text);
    onRead(text, this);
  });
  expect(isShared).toBe(true);
  socket.pause();
  for (const name of ['data', 'end', 'close'] as const) socket.on(name, () => void log.push(name));
  socket.on('error', (error: NodeJS.ErrnoException) => void log.push(`error ${error.code}`));
  return { socket, peer, log, buffers };
}

describe('a TCP socket', () => {
  test('reads into the buffer that it shares with others, and emits no data', async () => {
    const [one, other] = [await reading(), await reading()];
    one.socket.resume();
    other.socket.resume();
    one.peer.write('one');
    other.peer.write('other');
    await eventually(() => expect([one.log, other.log]).toEqual([['one'], ['other']]));
    expect([...one.buffers]).toEqual([...other.buffers]);
  });

  test('reads nothing while it is paused, and everything afterwards', async () => {
    const { socket, peer, log } = await reading((_, self) => void self.pause());
    peer.write('a');
    await sleep(50);
    expect(log).toEqual([]);
    socket.resume();
    await eventually(() => expect(log).toEqual(['a']));
    peer.write('b');
    await sleep(50);
    expect(log).toEqual(['a']);
    socket.resume();
    await eventually(() => expect(log).toEqual(['a', 'b']));
  });

  test('holds its peer back while it is paused', async () => {
    const { socket, peer } = await reading((_, self) => void self.pause());
    socket.resume();
    const block = Buffer.alloc(1024 * 1024);
    let written = 0;
    while (peer.write(block) || peer.writableLength < 2 * block.length) {
      written += block.length;
      await sleep(1);
      if (written > 64 * block.length) throw new Error('the peer is not held back');
    }
    const before = socket.bytesRead;
    await sleep(50);
    expect(socket.bytesRead).toBe(before);
    expect(peer.writableLength).toBeGreaterThan(0);
  });

  test('ends and closes as ever', async () => {
    const { socket, peer, log } = await reading();
    socket.resume();
    peer.end('last');
    await once(socket, 'end');
    socket.end();
    await once(socket, 'close');
    expect(log).toEqual(['last', 'end', 'close']);
  });

  test('tells of a reset', async () => {
    const { socket, peer, log } = await reading();
    socket.resume();
    peer.resetAndDestroy();
    await eventually(() => expect(log.at(-1)).toBe('close'));
    expect(log).toEqual(['error ECONNRESET', 'close']);
  });

  test('may be destroyed while its bytes are read', async () => {
    const { socket, peer, log } = await reading((_, self) => void self.destroy());
    socket.resume();
    peer.write('a');
    await once(socket, 'close');
    expect(log).toEqual(['a', 'close']);
  });
});

describe('a transport is not touched', () => {
  const emitsData = (transport: Duplex) => module.readIntoSharedBuffer(transport, () => {}) === false;

  test('that is no socket, or has TLS', async () => {
    const [socket] = await socketPair();
    expect(emitsData(new Duplex())).toBe(true);
    expect(emitsData(new TLSSocket(socket))).toBe(true);
  });

  test('that has no handle', () => {
    expect(emitsData(new Socket())).toBe(true);
  });

  test.each(['data', 'readable'])('whose "%s" someone listens to', async (name) => {
    const [socket] = await socketPair();
    socket.on(name, () => {});
    expect(emitsData(socket)).toBe(true);
  });

  test.each(['push', 'emit', 'pause'] as const)('whose %s was replaced', async (name) => {
    const [socket] = await socketPair();
    socket[name] = socket[name].bind(socket) as never;
    expect(emitsData(socket)).toBe(true);
  });

  test('that decodes', async () => {
    const [socket] = await socketPair();
    socket.setEncoding('utf8');
    expect(emitsData(socket)).toBe(true);
  });

  test('that has read ahead', async () => {
    const [socket, peer] = await socketPair();
    socket.read(0);
    peer.write('early');
    await eventually(() => expect(socket.readableLength).toBe(5));
    expect(emitsData(socket)).toBe(true);
  });
});

describe('all sockets emit data', () => {
  test('where BAREWIRE_SHARED_READS is 0', async () => {
    module = await load('0');
    const [socket] = await socketPair();
    expect(module.readIntoSharedBuffer(socket, () => {})).toBe(false);
  });

  test('once it was seen that they do so anyway', async () => {
    const [socket] = await socketPair();
    expect(module.readIntoSharedBuffer(socket, () => {})).toBe(true);
    module.onReadElsewhere();
    const [next] = await socketPair();
    expect(module.readIntoSharedBuffer(next, () => {})).toBe(false);
  });

  test('where a tool had changed what a socket inherits, before this library was loaded', async () => {
    const { emit } = EventEmitter.prototype;
    Socket.prototype.emit = function (this: Socket, ...event: Parameters<typeof emit>) {
      return emit.apply(this, event);
    } as typeof emit;
    onTestFinished(() => void Reflect.deleteProperty(Socket.prototype, 'emit'));
    module = await load();
    const [socket] = await socketPair();
    expect(module.readIntoSharedBuffer(socket, () => {})).toBe(false);
  });

  test('where a socket does not keep the option', async () => {
    const net = await import('node:net');
    vi.doMock('node:net', () => ({
      ...net,
      Socket: class extends net.Socket {
        constructor() {
          super({});
        }
      },
    }));
    module = await load();
    vi.doUnmock('node:net');
    const [socket] = await socketPair();
    expect(module.readIntoSharedBuffer(socket, () => {})).toBe(false);
  });
});
