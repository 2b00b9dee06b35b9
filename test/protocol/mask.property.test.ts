import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { applyMask, rotateKey } from '../../src/protocol/mask.ts';
import * as portable from '../../src/protocol/platform/default.ts';
import { anyCuts, anyMaskingKey, fuzzTimeoutMs, runs } from '../support/arbitraries.ts';

/** With the words of each platform: of 64 bits, and of 32. */
const masks = { node: applyMask, default: await portableMask() };

async function portableMask(): Promise<typeof applyMask> {
  vi.resetModules();
  vi.doMock('#platform', () => portable);
  const mask = await import('../../src/protocol/mask.ts');
  vi.doUnmock('#platform');
  expect(mask.applyMask).not.toBe(applyMask);
  return mask.applyMask;
}

/** A range of bytes in a buffer at any alignment; around 128 bytes masking goes over to whole words. */
const anyRange = fc
  .record({
    byteOffset: fc.nat(7),
    before: fc.nat(9),
    length: fc.oneof(fc.nat(20), fc.integer({ min: 120, max: 140 }), fc.nat(600)),
    after: fc.nat(9),
    seed: fc.nat(255),
  })
  .map(({ byteOffset, before, length, after, seed }) => {
    const memory = new ArrayBuffer(byteOffset + before + length + after);
    const bytes = new Uint8Array(memory, byteOffset).map((_, i) => seed + 7 * i);
    new Uint8Array(memory, byteOffset).set(bytes);
    return { bytes: new Uint8Array(memory, byteOffset), start: before, end: before + length };
  });

/** §5.3 as it is written: octet i of the payload XOR octet i modulo 4 of the key. */
function maskedAsWritten(bytes: Uint8Array, start: number, end: number, maskingKey: number): Uint8Array {
  const key = new DataView(new ArrayBuffer(4));
  key.setInt32(0, maskingKey);
  return bytes.map((byte, at) => (at < start || at >= end ? byte : byte ^ key.getUint8((at - start) % 4)));
}

test.each(Object.entries(masks))(
  'does what §5.3 says, at any alignment and length, to the range alone: %s',
  {
    timeout: fuzzTimeoutMs,
  },
  (_, applyMask) => {
    fc.assert(
      fc.property(anyRange, anyMaskingKey, ({ bytes, start, end }, key) => {
        const expected = maskedAsWritten(bytes, start, end, key);
        applyMask(bytes, start, end, key);
        expect(bytes).toEqual(expected);
      }),
      { numRuns: runs(500) },
    );
  },
);

test('is undone by itself', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(anyRange, anyMaskingKey, ({ bytes, start, end }, key) => {
      const before = bytes.slice();
      applyMask(bytes, start, end, key);
      applyMask(bytes, start, end, key);
      expect(bytes).toEqual(before);
    }),
    { numRuns: runs(300) },
  );
});

test('may be done in pieces, with the key rotated by what is done', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(anyRange, anyMaskingKey, anyCuts, ({ bytes, start, end }, key, cuts) => {
      const expected = maskedAsWritten(bytes, start, end, key);
      let at = start;
      let rotated = key;
      for (const length of [...cuts, end]) {
        const to = Math.min(at + length, end);
        applyMask(bytes, at, to, rotated);
        rotated = rotateKey(rotated, to - at);
        at = to;
      }
      expect(bytes).toEqual(expected);
    }),
    { numRuns: runs(300) },
  );
});
