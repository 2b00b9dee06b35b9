/**
 * A process whose peer closes while it writes. It waits for `closed`, and only then for what it has written. It prints what it
 * heard of both, and each rejection that nobody had taken by then.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer, WebSocketStream } from '../../dist/index.js';

process.on('unhandledRejection', (error) => console.log('unhandled:', error));

const BIG = new Uint8Array(32 * 1024 * 1024);

// A peer that sends a Close frame as soon as something comes, and reads nothing of it: the closing handshake takes its time.
const server = new WebSocketServer({}, { open: (socket) => socket.pause() });
const http = createServer().on('upgrade', async (request, transport, head) => {
  transport.on('data', () => {}); // so that the server is told of its bytes by this event
  const socket = await server.handleUpgrade(request, transport, head);
  transport.removeAllListeners('data').once('data', () => {
    transport.pause();
    transport.resume = () => transport;
    socket?.close(4000, 'enough');
  });
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());

/** @param {string} name @param {(writable: WritableStream, closeCame: Promise<void>) => Promise<Promise<unknown>[]>} write begins to write */
async function closedWhile(name, write) {
  /** @type {() => void} */
  let onClose = () => {};
  const closeCame = new Promise((resolve) => {
    onClose = () => resolve(undefined);
  });
  const stream = new WebSocketStream(`ws://127.0.0.1:${port}/`, {
    closeTimeoutMs: 300,
    perMessageDeflate: false,
    trace: ({ opcode, direction }) => void (opcode === 8 && direction === 'received' && onClose()),
  });
  const { writable } = await stream.opened;
  const writes = await write(writable, closeCame);
  const ends = [await nameOf(stream.closed)];
  for (const promise of writes) ends.push(await nameOf(promise));
  console.log(`${name}: ${ends.join(', ')}`);
}

/** @param {Promise<unknown>} promise @returns the name of the error that it rejects with */
function nameOf(promise) {
  return promise.then(
    () => 'done',
    (/** @type {Error} */ error) => error.name,
  );
}

await closedWhile('a write', async (writable) => [writable.getWriter().write(BIG)]);

await closedWhile('a pipe', async (writable) => [new Blob([BIG]).stream().pipeTo(writable)]);

await closedWhile('a write after the Close frame', async (writable, closeCame) => {
  const writer = writable.getWriter();
  await writer.write('now');
  await closeCame;
  return [writer.write('late'), writer.write('later'), writer.close()];
});

http.closeAllConnections();
http.close();
