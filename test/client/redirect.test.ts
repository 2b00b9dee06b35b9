/** Redirects of the opening handshake: followed only on request, and never with what is meant for another. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientOptions } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openingOptions, type Target } from '../../src/client/options.ts';
import { redirected } from '../../src/client/redirect.ts';
import { cert, key } from '../support/certificate.ts';
import { type RawGuest, startRaw } from '../support/raw-server.ts';
import { connect, handshakeFailure } from './connect.ts';

const redirect = (location: string, status = 302) =>
  `HTTP/1.1 ${status} Elsewhere\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;

const pathOf = ({ request }: RawGuest) => request.split(' ')[1];

const SECRETS: ClientOptions = {
  maxRedirects: 5,
  headers: { Authorization: 'Bearer a', cookie: 'b=c', 'Proxy-Authorization': 'Basic d', 'X-Other': 'e' },
};

/** A server that answers /1 with this location, and accepts every other path. */
async function startRedirecting(location: string | ((port: number) => string), status = 302) {
  const server = await startRaw((guest) => {
    const to = typeof location === 'string' ? location : location(server.port);
    if (pathOf(guest) === '/1') guest.write(redirect(to, status));
    else guest.accept();
  });
  return server;
}

describe('by default', () => {
  test('a redirect is an answer like any other: the connection fails, and tells where it led', async () => {
    const server = await startRedirecting('/2');
    const error = await handshakeFailure(connect(`${server.url}1`));
    expect(error).toMatchObject({ status: 302, headers: { location: '/2' } });
    expect(server.guests).toHaveLength(1);
  });
});

describe('with maxRedirects', () => {
  test.each([301, 302, 303, 307, 308])('%i is followed', async (status) => {
    const server = await startRedirecting('/2', status);
    const socket = connect(`${server.url}1`, { maxRedirects: 1 });
    await socket.opened;
    expect(socket.url).toBe(`${server.url}2`);
    expect(server.guests.map(pathOf)).toEqual(['/1', '/2']);
  });

  test.each([300, 304, 305, 399])('%i is none', async (status) => {
    const server = await startRedirecting('/2', status);
    expect(await handshakeFailure(connect(`${server.url}1`, { maxRedirects: 1 }))).toMatchObject({ status });
    expect(server.guests).toHaveLength(1);
  });

  test.each<[string, string | ((port: number) => string), string]>([
    ['a path', '/2?a=b', '/2?a=b'],
    ['a relative path', '2', '/2'],
    ['a query', '?2', '/1?2'],
    ['without a scheme', (port) => `//127.0.0.1:${port}/2`, '/2'],
    ['http:', (port) => `http://127.0.0.1:${port}/2`, '/2'],
    ['ws:', (port) => `ws://127.0.0.1:${port}/2`, '/2'],
    ['with a fragment', '/2#top', '/2'],
  ])('a location may be %s', async (_, location, path) => {
    const server = await startRedirecting(location);
    const socket = connect(`${server.url}1`, { maxRedirects: 1 });
    await socket.opened;
    expect(socket.url).toBe(`ws://127.0.0.1:${server.port}${path}`);
  });

  test.each(['', 'ftp://127.0.0.1/', 'data:text/plain,a', 'javascript:1', 'http://', 'ws://a b/'])(
    'a location that leads nowhere is not followed: "%s"',
    async (location) => {
      const server = await startRaw((guest) => guest.write(redirect(location)));
      const error = await handshakeFailure(connect(`${server.url}1`, { maxRedirects: 2 }));
      expect(error.status).toBe(302);
    },
  );

  test('a redirect without a location is not followed', async () => {
    const server = await startRaw((guest) => guest.write('HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n'));
    expect(await handshakeFailure(connect(server.url, { maxRedirects: 2 }))).toMatchObject({ status: 302 });
  });

  test('a body is not waited for', async () => {
    const server = await startRaw((guest) => {
      if (pathOf(guest) === '/')
        guest.write('HTTP/1.1 302 Found\r\nLocation: /2\r\nContent-Length: 9\r\n\r\nnever');
      else guest.accept();
    });
    await connect(server.url, { maxRedirects: 1 }).opened;
    await server.guests[0]!.ended();
  });

  test('a loop ends after so many', async () => {
    const server = await startRaw((guest) => guest.write(redirect('/')));
    const error = await handshakeFailure(connect(server.url, { maxRedirects: 3 }));
    expect(error).toMatchObject({ status: 302, headers: { location: '/' } });
    expect(server.guests).toHaveLength(4);
  });

  test('the key is a fresh one for each request, and the subprotocols stay', async () => {
    const server = await startRaw((guest) => {
      if (pathOf(guest) === '/1') guest.write(redirect('/2'));
      else guest.accept({ 'Sec-WebSocket-Protocol': 'v1' });
    });
    const socket = connect(`${server.url}1`, { maxRedirects: 1, origin: 'http://a' }, ['v1']);
    await socket.opened;
    expect(socket.protocol).toBe('v1');
    const [first, second] = server.guests;
    expect(first?.header('Sec-WebSocket-Key')).not.toBe(second?.header('Sec-WebSocket-Key'));
    expect(second?.header('Origin')).toBe('http://a');
  });
});

