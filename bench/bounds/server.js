/**
 * The server under attack, in a process of its own: `node --expose-gc server.js OPTIONS WHAT`. OPTIONS are those of
 * WebSocketServer as JSON; WHAT is `held` (memory after a collection, ten times a second) or `rss` (the process as the
 * system sees it, with garbage that is not collected yet). It echoes, and on request broadcasts to all for a while.
 */
import { WebSocketServer } from '../../dist/index.js';

const [options = '{}', what = 'held'] = process.argv.slice(2);

let opened = 0;
/** @type {Record<string, number>} */
const ends = {};
/** @type {unknown[]} */
const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error));
process.on('unhandledRejection', (error) => uncaught.push(error));

const server = new WebSocketServer(JSON.parse(options), {
  open: () => void opened++,
  message: (socket, data) => socket.send(data),
  close: (_socket, { sent, code }) => {
    const end = String(sent?.code ?? code);
    ends[end] = (ends[end] ?? 0) + 1;
  },
});

function memory() {
  if (what === 'rss') return process.memoryUsage.rss();
  globalThis.gc?.();
  globalThis.gc?.(); // array buffers are freed in the background, which the second call waits for
  const { heapUsed, external } = process.memoryUsage(); // external counts the array buffers too
  return heapUsed + external;
}

let before = 0;
let most = 0;
const look = () => {
  most = Math.max(most, memory());
};

const broadcast = (/** @type {number} */ until) => {
  const message = new Uint8Array(64 * 1024);
  const timer = setInterval(() => {
    for (const socket of server.sockets) if (socket.readyState === 1) socket.send(message);
    if (performance.now() > until) clearInterval(timer);
  }, 2);
};

process.on('message', (/** @type {string} */ order) => {
  if (order === 'begin') {
    before = memory();
    most = before;
    setInterval(look, what === 'rss' ? 5 : 100);
  }
  if (order === 'broadcast') broadcast(performance.now() + 3_000);
  if (order === 'state') {
    look();
    const errors = uncaught.map(String);
    process.send?.({
      extra: most - before,
      now: memory() - before,
      open: server.sockets.size,
      opened,
      ends,
      errors,
    });
    return;
  }
  process.send?.('done');
});
process.on('disconnect', () => process.exit());

const { port } = await server.listen(0, '127.0.0.1');
process.send?.({ port });
