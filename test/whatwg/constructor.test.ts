/** WHATWG WebSockets §3.1: the constructor's steps, which need no server. */
import { WebSocket } from 'barewire';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { connect, connectNowhere } from './client.ts';

const syntaxError: unknown = expect.objectContaining({ name: 'SyntaxError', code: DOMException.SYNTAX_ERR });

describe('the URL', () => {
  test.each([
    ['relative, for there is no base', '/chat'],
    ['empty', ''],
    ['without a host', 'ws://'],
    ['with a space in the host', 'ws://foo bar.com/'],
    ['with a port that is none', 'ws://localhost:99999/'],
    ['of another scheme', 'ftp://localhost/'],
    ['of another scheme', 'mailto:someone@example.org'],
    ['of another scheme', 'about:blank'],
    ['of another scheme', 'javascript:alert(1)'],
    ['of another scheme', 'file:///tmp/socket'],
    ['with a fragment', 'ws://localhost/#top'],
    ['with an empty fragment', 'ws://localhost/#'],
    ['with a fragment behind a query', 'wss://localhost/?a=b#top'],
    ['with a fragment, of http', 'http://localhost/#top'],
  ])('%s throws a SyntaxError: "%s"', (_, url) => {
    expect(() => connectNowhere(url)).toThrow(syntaxError);
    expect(() => connectNowhere(url)).toThrow(DOMException);
  });

  test.each([
    ['ws://localhost', 'ws://localhost/'],
    ['WS://LOCALHOST/Path', 'ws://localhost/Path'],
    ['ws://localhost:80/', 'ws://localhost/'],
    ['wss://localhost:443/', 'wss://localhost/'],
    ['ws://localhost:443/', 'ws://localhost:443/'],
    ['ws://localhost:8080/a?b', 'ws://localhost:8080/a?b'],
    ['ws://localhost/?', 'ws://localhost/?'],
    ['ws://localhost/with space', 'ws://localhost/with%20space'],
    ['ws://localhost/线?线', 'ws://localhost/%E7%BA%BF?%E7%BA%BF'],
    ['ws://ünder.example/', 'ws://xn--nder-zra.example/'],
    ['ws://localhost/a/../b', 'ws://localhost/b'],
    ['ws://user:pass@localhost/', 'ws://user:pass@localhost/'],
    ['ws://[::1]:81/', 'ws://[::1]:81/'],
    ['  ws://localhost/\n', 'ws://localhost/'],
    ['http://localhost/a', 'ws://localhost/a'],
    ['http://localhost:80/', 'ws://localhost/'],
    ['http://localhost:443/', 'ws://localhost:443/'],
    ['https://localhost/a', 'wss://localhost/a'],
    ['https://localhost:443/', 'wss://localhost/'],
    ['HTTPS://localhost:80/', 'wss://localhost:80/'],
  ])('%s is %s', (given, url) => {
    expect(connectNowhere(given).url).toBe(url);
  });

  test('may be a URL, or whatever else becomes a string, and is read once', () => {
    const url = new URL('http://localhost/a');
    const socket = connectNowhere(url);
    url.pathname = '/b';
    expect(socket.url).toBe('ws://localhost/a');
    expect(connectNowhere({ toString: () => 'ws://localhost/c' } as string).url).toBe('ws://localhost/c');
  });

  test('what becomes no URL is a SyntaxError too, not a crash', () => {
    for (const value of [null, undefined, 5, {}, []]) {
      expect(() => connectNowhere(value as unknown as string)).toThrow(syntaxError);
    }
  });
});

