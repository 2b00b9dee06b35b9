/** What loads share: `node load/NAME.js PARAMETERS`, in JSON. They send their result to their parent process. */
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
 * @property {number | undefined} cpu seconds that the server was busy; undefined if the system does not report it
 */

export const parameters = JSON.parse(process.argv[2] ?? '{}');

// A load does not outlive its parent process.
process.on('disconnect', () => process.exit(1));

export const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a measurement. @returns a function that ends it, and takes the number of messages that were answered */
export function stopwatch(/** @type {number} */ pid) {
  const cpu = cpuTime(pid);
  const from = performance.now();
  return (/** @type {number} */ messages) => ({
    messages,
    seconds: (performance.now() - from) / 1_000,
    cpu: cpuBetween(cpu, cpuTime(pid)),
  });
}

/** Measures a load that runs by itself. @returns {Promise<Rate>} */
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
 * Runs and measures rounds until the time is over.
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

/** @returns the server's resident bytes after its garbage has been collected */
export async function residentAfterCollection(/** @type {number} */ pid) {
  process.send?.('collect');
  await once(process, 'message');
  return residentBytes(pid);
}

/** Sends the result and exits. */
export function tell(/** @type {object} */ result) {
  process.send?.(result, () => process.exit());
}
