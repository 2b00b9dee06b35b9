/** A request that asks for another protocol than WebSocket, as curl --http2 and Java's HttpClient do by default. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { askBeforeUpgrade, giveBack } from '../../src/server/ignored-upgrade.ts';
import { cert, key } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { startEcho } from '../support/servers.ts';
import { Transport } from './transport.ts';

/**
 * Whether this Node asks `shouldUpgradeCallback`. Such a Node forgets what lies behind a request that asked for an upgrade
 * and got none, and is silent about a body that is none, with or without us.
 */
const nodeAsks = 'shouldUpgradeCallback' in createServer();

/** What curl --http2 sends. */
const H2C = [
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
];

function h2c(start: string, headers: readonly string[] = [], body = ''): string {
  return [`${start} HTTP/1.1`, 'Host: server.example.com', ...H2C, ...headers, '', body].join('\r\n');
}

/** Says what it was asked, when it has read all of it. */
const mirror: RequestListener = async (incoming, response) => {
  let body = '';
  for await (const chunk of incoming) body += chunk;
  response.end(`${incoming.method} ${incoming.url} ${body}.`);
};

async function startRoutes(listener: RequestListener | undefined, http: Server = createServer()) {
  if (listener !== undefined) http.on('request', listener);
  const server = new WebSocketServer({}, { message: (socket, data) => socket.send(data) }).attach(http);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(async () => {
    await server.close({ timeoutMs: 50 });
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { http, server, port: (http.address() as AddressInfo).port };
}

/** Sends and waits until what came contains `end`. */
async function ask(client: RawClient, text: string, end: string): Promise<string> {
  client.write(text);
  await client.until(() => client.received.includes(end));
  const answer = client.received.toString();
  client.received = Buffer.alloc(0);
  return answer;
}

describe('beside the routes of an HTTP server it is a plain request', () => {
  test('answered by the route, on a connection that goes on, as often as it comes', async () => {
    const { port } = await startRoutes(mirror);
    const warned = vi.fn();
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    const client = await RawClient.connect(port);
    for (let count = 0; count < 15; count++) {
      expect(await ask(client, h2c(`GET /${count}`), '.')).toMatch(/^HTTP\/1\.1 200 OK\r\n.*GET \/\d+ \./s);
    }
    expect(await ask(client, 'GET /plain HTTP/1.1\r\nHost: a\r\n\r\n', '.')).toMatch(/GET \/plain \.$/);
    client.write(request());
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 101 /);
    expect(warned).not.toHaveBeenCalled();
  });

  test.each([
    ['that is announced by its length', ['Content-Length: 5'], 'hello'],
    ['in chunks', ['Transfer-Encoding: chunked'], '3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'],
  ])('with its body %s, however it is cut', async (_name, headers, body) => {
    const { port } = await startRoutes(mirror);
    const text = h2c('POST /form', headers, body);
    for (const cut of [text.length - 1, text.length - body.length, text.indexOf('Upgrade: h2c'), 0]) {
      const client = await RawClient.connect(port);
      if (cut > 0) client.write(text.slice(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await ask(client, text.slice(cut), '.')).toMatch(/POST \/form hello\.$/);
    }
  });

  test('with a body that waits for 100 Continue', async () => {
    const { port } = await startRoutes(mirror);
    const client = await RawClient.connect(port);
    client.write(h2c('POST /form', ['Content-Length: 5', 'Expect: 100-continue']));
    expect(await client.answer()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await ask(client, 'hello', '.')).toMatch(/POST \/form hello\.$/);
  });

  test('with a body of many chunks of TCP, and an answer that is as large', async () => {
    const { port } = await startRoutes((incoming, response) => void incoming.pipe(response));
    const body = 'x'.repeat(4 * 1024 * 1024);
    const client = await RawClient.connect(port);
    client.write(h2c('POST /', [`Content-Length: ${body.length}`], body));
    await client.answer();
    await client.until(() => client.received.includes('\r\n0\r\n\r\n'));
    expect(client.received.length).toBeGreaterThan(body.length);
  });

  test('with the head of its answer alone where it is a HEAD', async () => {
    const { port } = await startRoutes((_incoming, response) => response.end('a page\n'));
    const client = await RawClient.connect(port);
    client.write(h2c('HEAD /', ['Connection: close']));
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(await client.rest()).toBe('');
  });

  /** Says the path, late for `/slow`. */
  const hesitant: RequestListener = async (incoming, response) => {
    await new Promise((resolve) => setTimeout(resolve, incoming.url === '/slow' ? 50 : 0));
    response.end(`<${incoming.url}>`);
  };
  const plain = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const paths = (client: RawClient) => client.received.toString().match(/<.*?>/g);

  test('that does not jump the queue', async () => {
    const { port } = await startRoutes(hesitant);
    const client = await RawClient.connect(port);
    client.write(plain('/slow') + plain('/1') + h2c('GET /last'));
    await client.until(() => client.received.includes('</last>'));
    expect(paths(client)).toEqual(['</slow>', '</1>', '</last>']);
  });

  if (!nodeAsks) {
    test('with others behind it in the same segment', async () => {
      const { port } = await startRoutes(hesitant);
      const client = await RawClient.connect(port);
      client.write(h2c('GET /slow') + h2c('GET /1') + plain('/2') + h2c('GET /slow') + plain('/last'));
      await client.until(() => client.received.includes('</last>'));
      expect(paths(client)).toEqual(['</slow>', '</1>', '</2>', '</slow>', '</last>']);
    });
  }

  test('that may take longer than an idle connection is kept', async () => {
    const http = createServer({ keepAliveTimeout: 50 });
    const { port } = await startRoutes(async (incoming, response) => {
      if (incoming.url === '/slow') await new Promise((resolve) => setTimeout(resolve, 1_500));
      response.end('.');
    }, http);
    const client = await RawClient.connect(port);
    await ask(client, h2c('GET /'), '\r\n.');
    expect(await ask(client, h2c('GET /slow'), '\r\n.')).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('over TLS', async () => {
    const { port } = await startRoutes(mirror, createSecureServer({ key, cert }));
    const client = connectSecurely({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' });
    let received = '';
    client.setEncoding('utf8').on('data', (text) => {
      received += text;
    });
    client.write(h2c('POST /', ['Content-Length: 2', 'Connection: close'], 'hi'));
    await once(client, 'close');
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*POST \/ hi\./s);
  });

  test.each([
    ['before the answer', 'GET /', [], 0],
    ['in the middle of its body', 'POST /', ['Content-Length: 10'], 20],
  ])('whose client may go away %s', async (_name, start, headers, afterMs) => {
    const gone = vi.fn();
    const { port } = await startRoutes((_incoming, response) => void response.on('close', gone));
    const client = await RawClient.connect(port);
    client.write(h2c(start, headers, 'part'.slice(0, headers.length * 4)));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    client.socket.resetAndDestroy();
    const other = await RawClient.connect(port);
    other.write(request());
    expect(await other.answer()).toMatch(/^HTTP\/1\.1 101 /);
    if (afterMs > 0) await eventually(() => expect(gone).toHaveBeenCalledOnce());
  });

  test('whose client may go away while an earlier answer is under way', async () => {
    const asked: string[] = [];
    const { port } = await startRoutes((incoming) => void asked.push(incoming.url ?? ''));
    const client = await RawClient.connect(port);
    client.write(`GET /never HTTP/1.1\r\nHost: a\r\n\r\n${h2c('GET /after')}`);
    await eventually(() => expect(asked).toContain('/never'));
    client.socket.resetAndDestroy();
    const other = await RawClient.connect(port);
    other.write(request());
    expect(await other.answer()).toMatch(/^HTTP\/1\.1 101 /);
  });

  if (!nodeAsks) {
    test('that is told to be no request when it is none', async () => {
      const { port } = await startRoutes((incoming) => void incoming.resume().on('error', () => {}));
      const client = await RawClient.connect(port);
      client.write(h2c('POST /', ['Transfer-Encoding: chunked'], 'no chunk\r\n'));
      expect(await client.answer()).toMatch(/^HTTP\/1\.1 400 /);
    });
  }
});

describe('one with more header lines than node:http reads', () => {
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
  const framing = [`Content-Length: ${smuggled.length}`];

  test.each<[string, number | null, number]>([
    ['by default', null, 1_100],
    ['with a lower limit', 40, 50],
    ['with a lower limit, in one piece', 40, 70],
    ['with exactly as many as the limit', 58, 52],
  ])('is no two requests: %s', async (_name, maxHeadersCount, lineCount) => {
    const asked: unknown[] = [];
    const { http, port } = await startRoutes((incoming, response) => {
      asked.push(incoming.url);
      response.end('.');
    });
    http.maxHeadersCount = maxHeadersCount;
    const client = await RawClient.connect(port);
    const filling = Array.from({ length: lineCount }, () => 'a:');
    client.write(h2c('POST /form', [...filling, ...framing, 'Connection: close'], smuggled));
    await client.ended();
    client.socket.destroy();
    expect(asked).not.toContain('/smuggled');
    if (!nodeAsks) expect(client.received.toString()).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('is given back with all of them where there is no limit', async () => {
    const { http, port } = await startRoutes(mirror);
    http.maxHeadersCount = 0;
    const client = await RawClient.connect(port);
    const filling = Array.from({ length: 1_100 }, () => 'a:');
    expect(await ask(client, h2c('POST /form', [...filling, ...framing], smuggled), '.')).toContain(
      `POST /form ${smuggled}.`,
    );
  });
});

describe('it is refused as before', () => {
  test('on a port of its own: 426, as a plain request', async () => {
    const { port } = await startEcho();
    for (const start of ['GET /', 'POST /']) {
      const client = await RawClient.connect(port);
      client.write(h2c(start));
      expect(await client.answer()).toMatch(start === 'GET /' ? /^HTTP\/1\.1 426 / : /^HTTP\/1\.1 405 /);
      await client.ended();
    }
  });

  test('by an HTTP server without routes', async () => {
    const { port } = await startRoutes(undefined);
    const client = await RawClient.connect(port);
    client.write(h2c('GET /'));
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 426 /);
  });
});

test("it is left to another who listens for 'upgrade'", async () => {
  const http = createServer(mirror);
  const server = new WebSocketServer({ path: '/chat' }).attach(http);
  http.on('upgrade', (incoming, transport) => {
    if (incoming.headers.upgrade === 'h2c') transport.end('HTTP/1.1 299 Other\r\n\r\n');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  const client = await RawClient.connect((http.address() as AddressInfo).port);
  client.write(h2c('GET /'));
  expect(await client.answer()).toMatch(/^HTTP\/1\.1 299 /);
  await server.close();
});

test('a WebSocket is opened although the list names another protocol first', async () => {
  const { port } = await startRoutes(mirror);
  const client = await RawClient.connect(port);
  client.write(request({ Upgrade: 'h2c, WebSocket' }));
  expect(await client.answer()).toMatch(/^HTTP\/1\.1 101 /);
});

describe('askBeforeUpgrade', () => {
  test('changes nothing where Node does not ask', () => {
    const http = {} as Server;
    askBeforeUpgrade(http, () => true);
    expect(http).toEqual({});
  });

  test.each([
    [true, false, true],
    [true, true, false],
    [false, false, false],
    [false, true, false],
  ])('the answer before was %s, it is ignored: %s, so it is %s now', (before, isIgnored, now) => {
    const asked: unknown[] = [];
    const http = {
      shouldUpgradeCallback(this: unknown, request: IncomingMessage) {
        asked.push(this, request);
        return before;
      },
    };
    askBeforeUpgrade(http as unknown as Server, () => isIgnored);
    const request = {} as IncomingMessage;
    expect(http.shouldUpgradeCallback(request)).toBe(now);
    expect(asked).toEqual([http, request]);
  });
});

describe('giveBack', () => {
  /** Gives a request back, and has what came to the HTTP server. */
  function given(
    http: Server | HttpsServer = createServer(),
    prepare: (transport: Transport) => void = () => {},
  ) {
    const connections: unknown[] = [];
    http.removeAllListeners('connection').removeAllListeners('secureConnection');
    for (const event of ['connection', 'secureConnection']) {
      http.on(event, (transport) => connections.push(event, transport));
    }
    const transport = new Transport();
    prepare(transport);
    const incoming = {
      method: 'POST',
      url: '/a?b',
      httpVersion: '1.1',
      rawHeaders: ['Host', 'x', 'UPGRADE', 'h2c', 'Connection', 'Upgrade', 'X-A', 'é'],
    };
    giveBack(http, incoming as IncomingMessage, transport, Buffer.from('body'), 10_000);
    return { connections, transport };
  }

  test('the head without Upgrade is put before the bytes behind it', () => {
    const { connections, transport } = given();
    expect(connections).toEqual(['connection', transport]);
    // Newer versions of Node read one chunk at a time.
    const chunks: Buffer[] = [];
    for (let chunk = transport.read(); chunk !== null; chunk = transport.read()) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString('latin1')).toBe(
      'POST /a?b HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nX-A: é\r\n\r\nbody',
    );
    expect(transport.listenerCount('error')).toBe(0);
  });

  test('over TLS it is a secure connection', () => {
    const { connections, transport } = given(createSecureServer({ key, cert }));
    expect(connections).toEqual(['secureConnection', transport]);
  });

  test('it waits for the answers to earlier requests, one after the other', async () => {
    const [first, second] = [new EventEmitter(), new EventEmitter()];
    const set = (transport: Transport, message: unknown) =>
      Object.assign(transport, { _httpMessage: message });
    const { connections, transport } = given(createServer(), (transport) => set(transport, first));
    set(transport, second);
    first.emit('close');
    await new Promise(setImmediate);
    expect(connections).toEqual([]);
    set(transport, null);
    second.emit('close');
    await new Promise(setImmediate);
    expect(connections).toEqual(['connection', transport]);
  });

  test.each<[string, (transport: Transport) => void]>([
    ['gone', (transport) => transport.destroy()],
    ['ended', (transport) => transport.end()],
  ])('a transport that is %s is not given back, and its error does no harm', (_name, end) => {
    const { connections, transport } = given(createServer(), end);
    expect(connections).toEqual([]);
    transport.emit('error', new Error('reset'));
  });
});