describe('what says who one is', () => {
  test('goes along to the same origin', async () => {
    const server = await startRedirecting('/2');
    await connect(`${server.url}1`, SECRETS).opened;
    const guest = server.guests[1];
    expect(guest?.header('Authorization')).toBe('Bearer a');
    expect(guest?.header('Cookie')).toBe('b=c');
    expect(guest?.header('Proxy-Authorization')).toBe('Basic d');
  });

  test('stays behind when the origin is another, and only that', async () => {
    const other = await startRaw((guest) => guest.accept());
    const server = await startRedirecting(`http://127.0.0.1:${other.port}/`);
    await connect(`${server.url}1`, SECRETS).opened;
    const guest = await other.guest;
    for (const name of ['Authorization', 'Cookie', 'Proxy-Authorization'])
      expect(guest.headers(name)).toEqual([]);
    expect(guest.header('X-Other')).toBe('e');
  });

  test('does not come back with the origin that it was given for', async () => {
    const server = await startRaw((guest) => {
      if (pathOf(guest) === '/1') guest.write(redirect(other.url));
      else guest.accept();
    });
    const other = await startRaw((guest) => guest.write(redirect(`${server.url}2`)));
    await connect(`${server.url}1`, SECRETS).opened;
    expect(server.guests.map((guest) => guest.header('Cookie'))).toEqual(['b=c', undefined]);
  });

  test.each<[string, (port: number) => string]>([
    ['a path', () => '/2'],
    ['a whole URL', (port) => `http://127.0.0.1:${port}/2`],
  ])('the user in the URL goes along to the same origin: %s', async (_, location) => {
    const server = await startRedirecting(location);
    await connect(`ws://foo:bar@127.0.0.1:${server.port}/1`, { maxRedirects: 1 }).opened;
    expect(server.guests.map((guest) => guest.header('Authorization'))).toEqual([
      `Basic ${btoa('foo:bar')}`,
      `Basic ${btoa('foo:bar')}`,
    ]);
  });

  test('the user in the URL stays behind when the origin is another', async () => {
    const other = await startRaw((guest) => guest.accept());
    const server = await startRedirecting(other.url);
    const socket = connect(`ws://foo:bar@127.0.0.1:${server.port}/1`, { maxRedirects: 1 });
    await socket.opened;
    expect((await other.guest).headers('Authorization')).toEqual([]);
    expect(socket.url).toBe(other.url);
  });
});

test('a user in the location is not taken to another origin either', async () => {
  const other = await startRaw((guest) => guest.accept());
  const server = await startRedirecting(`http://foo:bar@127.0.0.1:${other.port}/`);
  const socket = connect(`${server.url}1`, { maxRedirects: 1 });
  await socket.opened;
  expect((await other.guest).headers('Authorization')).toEqual([]);
  expect(socket.url).toBe(other.url);
});

describe('TLS', () => {
  /** An HTTPS server that redirects, or does not answer, and the clients' certificates. */
  async function startSecure(location?: (port: number) => string) {
    const names: (string | undefined)[] = [];
    const https = createServer({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: false });
    https.on('upgrade', (request, transport) => {
      names.push((request.socket as TLSSocket).getPeerCertificate().subject?.CN as string | undefined);
      if (location && request.url === '/1') transport.end(redirect(location(port)));
      else transport.end('HTTP/1.1 418 Enough\r\nContent-Length: 0\r\n\r\n');
    });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    onTestFinished(() => void https.close());
    const { port } = https.address() as AddressInfo;
    return { port, names };
  }
  const options: ClientOptions = { maxRedirects: 3, tls: { ca: cert, cert, key } };

  test('from wss: to ws: nothing is followed', async () => {
    const insecure = await startRaw((guest) => guest.accept());
    for (const scheme of ['ws', 'http']) {
      const { port } = await startSecure(() => `${scheme}://127.0.0.1:${insecure.port}/`);
      const error = await handshakeFailure(connect(`wss://127.0.0.1:${port}/1`, options));
      expect(error.status).toBe(302);
    }
    expect(insecure.guests).toEqual([]);
  });

  test('from ws: to wss: it is', async () => {
    const { port, names } = await startSecure();
    const server = await startRedirecting(`https://127.0.0.1:${port}/`);
    expect((await handshakeFailure(connect(`${server.url}1`, options))).status).toBe(418);
    expect(names).toEqual([undefined]);
  });

  test('a client certificate is shown to the same origin again', async () => {
    const { port, names } = await startSecure(() => '/2');
    expect((await handshakeFailure(connect(`wss://127.0.0.1:${port}/1`, options))).status).toBe(418);
    expect(names).toEqual(['localhost', 'localhost']);
  });

  test('a client certificate is not shown to another one', async () => {
    const other = await startSecure();
    const { port, names } = await startSecure(() => `wss://127.0.0.1:${other.port}/`);
    expect((await handshakeFailure(connect(`wss://127.0.0.1:${port}/1`, options))).status).toBe(418);
    expect(names).toEqual(['localhost']);
    expect(other.names).toEqual([undefined]);
  });
});

