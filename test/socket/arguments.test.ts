import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import {
  BINARY_TYPES,
  byteLengthOf,
  bytesOf,
  verifyCloseArguments,
  verifySendOptions,
} from '../../src/socket/arguments.ts';

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
    ['an empty view', (buffer) => new Int8Array(buffer, 8), []],
  ])('%s is viewed, not copied', (_name, make, bytes) => {
    const buffer = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer;
    const view = bytesOf(make(buffer));
    expect(Array.from(view)).toEqual(bytes);
    expect(view.buffer).toBe(buffer);
  });

  test('a Uint8Array of another realm becomes one of this realm', () => {
    const foreign = runInNewContext('Uint8Array.of(1, 2, 3).subarray(1)') as Uint8Array;
    const bytes = bytesOf(foreign);
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect(Array.from(bytes)).toEqual([2, 3]);
  });

  test.each([
    [5, 'number'],
    [undefined, 'undefined'],
    [null, 'object'],
    ['text', 'string'],
    [[1, 2], 'object'],
    [{ byteLength: 9, buffer: new ArrayBuffer(9) }, 'object'],
    [new SharedArrayBuffer(4), 'object'],
  ])('%o is a TypeError', (value, type) => {
    const act = () => bytesOf(value as unknown as ArrayBuffer);
    expect(act).toThrow(TypeError);
    expect(act).toThrow(`a message is a string, an ArrayBuffer, a view of one or a Blob, not ${type}`);
  });
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

  test.each([undefined, 1000, 3000, 4999])('%s is right on both sides', (code) => {
    expect(name(() => verifyCloseArguments('client', code, ''))).toBeUndefined();
    expect(name(() => verifyCloseArguments('server', code, ''))).toBeUndefined();
  });

  test.each([1001, 1003, 1007, 1014])('%s is right on a server only', (code) => {
    expect(name(() => verifyCloseArguments('client', code, ''))).toBe('InvalidAccessError');
    expect(name(() => verifyCloseArguments('server', code, ''))).toBeUndefined();
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN, '1000', null])(
    '%s is wrong on both sides',
    (code) => {
      for (const role of ['client', 'server'] as const) {
        expect(name(() => verifyCloseArguments(role, code as number, ''))).toBe('InvalidAccessError');
      }
    },
  );

  test('the message names the code and the side', () => {
    expect(() => verifyCloseArguments('client', 1001, '')).toThrow(
      '1001 is not a close code that a client may send',
    );
  });

  test('a reason has at most 123 bytes of UTF-8', () => {
    expect(name(() => verifyCloseArguments('server', 1000, 'x'.repeat(123)))).toBeUndefined();
    expect(name(() => verifyCloseArguments('server', 1000, 'x'.repeat(124)))).toBe('SyntaxError');
    expect(name(() => verifyCloseArguments('server', 1000, 'é'.repeat(61)))).toBeUndefined();
    expect(name(() => verifyCloseArguments('server', 1000, 'é'.repeat(62)))).toBe('SyntaxError');
  });

  test.each([5, null, undefined, {}])('a reason is a string, not %o', (reason) => {
    expect(name(() => verifyCloseArguments('server', 1000, reason as string))).toBe('TypeError');
  });

  test('a wrong reason is told before a wrong code, and a wrong code before a long reason', () => {
    expect(name(() => verifyCloseArguments('server', 5, 5 as unknown as string))).toBe('TypeError');
    expect(name(() => verifyCloseArguments('server', 5, 'x'.repeat(200)))).toBe('InvalidAccessError');
  });
});
