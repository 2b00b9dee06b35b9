/** One command of a suite: bounded in time, and ended with all that it has started. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/**
 * @typedef Command
 * @property {readonly string[]} command `{results}` stands for the file that it writes its results to; without it, they are its output
 * @property {Record<string, string>} [env]
 */

const MINUTES = 15;

/** @type {import('node:child_process').ChildProcess | undefined} */
let child;

/** Ends the command that runs, with what it has started: it leads a process group of its own. */
export function stop() {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, 'SIGKILL');
}

/**
 * @param {Command} command
 * @param {string} checkout
 * @param {string} folder
 * @param {string} results
 * @returns {Promise<{ end: string, output: string }>} how it ended, and what it printed
 */
export async function run({ command, env = {} }, checkout, folder, results) {
  const [program = '', ...parameters] = command.map((word) => word.replace('{results}', results));
  const printed = command.some((word) => word.includes('{results}')) ? `${results}.output` : results;
  const output = openSync(printed, 'w');
  const cwd = join(checkout, folder);
  const bins = [cwd, checkout].map((place) => join(place, 'node_modules', '.bin'));
  const path = [...bins, dirname(process.execPath), process.env['PATH']];
  child = spawn(program, parameters, {
    cwd,
    env: { ...process.env, ...env, PATH: path.join(delimiter) },
    stdio: ['ignore', output, printed === results ? 'ignore' : output],
    detached: true,
  });
  const timer = setTimeout(stop, MINUTES * 60_000);
  /** @type {string} */
  const end = await new Promise((resolve) => {
    child?.once('error', (error) => resolve(error.message));
    child?.once('exit', (code, signal) => resolve(signal === null ? `exit ${code}` : `ended by ${signal}`));
  });
  clearTimeout(timer);
  closeSync(output);
  return { end, output: readFileSync(printed, 'utf8') };
}
