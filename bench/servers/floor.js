/**
 * The floor: what bare node:net can do. Answers every 26 bytes that come (a masked frame of 20 bytes) with 22 bytes
 * (an unmasked one), collected into one write a chunk, and looks at none of them.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const REQUEST_FRAME_BYTES = 26;
const ANSWER = Buffer.concat([Buffer.from([0x81, 20]), Buffer.alloc(20, 'x')]);
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', (head) => {
    const key = /sec-websocket-key: (\S+)/i.exec(head.toString('latin1'))?.[1] ?? '';
    const accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    let pending = 0;
    socket.on('data', (chunk) => {
      pending += chunk.length;
      const count = Math.floor(pending / REQUEST_FRAME_BYTES);
      pending -= count * REQUEST_FRAME_BYTES;
      if (count === 1) socket.write(ANSWER);
      else if (count > 1) socket.write(Buffer.concat(Array(count).fill(ANSWER)));
    });
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`floor: ws://127.0.0.1:${address.port}/`);
});
