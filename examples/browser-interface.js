/** The interface of the browser, on the server. */
import { WebSocketServer } from 'barewire';

const server = new WebSocketServer({}, (socket) => {
  socket.addEventListener('message', (event) => socket.send(event.data));
  socket.addEventListener('close', (event) => console.log(event.code, event.wasClean));
});
await server.listen(8080, '127.0.0.1');
