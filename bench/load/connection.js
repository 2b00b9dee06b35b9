/** The WebSocket connections of a load: bare sockets that read every chunk into one shared buffer. */
import { connect } from 'node:net';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='; // from §1.3, as is the answer to it
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n';
const AT_ONCE = 50;

const input = Buffer.allocUnsafe(256 * 1024);

/**
 * @typedef {object} Connection
 * @property {import('node:net').Socket} socket
 * @property {string} extensions what the server has agreed on
 * @property {(length: number, input: Buffer) => void} onBytes called with each chunk: the first bytes of a buffer that is
 * overwritten afterwards
 */

export function upgradeRequest(/** @type {number} */ port, /** @type {boolean} */ isDeflate) {
  return `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${isDeflate ? OFFER : ''}\r\n`;
}

/** @returns the agreed extensions @throws for an answer other than an acceptance alone */
export function verifyAcceptance(/** @type {string} */ answer) {
  if (!answer.startsWith('HTTP/1.1 101 ') || !answer.endsWith('\r\n\r\n') || !answer.includes(ACCEPT))
    throw new Error(`not accepted: ${answer}`);
  return /^sec-websocket-extensions: (.*)\r$/im.exec(answer)?.[1] ?? '';
}

/** @returns {Promise<Connection>} */
function open(/** @type {number} */ port, /** @type {boolean} */ isDeflate) {
  return new Promise((resolve, reject) => {
    /** @type {Connection} */
    const connection = {
      socket: connect({
        host: '127.0.0.1',
        port,
        noDelay: true,
        onread: {
          buffer: input,
          callback: (length) => {
            connection.onBytes(length, input);
            return true;
          },
        },
      }),
      extensions: '',
      onBytes: (length) => {
        connection.extensions = verifyAcceptance(input.toString('latin1', 0, length));
        if (isDeflate && !connection.extensions.includes('permessage-deflate'))
          throw new Error('the server does not compress');
        resolve(connection);
      },
    };
    connection.socket.on('error', reject);
    connection.socket.on('close', () => {
      throw new Error('the server has closed a connection');
    });
    connection.socket.write(upgradeRequest(port, isDeflate));
  });
}

/** Opens `count` connections, a few at a time. */
export async function openAll(
  /** @type {number} */ port,
  /** @type {number} */ count,
  { isDeflate = false } = {},
) {
  /** @type {Connection[]} */
  const connections = [];
  while (connections.length < count) {
    const next = Array.from({ length: Math.min(AT_ONCE, count - connections.length) }, () =>
      open(port, isDeflate),
    );
    connections.push(...(await Promise.all(next)));
  }
  return connections;
}

/** Sends bytes and waits for exactly the expected ones. */
export function ask(
  /** @type {Connection} */ connection,
  /** @type {Buffer} */ bytes,
  /** @type {Buffer} */ expected,
) {
  return new Promise((resolve) => {
    let at = 0;
    connection.onBytes = (length, input) => {
      if (input.compare(expected, at, at + length, 0, length) !== 0) throw new Error('a wrong answer');
      at += length;
      if (at === expected.length) resolve(undefined);
    };
    connection.socket.write(bytes);
  });
}
