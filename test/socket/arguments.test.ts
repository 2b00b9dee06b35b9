import { runInNewContext } from 'node:vm';
import { streamsOf, type WebSocket } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { viewOf } from '../../src/protocol/bytes.ts';
import { UsageError } from '../../src/protocol/errors.ts';
import {
  BINARY_TYPES,
  byteLengthOf,
  bytesOf,
  isBlob,
  type Sendable,
  verifyCloseArguments,
  verifySendOptions,
} from '../../src/socket/arguments.ts';
import { detached, FALSE_BYTES, NO_BYTES } from '../support/false-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';

test('send options: `fin: false` is refused, everything else passes', () => {
  for (const options of [{}, { compress: false }, { fin: true }, { fin: undefined }]) {
    expect(() => verifySendOptions(options)).not.toThrow();
  }
  expect(() => verifySendOptions({ fin: false })).toThrow(UsageError);
});

describe('byteLengthOf', () => {
  test.each<[string, string | Uint8Array, number]>([
    ['an empty string', '', 0],
    ['text, as UTF-8', 'héllo', 6],
    ['a surrogate pair', '😀', 4],
    ['a lone surrogate, as U+FFFD', '\ud800', 3],
    ['bytes', new Uint8Array(7), 7],
    ['a part of a buffer', new Uint8Array(new ArrayBuffer(9), 2, 3), 3],
  ])('%s', (_name, message, length) => {
    expect(byteLengthOf(message)).toBe(length);
  });
});

describe('bytesOf', () => {
  test.each([new Uint8Array(2), Buffer.from('ab')])('a Uint8Array is given back as it is: %o', (bytes) => {
    expect(bytesOf(bytes)).toBe(bytes);
  });

  test.each<[string, (buffer: ArrayBuffer) => ArrayBuffer | ArrayBufferView, number[]]>([
    ['an ArrayBuffer', (buffer) => buffer, [0, 1, 2, 3, 4, 5, 6, 7]],
    ['a DataView of a part', (buffer) => new DataView(buffer, 3, 2), [3, 4]],
    ['a Uint16Array of a part', (buffer) => new Uint16Array(buffer, 2, 2), [2, 3, 4, 5]],
  ])('%s is viewed, not copied', (_name, make, bytes) => {
    const buffer = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer;
    const view = bytesOf(make(buffer));
    expect(Array.from(view)).toEqual(bytes);
    expect(view.buffer).toBe(buffer);
  });

  test.each([
    'new Uint8Array([0, 1, 2, 3]).subarray(1)',
    'new Uint8Array([1, 2, 3]).buffer',
    'new DataView(new Uint8Array([0, 1, 2, 3]).buffer, 1)',
    'new Uint8ClampedArray([1, 2, 3])',
  ])('%s of another realm has the same bytes', (source) => {
    const foreign = runInNewContext(source);
    expect(byteLengthOf(foreign)).toBe(3);
    expect(viewOf(bytesOf(foreign))).toEqual(Uint8Array.of(1, 2, 3));
  });

  test.each<[string, () => ArrayBuffer | ArrayBufferView]>([
    ['a Uint8Array', () => detached(new Uint8Array(9))],
    ['a Uint16Array', () => detached(new Uint16Array(9))],
    ['a DataView', () => detached(new DataView(new ArrayBuffer(9), 1, 2))],
    ['an ArrayBuffer', () => detached(new Uint8Array(9)).buffer],
    ['an empty view', () => new Int8Array(new ArrayBuffer(9), 9)],
    ['an empty buffer', () => new ArrayBuffer(0)],
  ])('%s that was transferred, or is empty, has no bytes', (_name, make) => {
    expect(byteLengthOf(make())).toBe(0);
    expect(viewOf(bytesOf(make()))).toEqual(new Uint8Array(0));
  });

  test('properties of a view or a buffer that are not true change nothing', () => {
    const { buffer } = Uint8Array.of(1, 2, 3);
    const lies = {
      byteLength: { value: 99 },
      byteOffset: { value: 1 },
      buffer: { value: new ArrayBuffer(99) },
    };
    for (const make of [() => buffer.slice(0), () => new DataView(buffer), () => new Int8Array(buffer)]) {
      const data = Object.defineProperties(make(), lies);
      expect(byteLengthOf(data)).toBe(3);
      expect(viewOf(bytesOf(data))).toEqual(Uint8Array.of(1, 2, 3));
    }
  });

  test('shared memory may be viewed', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
    expect(bytesOf(shared)).toBe(shared);
    expect(Array.from(bytesOf(new DataView(shared.buffer)))).toEqual([7, 7]);
  });

  test.each([
    [5, 'a number'],
    [undefined, 'undefined'],
    [null, 'null'],
    ['text', 'a string'],
    [[1, 2], 'an array'],
    [{ byteLength: 9, buffer: new ArrayBuffer(9) }, 'an object'],
    [new SharedArrayBuffer(4), 'an object'],
    [Object.create(ArrayBuffer.prototype), 'an object'],
    [Object.create(DataView.prototype), 'an object'],
  ])('%o is a TypeError', (value, kind) => {
    const act = () => bytesOf(value as unknown as ArrayBuffer);
    expect(act).toThrow(TypeError);
    expect(act).toThrow(`a message must be a string, an ArrayBuffer, a view of one or a Blob, got ${kind}`);
  });
});

