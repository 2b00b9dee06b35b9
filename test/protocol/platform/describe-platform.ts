/** What every platform file must do; each one's test calls this. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type * as node from '../../../src/protocol/platform/node.ts';
import { fromHex, toHex } from '../../support/vectors.ts';

export type Platform = Omit<typeof node, 'Words'>; // masking is tested with both

export function describePlatform(name: string, platform: Platform): void {
  describe(`the platform file ${name}`, () => {
    test('allocates as many bytes as it is asked for', () => {
      expect(platform.allocate(0).length).toBe(0);
      expect(platform.allocate(1000).length).toBe(1000);
    });

    test.each([
      ['nothing', '', ''],
      ['ASCII', 'Hello', '48 65 6c 6c 6f'],
      [
        'one, two, three and four bytes',
        '\x7f\u0080\u07ff\u0800\uffff\u{10000}',
        '7f c2 80 df bf e0 a0 80 ef bf bf f0 90 80 80',
      ],
      ['U+FEFF', '\uFEFFa\uFEFF', 'ef bb bf 61 ef bb bf'],
      ['U+0000', 'a\0b', '61 00 62'],
    ])('encodes and decodes %s', (_, text, hex) => {
      const bytes = fromHex(hex);
      const into = new Uint8Array(bytes.length + 2).fill(0xee);
      expect(platform.utf8Length(text)).toBe(bytes.length);
      expect(platform.encodeUtf8(text, into, 1)).toBe(bytes.length);
      expect(toHex(into)).toBe(`ee ${hex} ee`.replace('  ', ' '));
      expect(platform.decodeUtf8(into, 1, 1 + bytes.length)).toBe(text);
      expect(platform.decodeIfUtf8(into, 1, 1 + bytes.length)).toBe(text);
      expect(platform.isUtf8(into, 1, 1 + bytes.length)).toBe(true);
    });

    test('makes a character of each byte', () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      const text = platform.decodeBytes(bytes, 0x20, 0x7f);
      expect(text).toBe(String.fromCharCode(...bytes.subarray(0x20, 0x7f)));
      expect(platform.decodeBytes(bytes, 0x70, 0x100).slice(0, 0x10)).toBe(
        text.slice(0x50).padEnd(0x10, '\x7f'),
      );
      expect(platform.decodeBytes(bytes, 0x70, 0x100)).toHaveLength(0x90);
    });

    test.each([
      ['a high one alone', '\ud800', 'ef bf bd'],
      ['a low one alone', 'a\udc00b', '61 ef bf bd 62'],
      ['two in the wrong order', '\udc00\ud800', 'ef bf bd ef bf bd'],
      ['one before a pair', '\ud800\ud83d\udc4b', 'ef bf bd f0 9f 91 8b'],
    ])('encodes a lone surrogate as U+FFFD: %s', (_, text, hex) => {
      const into = new Uint8Array(20);
      expect(platform.utf8Length(text)).toBe(fromHex(hex).length);
      expect(toHex(into.subarray(0, platform.encodeUtf8(text, into, 0)))).toBe(hex);
    });

    test.each([
      ['a continuation byte alone', '80'],
      ['a character cut short at the end', 'e2 82'],
      ['a character cut short by another', 'c3 28'],
      ['an overlong form of two bytes', 'c0 80'],
      ['an overlong form of three', 'e0 9f bf'],
      ['an overlong form of four', 'f0 8f bf bf'],
      ['a surrogate', 'ed a0 80'],
      ['a pair of surrogates', 'ed a0 bd ed b1 8b'],
      ['a code point above U+10FFFF', 'f4 90 80 80'],
      ['five bytes', 'f8 88 80 80 80'],
      ['a byte that no text has', 'ff'],
    ])('knows that %s is not UTF-8, wherever it stands', (_, hex) => {
      for (const text of [hex, `61 ${hex}`, `${hex} 61`, `${'61 '.repeat(60)}${hex}`]) {
        const bytes = fromHex(text);
        expect(platform.isUtf8(bytes, 0, bytes.length)).toBe(false);
        expect(platform.decodeIfUtf8(bytes, 0, bytes.length)).toBeUndefined();
      }
    });

    test('looks at its range alone', () => {
      const bytes = fromHex('ff c3 a9 ff');
      expect(platform.isUtf8(bytes, 1, 3)).toBe(true);
      expect(platform.decodeIfUtf8(bytes, 1, 3)).toBe('é');
      expect(platform.decodeUtf8(bytes, 1, 3)).toBe('é');
      expect(platform.isUtf8(bytes, 1, 2)).toBe(false);
      expect(platform.decodeIfUtf8(bytes, 2, 2)).toBe('');
    });

    test.each([
      ['nothing', '', '2jmj7l5rSw0yVb/vlWAYkK/YBwk='],
      ['the example of FIPS 180', 'abc', 'qZk+NkcGgWq6PiVxeFDCbJzQ2J0='],
      [
        'two blocks',
        'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
        'hJg+RBw70m66rkqh+VEp5eVGcPE=',
      ],
    ])('hashes %s', (_, text, digest) => {
      expect(platform.sha1Base64(text)).toBe(digest);
    });

    test('hashes texts of every length around the borders of blocks', () => {
      for (let length = 0; length <= 200; length++) {
        const text = Array.from({ length }, (_, i) => String.fromCharCode(32 + (i % 95))).join('');
        expect(platform.sha1Base64(text)).toBe(createHash('sha1').update(text).digest('base64'));
      }
    });
  });
}
