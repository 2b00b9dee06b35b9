/** A client that goes through an HTTP proxy, by a tunnel (CONNECT). */
import { once } from 'node:events';
import { request } from 'node:http';
import { WebSocket } from 'barewire';

const socket = await new WebSocket('ws://localhost:8080/', [], {
  async createConnection({ hostname, port }) {
    const path = `${hostname}:${port || 80}`;
    const asking = request({ host: 'localhost', port: 3128, method: 'CONNECT', path }).end();
    const [answer, transport] = await once(asking, 'connect');
    if (answer.statusCode === 200) return transport; // for wss: tls.connect({ socket: transport, servername: hostname })
    transport.destroy();
    throw new Error(`the proxy answered ${answer.statusCode}`);
  },
}).opened;
socket.send('hello through the proxy');
for await (const message of socket) {
  console.log('got', message);
  socket.close(1000);
}
