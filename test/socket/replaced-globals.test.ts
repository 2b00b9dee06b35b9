/** Test environments replace timers, and the classes of the platform, after the library was loaded. Sockets go on. */
import { WebSocket, WebSocketStream } from 'barewire';
import { OPCODE } from 'barewire/protocol';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startRaw } from '../support/raw-server.ts';
import { start, startEcho } from '../support/servers.ts';

const urlOf = (port: number) => `ws://127.0.0.1:${port}/`;

/** Sends and receives in every way that there is. @returns what came back */
async function converse(port: number): Promise<unknown[]> {
  const received: unknown[] = [];
  const socket = await new WebSocket(urlOf(port)).opened;
  const writer = socket.sendStream('text').getWriter();
  await writer.write('in parts');
  await writer.close();
  for await (const message of socket) {
    received.push(message);
    break;
  }
  expect(await socket.ping()).toBeGreaterThan(0);
  socket.close();
  received.push((await socket.closed).wasClean);
  const stream = new WebSocketStream(urlOf(port));
  const { readable, writable } = await stream.opened;
  await writable.getWriter().write('by streams');
  received.push((await readable.getReader().read()).value);
  stream.close();
  received.push((await stream.closed).closeCode);
  return received;
}

const CONVERSED = ['in parts', true, 'by streams', 1005];

describe('where timers are fake', () => {
  /** Fakes all that Vitest can fake, until the test ends. */
  function fakeTimers(): void {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
  }

  test('sockets and streams open, talk and close', async () => {
    const { port } = await startEcho();
    fakeTimers();
    expect(await converse(port)).toEqual(CONVERSED);
  });

  test('what is published goes out', async () => {
    const { server, port } = await start({}, { open: (socket) => socket.subscribe('news') });
    fakeTimers();
    const socket = await new WebSocket(urlOf(port)).opened;
    const messages = socket[Symbol.asyncIterator]();
    server.publish('news', 'to some');
    server.broadcast('to all');
    expect([(await messages.next()).value, (await messages.next()).value]).toEqual(['to some', 'to all']);
    socket.terminate();
  });

  test('a silent peer gets Pings, and is given up', async () => {
    const { url } = await startRaw((guest) => guest.accept());
    fakeTimers();
    const pings: number[] = [];
    const socket = new WebSocket(url, [], {
      pingIntervalMs: 100,
      idleTimeoutMs: 300,
      closeTimeoutMs: 100,
      trace: ({ opcode }) => void (opcode === OPCODE.ping && pings.push(opcode)),
    });
    const { error } = await socket.closed;
    expect(error?.message).toBe('nothing came from the peer for 300 ms');
    expect(pings).not.toEqual([]);
  });

  test('an opening that takes too long is given up', async () => {
    const { url } = await startRaw();
    fakeTimers();
    const socket = new WebSocket(url, [], { openingTimeoutMs: 100 });
    await expect(socket.opened).rejects.toThrow('did not open within 100 ms');
  });

  test('a decision that takes too long is made without the user, and a server ends', async () => {
    const { server, port } = await start({
      authorize: () => new Promise<undefined>(() => {}),
      handshakeTimeoutMs: 100,
    });
    fakeTimers();
    await expect(new WebSocket(urlOf(port)).opened).rejects.toMatchObject({ status: 503 });
    await server.close({ timeoutMs: 0 });
  });
});

test('where the classes of the platform are replaced, sockets use those of before', async () => {
  class Other {
    constructor() {
      throw new Error('not one of the platform');
    }
    /** As in jsdom, whose `performance` asks the global one. */
    static now(): number {
      return performance.now();
    }
  }
  const { port } = await startEcho();
  const names =
    'AbortController Blob CloseEvent DOMException ErrorEvent Event EventTarget MessageEvent performance';
  for (const name of `${names} ReadableStream WritableStream`.split(' ')) vi.stubGlobal(name, Other);
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(await converse(port)).toEqual(CONVERSED);
});
