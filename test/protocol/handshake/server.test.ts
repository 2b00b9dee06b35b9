import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/protocol/errors.ts';
import {
  REFUSALS,
  Refusal,
  type RefusalId,
  serializeRefusal,
} from '../../../src/protocol/handshake/refusal.ts';
import {
  isAllowedHost,
  type Opening,
  serializeAcceptance,
  type VerifyOptions,
  verifyRequest,
} from '../../../src/protocol/handshake/server.ts';
import { edited, GOOD_REQUEST, parseRequest, REFUSAL_VECTORS } from '../../support/vectors.ts';

const ids = Object.keys(REFUSALS) as RefusalId[];
const verify = (head: string, options?: VerifyOptions) => verifyRequest(parseRequest(head), options);
const withLine = (line: string, replacement: string) => edited(GOOD_REQUEST, line, replacement);

describe('verifying a request', () => {
  test('accepts the example of §1.2 and tells what it asks for', () => {
    expect(verify(GOOD_REQUEST)).toEqual({
      host: 'server.example.com',
      key: 'dGhlIHNhbXBsZSBub25jZQ==',
      origin: 'http://server.example.com',
      subprotocols: ['chat', 'superchat'],
      extensions: [],
    });
  });

  test('accepts the least that there can be', () => {
    const head = edited(
      edited(GOOD_REQUEST, 'Origin: http://server.example.com'),
      'Sec-WebSocket-Protocol: chat, superchat',
    );
    expect(verify(head)).toMatchObject({ origin: undefined, subprotocols: [], extensions: [] });
  });

  test.each([
    ['Upgrade: websocket', 'Upgrade: WebSocket'],
    ['Upgrade: websocket', 'Upgrade: h2c, websocket'],
    ['Upgrade: websocket', 'Upgrade: h2c\nUpgrade: websocket'],
    ['Connection: Upgrade', 'Connection: upgrade'],
    ['Connection: Upgrade', 'Connection: keep-alive, Upgrade'],
    ['Host: server.example.com', 'Host: SERVER.example.com:80'],
    ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 13\nContent-Length: 0'],
    ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 13\nContent-Length: 00'],
    ['GET /chat HTTP/1.1', 'GET http://SERVER.EXAMPLE.COM:80/chat HTTP/1.1'],
    ['GET /chat HTTP/1.1', 'GET /chat HTTP/1.2'],
    ['GET /chat HTTP/1.1', 'GET /chat HTTP/2.0'],
    [
      'Sec-WebSocket-Protocol: chat, superchat',
      'Sec-WebSocket-Protocol: chat\nSec-WebSocket-Protocol: superchat',
    ],
  ])('accepts instead of "%s" also "%s"', (line, replacement) => {
    expect(verify(withLine(line, replacement))).not.toBeInstanceOf(Refusal);
  });

  test('reads the extensions that are offered, in order', () => {
    expect(
      verify(`${GOOD_REQUEST}Sec-WebSocket-Extensions: foo; a=1\nSec-WebSocket-Extensions: bar\n`),
    ).toMatchObject({
      extensions: [
        { name: 'foo', parameters: [['a', '1']] },
        { name: 'bar', parameters: [] },
      ],
    });
  });

  test.each([
    ['a', 'GET /chat HTTP/1.1', 'a'],
    ['', 'GET http://server.example.com HTTP/1.1', 'server.example.com'],
    ['a', 'GET ws://server.example.com:8080/chat HTTP/1.1', 'server.example.com:8080'],
    ['a', 'GET HTTP://[::1]?a@b HTTP/1.1', '[::1]'],
    ['a', 'GET /http://b/ HTTP/1.1', 'a'],
  ])('with Host "%s" and %s it is for %s', (named, line, host) => {
    const head = edited(withLine('Host: server.example.com', `Host: ${named}`), 'GET /chat HTTP/1.1', line);
    expect(verify(head, { allowedOrigins: '*' })).toMatchObject({ host });
  });

  test('compares the origin with the target where that is a URL', () => {
    const head = edited(
      withLine('Host: server.example.com', 'Host: evil.example'),
      'GET /chat HTTP/1.1',
      'GET http://server.example.com/chat HTTP/1.1',
    );
    expect(verify(head)).not.toBeInstanceOf(Refusal);
    const foreign = edited(head, 'Origin: http://server.example.com', 'Origin: http://evil.example');
    expect(verify(foreign)).toMatchObject({ id: 'foreign-origin' });
  });

  test('declines extensions that break the grammar, and goes on', () => {
    expect(verify(`${GOOD_REQUEST}Sec-WebSocket-Extensions: foo; ;\n`)).toMatchObject({ extensions: [] });
  });
});

