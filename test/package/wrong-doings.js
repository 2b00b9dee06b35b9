/**
 * A process in which everything goes wrong that can go wrong with a client, and nothing is caught or awaited. It says how
 * each client ended, and must end by itself, with 0.
 */
import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocket } from '../../dist/index.js';

const ACCEPTANCE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
const NOT_UPGRADED = 'HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nabc';
const REDIRECT = 'HTTP/1.1 302 Found\r\nLocation: /redirect\r\nContent-Length: 0\r\n\r\n';

/** What a server does, by the path that was asked for. @type {Record<string, (socket: import('node:net').Socket, accept: string) => void>} */
const DEEDS = {
  silent: () => {},
  end: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  garbage: (socket) => socket.end('\0\x01\x02\r\n\r\n'),
  'half-answer': (socket, accept) => socket.end(accept.slice(0, 60)),
  'half-body': (socket) => socket.write(NOT_UPGRADED, () => socket.resetAndDestroy()),
  redirect: (socket) => socket.write(REDIRECT),
  'wrong-accept': (socket) => socket.write(`${ACCEPTANCE}Sec-WebSocket-Accept: no\r\n\r\n`),
  'no-upgrade': (socket) => socket.write('HTTP/1.1 101 Yes\r\n\r\n'),
  'open-and-end': (socket, accept) => socket.end(accept),
  'open-and-reset': (socket, accept) => socket.write(accept, () => socket.resetAndDestroy()),
  'open-and-garbage': (socket, accept) => socket.write(`${accept}\xff\xff\xff\xff`),
  'open-and-text': (socket, accept) =>
    socket.write(Buffer.concat([Buffer.from(accept), Buffer.from('810161', 'hex')])),
};

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (request) => {
    const [, path = ''] = /^GET \/(\S*)/.exec(request.toString()) ?? [];
    const [, key = ''] = /Sec-WebSocket-Key: (.*)\r/.exec(request.toString()) ?? [];
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    DEEDS[path]?.(socket, `${ACCEPTANCE}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

const FAST = { openingTimeoutMs: 300, closeTimeoutMs: 200, maxRedirects: 3 };
/** @type {Map<string, WebSocket>} */
const sockets = new Map();

/** @param {string} name @param {string} url @param {import('../../dist/index.js').ClientOptions} [options] */
function make(name, url, options = {}) {
  const socket = new WebSocket(url, [], { ...FAST, ...options });
  void socket.opened; // nobody catches it
  sockets.set(name, socket);
  return socket;
}

for (const path of Object.keys(DEEDS)) make(path, `ws://127.0.0.1:${port}/${path}`);
/** @type {WebSocket} */ (sockets.get('open-and-garbage')).onmessage = () => {};
make('nobody there', 'ws://127.0.0.1:1/');
make('no such host', 'ws://does-not-exist.invalid/');
make('no TLS there', `wss://127.0.0.1:${port}/silent`);
make('aborted', `ws://127.0.0.1:${port}/silent`, { signal: AbortSignal.abort() });
make('aborted later', `ws://127.0.0.1:${port}/silent`, { signal: AbortSignal.timeout(50) });
make('closed', `ws://127.0.0.1:${port}/silent`).close();
make('terminated', `ws://127.0.0.1:${port}/silent`).terminate();
void make('pinged', `ws://127.0.0.1:${port}/silent`).ping();
make('throwing createConnection', 'ws://localhost/', {
  createConnection() {
    throw new Error('no');
  },
});
make('rejecting createConnection', 'ws://localhost/', {
  createConnection: () => Promise.reject(new Error('no')),
});
make('endless createConnection', 'ws://localhost/', { createConnection: () => new Promise(() => {}) });
make('late createConnection', 'ws://localhost/', {
  createConnection: () => new Promise((resolve) => setTimeout(() => resolve(connect(1, '127.0.0.1')), 500)),
});
make('broken transport', 'ws://localhost/', {
  createConnection: () =>
    new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(new Error('broken')) }),
});
for (const type of ['open', 'message', 'close']) {
  make(`throwing ${type} listener`, `ws://127.0.0.1:${port}/open-and-text`).addEventListener(type, () => {
    throw new Error(`reported: ${type}`);
  });
}
make('rejecting listener', `ws://127.0.0.1:${port}/open-and-text`).addEventListener('message', async () => {
  throw new Error('reported: async');
});
make('throwing error listener', 'ws://127.0.0.1:1/').onerror = () => {
  throw new Error('reported: error');
};
const busy = make('unawaited sends and pings', `ws://127.0.0.1:${port}/open-and-reset`);
busy.onopen = () => {
  for (let count = 0; count < 100; count++) busy.send(new Blob(['x'.repeat(10_000)]));
  void busy.ping();
  busy.terminate();
};

setTimeout(() => {
  for (const socket of sockets.values()) socket.terminate();
  server.close();
}, 2_000);
for (const [name, socket] of sockets) {
  const { code, error } = await socket.closed;
  console.log(`${name}: ${code} ${error?.name ?? 'no error'}`);
}
