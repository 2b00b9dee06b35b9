/** What loads share: `node load/NAME.js PARAMETERS`, in JSON; they tell their result to the process that has started them. */
import { once } from 'node:events';
import { cpuBetween, cpuTime, residentBytes } from '../proc.js';

const WARM_MS = 1_000;

/**
 * @typedef {object} Server
 * @property {number} port
 * @property {number} pid
 *
 * @typedef {object} Rate
 * @property {number} messages
 * @property {number} seconds
 * @property {number | undefined} cpu seconds that the server was busy; undefined where the system does not tell
 */

export const parameters = JSON.parse(process.argv[2] ?? '{}');

// A load does not outlive the one who waits for its result.
process.on('disconnect', () => process.exit(1));

export const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Begins to measure. @returns a function that ends it, when so many messages have been answered */
export function stopwatch(/** @type {number} */ pid) {
  const cpu = cpuTime(pid);
  const from = performance.now();
  return (/** @type {number} */ messages) => ({
    messages,
    seconds: (performance.now() - from) / 1_000,
    cpu: cpuBetween(cpu, cpuTime(pid)),
  });
}

/** Measures what runs by itself. @returns {Promise<Rate>} */
export async function measure(
  /** @type {number} */ pid,
  /** @type {number} */ seconds,
  /** @type {() => number} */ count,
) {
  await sleep(WARM_MS);
  const before = count();
  const stop = stopwatch(pid);
  await sleep(1_000 * seconds);
  return stop(count() - before);
}

/**
 * Measures what is done round by round, until the time is over.
 * @returns {Promise<Rate>}
 */
export async function measureRounds(
  /** @type {number} */ pid,
  /** @type {number} */ seconds,
  /** @type {number} */ messagesInRound,
  /** @type {() => Promise<unknown>} */ round,
) {
  for (const from = performance.now(); performance.now() - from < WARM_MS; ) await round();
  const stop = stopwatch(pid);
  const from = performance.now();
  let messages = 0;
  while (performance.now() - from < 1_000 * seconds) {
    await round();
    messages += messagesInRound;
  }
  return stop(messages);
}

/** @returns the server's resident bytes when its garbage is collected */
export async function residentAfterCollection(/** @type {number} */ pid) {
  process.send?.('collect');
  await once(process, 'message');
  return residentBytes(pid);
}

/** Tells the result, and ends. */
export function tell(/** @type {object} */ result) {
  process.send?.(result, () => process.exit());
}
