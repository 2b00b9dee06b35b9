/**
 * An open loop: messages are sent evenly at a fixed rate, each on the next connection, whether or not the one before is
 * answered. Latency counts from the time at which a message should have been sent, so that a server that stalls is
 * charged for every message that had to wait.
 */
import { ask, openAll } from './connection.js';
import { clientFrame, serverFrame, TEXT } from './frames.js';
import { parameters, sleep, stopwatch, tell } from './run.js';

const WARM_MS = 1_000;

/** @type {import('./run.js').Server & { connections: number, bytes: number, rate: number, seconds: number }} */
const { port, pid, connections, bytes, rate, seconds } = parameters;

const all = await openAll(port, connections);
const payload = Buffer.alloc(bytes, 'what comes of it? ');
const frame = clientFrame(TEXT, payload);
const answer = serverFrame(TEXT, payload);
await Promise.all(all.map((connection) => ask(connection, frame, answer)));

const from = performance.now();
const begin = from + WARM_MS;
const end = begin + 1_000 * seconds;
/** @type {number[]} */
const latencies = [];
let unanswered = 0;

const senders = all.map((connection) => {
  /** @type {number[]} When each unanswered message should have been sent. */
  const intended = [];
  let bytesCame = 0;
  connection.onBytes = (length) => {
    const now = performance.now();
    for (bytesCame += length; bytesCame >= answer.length; bytesCame -= answer.length) {
      const at = intended.shift();
      if (at === undefined) throw new Error('more answers than messages');
      unanswered--;
      if (at >= begin) latencies.push(now - at);
    }
  };
  return (/** @type {number} */ at) => {
    intended.push(at);
    unanswered++;
    connection.socket.write(frame);
  };
});

/** Sends what is due, reads answers, and repeats without a pause: a timer would be too coarse. */
function pace(/** @type {number} */ sent) {
  for (const now = performance.now(); from + (1_000 * sent) / rate <= now; sent++)
    senders[sent % senders.length]?.(from + (1_000 * sent) / rate);
  if (performance.now() < end) setImmediate(pace, sent);
}

pace(0);
await sleep(WARM_MS);
const stop = stopwatch(pid);
const answeredBefore = latencies.length;
await sleep(1_000 * seconds);
const measured = stop(latencies.length - answeredBefore);
while (unanswered > 0) await sleep(10); // a lost message makes this exceed the time limit of the parent
latencies.sort((a, b) => a - b);
const percentile = (/** @type {number} */ share) => latencies[Math.floor(share * latencies.length)];
tell({ ...measured, p50: percentile(0.5), p99: percentile(0.99) });
