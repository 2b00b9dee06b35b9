/** An async function for each socket, which reads its messages in a loop. */
import { WebSocketServer } from 'barewire';

const server = new WebSocketServer({}, async (socket) => {
  for await (const message of socket) {
    socket.send(`you said ${message}`);
    await socket.drained(); // until a slow reader has caught up
  }
});
await server.listen(8080, '127.0.0.1');
