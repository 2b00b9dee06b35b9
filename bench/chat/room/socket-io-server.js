/**
 * A room of Socket.IO 4 with connection state recovery, as its documentation shows it. It numbers what is said, but keeps it
 * nowhere: what recovers is in memory.
 */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listens } from '../../servers/tell.js';

const http = createServer();
const io = new Server(http, { connectionStateRecovery: {}, transports: ['websocket'], serveClient: false });
let seq = 0;

io.on('connection', (socket) => {
  const author = { id: socket.id, name: 'member' };
  void socket.join('room');
  socket.on('say', ({ id, text }, acknowledge) => {
    const entry = { seq: ++seq, id, at: Date.now(), author, kind: 'text', text };
    io.to('room').emit('entry', entry);
    acknowledge({ id, seq: entry.seq, at: entry.at });
  });
});

http.listen(0, '127.0.0.1', () =>
  listens(/** @type {import('node:net').AddressInfo} */ (http.address()).port),
);
