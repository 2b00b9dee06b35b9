import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as portable from '../../../src/protocol/platform/default.ts';
import * as node from '../../../src/protocol/platform/node.ts';
import { almostUtf8, anyBytes, anyText, anyUtf16, fuzzTimeoutMs, runs } from '../../support/arbitraries.ts';
import { concat } from '../../support/vectors.ts';
import type { Platform } from './describe-platform.ts';

const timeout = fuzzTimeoutMs;
const both: readonly Platform[] = [node, portable];

/** Node goes over from a loop to native code at 48 characters or bytes. */
const anyLongText = fc
  .tuple(fc.string({ minLength: 40, maxLength: 60 }), anyUtf16(10))
  .map(([ascii, odd]) => ascii + odd);

test('both write any text the same, lone surrogates too, and as long as they say', { timeout }, () => {
  fc.assert(
    fc.property(fc.oneof(anyUtf16(), anyText(), anyLongText), fc.nat(5), (text, offset) => {
      const expected = new TextEncoder().encode(text);
      for (const { utf8Length, encodeUtf8 } of both) {
        expect(utf8Length(text)).toBe(expected.length);
        const into = new Uint8Array(offset + expected.length + 1).fill(0xee);
        expect(encodeUtf8(text, into, offset)).toBe(expected.length);
        expect(into.slice(offset, -1)).toEqual(expected);
        expect(into.at(-1)).toBe(0xee);
        expect(into.subarray(0, offset).every((byte) => byte === 0xee)).toBe(true);
      }
    }),
    { numRuns: runs(500) },
  );
});

test('both accept the same bytes as UTF-8 and read the same text from them', { timeout }, () => {
  const ascii = fc.uint8Array({ max: 0x7f, minLength: 40, maxLength: 60 });
  const anyInput = fc.oneof(
    almostUtf8(),
    anyBytes(),
    fc.tuple(ascii, almostUtf8(3)).map(([before, odd]) => concat([before, odd])),
  );
  fc.assert(
    fc.property(anyInput, fc.nat(3), fc.nat(3), (bytes, before, after) => {
      const chunk = concat([new Uint8Array(before).fill(0xff), bytes, new Uint8Array(after).fill(0x80)]);
      const [start, end] = [before, before + bytes.length];
      const text = node.decodeIfUtf8(chunk, start, end);
      expect(portable.decodeIfUtf8(chunk, start, end)).toBe(text);
      for (const { isUtf8, decodeUtf8 } of both) {
        expect(isUtf8(chunk, start, end)).toBe(text !== undefined);
        if (text !== undefined) expect(decodeUtf8(chunk, start, end)).toBe(text);
      }
    }),
    { numRuns: runs(1000) },
  );
});

test('both read what they wrote, U+FEFF where it stood', { timeout }, () => {
  fc.assert(
    fc.property(anyText(100), (text) => {
      const bytes = new TextEncoder().encode(text);
      for (const { decodeUtf8, decodeIfUtf8 } of both) {
        expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text);
        expect(decodeIfUtf8(bytes, 0, bytes.length)).toBe(text);
      }
    }),
    { numRuns: runs(300) },
  );
});

test('both hash as node:crypto does', { timeout }, () => {
  const ascii = fc.string({ maxLength: 300, unit: 'binary-ascii' });
  fc.assert(
    fc.property(ascii, (text) => {
      const expected = createHash('sha1').update(text, 'latin1').digest('base64');
      for (const { sha1Base64 } of both) expect(sha1Base64(text)).toBe(expected);
    }),
    { numRuns: runs(300) },
  );
});
