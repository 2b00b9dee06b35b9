/** What a program of consumers/ is made of: checks with a name, one line each, and an end that the runner reads. */
import { setTimeout as wait } from 'node:timers/promises';

/** What one check may take, on a machine that does other things too. */
const CHECK_MS = 40_000;
/** What the process may take to end by itself when its program is done. */
const END_MS = 20_000;

const counts = { passed: 0, failed: 0 };

// One line on standard output is one check: what packages print goes to standard error.
for (const level of /** @type {const} */ (['log', 'info', 'debug'])) console[level] = console.error;

/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`);

/**
 * Runs a check, now, and prints one line of it. The next check runs whether this one fails or not.
 * @param {string} name
 * @param {() => unknown} body throws, or rejects, if what is checked does not hold
 */
export async function check(name, body) {
  const over = new AbortController();
  const late = wait(CHECK_MS, undefined, { signal: over.signal }).then(
    () => Promise.reject(new Error(`nothing after ${CHECK_MS / 1_000} s`)),
    () => {},
  );
  try {
    await Promise.race([(async () => body())(), late]);
    counts.passed++;
    print(`ok ${name}`);
  } catch (error) {
    counts.failed++;
    print(`not ok ${name}: ${String(/** @type {Error} */ (error)?.message ?? error).replaceAll('\n', ' ')}`);
    console.error(error);
  } finally {
    over.abort();
  }
}

/**
 * Ends the program. One that has closed what it opened ends by itself, which is a check too.
 * @param {{ exit?: string }} [options] exit: why the process cannot end by itself on ws either
 */
export function end({ exit } = {}) {
  const finish = () => {
    print(`end ${counts.passed} ${counts.passed + counts.failed}`);
    process.exit(counts.failed === 0 ? 0 : 1);
  };
  if (exit !== undefined) return finish();
  const stuck = setTimeout(() => {
    counts.failed++;
    print(`not ok ends by itself: open are ${process.getActiveResourcesInfo().join(', ')}`);
    finish();
  }, END_MS);
  stuck.unref();
  process.once('beforeExit', () => {
    counts.passed++;
    print('ok ends by itself');
    finish();
  });
}

/**
 * Waits until a condition holds; for what tells nobody when it happens.
 * @param {() => unknown} condition
 * @param {string} what
 */
export async function until(condition, what) {
  for (const began = Date.now(); !(await condition()); await wait(10))
    if (Date.now() - began > CHECK_MS - 5_000) throw new Error(`never: ${what}`);
}
