// Runs wstest's fuzzing server and a client that runs its cases, and reads the results.
import path from 'node:path';
import { RunError } from './errors.js';
import { answers } from './free-port.js';
import { describeExit, lastLines, Process, run } from './processes.js';
import { prepareFolder, surroundingsOf } from './report-folder.js';
import { Listener, readIndex } from './suite-output.js';

/** @import { Exit } from './processes.js' */
/** @import { FuzzingOutcome, Progress } from './suite-output.js' */
/** @import { Tool } from './wstest.js' */

const START_LIMIT_MS = 60_000;
const NO_REPORT = 'the client ended without having the report written (/updateReports)';

/**
 * @typedef {object} FuzzingServerOptions
 * @property {Tool} tool
 * @property {string} folder for the report; emptied first
 * @property {number} port a free port for the suite to listen on
 * @property {string} agent the client's name in the report
 * @property {(url: string) => { command: string, args: readonly string[] }} client
 *   how to run a client that runs all cases of the server with this URL
 * @property {string} root the folder in which the client is started
 * @property {readonly string[]} cases identifiers or patterns of the suite
 * @property {NodeJS.ProcessEnv} env
 * @property {(event: Progress) => void} onProgress
 * @property {AbortSignal} signal
 * @property {number} [startLimitMs] how long the suite may take until it listens
 */

/**
 * @param {FuzzingServerOptions} options
 * @returns {Promise<FuzzingOutcome>}
 */
export async function runFuzzingServer(options) {
  const { tool, folder, port, agent, cases, env, signal } = options;
  const url = `ws://127.0.0.1:${port}`;
  const specification = await prepareFolder(tool, folder, cases, { url });
  const listener = new Listener(options.onProgress);
  const modeArguments = ['--mode', 'fuzzingserver', '--webport', '0', '--spec', specification];
  const { command, args } = tool.launch(folder, modeArguments, port);
  signal.throwIfAborted();
  const suite = new Process(command, args, {
    ...surroundingsOf(folder, env),
    onLine: (line) => listener.hear(line),
  });
  try {
    await talk(suite, url, options);
  } finally {
    await suite.stop();
    await tool.clean?.();
  }
  const results = await readIndex(path.join(folder, 'index.json'), agent, NO_REPORT);
  return { results, total: listener.total, version: listener.version, failure: undefined };
}

/**
 * Runs the client while the suite is running.
 * @param {Process} suite
 * @param {string} url
 * @param {FuzzingServerOptions} options
 */
async function talk(suite, url, { port, client, root, env, signal, startLimitMs = START_LIMIT_MS }) {
  const ended = new AbortController();
  void suite.exited.then((exit) => ended.abort(suiteEnded(suite, exit)));
  const either = AbortSignal.any([signal, ended.signal]);
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new RunError(`wstest did not listen on port ${port} within ${startLimitMs / 1000} s`));
  }, startLimitMs);
  await answers(port, AbortSignal.any([either, late.signal])).finally(() => clearTimeout(timer));
  const { command, args } = client(url);
  const outcome = await run(command, args, { cwd: root, env, signal: either });
  if (outcome.code !== 0) {
    const output = lastLines(`${outcome.stdout}\n${outcome.stderr}`);
    throw new RunError(`the client failed (${describeExit(outcome)}):\n${output}`);
  }
}

/**
 * @param {Process} suite
 * @param {Exit} exit
 */
function suiteEnded(suite, exit) {
  const output = lastLines(`${suite.stdout}\n${suite.stderr}`);
  return new RunError(`wstest ended while the client ran (${describeExit(exit)}):\n${output}`);
}
