/**
 * `node bench/slow-consumer.js`: 1 GiB to a consumer that is slow at first, once by a `for await` loop and once by the
 * readable of a WebSocketStream. Sender and consumer run in processes of their own. Shows how much the memory of both
 * has grown at most, and how the sender was held back. Exits with 1 if a message is missing, if the sender was not held
 * back, or if memory grows beyond the bound.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));
const MIB = 1024 * 1024;
const MESSAGE_BYTES = 64 * 1024;
const MESSAGES = (1024 * MIB) / MESSAGE_BYTES;
/** Both hold less than 1 MiB. The rest is garbage that is not collected yet, because nothing forces a collection. */
const BOUND = 64 * MIB;
const TIMEOUT_MS = 40_000;

/** @typedef {{ rss: number, inside: number }} Extra */

async function run(/** @type {'loop' | 'stream'} */ how) {
  const execArgv = ['--expose-gc'];
  const sender = fork(path('slow-consumer/sender.js'), [String(MESSAGES), String(MESSAGE_BYTES)], {
    execArgv,
  });
  const [{ port }] = await once(sender, 'message');
  const from = performance.now();
  const consumer = fork(path('slow-consumer/consumer.js'), [String(port), how, String(MESSAGES)], {
    execArgv,
  });
  const late = setTimeout(() => {
    consumer.kill();
    sender.kill();
  }, TIMEOUT_MS);
  const told = (/** @type {typeof sender} */ child) =>
    Promise.race([once(child, 'message').then(([it]) => it), once(child, 'exit').then(() => undefined)]);
  /** @type {[{ waits: number, waitedMs: number, code: number, extra: Extra } | undefined, { count: number, wrong: number, extra: Extra } | undefined]} */
  const [sent, taken] = await Promise.all([told(sender), told(consumer)]);
  clearTimeout(late);
  sender.kill();
  return { sent, taken, seconds: (performance.now() - from) / 1_000 };
}

const mebibytes = (/** @type {number} */ bytes) => Number((bytes / MIB).toFixed(1));

const rows = [];
let failed = false;
for (const how of /** @type {const} */ (['loop', 'stream'])) {
  const { sent, taken, seconds } = await run(how);
  if (sent === undefined || taken === undefined) {
    console.error(how, `did not end within ${TIMEOUT_MS / 1_000} s, or failed`);
    failed = true;
    continue;
  }
  const most = Math.max(sent.extra.rss, sent.extra.inside, taken.extra.rss, taken.extra.inside);
  const isWhole = taken.count === MESSAGES && taken.wrong === 0 && sent.code === 1000;
  const isWithin = most <= BOUND && isWhole && sent.waits > 0;
  failed ||= !isWithin;
  rows.push({
    consumer: how === 'loop' ? 'for await' : 'WebSocketStream',
    messages: taken.count,
    'MiB/s': Math.round((MESSAGES * MESSAGE_BYTES) / MIB / seconds),
    'sender waited': `${sent.waits} times, ${(sent.waitedMs / 1_000).toFixed(1)} s of ${seconds.toFixed(1)} s`,
    'sender, MiB': `${mebibytes(sent.extra.rss)} (${mebibytes(sent.extra.inside)} inside)`,
    'consumer, MiB': `${mebibytes(taken.extra.rss)} (${mebibytes(taken.extra.inside)} inside)`,
    'bound, MiB': mebibytes(BOUND),
    'stayed within': isWithin ? 'yes' : 'NO',
  });
}
console.table(rows);
if (failed) process.exitCode = 1;