describe('refusing a request', () => {
  test.each(ids)('%s has a vector', (id) => {
    expect(REFUSAL_VECTORS[id].length).toBeGreaterThan(0);
  });

  const vectors = ids.flatMap((id) => REFUSAL_VECTORS[id].map((vector) => ({ id, ...vector })));
  test.each(vectors)('$id: $comment', ({ id, head, options, status, headers = [] }) => {
    const refusal = verify(head, options) as Refusal;
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ id, status, message: REFUSALS[id].message });
    const [statusLine, ...lines] = serializeRefusal(refusal).split('\r\n');
    expect(statusLine).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
    const generic = /^(Connection|Content-Type|Content-Length): /;
    expect(lines.slice(0, -2).filter((line) => !generic.test(line))).toEqual(headers);
    expect(lines.at(-1)).toBe(`${refusal.message}\n`);
  });

  test('names the first rule of the list that is broken, not the last', () => {
    expect(verify('POST / HTTP/1.0\n')).toMatchObject({ id: 'not-http-1.1' });
    expect(verify('POST / HTTP/1.1\n')).toMatchObject({ id: 'not-get' });
    expect(verify('GET / HTTP/1.1\n')).toMatchObject({ id: 'no-host' });
    const allowedHosts = ['b'];
    expect(verify('GET / HTTP/1.1\nHost: a\n', { allowedHosts })).toMatchObject({ id: 'foreign-host' });
    expect(verify('GET / HTTP/1.1\nHost: a\n')).toMatchObject({ id: 'no-upgrade' });
  });
});

describe('the host', () => {
  test.each([
    ['example.com', 'example.com'],
    ['eXAMPLE.com', 'Example.COM'],
    ['example.com:8080', 'example.com:8080'],
    ['example.com', 'example.com:80'],
    ['example.com', 'example.com:443'],
    ['example.com:80', 'example.com:80'],
    ['example.com:8080', 'example.com'],
    ['example.com:', 'example.com'],
    ['[::1]:8080', '[::1]:8080'],
    ['[::1]:8080', '[::1]'],
    ['[::1]', '[::1]:80'],
    ['127.0.0.1:3000', '127.0.0.1'],
  ])('%s is a name of a server called %s', (host, allowed) => {
    expect(isAllowedHost(host, ['first.example', allowed])).toBe(true);
  });

  test.each([
    ['example.com:8080', 'example.com:80'],
    ['example.com:80', 'example.com:443'],
    ['example.com', 'example.com:8080'],
    ['www.example.com', 'example.com'],
    ['example.com.evil.example', 'example.com'],
    ['example.com.', 'example.com'],
    ['evil.example:80', 'example.com'],
    ['user@example.com', 'example.com'],
    ['example.com, evil.example', 'example.com'],
    ['example.com:80:80', 'example.com'],
    ['[::1]', '[::2]'],
    ['::1', '[::1]'],
    ['', 'example.com'],
  ])('%s is none of a server called %s', (host, allowed) => {
    expect(isAllowedHost(host, [allowed])).toBe(false);
  });

  test('is whatever it likes where there is no list, and nothing where the list is empty', () => {
    expect(isAllowedHost('evil.example', undefined)).toBe(true);
    expect(isAllowedHost(undefined, undefined)).toBe(true);
    expect(isAllowedHost('localhost', [])).toBe(false);
    expect(isAllowedHost(undefined, ['localhost'])).toBe(false);
  });

  test('decides before the origin, which a rebound name makes the own one', () => {
    const named = withLine('Host: server.example.com', 'Host: evil.example');
    const rebound = edited(named, 'Origin: http://server.example.com', 'Origin: http://evil.example');
    expect(verify(rebound)).not.toBeInstanceOf(Refusal);
    expect(verify(rebound, { allowedHosts: ['127.0.0.1'], allowedOrigins: '*' })).toMatchObject({
      id: 'foreign-host',
      status: 421,
    });
  });
});

