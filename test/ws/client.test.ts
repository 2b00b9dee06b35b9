import { once } from 'node:events';
import { Agent, type ClientRequest, createServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { acceptKey } from 'barewire/protocol';
import { WebSocket, WebSocketServer } from 'barewire/ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cert, key } from '../support/certificate.ts';
import { eventsOf, peerServerOf } from './sockets.ts';

type Answer = (request: IncomingMessage, transport: Duplex) => void;

/** An HTTP server that gives each upgrade the next of these answers. */
async function answering(...answers: Answer[]): Promise<{ url: string; requests: IncomingMessage[] }> {
  const server = createServer();
  const requests: IncomingMessage[] = [];
  server.on('upgrade', (request: IncomingMessage, transport: Duplex) => {
    transport.on('error', () => {});
    requests.push(request);
    answers[requests.length - 1]?.(request, transport);
  });
  server.listen(0);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return { url: `ws://localhost:${(server.address() as AddressInfo).port}`, requests };
}

/** A 101 with these lines in addition. */
const accepting =
  (lines: string[], accept?: string): Answer =>
  ({ headers }, transport) => {
    const key = accept ?? acceptKey(headers['sec-websocket-key']!);
    const all = [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${key}`,
      ...lines,
    ];
    transport.write(`${all.join('\r\n')}\r\n\r\n`);
  };

const redirecting =
  (location: string): Answer =>
  (_request, transport) =>
    transport.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`);

/** The message of the error, and whether 'close' came behind it. */
async function failureOf(socket: WebSocket): Promise<string> {
  const events = eventsOf(socket, 'open', 'error', 'close');
  await new Promise((resolve) => socket.on('close', resolve));
  expect(events.map(([name]) => name)).toEqual(['error', 'close']);
  expect(events[1]).toEqual(['close', 1006, Buffer.alloc(0)]);
  expect(socket.readyState).toBe(WebSocket.CLOSED);
  return (events[0]![1] as Error).message;
}

describe('arguments', () => {
  test.each<[string, string]>([
    ['foo', 'Invalid URL: foo'],
    ['ftp://a', 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"'],
    ['ws+unix:', "The URL's pathname is empty"],
    ['ws://a#b', 'The URL contains a fragment identifier'],
  ])('%s cannot be connected to', (url, message) => {
    expect(() => new WebSocket(url)).toThrow(new SyntaxError(message));
  });

  test.each<[unknown]>([[null], [''], ['a,b'], [['a', 'a']], [[5]]])('%o are no subprotocols', (names) => {
    const message = 'An invalid or duplicated subprotocol was specified';
    expect(() => new WebSocket('ws://a', names as string)).toThrow(new SyntaxError(message));
  });

  test('there are two versions', () => {
    const message = 'Unsupported protocol version: 7 (supported versions: 8, 13)';
    expect(() => new WebSocket('ws://a', { protocolVersion: 7 })).toThrow(new RangeError(message));
  });
});

describe('the request', () => {
  test('has the headers of the handshake, and what the options say', async () => {
    const { url, requests } = await answering((_request, transport) => transport.destroy());
    const socket = new WebSocket(`${url.replace('ws://', 'ws://user:p%20w@')}/path?q`, ['a', 'b'], {
      headers: { 'X-Own': 'own' },
      origin: 'https://example.com',
      perMessageDeflate: {
        clientMaxWindowBits: 10,
        serverMaxWindowBits: 11,
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
      },
    });
    await failureOf(socket);
    const [request] = requests;
    expect(request!.url).toBe('/path?q');
    expect(request!.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('user:p w').toString('base64')}`,
      'x-own': 'own',
      origin: 'https://example.com',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'a,b',
      'sec-websocket-extensions':
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; client_max_window_bits=10',
    });
  });

  test('can be changed before it goes out', async () => {
    const { url, requests } = await answering(accepting(['Upgrade: websocket']));
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      protocolVersion: 8,
      origin: 'a',
      finishRequest(request, websocket: unknown) {
        expect(websocket).toBeInstanceOf(WebSocket);
        request.setHeader('X-Late', 'late');
        request.end();
      },
    });
    await once(socket, 'open');
    expect(requests[0]!.headers).toMatchObject({ 'x-late': 'late', 'sec-websocket-origin': 'a' });
    expect(requests[0]!.headers['sec-websocket-extensions']).toBeUndefined();
    socket.terminate();
  });

  test('goes through an agent, or a connection of the user', async () => {
    const { url } = await answering(accepting(['Upgrade: websocket']), accepting(['Upgrade: websocket']));
    const { port } = new URL(url);
    const made: string[] = [];
    const agent = new Agent();
    const { addRequest } = agent as unknown as { addRequest: (...values: unknown[]) => void };
    Object.assign(agent, {
      addRequest(...values: unknown[]) {
        made.push('agent');
        addRequest.apply(agent, values);
      },
    });
    const sockets = [
      new WebSocket(url, { agent }),
      new WebSocket('ws://nowhere.invalid', {
        createConnection: () => {
          made.push('connection');
          return connect(Number(port), 'localhost');
        },
      }),
    ];
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    expect(made).toEqual(['agent', 'connection']);
    for (const socket of sockets) socket.terminate();
  });

  test('goes to a Unix socket', async () => {
    const path = join(tmpdir(), `barewire-ws-${process.pid}.sock`);
    const http = createServer().listen(path);
    await once(http, 'listening');
    const server = new WebSocketServer({ server: http });
    const urls: unknown[] = [];
    server.on('connection', (accepted: WebSocket, { url }: IncomingMessage) => {
      urls.push(url);
      accepted.close();
    });
    for (const url of [`ws+unix:${path}:/path?q`, `ws+unix:${path}`]) await once(new WebSocket(url), 'close');
    expect(urls).toEqual(['/path?q', '/']);
    await new Promise((resolve) => http.close(resolve));
  });

  test('goes over TLS, with its options', async () => {
    const https = createHttpsServer({ cert, key }).listen(0);
    onTestFinished(() => void https.close());
    await once(https, 'listening');
    const server = new WebSocketServer({ server: https });
    const secure: unknown[] = [];
    server.options.verifyClient = (info) => {
      secure.push(info.secure);
      return true;
    };
    const url = `wss://localhost:${(https.address() as AddressInfo).port}`;
    expect(await failureOf(new WebSocket(url))).toMatch(/self.signed/);
    const socket = new WebSocket(url, { rejectUnauthorized: false });
    server.on('connection', (accepted: WebSocket) => accepted.close(1000, 'secure'));
    socket.on('open', () => socket.close());
    await once(socket, 'close');
    expect(secure).toEqual([true]);
  });
});

describe('an answer', () => {
  test.each<[message: string, answer: Answer, options?: object]>([
    ['Invalid Upgrade header', accepting(['Upgrade: other'])],
    ['Invalid Sec-WebSocket-Accept header', accepting(['Upgrade: websocket'], 'other')],
    [
      'Server sent a subprotocol but none was requested',
      accepting(['Upgrade: websocket', 'Sec-WebSocket-Protocol: a']),
    ],
    ['Server sent no subprotocol', accepting(['Upgrade: websocket']), { protocols: 'b' }],
    [
      'Server sent an invalid subprotocol',
      accepting(['Upgrade: websocket', 'Sec-WebSocket-Protocol: a']),
      { protocols: ['b'] },
    ],
    [
      'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
      accepting(['Upgrade: websocket', 'Sec-WebSocket-Extensions: permessage-deflate']),
      { perMessageDeflate: false },
    ],
    [
      'Server indicated an extension that was not requested',
      accepting(['Upgrade: websocket', 'Sec-WebSocket-Extensions: permessage-deflate, other']),
    ],
    [
      'Invalid Sec-WebSocket-Extensions header',
      accepting(['Upgrade: websocket', 'Sec-WebSocket-Extensions: permessage-deflate; other']),
    ],
    [
      'Unexpected server response: 401',
      (_r, t) => t.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'),
    ],
    ['socket hang up', (_r, t) => t.destroy()],
    ['Opening handshake has timed out', () => {}, { handshakeTimeout: 50 }],
  ])('opens nothing: %s', async (message, answer, options) => {
    const { url } = await answering(answer);
    expect(await failureOf(new WebSocket(url, options))).toBe(message);
  });

  test('that is unexpected is the listener’s', async () => {
    const { url } = await answering((_r, t) =>
      t.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno'),
    );
    const socket = new WebSocket(url);
    const failure = failureOf(socket);
    const [request, response] = (await once(socket, 'unexpected-response')) as [
      ClientRequest,
      IncomingMessage,
    ];
    let body = '';
    for await (const chunk of response) body += chunk;
    expect([response.statusCode, body, request.method]).toEqual([401, 'no', 'GET']);
    socket.close();
    expect(await failure).toBe('WebSocket was closed before the connection was established');
  });

  test('does not come any more, when the socket is closed', async () => {
    const message = 'WebSocket was closed before the connection was established';
    const { url } = await answering(accepting(['Upgrade: websocket']));
    const socket = new WebSocket('ws://localhost:1');
    socket.close(1001);
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    socket.send('late');
    expect(socket.bufferedAmount).toBe(4);
    expect(await failureOf(socket)).toBe(message);
    const other = new WebSocket('ws://localhost:1');
    other.terminate();
    expect(await failureOf(other)).toBe(message);
    const third = new WebSocket(url);
    third.on('upgrade', () => third.close());
    expect(await failureOf(third)).toBe(message);
  });

  test('of garbage is an error', async () => {
    const server = createNetServer((transport) => transport.end('garbage\r\n')).listen(0);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const failure = failureOf(new WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`));
    expect(await failure).toMatch(/Parse Error/);
  });
});

describe('redirects', () => {
  test('are followed, where one wants that, to another host without secrets', async () => {
    const { server, url: target } = await peerServerOf();
    const requests: IncomingMessage[] = [];
    server.on('connection', (_accepted, request) => requests.push(request));
    const { url, requests: first } = await answering(redirecting('/again'), redirecting(`${target}/there`));
    const socket = new WebSocket(url.replace('ws://', 'ws://user:pass@'), {
      followRedirects: true,
      headers: { Cookie: 'secret', Host: 'own', 'X-Own': 'kept' },
    });
    await once(socket, 'open');
    expect(socket.url).toBe(`${target}/there`);
    expect(socket._redirects).toBe(2);
    expect(first.map(({ headers }) => headers.authorization)).toEqual([
      'Basic dXNlcjpwYXNz',
      'Basic dXNlcjpwYXNz',
    ]);
    expect(requests[0]!.headers).toMatchObject({ host: new URL(target).host, 'x-own': 'kept' });
    expect(requests[0]!.headers).not.toHaveProperty('cookie');
    expect(requests[0]!.headers).not.toHaveProperty('authorization');
    socket.terminate();
  });

  test('are the listener’s, which gets the request with everything', async () => {
    const { server, url: target } = await peerServerOf();
    const requests: IncomingMessage[] = [];
    server.on('connection', (_accepted, request) => requests.push(request));
    const { url } = await answering(redirecting(target));
    const socket = new WebSocket(url, { followRedirects: true, headers: { cookie: 'secret' } });
    const told: unknown[] = [];
    socket.on('redirect', (to: string, request: ClientRequest) => told.push(to, request.getHeader('cookie')));
    await once(socket, 'open');
    expect(told).toEqual([`${target}/`, 'secret']);
    expect(requests[0]!.headers.cookie).toBe('secret');
    socket.terminate();
  });

  test.each<[message: string, location: string, options?: object]>([
    ['Invalid URL: ws://', 'ws://'],
    ['The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"', 'ftp://a'],
    ['Maximum redirects exceeded', '/', { maxRedirects: 0 }],
  ])('cannot be followed: %s', async (message, location, options) => {
    const { url } = await answering(redirecting(location));
    expect(await failureOf(new WebSocket(url, { followRedirects: true, ...options }))).toBe(message);
  });

  test('are not followed by default', async () => {
    const { url } = await answering(redirecting('/'));
    expect(await failureOf(new WebSocket(url))).toBe('Unexpected server response: 302');
  });
});

test('masking keys can be the user’s', async () => {
  const { server, url } = await peerServerOf();
  const socket = new WebSocket(url, { generateMask: (mask) => mask.fill(7) });
  const [accepted] = (await once(server, 'connection')) as [import('ws').WebSocket & { _socket: Duplex }];
  const chunks: Buffer[] = [];
  accepted._socket.prependListener('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
  if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open');
  socket.send('a');
  expect(`${(await once(accepted, 'message'))[0]}`).toBe('a');
  expect(chunks[0]!.subarray(2, 6)).toEqual(Buffer.alloc(4, 7));
  socket.terminate();
});