describe('redirected', () => {
  const target = (url: string, options: ClientOptions = {}): Target => ({
    url: new URL(url),
    subprotocols: ['a'],
    options: openingOptions(options),
  });
  const answer = (location: string | undefined, statusCode: number | undefined = 302) =>
    ({ statusCode, headers: location === undefined ? {} : { location } }) as IncomingMessage;

  test.each<[string, string, string]>([
    ['ws://a/b?c', '/d', 'ws://a/d'],
    ['ws://a/b/c', 'd?e', 'ws://a/b/d?e'],
    ['ws://a/b', '//e/f', 'ws://e/f'],
    ['ws://a/b', 'https://a/', 'wss://a/'],
    ['ws://a/b', 'HTTP://A:80/#hash', 'ws://a/'],
    ['ws://a/b', '#', 'ws://a/b'],
    ['ws://a/b', '', 'ws://a/b'],
    ['ws://u:p@a/b', '/c', 'ws://u:p@a/c'],
    ['ws://u:p@a/b', 'ws://v@a/c', 'ws://v@a/c'],
    ['ws://u:p@a/b', 'ws://:q@a/c', 'ws://:q@a/c'],
    ['ws://u:p@a/b', 'ws://v:q@e/c', 'ws://e/c'],
    ['ws://u:p@a/b', 'ws://a:81/c', 'ws://a:81/c'],
  ])('from %s by %j to %s', (from, location, to) => {
    expect(redirected(target(from), answer(location))?.url.href).toBe(to);
  });

  test.each<[string, string | undefined, number | undefined]>([
    ['ws://a', undefined, 302],
    ['ws://a', '/b', 200],
    ['ws://a', '/b', 304],
    ['ws://a', 'http://', 302],
    ['ws://a', 'ftp://a/', 302],
    ['ws://a', 'httpx://a/', 302],
    ['wss://a', 'ws://a/', 302],
    ['wss://a', 'http://a/', 302],
  ])('from %s by %j with %s to nowhere', (from, location, status) => {
    expect(redirected(target(from), answer(location, status))).toBeUndefined();
  });

  test('an answer without a status leads nowhere', () => {
    expect(redirected(target('ws://a'), { headers: { location: '/b' } } as IncomingMessage)).toBeUndefined();
  });

  const secrets: ClientOptions = {
    headers: { AUTHORIZATION: '1', Cookie: '2', 'proxy-authorization': '3', 'X-Cookie': '4' },
    tls: {
      cert: 'c',
      key: 'k',
      pfx: 'p',
      passphrase: 'q',
      session: Buffer.from('s'),
      ca: 'ca',
      minVersion: 'TLSv1.3',
    },
  };

  test('to the same origin everything goes along, and the old target is not changed', () => {
    const from = target('ws://u:p@a/b', secrets);
    const to = redirected(from, answer('/c'))!;
    expect(to).toMatchObject({ subprotocols: ['a'] });
    expect(to.options).toBe(from.options);
    expect(from.url.href).toBe('ws://u:p@a/b');
  });

  test.each(['ws://b/', 'ws://a:81/', 'wss://a/'])('to %s no secret goes along', (location) => {
    const from = target('ws://u:p@a/', secrets);
    const to = redirected(from, answer(location))!;
    expect(to.url.href).toBe(location);
    expect(to.subprotocols).toEqual(['a']);
    expect(to.options).toEqual({
      ...from.options,
      headers: [['X-Cookie', '4']],
      tls: { ca: 'ca', minVersion: 'TLSv1.3' },
    });
    expect(from.options.headers).toHaveLength(4);
    expect(Object.keys(from.options.tls)).toHaveLength(7);
  });
});
