/**
 * A quiet client beside peers that send as fast as the server takes it. The client asks a question, waits for the answer, and
 * asks the next one a little later. Reported is how long it had to wait, the question that is still open at the end included.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openAll } from './connection.js';
import { clientFrame, serverFrame, TEXT } from './frames.js';
import { parameters, sleep, stopwatch, tell } from './run.js';

const WARM_MS = 1_000;
const PAUSE_MS = 2;

/** @type {import('./run.js').Server & { kind: string, peers: number, seconds: number }} */
const { port, pid, kind, peers, seconds } = parameters;

const [quiet] = await openAll(port, 1);
if (quiet === undefined) throw new Error('there is no connection');
const flooder = fork(new URL('flooder.js', import.meta.url), [JSON.stringify({ port, kind, peers })]);
await once(flooder, 'message');

const payload = Buffer.from('? how long do I wait');
const question = clientFrame(TEXT, payload);
const answer = serverFrame(TEXT, payload);

/** @type {number[]} */
const waits = [];
let askedAt = 0;
let missing = 0;
let isMeasuring = false;

function ask() {
  askedAt = performance.now();
  missing = answer.length;
  quiet?.socket.write(question);
}

quiet.onBytes = (length) => {
  missing -= length;
  if (missing > 0) return;
  if (missing < 0) throw new Error('more answers than questions');
  if (isMeasuring) waits.push(performance.now() - askedAt);
  askedAt = 0;
  setTimeout(ask, PAUSE_MS);
};

ask();
await sleep(WARM_MS);
isMeasuring = true;
const stop = stopwatch(pid);
await sleep(1_000 * seconds);
const measured = stop(waits.length);
if (askedAt > 0) waits.push(performance.now() - askedAt);
flooder.kill();
waits.sort((a, b) => a - b);
const percentile = (/** @type {number} */ share) => waits[Math.floor(share * waits.length)];
tell({ ...measured, p50: percentile(0.5), p99: percentile(0.99), worst: waits.at(-1) });
