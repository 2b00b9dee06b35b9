/** The server's half of the opening handshake, for servers that check nothing in it. */
import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** @returns the answer to a request that is assumed to be valid */
export function acceptance(/** @type {Buffer} */ request) {
  const key = /sec-websocket-key: (\S+)/i.exec(request.toString('latin1'))?.[1];
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}
