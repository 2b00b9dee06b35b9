/** What a workload is, and how most of them run: start a server, run a load, stop the server. */
import { runLoad } from '../harness.js';
import { startServer } from '../server.js';

/**
 * @typedef {object} Figures what one run has measured; undefined if the system does not report it
 * @property {number} [rate] units a second
 * @property {number | undefined} [cpu] microseconds of CPU time of the measured process for one unit
 * @property {number | undefined} [share] of the time in which the process was busy
 * @property {number | undefined} [memory] resident bytes a connection
 * @property {number} [p50] milliseconds
 * @property {number} [p99] milliseconds
 * @property {number} [worst] milliseconds
 *
 * @typedef {'barewire' | 'adapter' | 'ws' | 'floor' | 'bun' | 'bunContext' | 'uws' | 'events' | 'node'} Name
 *
 * @typedef {object} Workload
 * @property {string} name on the command line
 * @property {string} title
 * @property {'message' | 'delivery' | 'handshake' | 'connection' | 'answer'} unit what is counted
 * @property {'speed' | 'cpu' | 'memory' | 'p99' | 'worst'} compares for speed more is better, for the others less
 * @property {readonly Name[]} names the participants, ours first
 * @property {(name: Name, seconds: number) => Promise<Figures>} run
 */

/** @typedef {import('../load/run.js').Rate} Rate */

/** @returns {Figures} */
export function figuresOf(/** @type {Rate} */ { messages, seconds, cpu }) {
  if (messages === 0) return { rate: 0 };
  return {
    rate: messages / seconds,
    cpu: cpu === undefined ? undefined : (1e6 * cpu) / messages,
    share: cpu === undefined ? undefined : cpu / seconds,
  };
}

/** Runs a load on a server of its own. @returns the result of the load */
export async function runOn(
  /** @type {Name} */ name,
  /** @type {string[]} */ words,
  /** @type {string} */ load,
  /** @type {import('../processes.js').Parameters} */ parameters,
) {
  const server = await startServer(/** @type {import('../server.js').ServerName} */ (name), words);
  try {
    return await runLoad(load, parameters, server);
  } finally {
    await server.stop();
  }
}

/** @returns {Workload['run']} */
export function rateOf(
  /** @type {string[]} */ words,
  /** @type {string} */ load,
  /** @type {import('../processes.js').Parameters} */ parameters,
) {
  return async (name, seconds) =>
    figuresOf(/** @type {Rate} */ (await runOn(name, words, load, { ...parameters, seconds })));
}
