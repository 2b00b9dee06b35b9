/** Someone who waits for the end and reads nothing hears of it, though messages came before it (§5.5.1). */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CloseInfo, type Handlers, type ServerOptions, type WebSocket, WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { open } from '../client/connect.ts';
import { textFrame } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';
import { started, turn } from './inner.ts';

/** A server that sends a message to each client and closes. @returns its URL */
async function sendingServer(): Promise<string> {
  const { port } = await start(
    {},
    {
      open(socket) {
        socket.send('one');
        socket.close(4001, 'done');
      },
    },
  );
  return `ws://127.0.0.1:${port}/`;
}

/** Connects to a server with these handlers, sends a message and closes. @returns how that ended on both sides */
async function endsOf(
  handlers: Handlers<undefined>,
  options: ServerOptions = {},
): Promise<{ near: CloseInfo; far: CloseInfo }> {
  const far = new Promise<CloseInfo>((resolve) => {
    handlers.close = (_socket, info) => resolve(info);
  });
  const { port } = await start(options, handlers);
  const client = await open(`ws://127.0.0.1:${port}/`);
  client.send('one');
  client.close(4001, 'done');
  return { near: await client.closed, far: await far };
}

/** The same, with `handleUpgrade`. @returns what the caller of that waits for */
async function endByHand<End>(wait: (socket: WebSocket<undefined>) => Promise<End>): Promise<End> {
  const server = new WebSocketServer();
  const http = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void http.close());
  const end = new Promise<End>((resolve) => {
    http.on('upgrade', async (...upgrade) => resolve(wait((await server.handleUpgrade(...upgrade))!)));
  });
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const client = await open(`ws://127.0.0.1:${port}/`);
  client.send('one');
  client.close(4001, 'done');
  await client.closed;
  return end;
}

const CLEAN = { code: 4001, reason: 'done', wasClean: true, closedBy: 'peer', unclaimedMessages: 1 };

describe('a server', () => {
  test('whose open handler waits for `closed` answers the Close frame, and tells of the message', async () => {
    const { near, far } = await endsOf({ open: async (socket) => void (await socket.closed) });
    expect(far).toMatchObject(CLEAN);
    expect(near).toMatchObject({ code: 4001, wasClean: true });
  });

  test('whose open handler has a listener for the end and takes its time loses no message', async () => {
    const messages: unknown[] = [];
    const cleanUp = vi.fn();
    const { near, far } = await endsOf({
      async open(socket) {
        socket.addEventListener('close', cleanUp);
        await new Promise((resolve) => setTimeout(resolve, 2_000)); // a slow database
        for await (const message of socket) messages.push(message);
      },
    });
    expect(messages).toEqual(['one']);
    expect(far).toMatchObject({ ...CLEAN, unclaimedMessages: 0 });
    expect(near).toMatchObject({ code: 4001, wasClean: true });
    expect(cleanUp).toHaveBeenCalledOnce();
  });

  test('whose open handler waits for the close event hears of the end after idleTimeoutMs, and why', async () => {
    const open: Handlers<undefined>['open'] = (socket) =>
      new Promise((resolve) => socket.addEventListener('close', resolve));
    const { far } = await endsOf({ open }, { pingIntervalMs: 100, idleTimeoutMs: 300 });
    expect(far.error?.message).toBe('no one took the messages that came for 300 ms');
  });

  test('whose open handler is done drops messages, whatever it listens to', async () => {
    const { far } = await endsOf({ open: (socket) => socket.addEventListener('close', () => {}) });
    expect(far).toMatchObject(CLEAN);
  });

  test('whose caller of handleUpgrade listens for the end hears of it', async () => {
    expect(await endByHand((socket) => once(socket, 'close'))).toMatchObject([
      { code: 4001, wasClean: true },
    ]);
  });

  test('whose caller of handleUpgrade waits for `closed` does too', async () => {
    expect(await endByHand((socket) => socket.closed)).toMatchObject(CLEAN);
  });

  test('with a message handler gives it the message when the open handler is done, however long that takes', async () => {
    const messages: unknown[] = [];
    const { far } = await endsOf({
      async open(socket) {
        void socket.closed;
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        messages.push('opened');
      },
      message: (_socket, data) => void messages.push(data),
    });
    expect(messages).toEqual(['opened', 'one']);
    expect(far).toMatchObject({ ...CLEAN, unclaimedMessages: 0 });
  });
});

