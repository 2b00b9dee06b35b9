// Runs wstest's fuzzing client against one server and reads the results.
import path from 'node:path';
import { RunError } from './errors.js';
import { describeExit, lastLines, run } from './processes.js';
import { prepareFolder, surroundingsOf } from './report-folder.js';
import { Listener, readIndex } from './suite-output.js';

/** @import { FuzzingOutcome, Progress } from './suite-output.js' */
/** @import { Tool } from './wstest.js' */

/**
 * @typedef {object} FuzzingClientOptions
 * @property {Tool} tool
 * @property {string} folder for the report; emptied first
 * @property {string} url
 * @property {string} agent the server's name in the report
 * @property {readonly string[]} cases identifiers or patterns of the suite
 * @property {NodeJS.ProcessEnv} env
 * @property {(event: Progress) => void} onProgress
 * @property {AbortSignal} signal
 */

/**
 * @param {FuzzingClientOptions} options
 * @returns {Promise<FuzzingOutcome>}
 */
export async function runFuzzingClient({ tool, folder, url, agent, cases, env, onProgress, signal }) {
  const servers = [{ agent, url: tool.reach(url) }];
  const specification = await prepareFolder(tool, folder, cases, { servers });
  const listener = new Listener(onProgress);
  const { command, args } = tool.launch(folder, ['--mode', 'fuzzingclient', '--spec', specification]);
  try {
    const outcome = await run(command, args, {
      ...surroundingsOf(folder, env),
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
