import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type Duplex, PassThrough } from 'node:stream';
import { WebSocket, WebSocketServer } from 'barewire/ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as ws from 'ws';
import { pairOf, serverOf } from './sockets.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': 13,
};

/** The answer to a request, and its body. */
async function answerTo(url: string, headers: object, method = 'GET'): Promise<[IncomingMessage, string]> {
  const sent = request(url.replace('ws:', 'http:'), { method, headers: headers as Record<string, string> });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  return [response, body];
}

describe('a server', () => {
  test('needs one place to listen', () => {
    const why = 'One and only one of the "port", "server", or "noServer" options must be specified';
    for (const options of [
      undefined,
      {},
      { port: 0, noServer: true },
      { server: createServer(), noServer: true },
    ])
      expect(() => new WebSocketServer(options)).toThrow(new TypeError(why));
  });

  test('has an address, calls back when it listens, and answers plain requests with 426', async () => {
    let isCalled = false;
    const server = new WebSocketServer({ port: 0, path: '/p' }, () => {
      isCalled = true;
    });
    await once(server, 'listening');
    expect(isCalled).toBe(true);
    expect(server.path).toBe('/p');
    const { port } = server.address() as AddressInfo;
    const [response, body] = await answerTo(`ws://127.0.0.1:${port}`, {});
    expect([response.statusCode, body]).toEqual([426, 'Upgrade Required']);
    const other = new WebSocketServer({ port });
    expect(await once(other, 'error')).toMatchObject([{ code: 'EADDRINUSE' }]);
    await new Promise((resolve) => server.close(resolve));
    expect(server.address()).toBeNull();
    expect(() => new WebSocketServer({ noServer: true }).address()).toThrow('"noServer" mode');
  });

  test('closes once, when all sockets are gone', async () => {
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    http.listen(0);
    onTestFinished(() => void http.close());
    await once(server, 'listening');
    const client = new WebSocket(`ws://localhost:${(http.address() as AddressInfo).port}`);
    await once(client, 'open');
    const called: unknown[] = [];
    server.close(() => called.push('closed'));
    server.close(() => called.push('too'));
    await new Promise(setImmediate);
    expect([called, server.clients.size, http.listenerCount('upgrade')]).toEqual([[], 1, 0]);
    client.close();
    await once(server, 'close');
    server.close((error) => called.push(error?.message));
    await once(server, 'close');
    expect(called).toEqual(['closed', 'too', 'The server is not running']);
    const empty = new WebSocketServer({ noServer: true, clientTracking: false });
    expect(empty.clients).toBeUndefined();
    empty.close();
    await once(empty, 'close');
  });

  test('knows its sockets until they are closed', async () => {
    const { server, accepted, client } = await pairOf();
    expect([...server.clients]).toEqual([accepted]);
    const size = new Promise((resolve) => accepted.on('close', () => resolve(server.clients.size)));
    client.terminate();
    expect(await size).toBe(0);
  });

  test('makes sockets of the class that it is given', async () => {
    class Mine extends WebSocket {
      readonly mine = 'mine';
    }
    const { accepted } = await pairOf({ server: { WebSocket: Mine } });
    expect(accepted).toMatchObject({ mine: 'mine' });
  });
});

