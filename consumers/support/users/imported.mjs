/** The same as an ES module, with the named exports and the default one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import WebSocket, { WebSocket as Named, WebSocketServer } from 'ws';

assert.equal(Named, WebSocket);
const http = createServer();
const server = new WebSocketServer({ noServer: true });
http.on('upgrade', (request, transport, head) => {
  server.handleUpgrade(request, transport, head, (socket) => {
    socket.on('message', (data) => socket.close(4000, `${data} from ${request.url}`));
  });
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const socket = new WebSocket(`ws://127.0.0.1:${http.address().port}/page`);
socket.onopen = () => socket.send('hello');
const [code, reason] = await once(socket, 'close');
console.log(`${code} ${reason}`);
http.close();