describe('a relative URL', () => {
  const open = (url: string, baseUrl?: string | URL) =>
    connect(url, [], { createConnection: () => new Promise(() => {}), ...(baseUrl && { baseUrl }) });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each([
    ['/chat', 'http://example.com/page', 'ws://example.com/chat'],
    ['chat?线#'.slice(0, -1), 'https://example.com/dir/page', 'wss://example.com/dir/chat?%E7%BA%BF'],
    ['//other.example/', 'https://example.com/', 'wss://other.example/'],
    ['', 'wss://example.com:81/a?b', 'wss://example.com:81/a?b'],
    ['ws://other.example/', 'https://example.com/', 'ws://other.example/'],
  ])('%j is relative to baseUrl %s', (url, base, absolute) => {
    expect(open(url, base).url).toBe(absolute);
    expect(open(url, new URL(base)).url).toBe(absolute);
  });

  test('is relative to the location of a page, where there is one', () => {
    vi.stubGlobal('location', new URL('http://page.example/a/b'));
    expect(open('c').url).toBe('ws://page.example/a/c');
    expect(open('c', 'http://base.example/').url).toBe('ws://base.example/c');
  });

  test('is a SyntaxError where the base has another scheme, a fragment is left, or the base is no URL', () => {
    expect(() => open('/chat', 'ftp://example.com/')).toThrow(syntaxError);
    expect(() => open('#top', 'http://example.com/')).toThrow(syntaxError);
    expect(() => open('/chat', 'nothing')).toThrow(syntaxError);
    vi.stubGlobal('location', new URL('about:blank'));
    expect(() => open('/chat')).toThrow(syntaxError);
  });
});

describe('subprotocols', () => {
  // RFC 9110 §5.6.2: what a token may not have, and RFC 2616's separators.
  test.each([...'()<>@,;:\\"/[]?={} \t\r\n\0\x7fé线'])('with %j throw a SyntaxError', (character) => {
    expect(() => connectNowhere('ws://localhost/', `a${character}b`)).toThrow(syntaxError);
    expect(() => connectNowhere('ws://localhost/', ['a', `a${character}b`])).toThrow(syntaxError);
  });

  test.each<[string, string | string[]]>([
    ['empty', ''],
    ['empty in a list', ['a', '']],
    ['there twice', ['echo', 'echo']],
    ['there twice but for their case', ['echo', 'eCho']],
  ])('%s throw a SyntaxError', (_, subprotocols) => {
    expect(() => connectNowhere('ws://localhost/', subprotocols)).toThrow(syntaxError);
  });

  test.each<[string, string | string[] | undefined]>([
    ['none', undefined],
    ['an empty list', []],
    ['one', 'chat'],
    ['with every character that a token may have', "a!#$%&'*+-.^_`|~09Z"],
    ['several', ['v1.chat', 'v2.chat']],
  ])('%s are taken', (_, subprotocols) => {
    expect(connectNowhere('ws://localhost/', subprotocols).readyState).toBe(WebSocket.CONNECTING);
  });

  test('may be any iterable', () => {
    expect(() => connectNowhere('ws://localhost/', new Set(['a', 'b']) as unknown as string[])).not.toThrow();
    const twice = ['a', 'a'].values() as unknown as string[];
    expect(() => connectNowhere('ws://localhost/', twice)).toThrow(syntaxError);
  });

  test('options in their place are a mistake that is noticed', () => {
    expect(() => connectNowhere('ws://localhost/', { origin: 'http://a' } as unknown as string)).toThrow(
      syntaxError,
    );
  });
});

describe('a new socket', () => {
  test('is connecting, has its URL, and nothing else yet', () => {
    const socket = connectNowhere('ws://localhost/', 'chat');
    expect(socket.readyState).toBe(WebSocket.CONNECTING);
    expect(socket.protocol).toBe('');
    expect(socket.extensions).toBe('');
    expect(socket.bufferedAmount).toBe(0);
    expect(socket.binaryType).toBe('blob');
    expect([socket.onopen, socket.onmessage, socket.onerror, socket.onclose]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  test('is not made without new', () => {
    expect(() => (WebSocket as unknown as (url: string) => void)('ws://localhost/')).toThrow(TypeError);
  });

  test('does not listen to a wrong URL and a wrong subprotocol both: the URL comes first', () => {
    expect(() => connectNowhere('nothing', 'a b')).toThrow('URL');
  });
});
