/** One message in parts, with backpressure. */
import { WebSocket } from 'barewire';

const socket = await new WebSocket('ws://localhost:8080/').opened;
const writer = socket.sendStream('text').getWriter(); // or somewhere.readable.pipeTo(socket.sendStream('binary'))
for (const part of ['in ', 'three ', 'parts']) await writer.write(part);
await writer.close();
for await (const message of socket) {
  console.log('got', message); // in three parts
  socket.close();
}
