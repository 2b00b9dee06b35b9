const { WebSocket, WebSocketServer } = require('barewire');
const { acceptKey } = require('barewire/protocol');

async function main() {
  const server = new WebSocketServer({}, { message: (socket, data) => socket.send(data) });
  const { port } = await server.listen(0, '127.0.0.1');
  const client = await new WebSocket(`ws://127.0.0.1:${port}/`).opened;
  client.send('hello');
  for await (const message of client) {
    console.log(message, acceptKey('dGhlIHNhbXBsZSBub25jZQ=='));
    client.close();
  }
  await server.close();
}

void main();