describe('a request', () => {
  test.each<[message: string, headers: object, status: number, method?: string]>([
    ['Invalid HTTP method', UPGRADE, 405, 'POST'],
    ['Invalid Upgrade header', { ...UPGRADE, Upgrade: 'other' }, 400],
    ['Missing or invalid Sec-WebSocket-Key header', { ...UPGRADE, 'Sec-WebSocket-Key': 'short' }, 400],
    ['Missing or invalid Sec-WebSocket-Version header', { ...UPGRADE, 'Sec-WebSocket-Version': 12 }, 400],
    ['Invalid Sec-WebSocket-Protocol header', { ...UPGRADE, 'Sec-WebSocket-Protocol': 'a;b' }, 400],
    [
      'Invalid or unacceptable Sec-WebSocket-Extensions header',
      { ...UPGRADE, 'Sec-WebSocket-Extensions': 'permessage-deflate; unknown' },
      400,
    ],
  ])('is refused as ws does: %s', async (message, headers, status, method) => {
    const { server, url } = await serverOf({ perMessageDeflate: true });
    const [response, body] = await answerTo(url, headers, method);
    expect([response.statusCode, body]).toEqual([status, message]);
    if (message.includes('Version')) expect(response.headers['sec-websocket-version']).toBe('13, 8');
    const told = once(server, 'wsClientError') as Promise<[Error, Duplex, IncomingMessage]>;
    const again = answerTo(url, headers, method);
    const [error, transport, from] = await told;
    expect([error.message, from.method]).toEqual([message, method ?? 'GET']);
    transport.end('HTTP/1.1 418 I am a teapot\r\nConnection: close\r\n\r\n');
    expect((await again)[0].statusCode).toBe(418);
  });

  test('for another path gets 400', async () => {
    const { server, url } = await serverOf({ path: '/here' });
    expect((await answerTo(`${url}/there`, UPGRADE))[0].statusCode).toBe(400);
    expect(server.shouldHandle({ url: '/here?q=/there' } as IncomingMessage)).toBe(true);
  });

  test.each<[what: string, verifyClient: unknown, status: number, body: string]>([
    ['at once', () => false, 401, 'Unauthorized'],
    [
      'later',
      (_info: unknown, done: (isVerified: boolean) => void) => setImmediate(done, false),
      401,
      'Unauthorized',
    ],
    [
      'with all details',
      (_info: unknown, done: (...values: unknown[]) => void) =>
        done(false, 503, 'busy', { 'Retry-After': 120 }),
      503,
      'busy',
    ],
  ])('can be refused %s', async (what, verifyClient, status, body) => {
    const { url } = await serverOf({ verifyClient: verifyClient as () => boolean });
    const [response, got] = await answerTo(url, UPGRADE);
    expect([response.statusCode, got]).toEqual([status, body]);
    if (what === 'with all details') expect(response.headers['retry-after']).toBe('120');
  });

  test('can be looked at before it is accepted', async () => {
    const seen: unknown[] = [];
    const { accepted } = await pairOf({
      server: {
        verifyClient: (info, done: (isVerified: boolean) => void) => {
          seen.push(info.origin, info.secure, info.req.url);
          setImmediate(done, true);
        },
      },
      client: { origin: 'https://example.com', protocolVersion: 8 },
    });
    expect(seen).toEqual(['https://example.com', false, '/']);
    expect(accepted.readyState).toBe(WebSocket.OPEN);
    const { accepted: other } = await pairOf({
      server: { verifyClient: ({ origin }) => origin === 'a' },
      client: { origin: 'a' },
    });
    expect(other.readyState).toBe(WebSocket.OPEN);
  });

  test('gets the first subprotocol, or what handleProtocols chooses', async () => {
    const client = { protocols: ['a', 'b'] };
    const first = await pairOf({ client });
    expect([first.accepted.protocol, first.client.protocol]).toEqual(['a', 'a']);
    const chosen = await pairOf({ client, server: { handleProtocols: (names) => [...names].at(-1)! } });
    expect([chosen.accepted.protocol, chosen.client.protocol]).toEqual(['b', 'b']);
  });

  test('has an answer whose headers can be changed', async () => {
    const { server, url } = await serverOf();
    server.on('headers', (headers: string[], from: IncomingMessage) => headers.push(`X-Url: ${from.url}`));
    const client = new WebSocket(`${url}/x`);
    const [[response]] = (await Promise.all([once(client, 'upgrade'), once(client, 'open')])) as [
      [IncomingMessage],
      unknown,
    ];
    expect(response.headers['x-url']).toBe('/x');
  });

  test('of ws is compressed as was agreed on', async () => {
    const { server, url } = await serverOf({
      perMessageDeflate: { serverNoContextTakeover: true, serverMaxWindowBits: 10, threshold: 100 },
    });
    server.on('connection', (socket: WebSocket) => {
      socket.on('message', (data: Buffer, isBinary: boolean) => socket.send(data, { binary: isBinary }));
    });
    const client = new ws.WebSocket(url);
    const [[response]] = (await Promise.all([once(client, 'upgrade'), once(client, 'open')])) as [
      [IncomingMessage],
      unknown,
    ];
    expect(response.headers['sec-websocket-extensions']).toBe(
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=10',
    );
    for (const text of ['short', 'long '.repeat(1000)]) {
      client.send(text);
      expect(`${(await once(client, 'message'))[0]}`).toBe(text);
    }
    const [accepted] = server.clients;
    expect(accepted!._socket).toMatchObject({ bytesWritten: expect.toSatisfy((bytes) => bytes < 500) });
    expect(accepted!.extensions).toBe('permessage-deflate');
    client.close();
  });
});

