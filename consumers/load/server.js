/** A socket.io server with rooms, whose wsEngine is the ws of the tree that it is in. Tells what it has used when it is asked. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';

const [roomSize = 50] = process.argv.slice(2).map(Number);
const http = createServer();
const server = new Server(http, { transports: ['websocket'], wsEngine: WebSocketServer, serveClient: false });
let connected = 0;
server.on('connection', async (socket) => {
  const room = `room ${Math.floor(connected++ / roomSize)}`;
  await socket.join(room);
  socket.on('say', (text) => server.to(room).emit('said', text));
  socket.on('say to all', (text) => server.emit('said', text));
  socket.emit('joined', room);
});

process.on('message', () => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send?.({ cpuMs: (user + system) / 1_000, heapBytes: heapUsed + external, rss });
});
process.once('disconnect', () => process.exit());
http.listen(0, '127.0.0.1', () =>
  process.send?.({ port: /** @type {{ port: number }} */ (http.address()).port }),
);
