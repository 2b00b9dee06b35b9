// Reads what wstest prints while it runs, and the report that it leaves behind.
import { readFile } from 'node:fs/promises';
import { compareIds } from './case-ids.js';
import { RunError } from './errors.js';

/** @import { Result, Results } from './expected.js' */

/**
 * @typedef {object} Progress
 * @property {number} done cases that have ended
 * @property {number} total
 * @property {string} id the case that is now running
 *
 * @typedef {object} FuzzingOutcome
 * @property {Results} results in the order of the cases
 * @property {number} total how many cases the suite was to run
 * @property {string} version of the suite
 * @property {string | undefined} failure the suite's message about a connection that it could not open
 */

/** Parses the lines that wstest prints in either mode. */
export class Listener {
  version = 'unknown';
  total = 0;
  /** @type {string | undefined} */
  failure;
  #started = 0;
  #onProgress;

  /** @param {(event: Progress) => void} onProgress */
  constructor(onProgress) {
    this.#onProgress = onProgress;
  }

  /** @param {string} line */
  hear(line) {
    const id = /^Running test case ID ([\d.]+)/.exec(line)?.[1];
    if (id !== undefined) this.#onProgress({ done: this.#started++, total: this.total, id });
    const version = /Autobahn Testsuite Version ([^\s/]+)|^Autobahn WebSocket ([^\s/]+)/.exec(line);
    this.version = version?.[1] ?? version?.[2] ?? this.version;
    const total = /^Ok, will run (\d+) test cases/.exec(line)?.[1];
    if (total !== undefined) this.total = Number(total);
    if (/^Connection to .* failed/.test(line)) this.failure = line;
  }
}

/**
 * @param {string} file
 * @param {string} agent
 * @param {string} [ifMissing] the message if there is no report
 * @returns {Promise<Results>}
 */
export async function readIndex(file, agent, ifMissing = 'wstest ended without a report') {
  /** @type {Record<string, Record<string, { behavior: string, behaviorClose: string }>>} */
  const index = JSON.parse(
    await readFile(file, 'utf8').catch(() => {
      throw new RunError(`${ifMissing} (${file} is missing)`);
    }),
  );
  const rows = Object.entries(index[agent] ?? {}).sort(([a], [b]) => compareIds(a, b));
  return new Map(rows.map(([id, row]) => [id, /** @type {Result} */ ([row.behavior, row.behaviorClose])]));
}
