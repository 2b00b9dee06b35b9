// The echo server of the `ws` package with permessage-deflate, and otherwise with the package's own defaults:
// node autobahn/peers/ws-server.js 9001, and meanwhile npm run autobahn -- server --agent ws --url ws://127.0.0.1:9001
import { WebSocketServer } from 'ws';

const port = Number(process.argv[2] ?? 9001);
const server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: true });

server.on('listening', () => console.log(`ws: ws://127.0.0.1:${port}/`));
server.on('connection', (socket) => {
  socket.on('error', () => {}); // the suite provokes errors
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
