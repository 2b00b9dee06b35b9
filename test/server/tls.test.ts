import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'barewire';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket as Client } from 'ws';
import { cert, key } from '../support/certificate.ts';

/** An HTTPS server with an echo attached to it. */
async function startSecure() {
  const https = createServer({ key, cert }, (_request, response) => response.end('a page\n'));
  const server = new WebSocketServer(
    { maxMessageBytes: 8 * 1024 * 1024, maxQueuedBytes: 16 * 1024 * 1024 },
    { message: (socket, data) => socket.send(data) },
  ).attach(https);
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  onTestFinished(async () => {
    await server.close({ timeoutMs: 100 });
    https.closeAllConnections();
    await new Promise((resolve) => https.close(resolve));
  });
  return { server, port: (https.address() as AddressInfo).port };
}

test('wss: the same over TLS, small and large, and an orderly end', async () => {
  const { server, port } = await startSecure();
  const client = new Client(`wss://localhost:${port}/x`, { ca: cert });
  await once(client, 'open');
  const [socket] = server.sockets;
  expect(socket?.url).toBe(`wss://localhost:${port}/x`);
  for (const message of [Buffer.from('hello'), Buffer.alloc(4 * 1024 * 1024, 7)]) {
    client.send(message);
    const [answer] = await once(client, 'message');
    expect(message.equals(answer as Buffer)).toBe(true);
  }
  expect(await socket?.ping()).toBeGreaterThan(0);
  client.close(1000, 'done');
  expect(await socket?.closed).toMatchObject({ code: 1000, reason: 'done', wasClean: true });
});

test('a page from http is foreign to a server that knows itself to be on https', async () => {
  const { port } = await startSecure();
  const insecure = new Client(`wss://localhost:${port}`, { ca: cert, origin: `http://localhost:${port}` });
  await expect(once(insecure, 'open')).rejects.toThrow('403');
  const secure = new Client(`wss://localhost:${port}`, { ca: cert, origin: `https://localhost:${port}` });
  await once(secure, 'open');
  secure.terminate();
});

test('a reset in the middle of a large answer leaves nothing behind', async () => {
  const { server, port } = await startSecure();
  const client = new Client(`wss://localhost:${port}`, { ca: cert });
  client.on('error', () => {});
  await once(client, 'open');
  const [socket] = server.sockets;
  client.send(Buffer.alloc(8 * 1024 * 1024));
  client.pause();
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.terminate();
  expect(await socket?.closed).toMatchObject({ code: 1006, wasClean: false });
  await expect.poll(() => server.sockets.size).toBe(0);
});
