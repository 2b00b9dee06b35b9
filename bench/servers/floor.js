/**
 * The floor: what bare node:net can do. It parses the first message of each connection, and answers all later ones with
 * it too: they must have its length, and are not parsed. Answers to one chunk go out in one write.
 */
import { createServer } from 'node:net';
import { serverFrame, unmasked } from '../load/frames.js';
import { acceptance } from './acceptance.js';
import { isTopic, listens } from './tell.js';

/** @type {Set<import('node:net').Socket>} */
const sockets = new Set();

const server = createServer({ noDelay: true }, (socket) => {
  let first = Buffer.alloc(0);
  let requestBytes = 0;
  let answer = first;
  let pending = 0;

  const send = (/** @type {number} */ count) => {
    const answers = count === 1 ? answer : Buffer.concat(Array(count).fill(answer));
    if (isTopic) for (const listener of sockets) listener.write(answers);
    else socket.write(answers);
  };
  const onFirst = (/** @type {Buffer} */ chunk) => {
    first = Buffer.concat([first, chunk]);
    const message = unmasked(first);
    if (message === undefined) return;
    requestBytes = message.end;
    answer = serverFrame(/** @type {number} */ (first[0]), message.payload);
    pending = first.length;
    first = Buffer.alloc(0);
  };
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => {});
  socket.once('data', (head) => {
    socket.write(acceptance(head));
    socket.on('data', (chunk) => {
      if (requestBytes === 0) onFirst(chunk);
      else pending += chunk.length;
      if (requestBytes === 0 || pending < requestBytes) return;
      const count = Math.floor(pending / requestBytes);
      pending -= count * requestBytes;
      send(count);
    });
  });
});

server.listen(0, '127.0.0.1', () => {
  listens(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});
