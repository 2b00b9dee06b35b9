import { describe, expect, test } from 'vitest';
import {
  type Extension,
  hasToken,
  isToken,
  parseExtensions,
  parseTokenList,
  serializeExtensions,
} from '../../../src/protocol/handshake/headers.ts';

describe('a token (RFC 9110 §5.6.2)', () => {
  test('is made of these characters and no others', () => {
    const tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const accepted = Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)).filter(isToken);
    expect(accepted.sort()).toEqual([...tchar].sort());
  });

  test('has one character at least', () => {
    expect(isToken('')).toBe(false);
    expect(isToken('websocket')).toBe(true);
    expect(isToken('web socket')).toBe(false);
    expect(isToken('websocket\n')).toBe(false);
  });
});

describe('a list of tokens', () => {
  test.each<[string, string[]]>([
    ['chat', ['chat']],
    ['chat, superchat', ['chat', 'superchat']],
    ['chat,superchat', ['chat', 'superchat']],
    [' \t chat \t ,\t superchat ', ['chat', 'superchat']],
    [', chat, , superchat,', ['chat', 'superchat']],
    ['chat, chat', ['chat', 'chat']],
  ])('%j is read, without white space and empty elements', (value, tokens) => {
    expect(parseTokenList(value)).toEqual(tokens);
  });

  test.each(['', ' ', ',', ' , ,\t', 'a b', 'a;b', '"a"', 'a, b c', 'é', 'a\u00a0', 'a\n'])(
    '%j is none',
    (value) => {
      expect(parseTokenList(value)).toBeUndefined();
    },
  );
});

describe('looking for a token', () => {
  test.each(['websocket', 'WebSocket', 'h2c, websocket', ' websocket ,h2c', ',websocket'])(
    'finds it in %j',
    (value) => {
      expect(hasToken(value, 'websocket')).toBe(true);
    },
  );

  test.each(['', 'websockets', 'web socket', 'websocket/13', '"websocket"', 'x-websocket', undefined])(
    'does not find it in %j',
    (value) => {
      expect(hasToken(value, 'websocket')).toBe(false);
    },
  );

  test('finds it beside elements that are no tokens', () => {
    expect(hasToken('foo/2, Upgrade', 'upgrade')).toBe(true);
  });

  test('knows no letters but ASCII: the Kelvin sign is no K', () => {
    expect(hasToken('websoc\u212aet', 'websocket')).toBe(false);
  });
});

describe('a list of extensions (§9.1)', () => {
  test.each<[string, Extension[]]>([
    ['foo', [{ name: 'foo', parameters: [] }]],
    [
      'foo, bar',
      [
        { name: 'foo', parameters: [] },
        { name: 'bar', parameters: [] },
      ],
    ],
    ['foo; a', [{ name: 'foo', parameters: [['a', true]] }]],
    [
      'foo; a=1; b; c=x',
      [
        {
          name: 'foo',
          parameters: [
            ['a', '1'],
            ['b', true],
            ['c', 'x'],
          ],
        },
      ],
    ],
    ['foo; a="1"', [{ name: 'foo', parameters: [['a', '1']] }]],
    ['foo; a="\\1\\0"', [{ name: 'foo', parameters: [['a', '10']] }]],
    [
      'foo;a=1,bar;b',
      [
        { name: 'foo', parameters: [['a', '1']] },
        { name: 'bar', parameters: [['b', true]] },
      ],
    ],
    [
      '\t foo ; a\t= 1 , , bar ,',
      [
        { name: 'foo', parameters: [['a', '1']] },
        { name: 'bar', parameters: [] },
      ],
    ],
    [', foo', [{ name: 'foo', parameters: [] }]],
    [
      'foo; a=1; a=2',
      [
        {
          name: 'foo',
          parameters: [
            ['a', '1'],
            ['a', '2'],
          ],
        },
      ],
    ],
    [
      'foo, foo',
      [
        { name: 'foo', parameters: [] },
        { name: 'foo', parameters: [] },
      ],
    ],
  ])('%j is read in the order of the header, repetitions too', (value, extensions) => {
    expect(parseExtensions(value)).toEqual(extensions);
  });

  test('reads what browsers send', () => {
    expect(parseExtensions('permessage-deflate; client_max_window_bits')).toEqual([
      { name: 'permessage-deflate', parameters: [['client_max_window_bits', true]] },
    ]);
  });

  test.each([
    ['nothing', ''],
    ['white space', ' \t '],
    ['commas', ',,'],
    ['no name', '; a'],
    ['no parameter behind a semicolon', 'foo;'],
    ['no parameter between two', 'foo; ; a'],
    ['no value behind an equals sign', 'foo; a='],
    ['no name before an equals sign', 'foo; =1'],
    ['a value without a parameter', 'foo=1'],
    ['two names', 'foo bar'],
    ['two values', 'foo; a=1 2'],
    ['something behind a quoted value', 'foo; a="1"2'],
    ['a quoted value that is no token', 'foo; a="1 2"'],
    ['a quoted value with a comma', 'foo; a="1,2"'],
    ['an empty quoted value', 'foo; a=""'],
    ['a quoted name', '"foo"'],
    ['a quote that does not end', 'foo; a="1'],
    ['a quote that ends with a backslash', 'foo; a="1\\'],
    ['a quote whose end is escaped', 'foo; a="1\\"'],
    ['an escaped quote in the value', 'foo; a="\\""'],
    ['a character that no token has', 'föö'],
    ['a good one before a bad one', 'foo, ;'],
  ])('refuses %s', (_, value) => {
    expect(parseExtensions(value)).toBeUndefined();
  });

  test('is written in the same form', () => {
    const extensions: Extension[] = [
      {
        name: 'foo',
        parameters: [
          ['a', '1'],
          ['b', true],
        ],
      },
      { name: 'bar', parameters: [] },
    ];
    expect(serializeExtensions(extensions)).toBe('foo; a=1; b, bar');
    expect(serializeExtensions([])).toBe('');
  });
});
