/**
 * ws, as its README shows it, with the native helper that it recommends. With the word `adapter` the same program runs on
 * `barewire/ws`. With `callback` each message is sent with one.
 */
import { createRequire } from 'node:module';
import { isDeflate, isQuestions, isTopic, listens } from './tell.js';

const isAdapter = process.argv.includes('adapter');
/** @type {typeof import('ws')} */
const { WebSocket, WebSocketServer } = isAdapter
  ? /** @type {any} */ (await import('../../dist/ws/index.js'))
  : await import('ws');

const isHelped = Object.keys(createRequire(import.meta.url).cache).some((file) =>
  file.includes('bufferutil'),
);
// Newer versions of Node have this helper built in, and ws uses that one.
if (!isAdapter && !isHelped && !('websocketMask' in (await import('node:http'))))
  throw new Error('ws found no bufferutil');

const isCalledBack = process.argv.includes('callback');
const throwIfFailed = (/** @type {Error | undefined} */ error) => {
  if (error) throw error;
};

const QUESTION_MARK = 0x3f;
const perMessageDeflate = isDeflate && { threshold: 0 };
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate }, () => {
  listens(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, binary) => {
    if (isQuestions && /** @type {Buffer} */ (data)[0] !== QUESTION_MARK) return;
    if (isCalledBack) socket.send(data, { binary }, throwIfFailed);
    else if (!isTopic) socket.send(data, { binary });
    else
      for (const client of server.clients)
        if (client.readyState === WebSocket.OPEN) client.send(data, { binary });
  });
});