describe('a client', () => {
  test('that waits for `closed` learns the code', async () => {
    const socket = await open(await sendingServer());
    expect(await socket.closed).toMatchObject(CLEAN);
  });

  test('that has left its loop does too', async () => {
    const { port } = await start(
      {},
      {
        open(socket) {
          for (const text of ['one', 'two', 'three']) socket.send(text);
          socket.close(4001, 'done');
        },
      },
    );
    const socket = await open(`ws://127.0.0.1:${port}/`);
    for await (const message of socket) {
      expect(message).toBe('one');
      break;
    }
    expect(await socket.closed).toMatchObject({ ...CLEAN, unclaimedMessages: 2 });
  });

  test.each<[string, (socket: WebSocket, messages: unknown[]) => unknown]>([
    [
      'a loop',
      async (socket, messages) => {
        for await (const message of socket) messages.push(message);
      },
    ],
    [
      'a listener',
      (socket, messages) => socket.addEventListener('message', ({ data }) => messages.push(data)),
    ],
  ])('that waits for `closed` and has %s a moment later misses nothing', async (_, take) => {
    const socket = await open(await sendingServer());
    const { closed } = socket;
    await new Promise((resolve) => setTimeout(resolve, 100));
    const messages: unknown[] = [];
    const [info] = await Promise.all([closed, take(socket, messages)]);
    expect(messages).toEqual(['one']);
    expect(info).toMatchObject({ ...CLEAN, unclaimedMessages: 0 });
  });
});

describe('only the end is waited for', () => {
  test('when someone has asked for `closed` and nothing takes messages', () => {
    const { inner, socket } = started();
    expect(inner.wantsOnlyTheEnd).toBe(false);
    void socket.closed;
    expect(inner.wantsOnlyTheEnd).toBe(true);
    inner.endWaitForConsumer();
    expect(inner.wantsOnlyTheEnd).toBe(false);
  });

  test('when there is a listener for the end', () => {
    const { inner, socket } = started();
    socket.addEventListener('open', () => {});
    expect(inner.wantsOnlyTheEnd).toBe(false);
    socket.addEventListener('close', () => {});
    expect(inner.wantsOnlyTheEnd).toBe(true);
  });

  test('not by such a listener while an open handler runs, which may take messages later', () => {
    const { inner, socket } = started();
    inner.isOpenHandlerRunning = true;
    socket.addEventListener('close', () => {});
    expect(inner.wantsOnlyTheEnd).toBe(false);
    void socket.closed;
    expect(inner.wantsOnlyTheEnd).toBe(true);
  });

  test('not where a message handler takes messages later', () => {
    const { inner, socket } = started({ message() {} });
    void socket.closed;
    expect(inner.wantsOnlyTheEnd).toBe(false);
  });

  test('not while the user has paused, or a loop is busy', async () => {
    const { inner, socket } = started();
    void socket.closed;
    socket.pause();
    expect(inner.wantsOnlyTheEnd).toBe(false);
    socket.resume();
    const loop = socket[Symbol.asyncIterator]();
    expect(inner.wantsOnlyTheEnd).toBe(false);
    await loop.return?.();
    expect(inner.wantsOnlyTheEnd).toBe(true);
  });

  test('after `resume` too messages that nothing takes are counted', async () => {
    const { socket, transport, ended } = started();
    socket.resume();
    transport.push(Buffer.concat([textFrame('a'), textFrame('b')]));
    await turn();
    transport.destroy();
    await turn();
    expect(ended[0]?.unclaimedMessages).toBe(2);
  });
});
