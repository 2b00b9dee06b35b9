/**
 * The other direction: a server that writes short messages as fast as its client takes them, 64 KiB at a time, for
 * `seconds`; then it closes. It reports its port, and at the end the number of messages sent.
 */
import { createServer } from 'node:net';
import { acceptance } from '../servers/acceptance.js';
import { serverFrame, TEXT } from './frames.js';
import { parameters, tell } from './run.js';

const RUN_BYTES = 64 * 1024;
const CLOSE = serverFrame(0x88, Buffer.of(0x03, 0xe8)); // 1000

/** @type {{ text: string, seconds: number }} */
const { text, seconds } = parameters;
const frame = serverFrame(TEXT, Buffer.from(text));
const messagesInRun = Math.floor(RUN_BYTES / frame.length);
const run = Buffer.concat(Array(messagesInRun).fill(frame));

const server = createServer((socket) => {
  const end = performance.now() + 1_000 * seconds;
  let sent = 0;
  /** Writes one run at a time, because queued output takes memory. */
  const write = () => {
    if (performance.now() >= end) {
      socket.end(CLOSE, () => tell({ sent }));
      return;
    }
    sent += messagesInRun;
    socket.write(run, write);
  };
  socket.on('error', () => {});
  socket.once('data', (request) => {
    socket.write(acceptance(request), write);
    socket.resume();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port });
});
