/** What a client sends to open a connection, and what it does not let itself be made to send. */
import { type ClientOptions, type DeflateOptions, UsageError, WebSocket } from 'barewire';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startRaw } from '../support/raw-server.ts';
import { connect } from './connect.ts';

/** The request of a client with these options. */
async function requestOf(options: ClientOptions, url = '/', protocols: string[] = []) {
  const server = await startRaw();
  connect(`ws://127.0.0.1:${server.port}${url}`, options, protocols);
  return server.guest;
}

/** The same, with a user in the URL. */
async function authorizationOf(user: string, options: ClientOptions = {}): Promise<string[]> {
  const server = await startRaw();
  connect(`ws://${user}@127.0.0.1:${server.port}/`, options);
  return (await server.guest).headers('Authorization');
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('the request is what §4.1 asks for, in the order of its list, and nothing more', async () => {
  const { request } = await requestOf({}, '/path?a=b', ['v1', 'v2']);
  expect(request.replace(/127\.0\.0\.1:\d+/, 'HOST').replace(/Key: [\w+/]{22}==/, 'Key: KEY')).toBe(
    [
      'GET /path?a=b HTTP/1.1',
      'Host: HOST',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: KEY',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: v1, v2',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
      '',
      '',
    ].join('\r\n'),
  );
});

test('compression is offered as the options want it, or not at all', async () => {
  const offered = async (perMessageDeflate: boolean | DeflateOptions) =>
    (await requestOf({ perMessageDeflate })).header('Sec-WebSocket-Extensions');
  expect(await offered(false)).toBeUndefined();
  expect(await offered(true)).toBe('permessage-deflate; client_max_window_bits');
  expect(await offered({ windowBits: 15, peerWindowBits: 10, peerContextTakeover: false })).toBe(
    'permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits',
  );
});

describe('headers', () => {
  test('go with the request, those of several values once for each', async () => {
    const guest = await requestOf({
      headers: { Authorization: 'Bearer abc', Cookie: 'a=b; c=d', 'X-Many': ['one', 'two'], 'X-Empty': '' },
    });
    expect(guest.headers('Authorization')).toEqual(['Bearer abc']);
    expect(guest.headers('Cookie')).toEqual(['a=b; c=d']);
    expect(guest.headers('X-Many')).toEqual(['one', 'two']);
    expect(guest.headers('X-Empty')).toEqual(['']);
  });

  test('keep their order, and those of the same name in any case come together', async () => {
    const { request } = await requestOf({
      headers: [
        ['B', '1'],
        ['a', '3'],
        ['b', '4'],
        ['B', '6'],
      ],
      perMessageDeflate: false,
    });
    const own = request.split('Sec-WebSocket-Version: 13\r\n')[1];
    expect(own?.trim().split('\r\n')).toEqual(['B: 1', 'B: 4', 'B: 6', 'a: 3']);
  });

  test.each([
    [
      'a Headers',
      new Headers([
        ['X-One', '1'],
        ['X-Two', '2'],
      ]),
    ],
    [
      'a Map',
      new Map([
        ['X-One', '1'],
        ['X-Two', '2'],
      ]),
    ],
    [
      'a list of pairs',
      [
        ['X-One', '1'],
        ['X-Two', '2'],
      ] as const,
    ],
  ])('may be %s', async (_, headers) => {
    const guest = await requestOf({ headers });
    expect([guest.header('X-One'), guest.header('X-Two')]).toEqual(['1', '2']);
  });

  test('may be named like members of Object.prototype', async () => {
    const guest = await requestOf({ headers: JSON.parse('{"__proto__": "a", "constructor": "b"}') });
    expect(guest.header('__proto__')).toBe('a');
    expect(guest.header('constructor')).toBe('b');
  });

  test.each([
    'Upgrade',
    'connection',
    'Host',
    'Origin',
    'Sec-WebSocket-Key',
    'sec-websocket-version',
    'Sec-WebSocket-Protocol',
    'Sec-WebSocket-Extensions',
    'Content-Length',
    'Transfer-Encoding',
  ])('%s is written by the handshake alone', (name) => {
    expect(() => connect('ws://127.0.0.1:1/', { headers: { [name]: 'x' } })).toThrow(UsageError);
  });

  test.each([
    ['a line break', { 'X-A': 'a\r\nX-B: b' }],
    ['a carriage return', { 'X-A': 'a\rb' }],
    ['a line feed', { 'X-A': ['fine', 'a\nb'] }],
    ['NUL', { 'X-A': 'a\0' }],
    ['what is no Latin-1', { 'X-A': '线' }],
    ['a line break in the name', { 'X-A\r\nX-B': 'b' }],
    ['a space in the name', { 'X A': 'b' }],
    ['a colon in the name', { 'X:A': 'b' }],
    ['an empty name', { '': 'b' }],
    ['no value', { 'X-A': undefined }],
  ])('with %s throw at once', (_, headers) => {
    expect(() => connect('ws://127.0.0.1:1/', { headers: headers as ClientOptions['headers'] & {} })).toThrow(
      UsageError,
    );
  });
});

describe('origin', () => {
  test('is that of the page where there is a location, unless it is given or opaque', async () => {
    onTestFinished(() => void vi.unstubAllGlobals());
    vi.stubGlobal('location', new URL('http://page.example:81/a'));
    expect((await requestOf({})).headers('Origin')).toEqual(['http://page.example:81']);
    const origin = 'http://given.example';
    expect((await requestOf({ origin })).headers('Origin')).toEqual([origin]);
    expect((await requestOf({ baseUrl: origin })).headers('Origin')).toEqual(['http://page.example:81']);
    vi.stubGlobal('location', new URL('about:blank'));
    expect((await requestOf({})).headers('Origin')).toEqual([]);
  });

  test('is sent when it is given', async () => {
    expect((await requestOf({ origin: 'https://example.com' })).headers('Origin')).toEqual([
      'https://example.com',
    ]);
  });

  test('with a line break throws at once', () => {
    expect(() => connect('ws://127.0.0.1:1/', { origin: 'http://a\r\nX-B: b' })).toThrow(UsageError);
  });
});

describe('the user in the URL', () => {
  test.each([
    ['foo:bar', 'foo:bar'],
    ['foo', 'foo:'],
    [':bar', ':bar'],
    ['foo:a:b', 'foo:a:b'],
    ['a%3Ab:c%40d%2Fe%25', 'a:b:c@d/e%'],
    ['%E7%BA%BF:é', '线:é'],
    ['100%:%zz', '100%:%zz'],
  ])('%s goes as Basic authentication of %s', async (user, pair) => {
    expect(await authorizationOf(user)).toEqual([basic(pair)]);
  });

  test('may be bytes that are no UTF-8', async () => {
    const [value = ''] = await authorizationOf('%ff:%fe');
    expect(Buffer.from(value.slice('Basic '.length), 'base64').toString('hex')).toBe('ff3afe');
  });

  test('gives way to an Authorization header', async () => {
    expect(await authorizationOf('foo:bar', { headers: { authorization: 'Bearer x' } })).toEqual([
      'Bearer x',
    ]);
  });
});

test.each<[string, ClientOptions]>([
  ['openingTimeoutMs of 0', { openingTimeoutMs: 0 }],
  ['openingTimeoutMs that no timer can wait', { openingTimeoutMs: 2 ** 31 }],
  ['maxRedirects below 0', { maxRedirects: -1 }],
  ['maxRedirects that is no whole number', { maxRedirects: 0.5 }],
  ['maxMessageBytes of 0', { maxMessageBytes: 0 }],
  ['whenQueueIsFull that is neither', { whenQueueIsFull: 'wait' as 'drop' }],
])('%s throws at once', (_, options) => {
  expect(() => new WebSocket('ws://127.0.0.1:1/', [], options)).toThrow(UsageError);
});
