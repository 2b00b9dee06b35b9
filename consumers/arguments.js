/** Parses the command line. */
import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run consumers -- [options]

Runs the programs of consumers/programs: packages that depend on ws, with barewire-ws in its place
everywhere in the tree, by an override. Packs barewire and packages/ws, installs the pinned versions of
consumers/package-lock.json into .cache/consumers, and checks that no ws is left.

Options
  --on barewire|ws   what stands for ws (default: barewire); ws is the baseline that all programs pass too
  --only NAME        these programs only; may be given several times
  --jobs N           so many at once (default: 2)
  --lines            prints each check, and not only those that failed
  --list             the names of the programs
  --help             this text

Exit code: 0 all passed, 1 a check or a program failed, 2 bad arguments.
See consumers/README.md.`;

const OPTIONS = /** @type {const} */ ({
  on: { type: 'string' },
  only: { type: 'string', multiple: true },
  jobs: { type: 'string' },
  lines: { type: 'boolean' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
});

export class UsageError extends Error {}

/**
 * @typedef {'barewire' | 'ws'} Implementation
 *
 * @param {string[]} argv
 * @param {readonly string[]} programs
 */
export function parseArguments(argv, programs) {
  const { on = 'barewire', only = [], jobs = '2', lines = false, list = false, help = false } = split(argv);
  if (on !== 'barewire' && on !== 'ws') throw new UsageError(`--on: '${on}' is neither barewire nor ws`);
  if (!/^[1-9]\d?$/.test(jobs)) throw new UsageError(`--jobs: '${jobs}' is not a number from 1 to 99`);
  const unknown = only.find((name) => !programs.includes(name));
  if (unknown !== undefined) throw new UsageError(`--only: there is no program '${unknown}' (see --list)`);
  const names = only.length === 0 ? programs : programs.filter((name) => only.includes(name));
  return { on: /** @type {Implementation} */ (on), names, jobs: Number(jobs), lines, list, help };
}

/** @param {string[]} argv */
function split(argv) {
  try {
    return parseArgs({ args: argv, options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(String(/** @type {Error} */ (error).message).split(/\.\s|\n/)[0]);
  }
}
