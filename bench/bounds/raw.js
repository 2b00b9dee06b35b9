/** A client that sends raw bytes. */
import { connect } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { serializeFrame } from '../../dist/protocol/index.js';

const KEY = 1; // the masking key of every frame
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9 };

export function request(/** @type {readonly string[]} */ headers = [], path = '/') {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate';

export function frame(
  /** @type {number} */ opcode,
  /** @type {Uint8Array} */ payload = new Uint8Array(0),
  { fin = true, compressed = false } = {},
) {
  return Buffer.from(serializeFrame(fin, opcode, payload, KEY, compressed));
}

/** @returns {Buffer} the compressed payload of a message (RFC 7692 §7.2.1) */
export function deflated(/** @type {Uint8Array} */ message) {
  return deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, level: 9 }).subarray(0, -4);
}

/** A connection to the server. */
export class Raw {
  constructor(/** @type {number} */ port, { reads = true } = {}) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: false });
    this.socket.on('error', () => {});
    this.ended = new Promise((resolve) => this.socket.on('close', resolve));
    this.answered = new Promise((resolve) => {
      this.socket.once('data', () => {
        if (!reads) this.socket.pause();
        resolve(undefined);
      });
      this.socket.on('close', resolve);
    });
    this.socket.on('data', () => {});
  }

  /** Connects, and completes the opening handshake. */
  static async open(
    /** @type {number} */ port,
    /** @type {readonly string[]} */ headers = [],
    /** @type {{ reads?: boolean, path?: string }} */ options = {},
  ) {
    const raw = new Raw(port, options);
    raw.socket.write(request(headers, options.path));
    await raw.answered;
    return raw;
  }

  /** Writes, and waits until the server has taken all, or for `timeoutMs`. @returns whether it has taken all */
  async write(/** @type {Uint8Array} */ bytes, timeoutMs = 2_000) {
    if (this.socket.write(bytes)) return true;
    const drained = new Promise((resolve) => this.socket.once('drain', () => resolve(true)));
    const late = new Promise((resolve) => setTimeout(resolve, timeoutMs, false));
    return Promise.race([drained, this.ended.then(() => false), late]);
  }
}

export const pause = (/** @type {number} */ milliseconds) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export function times(/** @type {number} */ count, /** @type {() => Promise<Raw>} */ open) {
  return Promise.all(Array.from({ length: count }, open));
}
