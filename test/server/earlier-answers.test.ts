/** An upgrade behind requests whose answers are still under way: a client may send them all at once (RFC 9112 §9.3.2). */
import { EventEmitter, once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type ServerOptions, WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { hasEarlierAnswers, inTurn } from '../../src/server/earlier-answers.ts';
import { eventually } from '../support/eventually.ts';
import { RawClient, request, textFrame } from '../support/raw-client.ts';
import { startEcho } from '../support/servers.ts';
import { Transport } from './transport.ts';

/** An echo server beside routes. */
async function startBeside(listener: RequestListener, options: ServerOptions = {}) {
  const http = createServer(listener).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const open = vi.fn();
  const server = new WebSocketServer(options, { open, message: (socket, data) => socket.send(data) });
  server.attach(http);
  onTestFinished(async () => {
    await server.close({ timeoutMs: 50 });
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { http, server, open, port: (http.address() as AddressInfo).port };
}

const plain = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

/** Routes that answer when they are told to. */
function patientRoutes() {
  const waiting: (() => void)[] = [];
  const listener: RequestListener = (incoming, response) =>
    void waiting.push(() => response.end(`<${incoming.url}>`));
  return { waiting, listener };
}

describe('an upgrade behind a request whose answer is under way', () => {
  test.each<[string, string, ServerOptions, RegExp]>([
    ['is a WebSocket after that answer', request(), {}, /^HTTP\/1\.1 101 /],
    ['is refused after it', request({ 'Sec-WebSocket-Key': 'x' }), {}, /^HTTP\/1\.1 400 /],
    ['gets its 404 after it', request({}, '/b'), { path: '/a' }, /^HTTP\/1\.1 404 /],
  ])('%s', async (_name, upgrade, options, status) => {
    const { waiting, listener } = patientRoutes();
    const { port } = await startBeside(listener, options);
    const client = await RawClient.connect(port);
    client.write(plain('/1') + plain('/2') + upgrade);
    await eventually(() => expect(waiting).toHaveLength(2));
    expect(client.received.length).toBe(0);
    waiting[1]!();
    waiting[0]!();
    for (const path of ['</1>', '</2>']) {
      expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 OK/);
      await client.until(() => client.received.length >= 4);
      expect(Buffer.from(await client.take(4), 'hex').toString()).toBe(path);
    }
    expect(await client.answer()).toMatch(status);
    client.socket.destroy();
  });

  test('keeps the frames that came with it', async () => {
    const { waiting, listener } = patientRoutes();
    const { port } = await startBeside(listener);
    const client = await RawClient.connect(port);
    client.write(Buffer.concat([Buffer.from(plain('/slow') + request()), textFrame('early')]));
    await eventually(() => expect(waiting).toHaveLength(1));
    client.write(textFrame('later'));
    waiting[0]!();
    await client.until(() => client.received.includes('later'));
    const text = client.received.toString('latin1');
    expect(text).toMatch(/^HTTP\/1\.1 200 .*<\/slow>HTTP\/1\.1 101 .*\r\n\r\n..early..later$/s);
  });

  test('waits for all of a long answer, which goes on', async () => {
    const chunk = Buffer.alloc(256 * 1024, 'x');
    const { port } = await startBeside((_incoming, response) =>
      Readable.from(Array<Buffer>(32).fill(chunk)).pipe(response),
    );
    const client = await RawClient.connect(port);
    client.write(plain('/long') + request());
    await client.until(() => client.received.includes('HTTP/1.1 101 '));
    expect(client.received.length).toBeGreaterThan(32 * chunk.length);
  });

  test('is nothing where that answer ends the connection', async () => {
    const { port, open } = await startBeside((_incoming, response) => response.end('.'));
    const client = await RawClient.connect(port);
    client.write(plain('/', 'Connection: close\r\n') + request());
    await client.ended();
    expect(client.received.toString()).not.toContain(' 101 ');
    expect(open).not.toHaveBeenCalled();
  });

  test('is nothing on a port of its own: the 426 to a plain request ends the connection', async () => {
    const { port, server } = await startEcho();
    const client = await RawClient.connect(port);
    client.write(Buffer.concat([Buffer.from(plain('/') + request()), textFrame('echo')]));
    await client.ended();
    expect(client.received.toString()).toMatch(/^HTTP\/1\.1 426 /);
    expect(client.received.toString()).not.toContain(' 101 ');
    expect(server.sockets.size).toBe(0);
  });

  test('waits no longer than handshakeTimeoutMs', async () => {
    const { port, open } = await startBeside(() => {}, { handshakeTimeoutMs: 50 });
    const client = await RawClient.connect(port);
    client.write(plain('/never') + request());
    await client.ended();
    expect(client.received.length).toBe(0);
    expect(open).not.toHaveBeenCalled();
  });

  test('is forgotten when its client leaves', async () => {
    const http = createServer(() => {}).listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const server = new WebSocketServer();
    const handled = new Promise((resolve) => {
      http.on('upgrade', (...upgrade) => resolve(server.handleUpgrade(...upgrade)));
    });
    const client = await RawClient.connect((http.address() as AddressInfo).port);
    client.write(plain('/never') + request());
    await once(http, 'upgrade');
    client.socket.resetAndDestroy();
    expect(await handled).toBeUndefined();
  });
});

describe('inTurn', () => {
  const answering = (message: unknown) => Object.assign(new Transport(), { _httpMessage: message });

  test('without an answer under way is a call', () => {
    const transport = new Transport();
    expect(hasEarlierAnswers(transport)).toBe(false);
    expect(inTurn(transport, 10_000, () => 'result')).toBe('result');
  });

  test('leaves no listener and no timer behind', async () => {
    const answer = new EventEmitter();
    const transport = answering(answer);
    const result = inTurn(transport, 20, () => 'result');
    expect(hasEarlierAnswers(transport)).toBe(true);
    transport._httpMessage = null;
    answer.emit('close');
    expect(await result).toBe('result');
    expect(transport.listenerCount('drain')).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(transport.destroyed).toBe(false);
  });

  test('tells the answer that there is room again, and nothing where there is no answer any more', () => {
    const answer = new EventEmitter();
    const drained = vi.fn();
    answer.on('drain', drained);
    const transport = answering(answer);
    void inTurn(transport, 10_000, () => {});
    transport.emit('drain');
    transport._httpMessage = null;
    transport.emit('drain');
    expect(drained).toHaveBeenCalledOnce();
    transport.destroy();
  });
});
