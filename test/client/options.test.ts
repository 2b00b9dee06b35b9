import { describe, expect, test } from 'vitest';
import {
  type ClientOptions,
  type HeaderFields,
  openingOptions,
  parseSubprotocols,
  parseUrl,
} from '../../src/client/options.ts';
import { UsageError } from '../../src/protocol/errors.ts';

describe('openingOptions', () => {
  test('has defaults', () => {
    expect(openingOptions({})).toEqual({
      headers: [],
      origin: undefined,
      deflate: {
        thresholdBytes: 64,
        terms: { windowBits: 12, peerWindowBits: 15, contextTakeover: true, peerContextTakeover: true },
      },
      openingTimeoutMs: 10_000,
      signal: undefined,
      maxRedirects: 0,
      tls: {},
      agent: undefined,
      createConnection: undefined,
    });
  });

  test('an option that is given as undefined has its default', () => {
    const options = Object.fromEntries(Object.keys(openingOptions({})).map((name) => [name, undefined]));
    expect(openingOptions(options as ClientOptions)).toEqual(openingOptions({}));
  });

  test('compression can be turned off', () => {
    expect(openingOptions({ perMessageDeflate: false }).deflate).toBeUndefined();
  });

  const pairs: [string, HeaderFields][] = [
    ['an object', { a: '1', b: ['2', '3'] }],
    [
      'a Map',
      new Map<string, string | string[]>([
        ['a', '1'],
        ['b', ['2', '3']],
      ]),
    ],
    [
      'a list of pairs',
      [
        ['a', '1'],
        ['b', '2'],
        ['b', '3'],
      ],
    ],
    [
      'a generator',
      (function* (): Generator<[string, string]> {
        yield ['a', '1'];
        yield* [
          ['b', '2'],
          ['b', '3'],
        ] as [string, string][];
      })(),
    ],
  ];
  test.each(pairs)('headers may be %s', (_name, headers) => {
    expect(openingOptions({ headers }).headers).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['b', '3'],
    ]);
  });

  test('headers may be Headers, whose names are in lower case', () => {
    expect(openingOptions({ headers: new Headers({ 'X-A': '1' }) }).headers).toEqual([['x-a', '1']]);
  });

  test('headers are read once: a later change changes nothing', () => {
    const headers = { a: '1' };
    const options = openingOptions({ headers });
    headers.a = '2';
    expect(options.headers).toEqual([['a', '1']]);
  });

  test.each(['', 'a b', 'a:', 'é', 'a\r\nb'])('%j is not the name of a header', (name) => {
    expect(() => openingOptions({ headers: { [name]: '1' } })).toThrow(
      `${JSON.stringify(name)} cannot be the name of a header`,
    );
  });

  test.each([
    'Host',
    'UPGRADE',
    'connection',
    'Origin',
    'Content-Length',
    'Transfer-Encoding',
    'Sec-WebSocket-Key',
    'sec-websocket-anything',
  ])('the header %s is the handshake’s own', (name) => {
    expect(() => openingOptions({ headers: { [name]: '1' } })).toThrow(UsageError);
    expect(() => openingOptions({ headers: { [`X-${name}`]: '1' } })).not.toThrow();
  });

  test.each(['a\r\nb', '\n', '\0', '\x7f', 'Ā', 5, null, undefined, {}])('%j is not a value', (value) => {
    expect(() => openingOptions({ headers: { a: value as string } })).toThrow(UsageError);
    expect(() => openingOptions({ headers: { a: ['1', value as string] } })).toThrow(UsageError);
    if (value !== undefined) expect(() => openingOptions({ origin: value as string })).toThrow(UsageError);
  });

  test.each(['', ' \t!~', '\x80\xff'])('%j is a value', (value) => {
    expect(openingOptions({ headers: { a: value }, origin: value })).toMatchObject({
      headers: [['a', value]],
      origin: value,
    });
  });

  test('a header without values is none', () => {
    expect(openingOptions({ headers: { a: [] } }).headers).toEqual([]);
  });

  test.each<[keyof ClientOptions, unknown, string]>([
    ['signal', {}, 'signal must be an AbortSignal, got an object'],
    ['signal', null, 'signal must be an AbortSignal, got null'],
    ['signal', { aborted: 1, addEventListener() {} }, 'signal must be an AbortSignal, got an object'],
    ['signal', { aborted: false }, 'signal must be an AbortSignal, got an object'],
    ['message', 'x', 'message must be a function, got "x"'],
    ['trace', {}, 'trace must be a function, got an object'],
    ['createConnection', null, 'createConnection must be a function, got null'],
    ['createConnection', Object.create(null), 'createConnection must be a function, got an object'],
    ['agent', 'http', 'agent must be an http.Agent, got "http"'],
    ['agent', {}, 'agent must be an http.Agent, got an object'],
    ['agent', { addRequest: 1 }, 'agent must be an http.Agent, got an object'],
    ['tls', true, 'tls must be an object, got true'],
    ['headers', 'a: b', 'headers must be names and values, got "a: b"'],
    ['headers', null, 'headers must be names and values, got null'],
    ['headers', ['a: b'], 'each of headers must be a pair of a name and a value, got "a: b"'],
    ['headers', { a: 1 }, 'the header a must be a string, got 1'],
    ['headers', { a: '\n' }, 'the header a has a character that no header may have'],
    ['origin', 5, 'the header Origin must be a string, got 5'],
  ])('%s cannot be %o', (name, value, message) => {
    const act = () => openingOptions({ [name]: value });
    expect(act).toThrow(UsageError);
    expect(act).toThrow(message);
  });

  test.each([null, 'ws', 5])('options cannot be %o', (options) => {
    expect(() => openingOptions(options as ClientOptions)).toThrow(UsageError);
  });

  test('a signal may be of another realm, or of a library', () => {
    const { signal } = new AbortController();
    const foreign = new Proxy(signal, { getPrototypeOf: () => null });
    expect(foreign).not.toBeInstanceOf(AbortSignal);
    expect(openingOptions({ signal: foreign }).signal).toBe(foreign);
  });

  test.each<[object, string]>([
    [{ header: {} }, 'there is no option header; did you mean headers?'],
    [{ open: () => {} }, 'there is no option open: listen to events'],
    [{ ca: '' }, 'there is no option ca: options of TLS belong into the option tls'],
    [{ protocols: [] }, 'there is no option protocols: subprotocols are the second argument'],
    [{ perMessageDeflate: { windowbits: 9 } }, 'did you mean windowBits?'],
    [() => {}, 'options must be an object, got a function'],
  ])('%o is a UsageError', (options, message) => {
    expect(() => openingOptions(options)).toThrow(UsageError);
    expect(() => openingOptions(options)).toThrow(message);
  });

  test.each<[keyof ClientOptions, unknown[]]>([
    ['openingTimeoutMs', [0, -1, 1.5, Number.NaN, Infinity, 2 ** 31, '5', null]],
    ['maxRedirects', [-1, 1.5, Infinity, '5', null]],
    ['perMessageDeflate', [{ windowBits: 7 }, 'off', 5, null]],
  ])('%s is verified', (name, values) => {
    for (const value of values) expect(() => openingOptions({ [name]: value })).toThrow(UsageError);
  });

  test('the bounds are allowed', () => {
    expect(openingOptions({ openingTimeoutMs: 1, maxRedirects: 0 })).toMatchObject({ openingTimeoutMs: 1 });
    const { openingTimeoutMs, maxRedirects } = openingOptions({
      openingTimeoutMs: 2 ** 31 - 1,
      maxRedirects: 9,
    });
    expect([openingTimeoutMs, maxRedirects]).toEqual([2 ** 31 - 1, 9]);
  });

  test('createConnection has its options as `this`', () => {
    const options: ClientOptions = {
      createConnection() {
        throw this;
      },
    };
    const { createConnection } = openingOptions(options);
    let thrown: unknown;
    try {
      void createConnection?.(new URL('ws://a'));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(options);
  });
});

