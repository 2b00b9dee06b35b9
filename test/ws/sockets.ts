/** Servers and sockets of `barewire/ws`, and of ws as peers of them. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'barewire/ws';
import { onTestFinished } from 'vitest';
import * as ws from 'ws';

type Options = ConstructorParameters<typeof WebSocketServer>[0];
type ClientOptions = NonNullable<ConstructorParameters<typeof WebSocket>[2]>;

/** A server on a port of its own, which ends with the test. */
export async function serverOf(options: Options = {}): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of server.clients ?? []) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The same, of ws. */
export async function peerServerOf(
  options: ws.ServerOptions = {},
): Promise<{ server: ws.WebSocketServer; url: string }> {
  const server = new ws.WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Both ends of a connection, of which one may be of ws. */
export async function pairOf({
  server: serverOptions,
  client: clientOptions,
}: {
  server?: Options;
  client?: ClientOptions;
} = {}): Promise<{
  server: WebSocketServer;
  accepted: WebSocket;
  client: WebSocket;
  request: IncomingMessage;
}> {
  const { server, url } = await serverOf(serverOptions);
  const client = new WebSocket(url, clientOptions);
  onTestFinished(() => client.terminate());
  client.on('error', () => {});
  const [[accepted, request]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as [
    [WebSocket, IncomingMessage],
    unknown,
  ];
  accepted.on('error', () => {});
  return { server, accepted, client, request };
}

/** Everything that a socket emits, by its name. */
export function eventsOf(socket: WebSocket, ...names: string[]): unknown[][] {
  const events: unknown[][] = [];
  for (const name of names) socket.on(name, (...values: unknown[]) => events.push([name, ...values]));
  return events;
}

/** What is thrown outside of everything, until the test ends. */
export function uncaught(): unknown[] {
  const errors: unknown[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => errors.push(error));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
  });
  return errors;
}
