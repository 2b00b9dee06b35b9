/** A relay: what a client sends goes to another server, and what that server sends goes to the client. */
import { WebSocket, WebSocketServer } from 'barewire';

/**
 * Passes on the messages of one socket, no faster than the other takes them, and then its close code.
 * @param {WebSocket} from
 * @param {WebSocket} to
 */
async function passOn(from, to) {
  for await (const message of from) {
    to.send(message);
    await to.drained();
  }
  const { code, reason } = await from.closed;
  try {
    to.close(code, reason);
  } catch {
    to.close(); // there was no code, or one that may not be sent, such as 1006
  }
}

const server = new WebSocketServer({}, async (socket, request) => {
  const upstream = new WebSocket(`ws://127.0.0.1:9000${request.url}`);
  try {
    await upstream.opened;
  } catch {
    socket.close(1014, 'the server behind this one does not answer');
    return;
  }
  await Promise.all([passOn(socket, upstream), passOn(upstream, socket)]);
});
await server.listen(8080, '127.0.0.1');
