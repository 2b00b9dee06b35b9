/** The echo server that the documentation of `ws` shows, with compression for every message. */
import { WebSocketServer } from 'ws';

const perMessageDeflate = { threshold: 0 };
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate }, () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`ws: ws://127.0.0.1:${address.port}/`);
});

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
