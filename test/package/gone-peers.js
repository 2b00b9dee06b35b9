/**
 * A built server that answers long messages to peers who are gone before, or while, the answer is written: in a process of its
 * own, because a server that never comes back takes its tests with it. It says how each connection ended, and ends by itself.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket, WebSocketServer } from '../../dist/index.js';
import { serializeFrame } from '../../dist/protocol/index.js';

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');
const LONG = serializeFrame(true, 2, new Uint8Array(900_000), 0x01020304);
const SHORT = serializeFrame(true, 1, Buffer.from('go'), 0x01020304);

/** Stands still, so that what a peer has done is known to the system and not to the server. */
function block(/** @type {number} */ ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const server = new WebSocketServer(
  { maxQueuedBytes: 16 * 1024 * 1024 },
  {
    message(socket, data) {
      if (typeof data !== 'string') socket.send(data);
      else if (data === 'go') {
        block(20);
        // The first of them meets the reset; what comes behind it finds a socket that cannot be written to.
        for (let i = 0; i < 3; i++) socket.send(new Uint8Array(300_000));
        socket.send('x'.repeat(300_000));
      } else socket.send(data);
    },
    close: (_socket, { code }) => void ends.push(code),
  },
);
/** @type {number[]} */
const ends = [];
const { port } = await server.listen(0, '127.0.0.1');

async function leave(/** @type {Uint8Array} */ frame, /** @type {'destroy' | 'resetAndDestroy'} */ how) {
  const peer = connect({ host: '127.0.0.1', port });
  peer.on('error', () => {});
  await once(peer, 'connect');
  peer.write(REQUEST);
  await once(peer, 'data');
  peer.write(frame, () => setImmediate(() => peer[how]()));
  await once(peer, 'close');
}

for (let i = 0; i < 20; i++) {
  await leave(LONG, 'destroy');
  await leave(LONG, 'resetAndDestroy');
  await leave(SHORT, 'resetAndDestroy');
}
const socket = await new WebSocket(`ws://127.0.0.1:${port}`).opened;
socket.send('still here');
for await (const message of socket) {
  console.log(message);
  socket.close(1000);
}
await server.close({ timeoutMs: 1_000 });
console.log(ends.length, [...new Set(ends)].sort().join());
