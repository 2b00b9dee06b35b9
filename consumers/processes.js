/** Processes of the run: each in a group of its own, with a limit in time. */
import { spawn } from 'node:child_process';

/** Enough for what a program says of its failure. */
const KEPT_CHARACTERS = 256 * 1024;
/** What one may take to end when its time is over. */
const GRACE_MS = 5_000;

/**
 * @typedef {object} Outcome
 * @property {number | null} code null if it was ended, or could not start
 * @property {string} stdout
 * @property {string} stderr
 * @property {boolean} isLate
 */

/**
 * Runs a process to its end.
 * @param {string} file
 * @param {readonly string[]} parameters
 * @param {{ cwd: string, timeoutMs: number, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<Outcome>}
 */
export function run(file, parameters, { cwd, timeoutMs, env = process.env }) {
  return new Promise((resolve) => {
    // A group, so that its end reaches what it has started: browsers, workers.
    const child = spawn(file, parameters, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const outcome = { stdout: '', stderr: '', isLate: false };
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name].setEncoding('utf8').on('data', (text) => {
        outcome[name] = (outcome[name] + text).slice(-KEPT_CHARACTERS);
      });
    }
    const endGroup = (/** @type {NodeJS.Signals} */ signal) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // Nobody of it is left.
      }
    };
    /** @type {NodeJS.Timeout | undefined} */
    let last;
    const late = setTimeout(() => {
      outcome.isLate = true;
      // A browser has a group of its own: puppeteer ends it when it is told to end itself.
      endGroup('SIGTERM');
      last = setTimeout(endGroup, GRACE_MS, 'SIGKILL');
    }, timeoutMs);
    child.once('error', (error) => {
      outcome.stderr += error.message;
      clearTimeout(late);
      resolve({ ...outcome, code: null });
    });
    child.once('exit', () => endGroup('SIGKILL')); // what it has left behind would keep its output open
    child.once('close', (code) => {
      clearTimeout(late);
      clearTimeout(last);
      resolve({ ...outcome, code });
    });
  });
}

/**
 * Runs a command that has to succeed.
 * @param {string} file
 * @param {readonly string[]} parameters
 * @param {{ cwd: string, timeoutMs: number }} options
 * @returns {Promise<string>} its standard output
 */
export async function mustRun(file, parameters, options) {
  const { code, isLate, stdout, stderr } = await run(file, parameters, options);
  if (code === 0) return stdout;
  const how = isLate ? `did not end in ${options.timeoutMs / 1_000} s` : `failed (${code})`;
  throw new Error(`${file} ${parameters.join(' ')} ${how}\n${stderr.trim()}\n${stdout.trim()}`);
}