describe('parseUrl', () => {
  test.each([
    ['ws://a', 'ws://a/'],
    ['http://a:80/b?c', 'ws://a/b?c'],
    ['https://a:443/', 'wss://a/'],
    ['WSS://User:Pass@A:444', 'wss://User:Pass@a:444/'],
  ])('%s is %s', (given, href) => {
    expect(parseUrl(given).href).toBe(href);
    expect(parseUrl(new URL(given)).href).toBe(href);
  });

  test('the URL that is given is not changed', () => {
    const url = new URL('http://a/');
    parseUrl(url);
    expect(url.href).toBe('http://a/');
  });

  test.each(['', '/a', 'a', 'ws:', 'ftp://a', 'httpx://a', 'mailto:a', 'ws://a#', 'ws://a/#b'])(
    '%j is a SyntaxError',
    (given) => {
      expect(() => parseUrl(given)).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
    },
  );
});

describe('parseSubprotocols', () => {
  test('options in their place are told where they belong', () => {
    const message =
      'subprotocols must be different tokens; options are the third argument: new WebSocket(url, [], options)';
    expect(() => parseSubprotocols({ headers: {} } as never)).toThrow(message);
    expect(() => parseSubprotocols(['a', 'a'])).toThrow(/tokens$/);
  });

  test.each<[unknown, string[]]>([
    [[], []],
    ['chat', ['chat']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [new Set(['a', 'b']), ['a', 'b']],
    [[5], ['5']],
    [undefined, ['undefined']],
    [null, ['null']],
  ])('%o is %j', (given, list) => {
    expect(parseSubprotocols(given as string)).toEqual(list);
  });

  test.each<[unknown]>([[''], ['a b'], [['a', '']], [['a', 'a']], [['a', 'A']], [{}], [[[]]]])(
    '%j is a SyntaxError',
    (given) => {
      expect(() => parseSubprotocols(given as string)).toThrow(
        expect.objectContaining({ name: 'SyntaxError' }),
      );
    },
  );
});
