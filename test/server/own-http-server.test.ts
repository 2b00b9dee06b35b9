import { once } from 'node:events';
import { Agent, get, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createOwnHttpServer, listenOn } from '../../src/server/own-http-server.ts';
import { KEY, RawClient } from '../support/raw-client.ts';

async function started(timeoutMs = 10_000, allowedHosts?: readonly string[]) {
  const server = createOwnHttpServer(timeoutMs, allowedHosts);
  const { port } = await listenOn(server, 0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port };
}

/** The answer to a plain request. */
async function answer(options: RequestOptions) {
  const agent = new Agent();
  const [response] = await once(get({ host: '127.0.0.1', agent, ...options }), 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

describe('listenOn', () => {
  test('resolves with the address', async () => {
    const server = createOwnHttpServer(1_000, undefined);
    onTestFinished(() => void server.close());
    expect(await listenOn(server, 0, '127.0.0.1')).toMatchObject({
      address: '127.0.0.1',
      port: expect.any(Number),
    });
    expect(server.listenerCount('error')).toBe(0);
  });

  test('without a host listens on all addresses', async () => {
    const server = createOwnHttpServer(1_000, undefined);
    onTestFinished(() => void server.close());
    expect((await listenOn(server, 0, undefined)).address).toMatch(/^(::|0\.0\.0\.0)$/);
  });

  test('rejects for a port that is taken', async () => {
    const { port } = await started();
    const second = createOwnHttpServer(1_000, undefined);
    await expect(listenOn(second, port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('rejects for a port that cannot be', async () => {
    await expect(listenOn(createOwnHttpServer(1_000, undefined), 70_000, undefined)).rejects.toThrow(
      RangeError,
    );
  });
});

describe('a plain request', () => {
  test('is told to upgrade', async () => {
    const { port } = await started();
    const { status, headers, body } = await answer({ port });
    expect(status).toBe(426);
    expect(headers).toMatchObject({ upgrade: 'websocket', connection: 'close, Upgrade' });
    expect(body).toBe('this is a WebSocket endpoint: the request has no Upgrade: websocket\n');
    expect(headers['content-length']).toBe(String(body.length));
  });

  test('that waits for 100 Continue gets it from node:http, and then its answer', async () => {
    const { port } = await started();
    const client = await RawClient.connect(port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    expect(await client.answer()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 405 /);
  });

  test('with another method gets 405', async () => {
    const { port } = await started();
    expect(await answer({ port, method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  });

  test('to a host that is not allowed gets 421', async () => {
    const { port } = await started(10_000, ['example.com']);
    expect((await answer({ port })).status).toBe(421);
    expect((await answer({ port, headers: { Host: 'example.com' } })).status).toBe(426);
  });

  test('that is a good opening gets 503, because nothing takes upgrades any more', async () => {
    const { port } = await started();
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      Origin: 'https://elsewhere.example',
      'Sec-WebSocket-Key': KEY,
      'Sec-WebSocket-Version': '13',
    };
    expect(await answer({ port, headers })).toMatchObject({ status: 503, body: 'the server is closing\n' });
  });
});

test.each([100, 60_000])('a timeout of %i ms holds for the head and for the whole request', (timeoutMs) => {
  const server = createOwnHttpServer(timeoutMs, undefined);
  expect(server).toMatchObject({ headersTimeout: timeoutMs, requestTimeout: timeoutMs });
});

test('a connection that says nothing is ended', async () => {
  const { port } = await started(100);
  const socket = connect(port, '127.0.0.1');
  socket.resume();
  await once(socket, 'close');
});
