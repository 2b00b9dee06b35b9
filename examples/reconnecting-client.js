/** A client that connects again when its connection is lost, and gives up where another try would not help. */
import { setTimeout as wait } from 'node:timers/promises';
import { HandshakeError, WebSocket } from 'barewire';

for (let failures = 0; ; failures++) {
  const socket = new WebSocket('ws://localhost:8080/');
  try {
    await socket.opened;
    failures = 0;
    socket.send('hello');
    for await (const message of socket) console.log('got', message);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    const { status = 503 } = error; // none: nobody answered
    if (status !== 429 && status < 500) throw error; // the answer would be the same next time
  }
  const { code } = await socket.closed;
  if (code === 1000) break; // the server has said that it is done
  await wait(Math.random() * Math.min(30_000, 1_000 * 2 ** failures)); // so that not all clients come back at once
}
