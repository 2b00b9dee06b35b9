// What the runner knows about wstest, the command of the Autobahn testsuite.
import { run } from './processes.js';

/** The release of the suite that produced the committed outcomes. */
export const SUITE_VERSION = '25.10.1';

/**
 * One way to run wstest. Paths and addresses may differ for the tool, as they do in a container.
 * @typedef {object} Tool
 * @property {string} label what to call it in a message
 * @property {(folder: string) => string} mount the path of a folder on this machine, as the tool sees it
 * @property {(url: string) => string} reach the address of a server on this machine, as the tool sees it
 * @property {(folder: string, args: readonly string[], port?: number) => { command: string, args: string[] }} launch
 *   how to run `wstest` with these arguments; it reads and writes the folder, and listens on the port if it
 *   is a server
 * @property {() => Promise<void>} [clean] to be called after a run, whether it succeeded or not
 *
 * @typedef {object} Surroundings
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cache the folder in which an environment may be made
 * @property {string} requirements the file with the pinned packages
 * @property {(text: string) => void} log
 * @property {AbortSignal} signal
 */

/**
 * A file that exists may not work: version managers leave shims behind for tools that are not installed.
 * @param {string} file
 * @param {Pick<Surroundings, 'env' | 'signal'>} surroundings
 */
export async function runsAsWstest(file, { env, signal }) {
  const { code, stdout } = await run(file, ['--autobahnversion'], {
    env: withoutPythonPaths(env),
    signal,
    timeoutMs: 30_000,
  });
  return code === 0 && /AutobahnTestSuite/i.test(stdout);
}

/**
 * The user's PYTHONPATH belongs to another Python, most likely Python 3.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutPythonPaths(env) {
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...rest } = env;
  return rest;
}
