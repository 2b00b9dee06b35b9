/** An echo server: one object of handlers for all sockets. */
import { WebSocketServer } from 'barewire';

const server = new WebSocketServer(
  {},
  {
    open: (_socket, request) => console.log('open', request.url),
    message: (socket, data) => socket.send(data), // a string, or a Uint8Array that is yours
    close: (_socket, info) => console.log('closed', info.code, info.reason),
  },
);
await server.listen(8080, '127.0.0.1');
