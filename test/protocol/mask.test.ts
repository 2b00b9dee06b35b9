import { describe, expect, test, vi } from 'vitest';
import { applyMask, randomMaskingKey, rotateKey } from '../../src/protocol/mask.ts';
import { fromHex, toHex } from '../support/vectors.ts';

const KEY = 0x37fa213d; // the masking key of RFC 6455 §5.7

describe('masking', () => {
  test('turns Hello into the bytes of the example in §5.7, and back', () => {
    const bytes = fromHex('48 65 6c 6c 6f');
    applyMask(bytes, 0, 5, KEY);
    expect(toHex(bytes)).toBe('7f 9f 4d 51 58');
    applyMask(bytes, 0, 5, KEY);
    expect(toHex(bytes)).toBe('48 65 6c 6c 6f');
  });

  test('touches no byte outside of its range', () => {
    const bytes = fromHex('00 00 00 00 00');
    applyMask(bytes, 1, 4, KEY);
    expect(toHex(bytes)).toBe('00 37 fa 21 00');
  });

  test('does nothing to an empty range, or with a key of 0', () => {
    const bytes = fromHex('01 02 03');
    applyMask(bytes, 2, 2, KEY);
    applyMask(bytes, 0, 3, 0);
    expect(toHex(bytes)).toBe('01 02 03');
  });

  test('treats a key above 2^31 the same, signed or not', () => {
    const signed = new Uint8Array(300);
    const unsigned = new Uint8Array(300);
    applyMask(signed, 0, 300, 0xff000001 | 0);
    applyMask(unsigned, 0, 300, 0xff000001);
    expect(signed).toEqual(unsigned);
    expect(toHex(signed.subarray(0, 6))).toBe('ff 00 00 01 ff 00');
  });

  test('goes on within the key where a payload is cut', () => {
    expect(rotateKey(KEY, 0) >>> 0).toBe(0x37fa213d);
    expect(rotateKey(KEY, 1) >>> 0).toBe(0xfa213d37);
    expect(rotateKey(KEY, 2) >>> 0).toBe(0x213d37fa);
    expect(rotateKey(KEY, 3) >>> 0).toBe(0x3d37fa21);
    expect(rotateKey(KEY, 65_536 + 1) >>> 0).toBe(0xfa213d37);
  });
});

describe('masking keys', () => {
  test('come from the cryptographic source, each used once and then forgotten (§5.3, §10.3)', () => {
    const source = vi.spyOn(crypto, 'getRandomValues');
    try {
      // Drawn in advance, many at a time: one of these calls asks for more.
      for (let i = 0; source.mock.calls.length === 0 && i < 10_000; i++) randomMaskingKey();
      const pool = source.mock.calls[0]![0] as Int32Array;
      const drawn = [...pool];
      expect(pool[0]).toBe(0); // the call that asked for more has used the first
      const keys = drawn.slice(1).map(() => randomMaskingKey());
      expect(keys).toEqual(drawn.slice(1));
      expect(pool.every((key) => key === 0)).toBe(true);
      expect(source).toHaveBeenCalledTimes(1);
      randomMaskingKey();
      expect(source).toHaveBeenCalledTimes(2);
    } finally {
      source.mockRestore();
    }
  });

  test('are 32 bits of which each is as often 1 as 0, and hardly ever the same', () => {
    const keys = Array.from({ length: 5000 }, randomMaskingKey);
    expect(keys.every((key) => (key | 0) === key)).toBe(true);
    expect(new Set(keys).size).toBeGreaterThan(4990);
    for (let bit = 0; bit < 32; bit++) {
      const ones = keys.filter((key) => (key >>> bit) & 1).length;
      expect(Math.abs(ones - 2500)).toBeLessThan(500); // 14 standard deviations
    }
  });
});