describe('the origin', () => {
  /** Whether a page of this origin may open a socket to a server of this name. */
  function isAllowed(origin: string, host: string, options?: VerifyOptions): boolean {
    const named = withLine('Host: server.example.com', `Host: ${host}`);
    const head = edited(named, 'Origin: http://server.example.com', `Origin: ${origin}`);
    return !(verify(head, options) instanceof Refusal);
  }

  test.each([
    ['http://example.com', 'example.com'],
    ['https://example.com', 'example.com'],
    ['http://example.com', 'example.com:80'],
    ['https://example.com', 'example.com:443'],
    ['http://example.com:80', 'example.com'],
    ['http://example.com:8080', 'example.com:8080'],
    ['HTTP://Example.COM', 'eXAMPLE.com'],
    ['http://[::1]:3000', '[::1]:3000'],
    ['http://127.0.0.1:3000', '127.0.0.1:3000'],
  ])('%s is the own of a server called %s', (origin, host) => {
    expect(isAllowed(origin, host)).toBe(true);
  });

  test.each([
    ['http://example.com:8080', 'example.com'],
    ['http://example.com', 'example.com:8080'],
    ['http://example.com', 'example.com:443'],
    ['http://www.example.com', 'example.com'],
    ['http://example.com.evil.example', 'example.com'],
    ['http://evilexample.com', 'example.com'],
    ['http://example.com@evil.example', 'example.com'],
    ['http://example.com/', 'example.com'],
    ['ftp://example.com', 'example.com'],
    ['chrome-extension://example.com', 'example.com'],
    ['file://', 'example.com'],
    ['example.com', 'example.com'],
    ['http://', 'example.com'],
    ['null', 'null'],
  ])('%s is foreign to a server called %s', (origin, host) => {
    expect(isAllowed(origin, host)).toBe(false);
  });

  test('from http: is foreign to a server that is known to have come over TLS', () => {
    expect(isAllowed('http://example.com', 'example.com', { secure: true })).toBe(false);
    expect(isAllowed('https://example.com', 'example.com', { secure: true })).toBe(true);
  });

  test('that the server has been told is its own is the only one', () => {
    const options = { origin: 'https://example.com', allowedOrigins: ['https://friend.example'] };
    expect(isAllowed('https://example.com', 'example.com', options)).toBe(true);
    expect(isAllowed('https://example.com', 'inner.example:8080', options)).toBe(true);
    expect(isAllowed('https://friend.example', 'example.com', options)).toBe(true);
    expect(isAllowed('http://example.com', 'example.com', options)).toBe(false);
    expect(isAllowed('https://other.example', 'other.example', options)).toBe(false);
  });

  test('that is foreign is allowed when it is listed, letter by letter', () => {
    const options = { allowedOrigins: ['https://friend.example', 'null'] };
    expect(isAllowed('https://friend.example', 'example.com', options)).toBe(true);
    expect(isAllowed('null', 'example.com', options)).toBe(true);
    expect(isAllowed('https://friend.example:8443', 'example.com', options)).toBe(false);
    expect(isAllowed('https://FRIEND.example', 'example.com', options)).toBe(false);
    expect(isAllowed('http://example.com', 'example.com', options)).toBe(true);
  });

  test('is whatever it likes where all are allowed', () => {
    expect(isAllowed('https://evil.example', 'example.com', { allowedOrigins: '*' })).toBe(true);
    expect(isAllowed('null', 'example.com', { allowedOrigins: '*', secure: true })).toBe(true);
  });

  test('is not asked of what is no browser and sends none', () => {
    const head = edited(GOOD_REQUEST, 'Origin: http://server.example.com');
    expect(verify(head, { allowedOrigins: [], secure: true })).toMatchObject({ origin: undefined });
  });
});

describe('accepting a request', () => {
  const opening = verify(GOOD_REQUEST) as Opening;

  test('answers the example of §1.2 with the example of §1.2', () => {
    expect(serializeAcceptance(opening, { subprotocol: 'chat' })).toBe(
      [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'Sec-WebSocket-Protocol: chat',
        '',
        '',
      ].join('\r\n'),
    );
  });

  test('grants nothing unless told to', () => {
    expect(serializeAcceptance(opening)).not.toMatch(/Protocol:|Extensions:/);
    expect(serializeAcceptance(opening, { subprotocol: undefined, extensions: [] })).toBe(
      serializeAcceptance(opening),
    );
  });

  test('writes the extensions that are in use', () => {
    const answer = serializeAcceptance(opening, { extensions: [{ name: 'foo', parameters: [['a', '1']] }] });
    expect(answer).toContain('\r\nSec-WebSocket-Extensions: foo; a=1\r\n');
  });

  test('writes the headers of the application behind its own', () => {
    const answer = serializeAcceptance(opening, { headers: [['Set-Cookie', 'a=1']] });
    expect(answer).toBe(`${serializeAcceptance(opening).slice(0, -2)}Set-Cookie: a=1\r\n\r\n`);
  });

  test.each([
    ['Sec-WebSocket-Accept', 'x'],
    ['Content-Length', '0'],
    ['Set-Cookie', 'a\r\nb: c'],
  ])('the application cannot write "%s: %s"', (name, value) => {
    expect(() => serializeAcceptance(opening, { headers: [[name, value]] })).toThrow(UsageError);
  });

  test('grants no subprotocol that the client did not name', () => {
    expect(() => serializeAcceptance(opening, { subprotocol: 'telnet' })).toThrow(UsageError);
    expect(() => serializeAcceptance(opening, { subprotocol: 'CHAT' })).toThrow(UsageError);
  });
});
