/** WHATWG WebSockets §3.1 and §4: send(), binaryType, and when a message has been received. */
import { type BinaryType, type Sendable, WebSocket } from 'barewire';
import { describe, expect, test } from 'vitest';
import { connect, connectNowhere, next, open, record } from './client.ts';
import { againstEachServer } from './servers.ts';

const BYTES = Uint8Array.from({ length: 70_001 }, (_, index) => index % 251);

/** Sends and waits for the echo. */
async function echo(socket: WebSocket, data: Sendable): Promise<MessageEvent> {
  const answer = next(socket, 'message');
  socket.send(data);
  return answer;
}

function sameBytes(a: ArrayBuffer | Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a as Uint8Array).equals(b);
}

againstEachServer((url) => {
  describe('a string', () => {
    test.each([
      ['empty', '', ''],
      ['plain', 'Message to send', 'Message to send'],
      ['with NUL', 'a\0b', 'a\0b'],
      ['of every length in UTF-8', 'aé线\u{1f9f5}', 'aé线\u{1f9f5}'],
      ['with paired surrogates', '\ud801\udc07', '\u{10407}'],
      ['with a lone high surrogate', 'a\ud807b', 'a\ufffdb'],
      ['with a lone low surrogate', '\udc00', '\ufffd'],
      ['with surrogates the wrong way round', '\udc07\ud801', '\ufffd\ufffd'],
      ['that begins with U+FEFF', '\ufeffa', '\ufeffa'],
      ['of 70,000 characters', 'c'.repeat(70_000), 'c'.repeat(70_000)],
    ])('%s', async (_, sent, received) => {
      const { data } = await echo(await open(url()), sent);
      expect(data === received).toBe(true);
    });
  });

  describe('bytes', () => {
    test.each<[string, Sendable, Uint8Array]>([
      ['an ArrayBuffer', BYTES.buffer, BYTES],
      ['an empty ArrayBuffer', new ArrayBuffer(0), new Uint8Array(0)],
      ['a Blob', new Blob([BYTES]), BYTES],
      ['an empty Blob', new Blob([]), new Uint8Array(0)],
      ['a Blob of several parts', new Blob(['ab', Uint8Array.of(99)]), Buffer.from('abc')],
      ['a File', new File(['abc'], 'name.txt', { type: 'text/plain' }), Buffer.from('abc')],
      ['a slice of a Blob', new Blob([BYTES]).slice(10, 20), BYTES.subarray(10, 20)],
      ['a Uint8Array', BYTES, BYTES],
      ['a Buffer', Buffer.from('abc'), Buffer.from('abc')],
      ['a Uint8Array with an offset', BYTES.subarray(7), BYTES.subarray(7)],
      ['a Uint8Array with an offset and a length', BYTES.subarray(7, 11), BYTES.subarray(7, 11)],
      ['an Int8Array', new Int8Array([-1, 1]), Uint8Array.of(255, 1)],
      ['a Uint8ClampedArray', new Uint8ClampedArray([1, 300]), Uint8Array.of(1, 255)],
      ['an Int16Array with an offset', new Int16Array(BYTES.buffer, 2, 2), BYTES.subarray(2, 6)],
      ['a Uint16Array', new Uint16Array(BYTES.buffer, 0, 4), BYTES.subarray(0, 8)],
      ['an Int32Array', new Int32Array(BYTES.buffer, 4, 1), BYTES.subarray(4, 8)],
      ['a Uint32Array', new Uint32Array(BYTES.buffer, 8, 2), BYTES.subarray(8, 16)],
      ['a Float32Array', new Float32Array(BYTES.buffer, 4, 2), BYTES.subarray(4, 12)],
      ['a Float64Array', new Float64Array(BYTES.buffer, 8, 1), BYTES.subarray(8, 16)],
      ['a BigInt64Array', new BigInt64Array(BYTES.buffer, 8, 1), BYTES.subarray(8, 16)],
      ['a DataView', new DataView(BYTES.buffer, 3, 5), BYTES.subarray(3, 8)],
    ])('%s', async (_, sent, received) => {
      const socket = await open(url());
      socket.binaryType = 'arraybuffer';
      const { data } = await echo(socket, sent);
      expect(data).toBeInstanceOf(ArrayBuffer);
      expect(sameBytes(data, received)).toBe(true);
    });
  });

  test('messages of all kinds arrive in the order in which they were sent', async () => {
    const socket = await open(url());
    socket.binaryType = 'uint8array';
    const heard: unknown[] = [];
    socket.onmessage = ({ data }) =>
      heard.push(typeof data === 'string' ? data : Buffer.from(data).toString());
    socket.send('1');
    socket.send(new Blob(['2']));
    socket.send('3');
    socket.send(Buffer.from('4'));
    socket.send(new Blob(['5']));
    socket.send(new Blob(['6']));
    socket.send('7');
    await expect.poll(() => heard).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });

  test('bytes are taken as they are when they are sent, also behind a Blob', async () => {
    const socket = await open(url());
    socket.binaryType = 'uint8array';
    const heard: string[] = [];
    socket.onmessage = ({ data }) => heard.push(Buffer.from(data).toString());
    const bytes = Buffer.from('a');
    socket.send(bytes);
    bytes.write('b');
    socket.send(new Blob(['-']));
    socket.send(bytes);
    bytes.write('c');
    await expect.poll(() => heard).toEqual(['a', '-', 'b']);
  });

  test('a hundred messages of 64 KiB sent at once all arrive', async () => {
    const socket = await open(url(), [], { maxQueuedBytes: 16 * 1024 * 1024 });
    let heard = 0;
    socket.onmessage = ({ data }) => {
      if (data === 'x'.repeat(65_536)) heard++;
    };
    for (let count = 0; count < 100; count++) socket.send('x'.repeat(65_536));
    await expect.poll(() => heard, { timeout: 15_000 }).toBe(100);
  });

  describe('binaryType', () => {
    test("'blob', the default: a Blob without a type", async () => {
      const { data } = await echo(await open(url()), BYTES);
      expect(data).toBeInstanceOf(Blob);
      expect(data.type).toBe('');
      expect(sameBytes(await data.arrayBuffer(), BYTES)).toBe(true);
    });

    test("'arraybuffer'", async () => {
      const socket = await open(url());
      socket.binaryType = 'arraybuffer';
      const { data } = await echo(socket, BYTES);
      expect(Object.prototype.toString.call(data)).toBe('[object ArrayBuffer]');
      expect(sameBytes(data, BYTES)).toBe(true);
    });

    test("'uint8array', beyond the standard", async () => {
      const socket = await open(url());
      socket.binaryType = 'uint8array';
      const { data } = await echo(socket, BYTES);
      expect(data).toBeInstanceOf(Uint8Array);
      expect(sameBytes(data, BYTES)).toBe(true);
    });

    test('can be set before the connection is open, and between messages', async () => {
      const socket = connect(url());
      socket.binaryType = 'arraybuffer';
      await next(socket, 'open');
      expect((await echo(socket, BYTES)).data).toBeInstanceOf(ArrayBuffer);
      socket.binaryType = 'blob';
      expect((await echo(socket, BYTES)).data).toBeInstanceOf(Blob);
      expect((await echo(socket, 'text')).data).toBe('text');
    });
  });

  test('a message event has the data, the origin of the URL, and the rest empty', async () => {
    const socket = await open(`${url().replace('//', '//user:secret@')}/path?query`);
    const event = await echo(socket, 'a');
    expect(event.constructor).toBe(MessageEvent);
    expect(event).toMatchObject({ type: 'message', data: 'a', origin: url(), lastEventId: '', source: null });
    expect(event).toMatchObject({ target: socket, bubbles: false, cancelable: false });
    expect(event.ports).toEqual([]);
  });

  test('sending when the connection is over does not throw, and sends nothing', async () => {
    const socket = await open(url());
    socket.close();
    expect(() => socket.send('late')).not.toThrow();
    await next(socket, 'close');
    expect(() => socket.send('later')).not.toThrow();
    expect(() => socket.send(new Blob(['later']))).not.toThrow();
  });
});

