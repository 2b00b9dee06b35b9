import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { Utf8Validator } from '../../src/protocol/utf8.ts';
import { fromHex, toHex, UTF8_BORDERS } from '../support/vectors.ts';

/** Hands over the pieces; stops where one of them is refused, and tells whether a character was left open. */
function judge(...pieces: string[]): 'valid' | 'incomplete' | 'invalid' {
  const validator = new Utf8Validator();
  for (const piece of pieces) {
    const bytes = fromHex(piece);
    if (!validator.accept(bytes, 0, bytes.length)) return 'invalid';
  }
  return validator.isComplete ? 'valid' : 'incomplete';
}

const LONG = '61'.repeat(40); // enough for the platform's check of whole runs

describe('Utf8Validator', () => {
  test.each([
    ['nothing', ''],
    ['ASCII, all of it', toHex(Uint8Array.from({ length: 128 }, (_, i) => i))],
    ['the first and last of two bytes: U+0080, U+07FF', 'c2 80 df bf'],
    ['the first and last of three: U+0800, U+FFFF', 'e0 a0 80 ef bf bf'],
    ['the neighbours of the surrogates: U+D7FF, U+E000', 'ed 9f bf ee 80 80'],
    ['the first and last of four: U+10000, U+10FFFF', 'f0 90 80 80 f4 8f bf bf'],
    ['U+FEFF, at the beginning as anywhere', 'ef bb bf 61 ef bb bf'],
    ['characters that Unicode will never assign: U+FFFE, U+1FFFF', 'ef bf be f0 9f bf bf'],
  ])('accepts %s', (_, hex) => {
    expect(judge(hex)).toBe('valid');
    expect(judge(...hex.split(' '))).toBe('valid');
    expect(judge(LONG, hex, LONG, hex)).toBe('valid');
    expect(judge(LONG + hex + LONG)).toBe('valid');
  });

  test.each([
    ['a continuation byte where a character begins', '80'],
    ['the last continuation byte', 'bf'],
    ['an overlong two-byte form, C0', 'c0'],
    ['an overlong two-byte form, C1', 'c1'],
    ['an overlong three-byte form', 'e0 9f'],
    ['an overlong four-byte form', 'f0 8f'],
    ['the first surrogate', 'ed a0'],
    ['the last surrogate', 'ed bf'],
    ['a code point above U+10FFFF', 'f4 90'],
    ['a lead byte for code points above that', 'f5'],
    ['a lead byte of five', 'f8'],
    ['FE', 'fe'],
    ['FF', 'ff'],
    ['a character of two cut short by ASCII', 'c3 28'],
    ['a character of three cut short by another', 'e2 82 e2'],
    ['a character of four cut short', 'f0 9f 91 28'],
    ['a continuation byte too many', 'c3 a9 a9'],
  ])('refuses %s, at that very byte', (_, hex) => {
    const before = hex.slice(0, -2);
    expect(judge(before)).not.toBe('invalid');
    expect(judge(hex)).toBe('invalid');
    expect(judge(...hex.split(' '))).toBe('invalid');
    expect(judge(LONG, before)).not.toBe('invalid');
    expect(judge(LONG + hex)).toBe('invalid');
    expect(judge(LONG + hex + LONG)).toBe('invalid');
  });

  test.each(['c3', 'e2', 'e2 82', 'f0', 'f0 9f', 'f0 9f 91'])(
    'knows that %s is the beginning of a character and not the end of a text',
    (hex) => {
      expect(judge(hex)).toBe('incomplete');
      expect(judge(LONG + hex)).toBe('incomplete');
      expect(judge(LONG, hex)).toBe('incomplete');
    },
  );

  test('reads only the range that it is given', () => {
    const validator = new Utf8Validator();
    expect(validator.accept(fromHex('ff c3 a9 ff'), 1, 3)).toBe(true);
    expect(validator.isComplete).toBe(true);
  });

  test('goes on with a character across any number of pieces, empty ones too', () => {
    expect(judge('f0', '', '9f', '', '', '91', '8b', '')).toBe('valid');
  });

  test('ends a character at the beginning of a long piece', () => {
    expect(judge('e2 82', `ac ${LONG}`)).toBe('valid');
    expect(judge('e2 82', `28 ${LONG}`)).toBe('invalid');
  });

  /** The shortest completions of any beginning: a second byte that fits each lead byte, then continuation bytes. */
  const COMPLETIONS = ['', '80', '90', 'a0', '8080', '9080', 'a080', '808080', '908080', 'a08080'].map(
    fromHex,
  );

  test('fails exactly when no completion is left, for all of four bytes from the borders of every class', () => {
    const extendable = (prefix: readonly number[]) =>
      COMPLETIONS.some((completion) => isUtf8(Uint8Array.from([...prefix, ...completion])));
    let checked = 0;
    const check = (prefix: readonly number[]) => {
      for (const byte of UTF8_BORDERS) {
        const bytes = Uint8Array.from([...prefix, byte]);
        const validator = new Utf8Validator();
        const accepted = validator.accept(bytes, 0, bytes.length);
        if (accepted !== extendable([...bytes])) expect.fail(toHex(bytes));
        if (accepted && validator.isComplete !== isUtf8(bytes)) expect.fail(`${toHex(bytes)} at its end`);
        checked++;
        if (accepted && bytes.length < 4) check([...bytes]);
      }
    };
    check([]);
    expect(checked).toBeGreaterThan(10_000);
  });
});
