/** How messages come to listeners and `for await` loops, and how they wait where there is neither. */
import { UsageError, WebSocket } from 'barewire';
import { describe, expect, test } from 'vitest';
import { type RawGuest, serverClose, serverFrame, serverText, startRaw } from '../support/raw-server.ts';
import { start } from '../support/servers.ts';
import { connect, messagesOf, open } from './connect.ts';

const pause = (milliseconds = 50) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A server that sends a, b and c, with these, as soon as a client has come. */
function startSending(afterwards: (guest: RawGuest) => void = () => {}) {
  return startRaw((guest) => {
    guest.accept();
    guest.write(Buffer.concat(['a', 'b', 'c'].map(serverText)));
    afterwards(guest);
  });
}

describe('while nobody listens', () => {
  test('messages wait for the first listener', async () => {
    const { url } = await startSending();
    const socket = await open(url);
    await pause();
    const messages = messagesOf(socket);
    await expect.poll(() => messages).toEqual(['a', 'b', 'c']);
  });

  test('messages wait for a loop', async () => {
    const { url } = await startSending((guest) => guest.socket.end(serverClose(1000)));
    const socket = await open(url);
    await pause();
    const messages: unknown[] = [];
    for await (const message of socket) messages.push(message);
    expect(messages).toEqual(['a', 'b', 'c']);
  });

  test('pings are answered, though messages wait', async () => {
    const server = await startRaw((guest) => {
      guest.accept();
      guest.write(serverFrame(9, 'x'));
      guest.write(serverText('a'));
    });
    const socket = await open(server.url);
    await (await server.guest).take(7);
    const messages = messagesOf(socket);
    await expect.poll(() => messages).toEqual(['a']);
  });

  test('resume() says that nobody will: they are dropped', async () => {
    const { url, guest } = await startSending();
    const socket = await open(url);
    socket.resume();
    await expect.poll(() => socket.traffic?.messagesReceived).toBe(3);
    const messages = messagesOf(socket);
    (await guest).write(serverText('d'));
    await expect.poll(() => messages).toEqual(['d']);
  });
});

describe('while others listen, but nobody to messages', () => {
  test('messages are dropped once the connection is open, as in a browser', async () => {
    const { url, guest } = await startSending();
    const socket = connect(url);
    socket.onclose = () => {};
    await expect.poll(() => socket.traffic?.messagesReceived).toBe(3);
    const messages = messagesOf(socket);
    (await guest).write(serverText('d'));
    await expect.poll(() => messages).toEqual(['d']);
  });

  test('messages wait for a listener that the open listener adds', async () => {
    const { url } = await startSending();
    const socket = connect(url);
    const messages: unknown[] = [];
    socket.onopen = () => {
      socket.onmessage = ({ data }) => messages.push(data);
    };
    await expect.poll(() => messages).toEqual(['a', 'b', 'c']);
  });

  test('messages wait for who listens right after opened', async () => {
    const { url } = await startSending();
    const socket = connect(url);
    socket.onerror = () => {};
    await socket.opened;
    const messages = messagesOf(socket);
    await expect.poll(() => messages).toEqual(['a', 'b', 'c']);
  });
});

describe('for await', () => {
  test('gives text as strings and bytes as Uint8Array, and ends with the connection', async () => {
    const { url } = await startRaw((guest) => {
      guest.accept();
      guest.write(serverText('a'));
      guest.write(serverFrame(2, Uint8Array.of(1, 2)));
      guest.socket.end(serverClose(4000, 'done'));
    });
    const socket = connect(url); // not even open yet
    const messages: unknown[] = [];
    for await (const message of socket) messages.push(message);
    expect(messages).toEqual(['a', Uint8Array.of(1, 2)]);
    expect(await socket.closed).toMatchObject({ code: 4000, reason: 'done' });
  });

  test('ends where the connection never opens', async () => {
    const socket = connect('ws://127.0.0.1:1/');
    const messages: unknown[] = [];
    for await (const message of socket) messages.push(message);
    expect(messages).toEqual([]);
    expect(socket.readyState).toBe(WebSocket.CLOSED);
    for await (const message of socket) messages.push(message);
    expect(messages).toEqual([]);
  });

  test('holds the server back while its body is busy', async () => {
    const { port, opened } = await start({ maxQueuedBytes: 64 * 1024 * 1024 });
    const socket = await open(`ws://127.0.0.1:${port}`);
    const server = await opened;
    for (let count = 0; count < 32; count++) server.send(new Uint8Array(1024 * 1024));
    const received: number[] = [];
    for await (const message of socket) {
      received.push(message.length);
      if (received.length === 1) {
        await pause(200);
        expect(socket.traffic?.messagesReceived).toBe(1);
        expect(server.bufferedAmount).toBeGreaterThan(0);
      }
      if (received.length === 32) break;
    }
    expect(received).toEqual(new Array(32).fill(1024 * 1024));
  });

  test('can be left and taken up again', async () => {
    const { url } = await startSending((guest) => guest.socket.end(serverClose(1000)));
    const socket = await open(url);
    const messages: unknown[] = [];
    for await (const message of socket) {
      messages.push(message);
      break;
    }
    await pause();
    for await (const message of socket) messages.push(message);
    expect(messages).toEqual(['a', 'b', 'c']);
  });

  test('is one at a time', async () => {
    const { url } = await startSending();
    const socket = await open(url);
    socket[Symbol.asyncIterator]();
    expect(() => socket[Symbol.asyncIterator]()).toThrow(UsageError);
  });
});

test('pause() holds messages back, and resume() lets them come', async () => {
  const { url } = await startSending();
  const socket = connect(url);
  const messages = messagesOf(socket);
  socket.pause();
  await socket.opened;
  await pause();
  expect(messages).toEqual([]);
  socket.resume();
  await expect.poll(() => messages).toEqual(['a', 'b', 'c']);
});

describe('the message option', () => {
  test('is given each message, bytes as Uint8Array, whether or not anyone listens too', async () => {
    const { port } = await start(
      {},
      {
        open: (socket) => {
          socket.send('a');
          socket.send(Uint8Array.of(1, 2));
          socket.send('b');
        },
      },
    );
    const given: unknown[] = [];
    const alone = connect(`ws://127.0.0.1:${port}`, { message: (data) => given.push(data) });
    await expect.poll(() => given).toEqual(['a', Uint8Array.of(1, 2), 'b']);
    const socket = connect(`ws://127.0.0.1:${port}`, { message: (data) => given.push(data) });
    const messages = messagesOf(socket);
    await expect.poll(() => messages.length).toBe(3);
    expect(given.slice(3)).toEqual(['a', Uint8Array.of(1, 2), 'b']);
    expect(alone.readyState).toBe(alone.OPEN);
  });

  test('is held back by pause()', async () => {
    const { url } = await startSending();
    const given: unknown[] = [];
    const socket = connect(url, { message: (data) => given.push(data) });
    socket.pause();
    await socket.opened;
    await pause();
    expect(given).toEqual([]);
    socket.resume();
    await expect.poll(() => given).toEqual(['a', 'b', 'c']);
  });
});
