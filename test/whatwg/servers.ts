/**
 * The servers that the standard's tests run against. All behave alike: they echo, know the subprotocols `v1` and `v2`,
 * answer 403 on the path `/refused`, and do what a text that begins with `!` tells them:
 *
 * - `!headers`: sends the headers of the request, as JSON
 * - `!close 4001 why`, `!close`: closes, with this code and reason or without
 * - `!drop`: ends TCP without a Close frame
 * - `!ended /path`: sends what the last connection to that path had sent before it ended, and how that was
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { refuse, type WebSocket, WebSocketServer } from 'barewire';
import { afterAll, beforeAll, describe } from 'vitest';
import { WebSocketServer as WsServer } from 'ws';
import { PythonServer } from '../support/python-server.ts';
import { hasPythonModule, leftOutWithout } from '../support/tools.ts';

/** How a connection was, as the server saw it. Bytes are `binary:` and hexadecimal digits. */
export interface Ended {
  readonly messages: readonly string[];
  readonly code: number;
  readonly reason: string;
}

interface Server {
  readonly url: string;
  stop(): Promise<unknown>;
}

interface Implementation {
  readonly name: string;
  readonly isLeftOut: boolean;
  start(): Promise<Server>;
}

/** What a server does with a connection, whoever made it. */
interface Connection {
  send(data: string | Uint8Array): unknown;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

class Log {
  readonly #ended = new Map<string, Ended>();
  readonly #messages = new WeakMap<Connection, string[]>();

  onMessage(connection: Connection, request: IncomingMessage, data: string | Uint8Array): void {
    const text = typeof data === 'string' ? data : `binary:${Buffer.from(data).toString('hex')}`;
    const messages = this.#messages.get(connection) ?? [];
    this.#messages.set(connection, [...messages, text]);
    const [command, first, ...rest] = text.split(' ');
    if (command === '!headers') connection.send(JSON.stringify(request.headers));
    else if (command === '!close')
      connection.close(first === undefined ? undefined : Number(first), rest.join(' '));
    else if (command === '!drop') connection.terminate();
    else if (command === '!ended') connection.send(JSON.stringify(this.#ended.get(first!) ?? null));
    else connection.send(data);
  }

  onEnd(connection: Connection, request: IncomingMessage, code: number, reason: string): void {
    const messages = this.#messages.get(connection) ?? [];
    this.#ended.set(request.url ?? '', { messages, code, reason });
  }
}

const LIMITS = { maxMessageBytes: 8 * 1024 * 1024, maxQueuedBytes: 16 * 1024 * 1024 };

async function startOurs(): Promise<Server> {
  const log = new Log();
  const server = new WebSocketServer<IncomingMessage>(
    {
      ...LIMITS,
      subprotocols: ['v2', 'v1'],
      authorize: (request) => (request.url === '/refused' ? refuse(403, 'not here') : request),
    },
    {
      message: (socket: WebSocket<IncomingMessage>, data) => log.onMessage(socket, socket.data, data),
      close: (socket, { code, reason }) => log.onEnd(socket, socket.data, code, reason),
    },
  );
  const { port } = await server.listen(0, '127.0.0.1');
  return { url: `ws://127.0.0.1:${port}`, stop: () => server.close({ timeoutMs: 200 }) };
}

async function startWs(): Promise<Server> {
  const log = new Log();
  const http = createServer();
  const server = new WsServer({
    server: http,
    handleProtocols: (offered) => ['v2', 'v1'].find((subprotocol) => offered.has(subprotocol)) ?? false,
    verifyClient: ({ req }, answer) => answer(req.url !== '/refused', 403),
  });
  server.on('connection', (socket, request) => {
    socket.on('message', (data: Buffer, isBinary) =>
      log.onMessage(socket, request, isBinary ? data : data.toString()),
    );
    socket.on('close', (code, reason) => log.onEnd(socket, request, code, reason.toString()));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    stop: () => {
      for (const socket of server.clients) socket.terminate();
      http.closeAllConnections();
      return new Promise((resolve) => http.close(resolve));
    },
  };
}

async function startPython(): Promise<Server> {
  const python = new PythonServer(fileURLToPath(new URL('server.py', import.meta.url)));
  return { url: `ws://127.0.0.1:${await python.port()}`, stop: () => python.stop() };
}

const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'our own server', isLeftOut: false, start: startOurs },
  { name: "the server of 'ws'", isLeftOut: false, start: startWs },
  {
    name: "the server of Python's websockets",
    isLeftOut: leftOutWithout(hasPythonModule('websockets')),
    start: startPython,
  },
];

/** Runs the tests against each server. @param define defines them; is given what tells the server's URL, without a path */
export function againstEachServer(define: (url: () => string) => void): void {
  for (const { name, isLeftOut, start } of IMPLEMENTATIONS) {
    describe.skipIf(isLeftOut)(`against ${name}`, () => {
      let server: Server | undefined;
      beforeAll(async () => {
        server = await start();
      });
      afterAll(() => server?.stop());
      define(() => server!.url);
    });
  }
}
