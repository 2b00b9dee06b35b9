/** A client that connects again when its connection is lost, and gives up where another try would not help. */
import { setTimeout as wait } from 'node:timers/promises';
import { HandshakeError, WebSocket } from 'barewire';

/** @param {unknown} error */
function mayPass(error) {
  if (!(error instanceof HandshakeError)) return false;
  return error.status === undefined || error.status === 429 || error.status >= 500; // nobody answered, or not now
}

for (let failures = 0; ; failures++) {
  const socket = new WebSocket('ws://localhost:8080/');
  try {
    await socket.opened;
    failures = 0;
    socket.send('hello');
    for await (const message of socket) console.log('got', message);
  } catch (error) {
    if (!mayPass(error)) throw error;
  }
  const { code } = await socket.closed;
  if (code === 1000) break; // the server has said that it is done
  await wait(Math.random() * Math.min(30_000, 1_000 * 2 ** failures)); // so that not all clients come back at once
}
