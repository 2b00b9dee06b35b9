/** WHATWG WebSockets §3.1 and §4: close(), and when the closing handshake has started and the connection is closed. */
import { CloseEvent, WebSocket } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, connectNowhere, ended, next, open, record, uniquePath } from './client.ts';
import { againstEachServer } from './servers.ts';

const named = (name: string): unknown => expect.objectContaining({ name });
const LONGEST_REASON = `${'线'.repeat(40)}abc`;

againstEachServer((url) => {
  /** A socket, and what the server has to tell when it is over. */
  async function openOwn() {
    const path = uniquePath();
    const socket = await open(url() + path);
    return { socket, ended: () => ended(url(), path) };
  }

  describe('close()', () => {
    test.each<[string, Parameters<WebSocket['close']>, { code: number; reason: string }]>([
      ['nothing', [], { code: 1005, reason: '' }],
      ['undefined', [undefined], { code: 1005, reason: '' }],
      ['1000', [1000], { code: 1000, reason: '' }],
      ['1000 and a reason', [1000, 'Clean Close'], { code: 1000, reason: 'Clean Close' }],
      [
        '3000 and a reason',
        [3000, 'Clean Close with code - 3000'],
        { code: 3000, reason: 'Clean Close with code - 3000' },
      ],
      ['4999', [4999, ''], { code: 4999, reason: '' }],
      ['a reason of 123 bytes', [1000, LONGEST_REASON], { code: 1000, reason: LONGEST_REASON }],
      ['a reason with lone surrogates', [1000, '\ud807a'], { code: 1000, reason: '\ufffda' }],
      ['a reason and no code', [undefined, 'why'], { code: 1000, reason: 'why' }],
    ])('with %s tells the server so', async (_, parameters, told) => {
      const { socket, ended } = await openOwn();
      const events = record(socket);
      socket.close(...parameters);
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      expect(await next(socket, 'close')).toMatchObject({ code: told.code, wasClean: true });
      expect(events).toEqual(['close 3']);
      expect(await ended()).toMatchObject(told);
    });

    test('a second time, or when all is over, does nothing', async () => {
      const { socket, ended } = await openOwn();
      const events = record(socket);
      socket.close(4001, 'first');
      socket.close(4002, 'second');
      await next(socket, 'close');
      socket.close(4003, 'third');
      expect(socket.readyState).toBe(WebSocket.CLOSED);
      expect(await ended()).toMatchObject({ code: 4001, reason: 'first' });
      expect(events).toEqual(['close 3']);
    });

    test('a listener of close may call it', async () => {
      const { socket } = await openOwn();
      const states: number[] = [];
      socket.onclose = () => {
        socket.close();
        states.push(socket.readyState);
      };
      socket.close();
      await next(socket, 'close');
      expect(states).toEqual([WebSocket.CLOSED]);
    });

    test('a listener of open may call it', async () => {
      const socket = connect(url());
      const events = record(socket);
      socket.onopen = () => socket.close(1000);
      expect(await next(socket, 'close')).toMatchObject({ code: 1000, wasClean: true });
      expect(events).toEqual(['open 1', 'close 3']);
    });

    test('returns undefined', async () => {
      const { socket } = await openOwn();
      expect(socket.close()).toBeUndefined();
    });

    test('before the connection is open gives it up: closing, error, close with 1006', async () => {
      const socket = connect(url());
      const events = record(socket);
      socket.close(4001, 'never mind');
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      for (let turn = 0; turn < 100; turn++) await null; // a later task, not a microtask
      expect(events).toEqual([]);
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      expect(await next(socket, 'close')).toMatchObject({ code: 1006, reason: '', wasClean: false });
      expect(events).toEqual(['error 3', 'close 3']);
    });
  });

  describe('what was sent before close()', () => {
    test('still goes out, Blobs too', async () => {
      const { socket, ended } = await openOwn();
      socket.send('one');
      socket.send(new Blob(['two']));
      socket.send('three');
      socket.send(Uint8Array.of(4));
      socket.close(4001, 'after all');
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      expect(await next(socket, 'close')).toMatchObject({ code: 4001, wasClean: true });
      expect(await ended()).toEqual({
        messages: ['one', 'binary:74776f', 'three', 'binary:04'],
        code: 4001,
        reason: 'after all',
      });
    });

    test('goes out, and what is sent afterwards does not', async () => {
      const { socket, ended } = await openOwn();
      socket.send(new Blob(['one']));
      socket.close();
      socket.send('two');
      socket.send(new Blob(['three']));
      await next(socket, 'close');
      expect(await ended()).toEqual({ messages: ['binary:6f6e65'], code: 1005, reason: '' });
    });
  });

  describe('messages that come after close()', () => {
    test('are not delivered', async () => {
      const { socket, ended } = await openOwn();
      const events = record(socket);
      socket.send('echo this');
      socket.close();
      await next(socket, 'close');
      expect((await ended()).messages).toEqual(['echo this']);
      expect(events).toEqual(['close 3']);
    });

    test('are not delivered while a Blob is still to be sent', async () => {
      const { socket } = await openOwn();
      const events = record(socket);
      let read = () => {};
      const isRead = new Promise<void>((resolve) => {
        read = resolve;
      });
      onTestFinished(read);
      class SlowBlob extends Blob {
        override async arrayBuffer(): Promise<ArrayBuffer> {
          await isRead;
          return super.arrayBuffer();
        }
      }
      socket.send('echo this');
      socket.send(new SlowBlob(['slow']));
      socket.close();
      await expect.poll(() => socket.traffic?.messagesReceived).toBe(1);
      expect(events).toEqual([]);
      read();
      expect(await next(socket, 'close')).toMatchObject({ wasClean: true });
      expect(events).toEqual(['close 3']);
    });
  });

  describe('the server closes', () => {
    test('with a code and a reason: the event has them', async () => {
      const { socket } = await openOwn();
      const events = record(socket);
      socket.send('!close 4002 because it can');
      const event = await next(socket, 'close');
      expect(event).toBeInstanceOf(CloseEvent);
      expect(event).toMatchObject({ type: 'close', code: 4002, reason: 'because it can', wasClean: true });
      expect(event).toMatchObject({ target: socket, bubbles: false, cancelable: false });
      expect(events).toEqual(['close 3']);
    });

    test('without a code: 1005', async () => {
      const { socket } = await openOwn();
      socket.send('!close');
      expect(await next(socket, 'close')).toMatchObject({ code: 1005, reason: '', wasClean: true });
    });

    test('with codes that a client may not send', async () => {
      const { socket } = await openOwn();
      socket.send('!close 1011 oh');
      expect(await next(socket, 'close')).toMatchObject({ code: 1011, reason: 'oh', wasClean: true });
    });

    test('without a Close frame: error, then close with 1006', async () => {
      const { socket } = await openOwn();
      const events = record(socket);
      socket.send('!drop');
      expect(await next(socket, 'close')).toMatchObject({ code: 1006, reason: '', wasClean: false });
      expect(events).toEqual(['error 3', 'close 3']);
    });
  });

  test.each([
    0,
    500,
    999,
    1001,
    1002,
    1005,
    1006,
    1011,
    1015,
    1100,
    2999,
    5000,
    65_536,
    66_536,
    -1,
    999.4,
    1000.6,
    Number.NaN,
    null,
    'x',
    {},
  ])('close(%j) throws an InvalidAccessError and changes nothing', async (code) => {
    const { socket } = await openOwn();
    expect(() => socket.close(code as number)).toThrow(named('InvalidAccessError'));
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  test.each<[unknown, unknown, { code: number; reason: string }]>([
    ['1000', undefined, { code: 1000, reason: '' }],
    [1000.5, undefined, { code: 1000, reason: '' }],
    [3000.7, undefined, { code: 3001, reason: '' }],
    [{ valueOf: () => 4000 }, undefined, { code: 4000, reason: '' }],
    [1000, 5, { code: 1000, reason: '5' }],
    [1000, null, { code: 1000, reason: 'null' }],
    [1000, {}, { code: 1000, reason: '[object Object]' }],
  ])('the code %o and the reason %o are converted', async (code, reason, told) => {
    const { socket, ended } = await openOwn();
    socket.close(code as number, reason as string);
    expect(await next(socket, 'close')).toMatchObject({ code: told.code, wasClean: true });
    expect(await ended()).toMatchObject(told);
  });

  test('a reason of more than 123 bytes throws a SyntaxError and changes nothing', async () => {
    const { socket } = await openOwn();
    for (const reason of ['a'.repeat(124), 'é'.repeat(62), '线'.repeat(42)]) {
      expect(() => socket.close(1000, reason)).toThrow(named('SyntaxError'));
      expect(() => socket.close(undefined, reason)).toThrow(named('SyntaxError'));
    }
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

test('wrong codes and reasons throw in every state', async () => {
  const socket = connectNowhere('ws://localhost/');
  const expectThrows = () => {
    expect(() => socket.close(1001)).toThrow(named('InvalidAccessError'));
    expect(() => socket.close(1000, 'a'.repeat(124))).toThrow(named('SyntaxError'));
  };
  expectThrows();
  expect(socket.readyState).toBe(WebSocket.CONNECTING);
  socket.close();
  expect(socket.readyState).toBe(WebSocket.CLOSING);
  expectThrows();
  await next(socket, 'close');
  expect(socket.readyState).toBe(WebSocket.CLOSED);
  expectThrows();
});