describe('isBlob', () => {
  const arrayBuffer = async () => new ArrayBuffer(2);

  test.each<[string, unknown]>([
    ['a Blob', new Blob(['ab'])],
    ['a File', new File(['ab'], 'name')],
    ['a Blob of a library', { [Symbol.toStringTag]: 'Blob', size: 2, arrayBuffer }],
    ['a File of a library', { [Symbol.toStringTag]: 'File', size: 2, arrayBuffer }],
  ])('%s is one', (_name, value) => {
    expect(isBlob(value)).toBe(true);
    expect(byteLengthOf(value as Blob)).toBe(2);
  });

  test.each<[string, unknown]>([
    ['text', 'Blob'],
    ['null', null],
    ['undefined', undefined],
    ['bytes', Object.setPrototypeOf(new Uint8Array(2), Blob.prototype)],
    ['what can be read, and has another name', { size: 2, arrayBuffer }],
    ['what has the name, and cannot be read', { [Symbol.toStringTag]: 'Blob', size: 2 }],
    ['what has no size', { [Symbol.toStringTag]: 'Blob', arrayBuffer }],
  ])('%s is none', (_name, value) => {
    expect(isBlob(value)).toBe(false);
  });
});

describe('on the wire', () => {
  async function pair() {
    const errors: unknown[] = [];
    const { server, port, opened } = await start({}, { error: (error) => errors.push(error) });
    const client = await RawClient.open(port);
    const socket = (await opened) as WebSocket;
    onTestFinished(() => socket.terminate());
    socket.subscribe('topic');
    return { server, socket, client, errors };
  }

  const sendings: [
    string,
    (to: Awaited<ReturnType<typeof pair>>, data: Exclude<Sendable, Blob>) => unknown,
    string,
  ][] = [
    ['send', ({ socket }, data) => socket.send(data), ''],
    ['ping', ({ socket }, data) => void socket.ping(data as Uint8Array), ''],
    ['broadcast', ({ server }, data) => server.broadcast(data), ''],
    ['publish', ({ server }, data) => server.publish('topic', data), ''],
    ['a stream', ({ socket }, data) => streamsOf(socket).writable.getWriter().write(data), ''],
    ['send after a Blob', ({ socket }, data) => [socket.send(new Blob([])), socket.send(data)], '8200'],
  ];

  describe.each(sendings)('%s', (name, act, before) => {
    test.each(FALSE_BYTES)('sends the true bytes of those with %s', async (_name, make) => {
      const to = await pair();
      act(to, make());
      expect(await to.client.take(before.length / 2 + 5)).toBe(
        `${before}${name === 'ping' ? '89' : '82'}03010203`,
      );
    });

    test.each([
      ['a Uint8Array', () => new Uint8Array(200)],
      ['a DataView', () => new DataView(new ArrayBuffer(200))],
    ])('sends %s whose memory was transferred as no bytes', async (_name, make) => {
      const to = await pair();
      act(to, detached<ArrayBufferView>(make()));
      const frame = name === 'ping' ? '8900' : '8200';
      expect(await to.client.take(before.length / 2 + 2)).toBe(before + frame);
    });
  });

  test.each(NO_BYTES)(
    '%s is a TypeError, a rejection of the stream, or text: never bytes',
    async (_name, make) => {
      const { server, socket, client } = await pair();
      const data = make() as Uint8Array;
      if (Symbol.toStringTag in data && Object.getPrototypeOf(data) === Object.prototype) {
        const text = Buffer.from('[object Uint8Array]');
        socket.send(data); // as in a browser, what is no bytes becomes a string
        expect(await client.take(2 + text.length)).toBe(`8113${text.toString('hex')}`);
        return;
      }
      expect(() => socket.send(data)).toThrow(TypeError);
      expect(() => socket.ping(data)).toThrow(TypeError);
      expect(() => server.broadcast(data)).toThrow(TypeError);
      expect(() => server.publish('topic', data)).toThrow(TypeError);
      await expect(streamsOf(socket).writable.getWriter().write(data)).rejects.toThrow(TypeError);
    },
  );

  test('a Blob of a library is read', async () => {
    const { socket, client } = await pair();
    const { buffer } = Uint8Array.of(1, 2);
    socket.send({
      [Symbol.toStringTag]: 'Blob',
      size: 2,
      arrayBuffer: async () => buffer,
    } as unknown as Blob);
    expect(await client.take(4)).toBe('82020102');
  });

  test('a Blob that gives no bytes closes the socket', async () => {
    const { socket, client, errors } = await pair();
    socket.send({ [Symbol.toStringTag]: 'Blob', size: 2, arrayBuffer: async () => 1e9 } as unknown as Blob);
    expect(await client.take(4)).toBe('880203f3');
    expect(errors).toEqual([expect.any(TypeError)]);
  });
});

