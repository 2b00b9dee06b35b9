/** What anyone sends, everybody gets; and an orderly end. */
import { WebSocketServer } from 'barewire';

const server = new WebSocketServer(
  { maxMessageBytes: 64 * 1024 },
  {
    message: (_sender, data) => {
      server.broadcast(data); // encoded once, compressed once, one write a socket and turn of the event loop
    },
  },
);
await server.listen(8080, '127.0.0.1');
process.once('SIGTERM', () => server.close({ timeoutMs: 2_000 }));
