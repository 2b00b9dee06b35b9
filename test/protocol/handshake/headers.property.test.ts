import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Extension,
  hasToken,
  isToken,
  parseExtensions,
  parseTokenList,
  serializeExtensions,
} from '../../../src/protocol/handshake/headers.ts';
import { fuzzTimeoutMs, runs } from '../../support/arbitraries.ts';

const timeout = fuzzTimeoutMs;
const TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const anyToken = fc.oneof(
  fc.string({ unit: fc.constantFrom(...TCHAR), minLength: 1, maxLength: 12 }),
  fc.constantFrom('constructor', '__proto__', 'toString', 'permessage-deflate'),
);
const anyBlanks = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 });
const anyExtensions: fc.Arbitrary<Extension[]> = fc.array(
  fc.record({
    name: anyToken,
    parameters: fc.array(fc.tuple(anyToken, fc.oneof(anyToken, fc.constant(true as const))), {
      maxLength: 4,
    }),
  }),
  { minLength: 1, maxLength: 4 },
);
/** Text that is almost a header. */
const anyHeader = fc.oneof(
  fc.string({ unit: fc.constantFrom(...' \t,;="\\ab1é\n'), maxLength: 30 }),
  fc.string({ maxLength: 30 }),
);

describe('extensions', () => {
  test('are parsed as they were serialized', { timeout }, () => {
    fc.assert(
      fc.property(anyExtensions, (extensions) => {
        expect(parseExtensions(serializeExtensions(extensions))).toEqual(extensions);
      }),
      { numRuns: runs(300) },
    );
  });

  test('mean the same with quotes, escapes and white space wherever the grammar allows them', {
    timeout,
  }, () => {
    const anyStyle = fc.record({
      blanks: fc.array(anyBlanks, { minLength: 1 }),
      quoted: fc.boolean(),
      escaped: fc.boolean(),
    });
    fc.assert(
      fc.property(anyExtensions, anyStyle, (extensions, { blanks, quoted, escaped }) => {
        let used = 0;
        const blank = () => blanks[used++ % blanks.length]!;
        const value = (text: string) =>
          quoted ? `"${escaped ? [...text].map((character) => `\\${character}`).join('') : text}"` : text;
        const written = extensions.map(({ name, parameters }) =>
          [
            `${blank()}${name}${blank()}`,
            ...parameters.map(([key, given]) =>
              given === true
                ? `${blank()}${key}${blank()}`
                : `${blank()}${key}${blank()}=${blank()}${value(given)}${blank()}`,
            ),
          ].join(';'),
        );
        expect(parseExtensions(written.join(`,${blank()},`))).toEqual(extensions);
      }),
      { numRuns: runs(300) },
    );
  });

  test('never throw, and are tokens throughout where they are accepted', { timeout }, () => {
    fc.assert(
      fc.property(anyHeader, (header) => {
        for (const { name, parameters } of parseExtensions(header) ?? []) {
          expect(isToken(name)).toBe(true);
          for (const [key, value] of parameters) {
            expect(isToken(key)).toBe(true);
            if (value !== true) expect(isToken(value)).toBe(true);
          }
        }
      }),
      { numRuns: runs(500) },
    );
  });
});

describe('token lists', () => {
  test('are parsed as they were joined, with white space and empty elements between', { timeout }, () => {
    const separator = fc
      .tuple(anyBlanks, anyBlanks, fc.boolean())
      .map(([a, b, twice]) => `${a},${b}${twice ? ',' : ''}`);
    fc.assert(
      fc.property(fc.array(anyToken, { minLength: 1, maxLength: 5 }), separator, (tokens, comma) => {
        expect(parseTokenList(tokens.join(comma))).toEqual(tokens);
      }),
      { numRuns: runs(300) },
    );
  });

  test('have a token in any case exactly when one of their elements is it', { timeout }, () => {
    fc.assert(
      fc.property(fc.array(anyToken, { maxLength: 5 }), fc.boolean(), (tokens, withIt) => {
        const elements = withIt ? [...tokens, 'UpGrade'] : tokens;
        const expected = elements.some((element) => /^upgrade$/i.test(element));
        expect(hasToken(elements.join(', '), 'upgrade')).toBe(expected);
      }),
      { numRuns: runs(300) },
    );
  });
});