describe('binaryType', () => {
  test.each(['', 'Blob', 'ArrayBuffer', 'text', null, undefined, 5, {}])(
    'set to %j, which is none, stays as it was',
    (value) => {
      const socket = connectNowhere('ws://localhost/');
      socket.binaryType = 'arraybuffer';
      socket.binaryType = value as BinaryType;
      expect(socket.binaryType).toBe('arraybuffer');
    },
  );
});

describe('before the connection is open', () => {
  test.each<[string, Sendable]>([
    ['a string', 'a'],
    ['bytes', BYTES],
    ['a Blob', new Blob(['a'])],
  ])('to send %s throws an InvalidStateError', (_, data) => {
    const socket = connectNowhere('ws://localhost/');
    const events = record(socket);
    expect(() => socket.send(data)).toThrow(expect.objectContaining({ name: 'InvalidStateError' }));
    expect(socket.readyState).toBe(WebSocket.CONNECTING);
    expect(socket.bufferedAmount).toBe(0);
    expect(events).toEqual([]);
  });
});

againstEachServer((url) => {
  test.each<[unknown, string]>([
    [5, '5'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [{}, '[object Object]'],
    [[1, 2], '1,2'],
    [new URL('ws://localhost/'), 'ws://localhost/'],
    [{ toString: () => 'own \ud800' }, 'own \ufffd'],
    [10n, '10'],
  ])('%o is made a string', async (data, text) => {
    const socket = await open(url());
    expect((await echo(socket, data as string)).data).toBe(text);
  });

  test('what cannot be made a string is a TypeError, and what it throws is thrown', async () => {
    const socket = await open(url());
    expect(() => socket.send(Symbol('x') as unknown as string)).toThrow(TypeError);
    const error = new Error('mine');
    const throwing = {
      toString() {
        throw error;
      },
    };
    expect(() => socket.send(throwing as unknown as string)).toThrow(error);
    expect(socket.bufferedAmount).toBe(0);
    expect((await echo(socket, 'goes on')).data).toBe('goes on');
  });
});
