/** A client: sends a message, prints the answer, closes. */
import { WebSocket } from 'barewire';

const socket = await new WebSocket('ws://localhost:8080/', [], {
  headers: { 'User-Agent': 'my-program/1.0' },
  signal: AbortSignal.timeout(5_000), // for the opening
}).opened;
socket.send('hello');
for await (const message of socket) {
  console.log('got', message);
  socket.close(1000, 'that was all');
}
console.log(await socket.closed); // { code, reason, wasClean, closedBy, sent, received, error, unclaimedMessages }