test.each(NO_BYTES)('%s is no bytes', (_name, make) => {
  expect(() => bytesOf(make() as Uint8Array)).toThrow(TypeError);
});

test('the binary types are those of browsers, and uint8array', () => {
  expect(BINARY_TYPES).toEqual(['blob', 'arraybuffer', 'uint8array']);
});

describe('verifyCloseArguments', () => {
  const name = (act: () => void) => {
    try {
      act();
    } catch (error) {
      return (error as Error).name;
    }
    return undefined;
  };

  test.each([undefined, 1000, 3000, 4999])('%s is right with both', (code) => {
    expect(name(() => verifyCloseArguments('browser', code, ''))).toBeUndefined();
    expect(name(() => verifyCloseArguments('all', code, ''))).toBeUndefined();
  });

  test.each([1001, 1003, 1007, 1014])('%s is right with all only', (code) => {
    expect(name(() => verifyCloseArguments('browser', code, ''))).toBe('InvalidAccessError');
    expect(name(() => verifyCloseArguments('all', code, ''))).toBeUndefined();
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN, '1000', null, Symbol('a'), {}])(
    '%o is wrong with both',
    (code) => {
      for (const codes of ['browser', 'all'] as const) {
        expect(name(() => verifyCloseArguments(codes, code as number, ''))).toBe('InvalidAccessError');
      }
    },
  );

  test('the message names the code and the side', () => {
    expect(() => verifyCloseArguments('browser', 1001, '')).toThrow(
      "1001 is not a close code that a client may send, unless closeCodes is 'all'",
    );
    expect(() => verifyCloseArguments('all', '1000' as never, '')).toThrow(
      'a string is not a close code that may be sent',
    );
  });

  test('a reason has at most 123 bytes of UTF-8', () => {
    expect(name(() => verifyCloseArguments('all', 1000, 'x'.repeat(123)))).toBeUndefined();
    expect(name(() => verifyCloseArguments('all', 1000, 'x'.repeat(124)))).toBe('SyntaxError');
    expect(name(() => verifyCloseArguments('all', 1000, 'é'.repeat(61)))).toBeUndefined();
    expect(name(() => verifyCloseArguments('all', 1000, 'é'.repeat(62)))).toBe('SyntaxError');
  });

  test.each([5, null, undefined, {}])('a reason is a string, not %o', (reason) => {
    expect(name(() => verifyCloseArguments('all', 1000, reason as string))).toBe('TypeError');
  });

  test('a wrong reason is told before a wrong code, and a wrong code before a long reason', () => {
    expect(name(() => verifyCloseArguments('all', 5, 5 as unknown as string))).toBe('TypeError');
    expect(name(() => verifyCloseArguments('all', 5, 'x'.repeat(200)))).toBe('InvalidAccessError');
  });
});
