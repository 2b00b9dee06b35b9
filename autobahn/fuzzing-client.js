// Runs wstest's fuzzing client against one server and reads what it found.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareIds } from './case-ids.js';
import { RunError } from './errors.js';
import { describeExit, lastLines, run } from './processes.js';
import { withoutPythonPaths } from './wstest.js';

/** @import { Result, Results } from './expected.js' */
/** @import { Tool } from './wstest.js' */

const SPECIFICATION = 'specification.json';

/**
 * @typedef {object} FuzzingOptions
 * @property {Tool} tool
 * @property {string} folder for the report; emptied first
 * @property {string} url
 * @property {string} agent the server's name in the report
 * @property {readonly string[]} cases identifiers or patterns of the suite
 * @property {NodeJS.ProcessEnv} env
 * @property {(event: Progress) => void} onProgress
 * @property {AbortSignal} signal
 *
 * @typedef {object} Progress
 * @property {number} done cases that have ended
 * @property {number} total
 * @property {string} id the case that now runs
 *
 * @typedef {object} FuzzingOutcome
 * @property {Results} results in the order of the cases
 * @property {number} total how many cases were to run
 * @property {string} version of the suite
 * @property {string | undefined} failure what the suite said of a connection that it could not open
 */

/**
 * @param {FuzzingOptions} options
 * @returns {Promise<FuzzingOutcome>}
 */
export async function runFuzzingClient(options) {
  const { tool, folder, agent, env, signal } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, SPECIFICATION), JSON.stringify(specification(options), undefined, 2));
  const listener = new Listener(options.onProgress);
  const specificationPath = path.posix.join(tool.mount(folder), SPECIFICATION);
  const { command, args } = tool.launch(folder, ['--mode', 'fuzzingclient', '--spec', specificationPath]);
  try {
    const outcome = await run(command, args, {
      // wstest leaves files where it is started, and would report in bursts of 4 KiB.
      cwd: folder,
      env: { ...withoutPythonPaths(env), PYTHONUNBUFFERED: '1' },
      onLine: (line) => listener.hear(line),
      signal,
    });
    if (outcome.code !== 0) {
      const output = lastLines(`${outcome.stdout}\n${outcome.stderr}`);
      throw new RunError(`wstest failed (${describeExit(outcome)}):\n${output}`);
    }
  } finally {
    await tool.clean?.();
  }
  const results = await readIndex(path.join(folder, 'index.json'), agent);
  return { results, total: listener.total, version: listener.version, failure: listener.failure };
}

/** @param {FuzzingOptions} options */
function specification({ tool, folder, url, agent, cases }) {
  return {
    outdir: tool.mount(folder),
    // failByDrop: the suite answers a violation with a Close frame, not by cutting the connection.
    options: { failByDrop: false },
    servers: [{ agent, url: tool.reach(url) }],
    cases,
    'exclude-cases': [],
    'exclude-agent-cases': {},
  };
}

/** Makes sense of the lines that the fuzzing client prints. */
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
    this.version = /Autobahn Testsuite Version ([^\s/]+)/.exec(line)?.[1] ?? this.version;
    const total = /^Ok, will run (\d+) test cases/.exec(line)?.[1];
    if (total !== undefined) this.total = Number(total);
    if (/^Connection to .* failed/.test(line)) this.failure = line;
  }
}

/**
 * @param {string} file
 * @param {string} agent
 * @returns {Promise<Results>}
 */
async function readIndex(file, agent) {
  /** @type {Record<string, Record<string, { behavior: string, behaviorClose: string }>>} */
  const index = JSON.parse(
    await readFile(file, 'utf8').catch(() => {
      throw new RunError(`wstest ended without a report (${file} is missing)`);
    }),
  );
  const rows = Object.entries(index[agent] ?? {}).sort(([a], [b]) => compareIds(a, b));
  return new Map(rows.map(([id, row]) => [id, /** @type {Result} */ ([row.behavior, row.behaviorClose])]));
}
