/** A program in TypeScript that was written for @types/ws. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import WebSocket, { type ClientOptions, type RawData, type ServerOptions, WebSocketServer } from 'ws';

interface User {
  name: string;
}

class UserSocket extends WebSocket {
  user?: User;
  isAlive = true;
}

const options: ServerOptions<typeof UserSocket> = {
  host: '127.0.0.1',
  port: 0,
  WebSocket: UserSocket,
  perMessageDeflate: { threshold: 1024, zlibDeflateOptions: { level: 3 } },
  verifyClient: ({ req }: { req: IncomingMessage }) => req.url !== '/secret',
};
const server = new WebSocketServer<typeof UserSocket>(options);

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}

server.on('connection', (socket, request) => {
  socket.user = { name: request.url?.slice(1) ?? '' };
  socket.on('pong', () => {
    socket.isAlive = true;
  });
  socket.on('message', (data: RawData, isBinary: boolean) => {
    for (const client of server.clients)
      if (client.readyState === WebSocket.OPEN)
        client.send(
          `${socket.user?.name}: ${textOf(data)}`,
          { binary: isBinary, compress: true },
          (error?: Error) => {
            if (error) throw error;
          },
        );
  });
});

await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const clientOptions: ClientOptions = {
  headers: { 'X-From': 'typed' },
  handshakeTimeout: 10_000,
  maxPayload: 1024,
};
const socket: WebSocket = new WebSocket(`ws://127.0.0.1:${port}/Ada`, clientOptions);
socket.on('open', () => socket.send('hello'));
socket.addEventListener('message', ({ data, type }: WebSocket.MessageEvent) => {
  console.log(type, String(data));
  socket.close(1000);
});
socket.once('close', (code: number, reason: Buffer) => {
  console.log(code, reason.length);
  server.close();
});
