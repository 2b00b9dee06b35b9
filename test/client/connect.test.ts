/** What a client connects through: TLS, an agent, or a transport of the user's own. Then the function that chooses between them. */
import { getEventListeners, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http, {
  type ClientRequest,
  createServer,
  Agent as HttpAgent,
  type Server as HttpServer,
  request as httpRequest,
} from 'node:http';
import https, {
  createServer as createSecureServer,
  Agent as HttpsAgent,
  type Server as HttpsServer,
} from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type ClientOptions, HandshakeError, WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectOptions, unreachable } from '../../src/client/connect.ts';
import { openingOptions } from '../../src/client/options.ts';
import { UsageError } from '../../src/protocol/errors.ts';
import { cert, key } from '../support/certificate.ts';
import { startProxy } from '../support/proxy.ts';
import { startEcho } from '../support/servers.ts';
import { connect, handshakeFailure, messagesOf, open } from './connect.ts';

/** An echo attached to an HTTP server, on a port or a path. */
async function attachEcho(http: HttpServer | HttpsServer, at: number | string = 0) {
  const server = new WebSocketServer({}, { message: (socket, data) => socket.send(data) });
  server.attach(http);
  if (typeof at === 'number') http.listen(at, '127.0.0.1');
  else http.listen(at);
  await once(http, 'listening');
  onTestFinished(async () => {
    await server.close({ timeoutMs: 100 });
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { server, port: (http.address() as AddressInfo).port };
}

async function expectEcho(socket: Awaited<ReturnType<typeof open>>): Promise<void> {
  const messages = messagesOf(socket);
  socket.send('hello');
  socket.send(new Uint8Array(100_000));
  await expect.poll(() => messages).toEqual(['hello', new Uint8Array(100_000)]);
}

describe('wss:', () => {
  test.each(['localhost', '127.0.0.1'])('connects to %s with its certificate as ca', async (host) => {
    const { port } = await attachEcho(createSecureServer({ key, cert }));
    const socket = await open(`wss://${host}:${port}/a`, { tls: { ca: cert } });
    expect(socket.url).toBe(`wss://${host}:${port}/a`);
    await expectEcho(socket);
    socket.close(1000);
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test('refuses a certificate that nobody vouches for', async () => {
    const { port, server } = await attachEcho(createSecureServer({ key, cert }));
    const error = await handshakeFailure(connect(`wss://localhost:${port}`));
    expect(error.cause).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(server.sockets.size).toBe(0);
  });

  test('refuses a certificate for another host', async () => {
    const { port } = await attachEcho(createSecureServer({ key, cert }));
    const error = await handshakeFailure(
      connect(`wss://localhost:${port}`, { tls: { ca: cert, servername: 'example.com' } }),
    );
    expect(error.cause).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('does so unless it is told not to', async () => {
    const { port } = await attachEcho(createSecureServer({ key, cert }));
    await expectEcho(await open(`wss://localhost:${port}`, { tls: { rejectUnauthorized: false } }));
  });

  test('fails where the server speaks no TLS', async () => {
    const { port } = await startEcho();
    expect((await handshakeFailure(connect(`wss://localhost:${port}`))).status).toBeUndefined();
  });

  test('shows a client certificate', async () => {
    const https = createSecureServer({ key, cert, ca: cert, requestCert: true });
    const { port, server } = await attachEcho(https);
    const [connected] = [once(https, 'secureConnection') as Promise<[TLSSocket]>];
    await open(`wss://localhost:${port}`, { tls: { ca: cert, cert, key } });
    const [transport] = await connected;
    expect(transport.getPeerCertificate().subject.CN).toBe('localhost');
    expect(server.sockets.size).toBe(1);
  });
});

describe('an agent', () => {
  test('of node:http makes the connection', async () => {
    const { port } = await startEcho();
    const agent = new HttpAgent({ keepAlive: true });
    let made = 0;
    const { createConnection } = agent as HttpAgent & { createConnection: typeof connectTcp };
    Object.assign(agent, {
      createConnection(...parameters: Parameters<typeof connectTcp>) {
        made++;
        return createConnection.apply(agent, parameters);
      },
    });
    await expectEcho(await open(`ws://127.0.0.1:${port}`, { agent }));
    expect(made).toBe(1);
  });

  test('of node:https makes the connection to wss:, with its own TLS options', async () => {
    const { port } = await attachEcho(createSecureServer({ key, cert }));
    await expectEcho(await open(`wss://localhost:${port}`, { agent: new HttpsAgent({ ca: cert }) }));
  });

  test('of node:https takes those of the socket too', async () => {
    const { port } = await attachEcho(createSecureServer({ key, cert }));
    await expectEcho(await open(`wss://localhost:${port}`, { agent: new HttpsAgent(), tls: { ca: cert } }));
  });
});

test('wss: to a server without TLS says so', async () => {
  const { port } = await attachEcho(createServer());
  const error = await handshakeFailure(connect(`wss://localhost:${port}`));
  expect(error.message).toBe(
    `no connection to localhost:${port}: what answers there is not TLS: try ws: in place of wss:`,
  );
  expect(error.cause).toMatchObject({ message: expect.stringMatching(/wrong version number|packet length/) });
});

test('an agent for another protocol fails the handshake', async () => {
  const error = await handshakeFailure(connect('wss://localhost:1/', { agent: new HttpAgent() }));
  expect(error.message).toMatch(/^no connection to localhost:1: Protocol "https:" not supported/);
  expect(error.cause).toMatchObject({ code: 'ERR_INVALID_PROTOCOL' });
});

describe('an agent finds the request as node:http makes it', () => {
  /** What agents for proxies do: in `addRequest`, or as soon as they connect, they look at the headers. */
  class Looking extends HttpAgent {
    seen: unknown[] = [];

    addRequest(request: ClientRequest, options: { port: number }): void {
      this.seen = ['Host', 'x-many', 'X-One', 'absent'].map((name) => request.getHeader(name));
      request.path = `http://${request.getHeader('host')}${request.path}`;
      const { addRequest } = HttpAgent.prototype as unknown as { addRequest: Looking['addRequest'] };
      addRequest.call(this, request, options);
    }
  }

  test('with its headers, and may change its path', async () => {
    const { port } = await startEcho();
    const proxy = await startProxy(port);
    const agent = new Looking();
    Object.assign(agent, { createConnection: () => connectTcp(proxy.port, '127.0.0.1') });
    const headers = { 'X-Many': ['a', 'b'], 'X-One': 'c' };
    await expectEcho(await open('ws://behind.invalid/path', { agent, headers }));
    expect(agent.seen).toEqual(['behind.invalid', ['a', 'b'], 'c', undefined]);
    expect(proxy.requests).toEqual(['GET http://behind.invalid/path']);
  });

  test('with the name of the server for TLS', async () => {
    const { port } = await attachEcho(createSecureServer({ key, cert }));
    const agent = new HttpsAgent({
      ca: cert,
      lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const error = await handshakeFailure(connect(`wss://other.example:${port}`, { agent }));
    expect(error.cause).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'other.example' });
  });
});

describe('the proxy that Node was told to use', () => {
  /** As `http.setGlobalProxyFromEnv` does it. */
  function use(proxyEnv: Record<string, string>): void {
    const before = [http.globalAgent, https.globalAgent] as const;
    onTestFinished(() => {
      [http.globalAgent, https.globalAgent] = before;
    });
    http.globalAgent = new HttpAgent({ proxyEnv } as object);
    https.globalAgent = new HttpsAgent({ proxyEnv } as object);
  }

  const knowsProxies = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');

  test.runIf(knowsProxies)('is asked for a tunnel to wss:, with the user in its URL', async () => {
    const { port } = await attachEcho(createSecureServer({ key, cert }));
    const proxy = await startProxy(port);
    use({ https_proxy: proxy.url.replace('//', '//me:secret@') });
    const socket = await open('wss://localhost:1/path', { tls: { ca: cert } });
    expect(socket.url).toBe('wss://localhost:1/path');
    await expectEcho(socket);
    expect(proxy.requests).toEqual(['CONNECT localhost:1']);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('me:secret').toString('base64')}`]);
  });

  test.runIf(knowsProxies)('is asked to forward the upgrade of ws:, as other requests', async () => {
    const { port } = await startEcho();
    const proxy = await startProxy(port);
    use({ http_proxy: proxy.url });
    await expectEcho(await open('ws://behind.invalid/path'));
    expect(proxy.requests).toEqual(['GET http://behind.invalid/path']);
  });

  test.runIf(knowsProxies)('is not asked for a host that no_proxy names', async () => {
    const { port } = await startEcho();
    const proxy = await startProxy(port);
    use({ http_proxy: proxy.url, no_proxy: '127.0.0.1' });
    await expectEcho(await open(`ws://127.0.0.1:${port}/`));
    expect(proxy.requests).toEqual([]);
  });

  test.runIf(knowsProxies)('that refuses fails the handshake', async () => {
    const proxy = await startProxy(1, '407 Who are you');
    use({ https_proxy: proxy.url });
    const error = await handshakeFailure(connect('wss://localhost:1/'));
    expect(error.cause).toMatchObject({ code: 'ERR_PROXY_TUNNEL' });
    expect(error.message).toContain('407 Who are you');
  });

  test('is not asked where there is an agent or a transport of the user', async () => {
    const { port } = await startEcho();
    use({ http_proxy: 'http://127.0.0.1:1' });
    await expectEcho(await open(`ws://127.0.0.1:${port}/`, { agent: new HttpAgent() }));
    const createConnection = () => connectTcp(port, '127.0.0.1');
    await expectEcho(await open('ws://behind.invalid/', { createConnection }));
  });
});

describe('createConnection', () => {
  test('is told where to', async () => {
    const { port } = await startEcho();
    const urls: string[] = [];
    await open('ws://nowhere.invalid:81/a?b', {
      createConnection(url) {
        urls.push(url.href);
        return connectTcp(port, '127.0.0.1');
      },
    });
    expect(urls).toEqual(['ws://nowhere.invalid:81/a?b']);
  });

  test('goes through a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'barewire-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'socket');
    await attachEcho(createServer(), path);
    await expectEcho(await open('ws://localhost/', { createConnection: () => connectTcp(path) }));
  });

  test('goes through a tunnel, which takes its time', async () => {
    const { port } = await startEcho();
    const proxy = await startProxy(port);
    const socket = await open('ws://behind.invalid/', {
      async createConnection({ host }) {
        const tunnel = httpRequest({
          host: '127.0.0.1',
          port: proxy.port,
          method: 'CONNECT',
          path: `${host}:80`,
        }).end();
        const [, transport] = await once(tunnel, 'connect');
        return transport;
      },
    });
    await expectEcho(socket);
    expect(proxy.requests).toEqual(['CONNECT behind.invalid:80']);
    socket.close(1000);
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  /** Two streams in memory, each of which reads what the other one writes. */
  function streamPair(): [Duplex, Duplex] {
    const make = (other: () => Duplex) =>
      new Duplex({
        read() {},
        write(chunk, _encoding, done) {
          other().push(Buffer.from(chunk));
          done();
        },
        final(done) {
          other().push(null);
          done();
        },
      });
    const near: Duplex = make(() => far);
    const far: Duplex = make(() => near);
    return [near, far];
  }

  test('may give a stream that is no socket', async () => {
    const [near, far] = streamPair();
    const http = createServer();
    const server = new WebSocketServer({}, { message: (socket, data) => socket.send(data) }).attach(http);
    onTestFinished(() => server.close({ timeoutMs: 100 }));
    http.emit('connection', far);
    const socket = await open('ws://in.memory/', { createConnection: () => near });
    await expectEcho(socket);
    socket.close(4000, 'enough');
    expect(await socket.closed).toMatchObject({ code: 4000, wasClean: true });
  });

  test('that throws or rejects fails the handshake, with the reason as cause', async () => {
    const reason = new Error('the proxy is gone');
    const throwing = () => {
      throw reason;
    };
    for (const createConnection of [throwing, () => Promise.reject(reason)]) {
      const error = await handshakeFailure(connect('ws://localhost/', { createConnection }));
      expect(error.message).toContain('the proxy is gone');
      expect(error.cause).toBe(reason);
    }
  });

  test('that gives no stream fails the handshake', async () => {
    const error = await handshakeFailure(
      connect('ws://localhost/', { createConnection: () => undefined as unknown as Duplex }),
    );
    expect(error.message).toContain('createConnection');
  });

  test('whose stream is gone already fails the handshake', async () => {
    const gone = new Duplex({ read() {}, write() {} }).destroy();
    await handshakeFailure(connect('ws://localhost/', { createConnection: () => gone }));
  });
});

test('a name that there is not fails with a HandshakeError that has the cause', async () => {
  const error = await handshakeFailure(connect('ws://does-not-exist.invalid/'));
  expect(error).toBeInstanceOf(HandshakeError);
  expect(error.message).toContain('does-not-exist.invalid');
  expect(error.cause).toBeInstanceOf(Error);
});

describe('connectOptions', () => {
  const { signal } = new AbortController();
  const target = (url: string, options: ClientOptions = {}) => ({
    url: new URL(url),
    subprotocols: [],
    options: openingOptions(options),
  });

  test.each<[string, object]>([
    ['ws://a.example/', { host: 'a.example', port: 80 }],
    ['wss://a.example/', { host: 'a.example', port: 443 }],
    ['wss://a.example:8443/', { host: 'a.example', port: 8443 }],
    ['ws://[::1]:81/', { host: '::1', port: 81 }],
  ])('an agent is told the host and port of %s, and the options of TLS', async (url, at) => {
    const agent = new HttpAgent();
    expect(await connectOptions(target(url, { agent, tls: { ca: 'x' } }), signal)).toEqual({
      ...at,
      agent,
      ca: 'x',
    });
  });

  test('the options of TLS cannot change the host of an agent', async () => {
    const agent = new HttpAgent();
    const tls = { host: 'b', port: 5 };
    expect(await connectOptions(target('wss://a/', { agent, tls }), signal)).toMatchObject({
      host: 'a',
      port: 443,
    });
  });

  test.each<[string, typeof http | typeof https]>([
    ['ws://a.example/', http],
    ['wss://a.example/', https],
  ])('%s gets an agent of its own for the proxy of the global one', async (url, { globalAgent, Agent }) => {
    const { options } = globalAgent as unknown as { options: { proxyEnv?: object } };
    onTestFinished(() => {
      delete options.proxyEnv;
    });
    options.proxyEnv = { http_proxy: 'http://proxy.example' };
    const { agent, ...rest } = await connectOptions(target(url, { openingTimeoutMs: 500 }), signal);
    expect(agent).toBeInstanceOf(Agent);
    expect(agent).not.toBe(globalAgent);
    expect(agent).toMatchObject({ options: { proxyEnv: options.proxyEnv } });
    expect(rest).toEqual({ host: 'a.example', port: url.startsWith('wss') ? 443 : 80, timeout: 500 });
  });

  test('a global agent without options knows no proxy', async () => {
    const before = http.globalAgent;
    onTestFinished(() => {
      http.globalAgent = before;
    });
    http.globalAgent = {} as HttpAgent;
    expect(Object.keys(await connectOptions(target('ws://a/'), signal))).toEqual(['createConnection']);
  });

  test('createConnection comes before an agent, and gets the URL', async () => {
    const urls: URL[] = [];
    const transport = new Duplex();
    const createConnection = (url: URL) => {
      urls.push(url);
      return transport;
    };
    const options = await connectOptions(
      target('ws://a/b', { agent: new HttpAgent(), createConnection }),
      signal,
    );
    expect(Object.keys(options)).toEqual(['createConnection']);
    expect(options.createConnection?.({} as never, () => {})).toBe(transport);
    expect(urls.map(String)).toEqual(['ws://a/b']);
  });

  test.each<[string, ClientOptions['createConnection'] | (() => unknown), string]>([
    ['no stream', () => undefined, 'createConnection must return a stream, got undefined'],
    ['null', async () => null, 'createConnection must return a stream, got null'],
    ['a number', () => 5, 'createConnection must return a stream, got 5'],
    [
      'a stream that is closed',
      () => new Duplex().destroy(),
      'the stream that createConnection gave is closed',
    ],
  ])('%s is a HandshakeError with a UsageError as its cause', async (_name, createConnection, why) => {
    const options = { createConnection: createConnection as () => Duplex };
    const error = await connectOptions(target('ws://a:1/', options), signal).catch((reason) => reason);
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({ message: `no connection to a:1: ${why}`, status: undefined });
    expect(error.cause).toBeInstanceOf(UsageError);
  });

  test.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['an object', () => ({})],
    ['a rejection', () => Promise.reject(new Error('late'))],
    ['a stream', () => new Duplex({ read() {}, write() {} })],
  ])('an abort comes first, and %s that comes later does no harm', async (_name, make) => {
    const controller = new AbortController();
    let give: (transport: never) => void = () => {};
    const createConnection = () =>
      new Promise<never>((resolve) => {
        give = resolve;
      });
    const options = connectOptions(target('ws://a/', { createConnection }), controller.signal);
    controller.abort('why');
    await expect(options).rejects.toBe('why');
    const late = make();
    give(late as never);
    await new Promise(setImmediate);
    if (!(late instanceof Duplex)) return;
    expect(late.destroyed).toBe(true);
    late.emit('error', new Error('late')); // does not end the process
  });

  test('the signal is let go of', async () => {
    const controller = new AbortController();
    await connectOptions(target('ws://a/', { createConnection: () => new Duplex() }), controller.signal);
    await connectOptions(
      target('ws://a/', { createConnection: () => null as never }),
      controller.signal,
    ).catch(() => {});
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

test('unreachable names the host and has the cause', () => {
  const cause = new Error('refused');
  expect(unreachable(new URL('ws://a:81/b'), cause)).toMatchObject({
    name: 'HandshakeError',
    message: 'no connection to a:81: refused',
    status: undefined,
    cause,
  });
});
