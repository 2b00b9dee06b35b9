/**
 * A server that sends MESSAGES messages of BYTES bytes to each client, as fast as they are taken: `node sender.js
 * MESSAGES BYTES`. Reports how often `drained()` made it wait, how long in total, and its memory.
 */
import { WebSocketServer } from '../../dist/index.js';
import { Memory } from './memory.js';

const [messages = '0', bytes = '0'] = process.argv.slice(2);
/** A shorter wait does not count: the promise alone takes some microseconds. */
const WORTH_COUNTING_MS = 1;

const server = new WebSocketServer({}, async (socket) => {
  const memory = new Memory();
  let waits = 0;
  let waitedMs = 0;
  for (let i = 0; i < Number(messages); i++) {
    socket.send(new Uint8Array(Number(bytes)).fill(i));
    const from = performance.now();
    await socket.drained();
    const took = performance.now() - from;
    waitedMs += took;
    if (took >= WORTH_COUNTING_MS) waits++;
  }
  socket.close(1000);
  const { code } = await socket.closed;
  process.send?.({ waits, waitedMs, code, extra: memory.extra });
});
process.on('disconnect', () => process.exit());

const { port } = await server.listen(0, '127.0.0.1');
process.send?.({ port });
