/** ws, as its README shows it, with the native helper that it recommends. */
import { createRequire } from 'node:module';
import { WebSocket, WebSocketServer } from 'ws';
import { isDeflate, isQuestions, isTopic, listens } from './tell.js';

const isHelped = Object.keys(createRequire(import.meta.url).cache).some((file) =>
  file.includes('bufferutil'),
);
// Newer versions of Node have this helper built in, and ws uses that one.
if (!isHelped && !('websocketMask' in (await import('node:http')))) throw new Error('ws found no bufferutil');

const QUESTION_MARK = 0x3f;
const perMessageDeflate = isDeflate && { threshold: 0 };
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate }, () => {
  listens(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, binary) => {
    if (isQuestions && /** @type {Buffer} */ (data)[0] !== QUESTION_MARK) return;
    if (!isTopic) socket.send(data, { binary });
    else
      for (const client of server.clients)
        if (client.readyState === WebSocket.OPEN) client.send(data, { binary });
  });
});
