/** One program: a process of its own, and what its lines say. */
import { join } from 'node:path';
import { run } from './processes.js';

/** @import { Implementation } from './arguments.js' */

/** What a program may take: several times what the slowest needs on two busy cores. */
const PROGRAM_MS = 180_000;

/**
 * @typedef {object} Result
 * @property {number} passed
 * @property {number} checks
 * @property {number} seconds
 * @property {string[]} lines one for each check
 * @property {string[]} failures what did not hold; empty if all is well
 * @property {string} stderr what it said in addition, if it failed
 */

/**
 * @param {string} folder of the project
 * @param {string} name
 * @param {Implementation} on
 * @returns {Promise<Result>}
 */
export async function runProgram(folder, name, on) {
  const began = Date.now();
  const parameters = ['--no-warnings', join('programs', `${name}.js`)];
  const env = { ...process.env, CONSUMERS_ON: on, NODE_ENV: 'test' };
  const { code, isLate, stdout, stderr } = await run(process.execPath, parameters, {
    cwd: folder,
    timeoutMs: PROGRAM_MS,
    env,
  });
  const lines = stdout.split('\n').filter((line) => /^(?:not )?ok /.test(line));
  const failures = lines.filter((line) => line.startsWith('not ok '));
  const passed = lines.length - failures.length;
  // A program that ends before its last line has left checks out.
  const isWhole = new RegExp(`^end ${passed} ${lines.length}$`, 'm').test(stdout);
  if (isLate) failures.push(`not ok ends: nothing after ${PROGRAM_MS / 1_000} s`);
  else if (failures.length === 0 && (code !== 0 || !isWhole || passed === 0))
    failures.push(`not ok ends in order: exit code ${code}`);
  const seconds = (Date.now() - began) / 1_000;
  return {
    passed,
    checks: lines.length,
    seconds,
    lines,
    failures,
    stderr: failures.length === 0 ? '' : stderr.trim(),
  };
}
