/** barewire, as its README shows it. */
import { WebSocketServer } from '../../dist/index.js';
import { isDeflate, isTopic, listens } from './tell.js';

const server = new WebSocketServer(
  { perMessageDeflate: isDeflate },
  isTopic
    ? {
        open: (socket) => void socket.subscribe('all'),
        message: (_sender, data) => void server.publish('all', data),
      }
    : { message: (socket, data) => void socket.send(data) },
);
listens((await server.listen(0, '127.0.0.1')).port);
