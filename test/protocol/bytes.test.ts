import { expect, test } from 'vitest';
import { verifyBytes } from '../../src/protocol/bytes.ts';
import { UsageError } from '../../src/protocol/errors.ts';

test('a Uint8Array is bytes, and so is a Buffer', () => {
  expect(() => verifyBytes(Uint8Array.of(1))).not.toThrow();
  expect(() => verifyBytes(Buffer.from('a'))).not.toThrow();
});

test.each([[1], 'a', { length: 1 }, new ArrayBuffer(1), new Uint16Array(1), null, undefined])(
  '%o is none',
  (value) => {
    expect(() => verifyBytes(value as never)).toThrow(UsageError);
  },
);