describe('handleUpgrade', () => {
  test('takes any Duplex, once, and not of a server that is closing', async () => {
    const http = createServer();
    const server = new WebSocketServer({ noServer: true });
    const errors: unknown[] = [];
    http.on('upgrade', (from, transport, head) => {
      server.handleUpgrade(from, transport, head, (socket) => socket.send('hello'));
      try {
        server.handleUpgrade(from, transport, head, () => errors.push('never'));
      } catch (error) {
        errors.push((error as Error).message);
      }
    });
    http.listen(0);
    onTestFinished(() => void http.close());
    await once(http, 'listening');
    const url = `ws://localhost:${(http.address() as AddressInfo).port}`;
    const client = new WebSocket(url);
    expect(`${(await once(client, 'message'))[0]}`).toBe('hello');
    expect(errors).toEqual([expect.stringContaining('called more than once with the same socket')]);
    server.close();
    const late = new WebSocket(url);
    expect(await once(late, 'error').catch((error: Error) => error.message)).toMatchObject([
      { message: 'Unexpected server response: 503' },
    ]);
    client.close();
  });

  test('does nothing for a client that has gone', () => {
    const server = new WebSocketServer({ noServer: true });
    const transport = new PassThrough();
    transport.end();
    const headers = Object.fromEntries(
      Object.entries(UPGRADE).map(([name, value]) => [name.toLowerCase(), `${value}`]),
    );
    const from = { method: 'GET', url: '/', headers, socket: {} } as unknown as IncomingMessage;
    server.handleUpgrade(from, transport, Buffer.alloc(0), () => expect.unreachable());
    expect(transport.destroyed).toBe(true);
    const broken = new PassThrough();
    server.handleUpgrade({ ...from, method: 'POST' } as IncomingMessage, broken, Buffer.alloc(0), () => {});
    broken.emit('error', new Error('EPIPE'));
    expect(broken.destroyed).toBe(true);
  });

  test('reads what came with the request', async () => {
    const { server, url } = await serverOf();
    server.on('connection', (socket: WebSocket) =>
      socket.on('message', (data) => socket.send(`got ${data}`)),
    );
    const { port, hostname } = new URL(url);
    const transport = connect(Number(port), hostname);
    const lines = Object.entries({ Host: 'a', ...UPGRADE }).map(([name, value]) => `${name}: ${value}`);
    transport.write(
      Buffer.concat([
        Buffer.from(`GET / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`),
        Buffer.from('81810000000061', 'hex'),
      ]),
    );
    let got = '';
    transport.on('data', (chunk) => {
      got += chunk.toString('latin1');
    });
    await expect.poll(() => got).toContain('got a');
    transport.destroy();
  });
});

test('frames that were made before can be sent by _sender, as engine.io does', async () => {
  const { accepted, client } = await pairOf();
  const { Sender } = (await import('barewire/ws')).default;
  const got: unknown[] = [];
  client.on('message', (data, isBinary) => got.push([`${data}`, isBinary]));
  for (const name of ['ping', 'pong']) client.on(name, (data) => got.push([`${data}`, name]));
  const frames = [
    Sender.frame('text', { opcode: 1, fin: true }),
    Sender.frame(Buffer.from('bytes'), { opcode: 2, fin: true, mask: true, readOnly: true }),
    Sender.frame(Buffer.from('x'.repeat(300)), { opcode: 1, fin: true, mask: true }),
    Sender.frame('', { opcode: 1, fin: true }),
    Sender.frame('a', { opcode: 9, fin: true }),
    Sender.frame('b', { opcode: 10, fin: true }),
  ];
  for (const frame of frames)
    await new Promise<void>((resolve) => accepted._sender!.sendFrame(frame, () => resolve()));
  await expect
    .poll(() => got)
    .toEqual([
      ['text', false],
      ['bytes', true],
      ['x'.repeat(300), false],
      ['', false],
      ['a', 'ping'],
      ['b', 'pong'],
    ]);
});
