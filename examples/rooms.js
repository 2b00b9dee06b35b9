/** Topics: every path is a room. */
import { WebSocketServer } from 'barewire';

const server = new WebSocketServer(
  {},
  {
    open: (socket, request) => socket.subscribe(request.url ?? '/'), // a room for each path
    message: (socket, data) => {
      for (const room of socket.subscriptions) server.publish(room, data, { except: socket });
    },
    close: (socket) => {
      for (const room of socket.subscriptions) server.publish(room, 'somebody has left');
    },
  },
);
await server.listen(8080, '127.0.0.1');
