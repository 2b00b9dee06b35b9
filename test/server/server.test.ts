import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { accept, type Handlers, HandshakeError, refuse, UsageError, WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket as Client } from 'ws';
import { heldBytes } from '../protocol/memory.ts';
import { block } from '../support/block.ts';
import { eventually } from '../support/eventually.ts';
import { closeFrame, KEY, RawClient, request, textFrame } from '../support/raw-client.ts';
import { start, startEcho } from '../support/servers.ts';
import { Transport, upgrade } from './transport.ts';

/** An HTTP server with routes of its own. */
async function startHttp() {
  const http = createServer((_request, response) => response.end('a page\n'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { http, port: (http.address() as AddressInfo).port };
}

async function statusOf(port: number, headers: Record<string, string | undefined> = {}, target = '/') {
  const client = await RawClient.connect(port);
  client.write(request(headers, target));
  const head = await client.answer();
  client.socket.destroy();
  return Number(head.split(' ')[1]);
}

const echo: Handlers = { message: (socket, data) => socket.send(data) };

describe('a port of its own', () => {
  test('answers the handshake of §1.2 byte by byte', async () => {
    const { port } = await startEcho();
    const client = await RawClient.connect(port);
    client.write(request());
    expect(await client.answer()).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });

  test('answers a plain request with 426 and says what to send', async () => {
    const { port } = await startEcho();
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
    expect(await response.text()).toContain('WebSocket');
  });

  test('rejects when the port is taken, and can then listen on another', async () => {
    const { port } = await startEcho();
    const server = new WebSocketServer({}, echo);
    await expect(server.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const { port: other } = await server.listen(0, '127.0.0.1');
    expect(await statusOf(other)).toBe(101);
    await server.close({ timeoutMs: 100 });
  });

  test('a port that cannot be had is heard of by who does not wait, as an unhandled rejection', async () => {
    const { port } = await startEcho();
    const heard = new Promise((resolve) => process.once('unhandledRejection', resolve));
    void new WebSocketServer({}, echo).listen(port, '127.0.0.1');
    expect(await heard).toMatchObject({ code: 'EADDRINUSE' });
  });

  test('listens once', async () => {
    const { server } = await startEcho();
    await expect(server.listen(0)).rejects.toThrow(new UsageError('this server listens already'));
  });

  test.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['8080', '"8080"'],
    ['a', '"a"'],
    [65_536, '65536'],
    [-1, '-1'],
    [Number.NaN, 'NaN'],
  ])('not on the port %o', async (port, text) => {
    const message = `port must be a whole number from 0 to 65535, got ${text}`;
    await expect(new WebSocketServer().listen(port as number)).rejects.toThrow(new UsageError(message));
  });
});

describe('attached to an HTTP server', () => {
  test('leaves its routes alone', async () => {
    const { http, port } = await startHttp();
    new WebSocketServer({}, echo).attach(http);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('a page\n');
    expect(await statusOf(port)).toBe(101);
  });

  test('several servers share one by their paths; for other paths there is 404', async () => {
    const { http, port } = await startHttp();
    const a = new WebSocketServer({ path: '/a' }, (socket) => void socket.send('a')).attach(http);
    const b = new WebSocketServer({ path: '/b' }, (socket) => void socket.send('b')).attach(http);
    const first = await RawClient.open(port, {}, '/a?token=1');
    const second = await RawClient.open(port, {}, '/b');
    expect(await first.take(3)).toBe(Buffer.from('\x81\x01a', 'latin1').toString('hex'));
    expect(await second.take(3)).toBe(Buffer.from('\x81\x01b', 'latin1').toString('hex'));
    expect(await statusOf(port, {}, '/c')).toBe(404);
    await Promise.all([a.close({ timeoutMs: 50 }), b.close({ timeoutMs: 50 })]);
  });

  test('the server without a path takes what the others do not', async () => {
    const { http, port } = await startHttp();
    const rest = new WebSocketServer({}, (socket) => void socket.send('r')).attach(http);
    const a = new WebSocketServer({ path: '/a' }, (socket) => void socket.send('a')).attach(http);
    expect(await (await RawClient.open(port, {}, '/a')).take(3)).toBe('810161');
    expect(await (await RawClient.open(port, {}, '/elsewhere')).take(3)).toBe('810172');
    await Promise.all([a.close({ timeoutMs: 50 }), rest.close({ timeoutMs: 50 })]);
  });

  test("leaves to another 'upgrade' listener what is not its own", async () => {
    const { http, port } = await startHttp();
    http.on('upgrade', (incoming, transport) => {
      if (incoming.url === '/other') transport.end('HTTP/1.1 299 Other\r\n\r\n');
    });
    new WebSocketServer({ path: '/a' }, echo).attach(http);
    expect(await statusOf(port, {}, '/other')).toBe(299);
    expect(await statusOf(port, {}, '/a')).toBe(101);
  });

  test('gives the HTTP server back when it closes', async () => {
    const { http, port } = await startHttp();
    const server = new WebSocketServer({}, echo).attach(http);
    await server.close();
    expect(http.listenerCount('upgrade')).toBe(0);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('a page\n');
  });
});

describe('handleUpgrade by hand', () => {
  test('resolves with the open socket, whose messages wait for a listener', async () => {
    const { http, port } = await startHttp();
    const server = new WebSocketServer();
    http.on('upgrade', async (incoming, transport, head) => {
      const socket = await server.handleUpgrade(incoming, transport, head);
      await new Promise((resolve) => setTimeout(resolve, 30)); // look something up
      socket?.addEventListener('message', ({ data }) => socket.send(`heard ${data}`));
    });
    const client = await RawClient.connect(port);
    client.write(Buffer.concat([Buffer.from(request()), textFrame('early')]));
    await client.answer();
    expect(await client.take(2 + 11)).toBe(`810b${Buffer.from('heard early').toString('hex')}`);
    await server.close({ timeoutMs: 50 });
  });

  test('resolves with undefined when the request is refused', async () => {
    const { http, port } = await startHttp();
    const server = new WebSocketServer();
    const result = new Promise((resolve) => {
      http.on('upgrade', (...upgrade) => resolve(server.handleUpgrade(...upgrade)));
    });
    expect(await statusOf(port, { 'Sec-WebSocket-Version': '8' })).toBe(426);
    expect(await result).toBeUndefined();
  });

  test.each<[string, number | null, number, number]>([
    ['as many as node:http reads by default', null, 1_000 - 5, 431],
    ['more than a lower limit', 10, 6, 431],
    ['as many as a lower limit', 10, 5, 431],
    ['fewer than a lower limit', 10, 4, 101],
    ['many, where there is no limit', 0, 1_100, 101],
  ])('a request whose header lines may not be all gets 431: %s', async (_name, limit, count, status) => {
    const { http, port } = await startHttp();
    http.maxHeadersCount = limit;
    const server = new WebSocketServer();
    onTestFinished(() => server.close({ timeoutMs: 0 }));
    http.on('upgrade', (...upgrade) => void server.handleUpgrade(...upgrade));
    const client = await RawClient.connect(port);
    client.write(request().replace('\r\n\r\n', `\r\n${'a:\r\n'.repeat(count)}\r\n`));
    // From Node 22 on, node:http itself refuses a request with more lines than its limit.
    expect(await client.answer()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(server.sockets.size).toBe(status === 101 ? 1 : 0);
    client.socket.destroy();
  });

  test('an upgrade that is handled already is not handled again: the first socket goes on, and the mistake is told', async () => {
    const { http, port } = await startHttp();
    const errors: unknown[] = [];
    const server = new WebSocketServer(
      {},
      { message: (socket, data) => socket.send(data), error: (error) => errors.push(error) },
    );
    server.attach(http);
    const second = new Promise((resolve) => {
      http.on('upgrade', (...upgrade) => resolve(server.handleUpgrade(...upgrade)));
    });
    const client = await RawClient.connect(port);
    client.write(Buffer.concat([Buffer.from(request()), textFrame('once')]));
    await client.answer();
    expect(await client.take(2 + 4)).toBe(`8104${Buffer.from('once').toString('hex')}`);
    expect(await second).toBeUndefined();
    expect(errors).toEqual([expect.any(UsageError)]);
    expect(server.sockets.size).toBe(1);
    await server.close({ timeoutMs: 50 });
  });
});

describe('what comes with the request', () => {
  test('frames in the same segment as the request are not lost', async () => {
    const { port } = await startEcho();
    const client = await RawClient.connect(port);
    client.write(Buffer.concat([Buffer.from(request()), textFrame('one'), textFrame('two').subarray(0, 4)]));
    await client.answer();
    expect(await client.take(5)).toBe('81036f6e65');
    client.write(textFrame('two').subarray(4));
    expect(await client.take(5)).toBe('810374776f');
  });

  test('a request that names the whole URL, as to a proxy, is the same request', async () => {
    const { port, opened } = await start({ path: '/room' });
    await RawClient.open(port, { Host: 'localhost' }, 'http://localhost/room?x');
    expect((await opened).url).toBe('ws://localhost/room?x');
  });

  test('the host of a request that names the whole URL is that of the URL, whatever Host says', async () => {
    const { port, opened } = await start({ allowedHosts: ['a.example'] });
    const origin = { Origin: 'http://a.example' };
    await RawClient.open(port, { Host: 'b.example', ...origin }, 'http://a.example/room');
    expect((await opened).url).toBe('ws://a.example/room');
    expect(await statusOf(port, { Host: 'a.example', ...origin }, 'http://b.example/room')).toBe(421);
  });

  test('a body is not taken for frames: the request is refused', async () => {
    const { port } = await startEcho();
    const client = await RawClient.connect(port);
    const body = textFrame('hello');
    client.write(Buffer.concat([Buffer.from(request({ 'Content-Length': `${body.length}` })), body]));
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 400 /);
    await client.ended();
    expect(client.received.toString()).toBe('a request for an upgrade must not have a body\n');
    client.socket.destroy();
  });

  test('the whole URL of the request is the socket’s', async () => {
    const { port, opened } = await startEcho();
    await RawClient.open(port, { Host: `localhost:${port}` }, '/room?name=x');
    expect((await opened).url).toBe(`ws://localhost:${port}/room?name=x`);
  });
});

describe('origins', () => {
  test.each([
    ['its own', { Host: 'chat.example', Origin: 'http://chat.example' }, 101],
    ['its own behind a proxy that ends TLS', { Host: 'chat.example', Origin: 'https://chat.example' }, 101],
    ['its own with the port', { Host: 'localhost:81', Origin: 'http://localhost:81' }, 101],
    [
      'its own with the default port spelled out',
      { Host: 'chat.example:443', Origin: 'https://chat.example' },
      101,
    ],
    ['its own in capitals', { Host: 'Chat.Example', Origin: 'http://chat.example' }, 101],
    ['no Origin at all', { Host: 'chat.example' }, 101],
    ['another host', { Host: 'chat.example', Origin: 'http://evil.example' }, 403],
    ['a subdomain', { Host: 'chat.example', Origin: 'http://x.chat.example' }, 403],
    ['a host that ends alike', { Host: 'chat.example', Origin: 'http://evilchat.example' }, 403],
    ['another port', { Host: 'localhost:8080', Origin: 'http://localhost:5173' }, 403],
    ['a file', { Host: 'chat.example', Origin: 'null' }, 403],
    ['an empty one', { Host: 'chat.example', Origin: '' }, 403],
    ['a name with a path', { Host: 'chat.example', Origin: 'http://chat.example/' }, 403],
    ['another scheme', { Host: 'chat.example', Origin: 'chrome-extension://chat.example' }, 403],
  ])('%s', async (_name, headers, status) => {
    const { port } = await startEcho();
    expect(await statusOf(port, headers)).toBe(status);
  });

  test('the allow-list lets in what it names, and nothing else', async () => {
    const { port } = await startEcho({ allowedOrigins: ['https://app.example', 'null'] });
    expect(await statusOf(port, { Origin: 'https://app.example' })).toBe(101);
    expect(await statusOf(port, { Origin: 'null' })).toBe(101);
    expect(await statusOf(port, { Origin: 'https://app.example.evil' })).toBe(403);
  });

  test('behind a proxy that ends TLS, the http page of the same host is foreign once the server knows its origin', async () => {
    const page = { Host: 'chat.example', Origin: 'http://chat.example' };
    expect(await statusOf((await startEcho()).port, page)).toBe(101);
    const { port, opened } = await start({ origin: 'https://chat.example' });
    expect(await statusOf(port, page)).toBe(403);
    expect(await statusOf(port, { Host: 'inner:8080', Origin: 'https://chat.example' })).toBe(101);
    expect((await opened).url).toBe('wss://chat.example/');
  });

  test("'*' lets in everybody", async () => {
    const { port } = await startEcho({ allowedOrigins: '*' });
    expect(await statusOf(port, { Origin: 'https://anywhere.example' })).toBe(101);
  });

  test('a refusal is told to the refused handler', async () => {
    const refused = vi.fn();
    const { port } = await start({}, { refused });
    await statusOf(port, { Origin: 'http://evil.example' });
    expect(refused).toHaveBeenCalledOnce();
    expect(refused.mock.calls[0]?.[0].headers.origin).toBe('http://evil.example');
    expect(refused.mock.calls[0]?.[1]).toMatchObject({ id: 'foreign-origin', status: 403 });
  });
});

describe('hosts', () => {
  test('every name is answered to by default', async () => {
    const { port } = await startEcho();
    expect(await statusOf(port, { Host: 'rebound.example', Origin: 'http://rebound.example' })).toBe(101);
  });

  test('a list answers to what it names, and nothing else', async () => {
    const refused = vi.fn();
    const { port } = await start({ allowedHosts: ['chat.example', 'localhost:8080'] }, { refused });
    for (const Host of ['chat.example', 'Chat.Example:81', 'localhost:8080'])
      expect(await statusOf(port, { Host })).toBe(101);
    expect(refused).not.toHaveBeenCalled();
    for (const Host of ['localhost:81', 'chat.example.evil'])
      expect(await statusOf(port, { Host, Origin: `http://${Host}` })).toBe(421);
    expect(refused.mock.calls[1]?.[0].headers.host).toBe('chat.example.evil');
    expect(refused.mock.calls[1]?.[1]).toMatchObject({ id: 'foreign-host', status: 421 });
  });

  test('an allowed origin is no allowed host', async () => {
    const { port } = await startEcho({
      allowedHosts: ['localhost'],
      allowedOrigins: ['http://evil.example'],
    });
    expect(await statusOf(port, { Host: 'evil.example', Origin: 'http://evil.example' })).toBe(421);
    expect(await statusOf(port, { Host: 'localhost', Origin: 'http://evil.example' })).toBe(101);
  });

  test('a plain request that names another gets 421 on a port of its own too', async () => {
    const { port } = await startEcho({ allowedHosts: ['localhost'] });
    expect(await statusOf(port, { Upgrade: undefined, Host: 'evil.example' })).toBe(421);
    expect(await statusOf(port, { Upgrade: undefined, Host: 'localhost' })).toBe(426);
  });
});

describe('authorize', () => {
  test('a client that leaves before it is refused is let go', async () => {
    const verdicts: ((verdict: false) => void)[] = [];
    const server = new WebSocketServer({ authorize: () => new Promise<false>((say) => verdicts.push(say)) });
    onTestFinished(() => server.close({ timeoutMs: 0 }));
    const gone = async () => {
      const transport = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
      const headers = {
        host: 'a',
        upgrade: 'websocket',
        connection: 'Upgrade',
        'sec-websocket-key': KEY,
        'sec-websocket-version': '13',
      };
      const request = {
        method: 'GET',
        httpVersion: '1.1',
        url: '/',
        headers,
        rawHeaders: [],
        socket: transport,
      };
      const handled = server.handleUpgrade(request as never, transport, new Uint8Array(0));
      transport.destroy();
      await once(transport, 'close');
      verdicts.pop()!(false);
      expect(await handled).toBeUndefined();
      return new WeakRef(transport);
    };
    const transports = await Promise.all([gone(), gone(), gone()]);
    await eventually(() => {
      heldBytes();
      expect(transports.filter((transport) => transport.deref() !== undefined)).toEqual([]);
    });
  });

  test('what it returns is the socket’s data', async () => {
    const { port, opened } = await start({ authorize: async ({ url }) => ({ user: url?.slice(1) }) });
    await RawClient.open(port, {}, '/ada');
    expect((await opened).data).toEqual({ user: 'ada' });
  });

  test('refuses with any status, headers and a sentence', async () => {
    const { port } = await start({
      authorize: () => refuse(401, 'sign in first', { 'WWW-Authenticate': 'Basic realm="chat"' }),
    });
    const client = await RawClient.connect(port);
    client.write(request());
    const head = await client.answer();
    expect(head).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(head).toContain('WWW-Authenticate: Basic realm="chat"\r\n');
    await client.ended();
    expect(client.received.toString()).toBe('sign in first\n');
  });

  test('accepts with headers, such as a cookie', async () => {
    const { port, opened } = await start({
      authorize: async () => accept({ user: 'ada' }, { 'Set-Cookie': ['a=1; HttpOnly', 'b=2'] }),
    });
    const head = await RawClient.connect(port).then((client) => {
      client.write(request());
      return client.answer();
    });
    expect(head).toMatch(/^HTTP\/1\.1 101 .*\r\nSet-Cookie: a=1; HttpOnly\r\nSet-Cookie: b=2\r\n\r\n$/s);
    expect((await opened).data.user).toBe('ada');
  });

  test.each([
    ['overrides the handshake', { 'Sec-WebSocket-Accept': 'x' }],
    ['has a line break', { 'Set-Cookie': 'a\r\nX-Stolen: b' }],
  ])('a header that %s becomes a 500 and no header', async (_name, headers) => {
    const error = vi.fn();
    const { port } = await start({ authorize: () => accept(undefined, headers) }, { error });
    expect(await statusOf(port)).toBe(500);
    expect(error.mock.calls[0]?.[0]).toBeInstanceOf(UsageError);
  });

  test.each<[string, (client: RawClient) => unknown]>([
    ['resets the connection', (client) => client.socket.resetAndDestroy()],
    ['ends it, as a browser does when its tab is closed', (client) => client.socket.destroy()],
  ])('holds nothing of a client that %s before it has decided', async (_name, leave) => {
    const { http, port } = await startHttp();
    const undecided: unknown[] = []; // as a query that is under way
    const authorize = () => new Promise<undefined>((...settle) => undecided.push(settle));
    const server = new WebSocketServer({ authorize });
    const handled = new Promise<WeakRef<Duplex>>((resolve) => {
      http.on('upgrade', (incoming, transport, head) => {
        const upgraded = new WeakRef(transport);
        void server.handleUpgrade(incoming, transport, head).then(() => resolve(upgraded));
      });
    });
    const client = await RawClient.connect(port);
    client.write(request());
    await eventually(() => expect(undecided).toHaveLength(1));
    leave(client);
    const upgraded = await handled;
    await eventually(() => {
      heldBytes();
      expect(upgraded.deref() === undefined).toBe(true);
    });
    expect(undecided).toHaveLength(1);
  });

  test('messages that come while it decides are not lost', async () => {
    const { port } = await start(
      { authorize: () => new Promise<undefined>((resolve) => setTimeout(resolve, 50)) },
      echo,
    );
    const client = await RawClient.connect(port);
    client.write(request());
    client.write(textFrame('early'));
    await client.answer();
    expect(await client.take(7)).toBe('81056561726c79');
  });

  test('false refuses with 403, so that a forgotten refuse() lets nobody in', async () => {
    const { port } = await start({ authorize: () => false as const });
    expect(await statusOf(port)).toBe(403);
  });

  test('answers 500 when it throws, and reports it once', async () => {
    const error = vi.fn();
    const { port } = await start({ authorize: () => Promise.reject(new Error('no database')) }, { error });
    expect(await statusOf(port)).toBe(500);
    expect(error).toHaveBeenCalledExactlyOnceWith(new Error('no database'), undefined);
  });

  test('answers 503 when it takes longer than the handshake may', async () => {
    const { port } = await start({
      authorize: () => new Promise<undefined>(() => {}),
      handshakeTimeoutMs: 50,
    });
    expect(await statusOf(port)).toBe(503);
  });

  test('may take longer in time in which this process did not run', async () => {
    const { port } = await start({
      async authorize() {
        block(1_500);
        await new Promise((resolve) => setTimeout(resolve, 10)); // a look into a database
        return undefined;
      },
      handshakeTimeoutMs: 1_000,
    });
    expect(await statusOf(port)).toBe(101);
  });

  test('CR and LF in a header of a refusal become a 500 and no header', async () => {
    const error = vi.fn();
    const { port } = await start(
      { authorize: () => refuse(403, 'no', { 'X-Reason': 'a\r\nSet-Cookie: session=stolen' }) },
      { error },
    );
    const client = await RawClient.connect(port);
    client.write(request());
    const head = await client.answer();
    expect(head).toMatch(/^HTTP\/1\.1 500 /);
    expect(head).not.toContain('stolen');
    expect(error).toHaveBeenCalledOnce();
  });

  test('the client may leave while it decides', async () => {
    let decide: (data: undefined) => void = () => {};
    const asked = vi.fn();
    const { port, server } = await start({
      authorize: () => {
        asked();
        return new Promise<undefined>((resolve) => {
          decide = resolve;
        });
      },
    });
    const client = await RawClient.connect(port);
    client.write(request());
    await eventually(() => expect(asked).toHaveBeenCalled());
    client.socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    decide(undefined);
    await eventually(() => expect(server.sockets.size).toBe(0));
  });
});

describe('subprotocols', () => {
  const offer = { 'Sec-WebSocket-Protocol': 'json, chat.v2 ,chat.v1' };

  async function chosen(
    subprotocols: NonNullable<ConstructorParameters<typeof WebSocketServer>[0]>['subprotocols'],
  ) {
    const { port, opened } = await start({ subprotocols: subprotocols ?? [] });
    const client = await RawClient.connect(port);
    client.write(request(offer));
    const [, header] = /^Sec-WebSocket-Protocol: (.*)\r$/m.exec(await client.answer()) ?? [];
    return { header, protocol: (await opened).protocol };
  }

  test('the first of the server’s list that the client offers', async () => {
    expect(await chosen(['chat.v1', 'json'])).toEqual({ header: 'chat.v1', protocol: 'chat.v1' });
  });

  test('none, and the connection goes on, when there is none in common', async () => {
    expect(await chosen(['soap'])).toEqual({ header: undefined, protocol: '' });
  });

  test('a function chooses from the offer, in the client’s order', async () => {
    const choose = vi.fn((offered: readonly string[]) => offered.at(-1));
    expect(await chosen(choose)).toEqual({ header: 'chat.v1', protocol: 'chat.v1' });
    expect(choose.mock.calls[0]?.[0]).toEqual(['json', 'chat.v2', 'chat.v1']);
  });

  test('a function that chooses what nobody offered is a 500 and a report', async () => {
    const error = vi.fn();
    const { port } = await start({ subprotocols: () => 'other' }, { error });
    expect(await statusOf(port, offer)).toBe(500);
    expect(error.mock.calls[0]?.[0]).toBeInstanceOf(UsageError);
  });
});

describe('the answer to a bad request ends the connection', () => {
  test.each([
    ['no key', { 'Sec-WebSocket-Key': undefined }, 400],
    ['two keys', { 'Sec-WebSocket-Key': `${KEY}\r\nSec-WebSocket-Key: ${KEY}` }, 400],
    ['two versions', { 'Sec-WebSocket-Version': '13\r\nSec-WebSocket-Version: 13' }, 426],
    ['no version', { 'Sec-WebSocket-Version': undefined }, 426],
    ['no Host', { Host: undefined }, 400],
    ['two Hosts', { Host: 'a\r\nHost: a' }, 400],
    ['a body', { 'Content-Length': '5' }, 400],
    ['a body in chunks', { 'Transfer-Encoding': 'chunked' }, 400],
    ['another protocol', { Upgrade: 'h2c' }, 426],
    ['an empty list of subprotocols', { 'Sec-WebSocket-Protocol': ', ,' }, 400],
    ['headers named like members of Object.prototype', { constructor: 'x', __proto__: 'y' }, 101],
    ['malformed extensions', { 'Sec-WebSocket-Extensions': 'permessage-deflate; "' }, 101],
  ])('%s', async (_name, headers, status) => {
    const { port } = await startEcho();
    expect(await statusOf(port, headers)).toBe(status);
  });

  test('a HEAD gets the headers of the answer alone (RFC 9110 §9.3.2)', async () => {
    const { port } = await startEcho();
    const client = await RawClient.connect(port);
    client.write(request().replace('GET', 'HEAD'));
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 405 /);
    expect(await client.rest()).toBe('');
    client.socket.destroy();
  });

  test('a refused client that neither reads nor leaves is cut off', async () => {
    const { port } = await startEcho({ closeTimeoutMs: 100 });
    const client = await RawClient.connect(port);
    client.write(request({ 'Sec-WebSocket-Key': undefined }));
    await once(client.socket, 'end');
    await once(client.socket.end('x'), 'close');
  });

  test('a client that never ends its request is cut off', async () => {
    const { port } = await startEcho({ handshakeTimeoutMs: 200 });
    const client = await RawClient.connect(port);
    client.write(request().slice(0, -2));
    await client.ended();
    expect(client.received.toString()).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('close', () => {
  test('says 1001 to everybody, resolves when all are gone, and frees the port', async () => {
    const close = vi.fn();
    const { server, port } = await start({}, { close });
    const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(port)));
    const closing = server.close();
    for (const client of clients) {
      expect(await client.take(4)).toBe(closeFrame(1001));
      client.write(Buffer.from('8882000000000 3e9'.replaceAll(' ', ''), 'hex'));
      client.socket.end();
    }
    await closing;
    expect(server.sockets.size).toBe(0);
    expect(close).toHaveBeenCalledTimes(5);
    expect(close.mock.calls[0]?.[1]).toMatchObject({ code: 1001, wasClean: true, closedBy: 'this side' });
    await expect(RawClient.connect(port)).rejects.toThrow('ECONNREFUSED');
  });

  test('terminates those who do not answer in time', async () => {
    const close = vi.fn();
    const { server, port } = await start({}, { close });
    const client = await RawClient.open(port);
    await server.close({ code: 1012, reason: 'restart', timeoutMs: 50 });
    expect(await client.take(11)).toBe(closeFrame(1012, 'restart'));
    expect(close.mock.calls[0]?.[1]).toMatchObject({ code: 1006, wasClean: false });
  });

  test('a socket whose reading is paused is closed too', async () => {
    const { server, port, opened } = await start({ closeTimeoutMs: 5_000 });
    const client = new Client(`ws://127.0.0.1:${port}`);
    await once(client, 'open');
    (await opened).pause();
    await server.close();
    expect(client.readyState).toBe(Client.CLOSED);
  });

  test('does not wait for a transport that never closes', async () => {
    const server = new WebSocketServer();
    const { request, transport } = upgrade({}, '/', new Transport({ emitClose: false }));
    const socket = await server.handleUpgrade(request, transport, new Uint8Array(0));
    expect(socket?.readyState).toBe(1);
    await server.close({ timeoutMs: 20 });
    expect(transport.destroyed).toBe(true);
  });

  test('does not wait for an authorize that never answers: its client gets 503 at once', async () => {
    const asked = vi.fn(() => new Promise<undefined>(() => {}));
    const { http, port } = await startHttp();
    const server = new WebSocketServer({ authorize: asked }).attach(http);
    const status = statusOf(port);
    await eventually(() => expect(asked).toHaveBeenCalled());
    await server.close();
    expect(await status).toBe(503);
  });

  test('twice is the same as once', async () => {
    const { server, port } = await startEcho();
    await RawClient.open(port);
    await Promise.all([server.close({ timeoutMs: 50 }), server.close({ timeoutMs: 50 })]);
    await server.close();
  });

  test('while the port is only just being had gives it back', async () => {
    const server = new WebSocketServer({}, echo);
    const listening = server.listen(0, 'localhost');
    await server.close();
    await expect(RawClient.connect((await listening).port)).rejects.toThrow('ECONNREFUSED');
  });

  test('a code that may not be sent is an error, and nothing closes', async () => {
    const { server, port } = await startEcho();
    await expect(server.close({ timeoutMs: 2 ** 31 })).rejects.toThrow(UsageError);
    await expect(server.close({ code: 1006 })).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidAccessError' }),
    );
    expect(await statusOf(port)).toBe(101);
  });

  test('a request that comes while it closes gets 503', async () => {
    const { http, port } = await startHttp();
    const server = new WebSocketServer({}, echo);
    http.on('upgrade', (...upgrade) => void server.handleUpgrade(...upgrade));
    await server.close();
    expect(await statusOf(port)).toBe(503);
  });
});

describe('options', () => {
  test.each([
    { maxMessageBytes: 0 },
    { maxMessageBytes: Number.NEGATIVE_INFINITY },
    { maxQueuedBytes: 1.5 },
    { pingIntervalMs: -1 },
    { idleTimeoutMs: Number.NaN },
    { closeTimeoutMs: '5' as unknown as number },
    { handshakeTimeoutMs: 0 },
    { whenQueueIsFull: 'wait' as 'drop' },
    { closeTimeoutMs: 2 ** 31 },
    { handshakeTimeoutMs: 2 ** 31 },
    { allowedOrigins: 'https://app.example' as '*' },
    { allowedHosts: 'localhost' as unknown as string[] },
    { subprotocols: 'chat' as unknown as string[] },
    { path: 'chat' },
    { path: '/chat?x' },
  ])('%o is a UsageError', (options) => {
    expect(() => new WebSocketServer(options)).toThrow(UsageError);
  });

  test('the errors are one family', () => {
    expect(new HandshakeError('x', { status: 403 })).toMatchObject({ name: 'HandshakeError', status: 403 });
  });
});

describe('properties', () => {
  test('the path is that of the options', () => {
    expect(new WebSocketServer().path).toBeUndefined();
    expect(new WebSocketServer({ path: '/a' }).path).toBe('/a');
  });

  test('sockets is one set, which changes', async () => {
    const { server, port, opened } = await start();
    const { sockets } = server;
    expect(sockets.size).toBe(0);
    await RawClient.open(port);
    expect([...sockets]).toEqual([await opened]);
    (await opened).terminate();
    await eventually(() => expect(sockets.size).toBe(0));
    expect(server.sockets).toBe(sockets);
  });

  test('traffic counts sockets that are gone', async () => {
    const { server, port, opened } = await startEcho();
    const client = await RawClient.open(port);
    client.write(textFrame('hello'));
    await client.take(7);
    const before = server.traffic;
    expect(before).toMatchObject({ messagesReceived: 1, payloadBytesSent: 5, wireBytesSent: 7 });
    (await opened).terminate();
    await eventually(() => expect(server.sockets.size).toBe(0));
    expect(server.traffic).toEqual(before);
  });
});

describe('the arguments of close', () => {
  test.each<[object, string]>([
    [{ code: 1005 }, 'InvalidAccessError'],
    [{ reason: 'x'.repeat(124) }, 'SyntaxError'],
    [{ reason: 5 }, 'TypeError'],
    [{ timeoutMs: -1 }, 'UsageError'],
    [{ timeout: 5 }, 'UsageError'],
    [{ timeoutMs: 2 ** 31 }, 'UsageError'],
  ])('%o are verified, and nothing is closed then', async (options, name) => {
    const { server, port } = await start();
    await expect(server.close(options)).rejects.toMatchObject({ name });
    await RawClient.open(port);
  });
});

test('after close it does not listen', async () => {
  const server = new WebSocketServer();
  await server.listen(0, '127.0.0.1');
  await server.close();
  await expect(server.listen(0)).rejects.toThrow(new UsageError('this server is closed'));
});

test('close waits for sockets whose transport is slow, and several calls wait for the same', async () => {
  const { server, port, opened } = await start();
  const client = await RawClient.open(port);
  const socket = await opened;
  const closed = [server.close({ code: 4000 }), server.close({ code: 4001 })];
  await client.take(4);
  expect(server.sockets.size).toBe(1);
  client.socket.destroy();
  await Promise.all(closed);
  expect(server.sockets.size).toBe(0);
  expect((await socket.closed).sent?.code).toBe(4000);
});
