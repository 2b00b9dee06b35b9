/** Beside the routes of an HTTP server, with a check before the upgrade. `createServer(app)` does the same for an Express app. */
import { createServer } from 'node:http';
import { refuse, WebSocketServer } from 'barewire';

const http = createServer((_request, response) => response.end('an ordinary page\n'));

const users = new Map([['secret-token', 'Ada']]);

new WebSocketServer(
  {
    path: '/live',
    allowedOrigins: ['https://app.example'],
    async authorize(request) {
      const token = new URL(request.url ?? '', 'http://localhost').searchParams.get('token') ?? '';
      return users.get(token) ?? refuse(401, 'who are you?');
    },
  },
  (socket) => void socket.send(`hello, ${socket.data}`),
).attach(http);

http.listen(8080, '127.0.0.1');
