// Makes the virtual environment for wstest, once for each set of requirements.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RunError } from './errors.js';
import { describeExit, lastLines, run } from './processes.js';
import { runsAsWstest, SUITE_VERSION, withoutPythonPaths } from './wstest.js';

/** @import { Surroundings } from './wstest.js' */

/** The last releases that make environments for Python 2.7. */
const VIRTUALENV = 'virtualenv<20.22';
const SUITE = `autobahntestsuite==${SUITE_VERSION}`;

/**
 * @param {string} python a Python 2.7 with pip
 * @param {Surroundings} surroundings
 * @returns {Promise<string>} the path of wstest
 */
export async function pythonEnvironment(python, surroundings) {
  const { cache, log } = surroundings;
  const requirements = await readFile(surroundings.requirements, 'utf8');
  const key = createHash('sha256').update([python, VIRTUALENV, SUITE, requirements].join('\n')).digest('hex');
  const pointer = path.join(cache, 'environment.json');
  const current = await readPointer(pointer);
  if (current?.key === key && (await runsAsWstest(wstestIn(current.folder), surroundings))) {
    return wstestIn(current.folder);
  }
  log(`making an environment with ${SUITE} for ${python}; this is done once and takes about half a minute`);
  const folder = await makeEnvironment(python, surroundings);
  await writePointer(pointer, { key, folder });
  // Only our own: a pointer that was edited by hand must not make us remove another folder.
  if (current && path.dirname(current.folder) === cache)
    await rm(current.folder, { recursive: true, force: true });
  return wstestIn(folder);
}

/** @param {string} folder */
function wstestIn(folder) {
  return path.join(folder, 'venv', 'bin', 'wstest');
}

/**
 * @param {string} file
 * @returns {Promise<{ key: string, folder: string } | undefined>}
 */
async function readPointer(file) {
  try {
    const { key, folder } = JSON.parse(await readFile(file, 'utf8'));
    return typeof key === 'string' && typeof folder === 'string' ? { key, folder } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An environment cannot be moved once it is made. So it is made under a unique name, and comes into use only when
 * the file that names it is replaced, in one step.
 * @param {string} file
 * @param {{ key: string, folder: string }} pointer
 */
async function writePointer(file, pointer) {
  const draft = `${pointer.folder}.json`;
  await writeFile(draft, `${JSON.stringify(pointer, undefined, 2)}\n`);
  await rename(draft, file);
}

/**
 * @param {string} python
 * @param {Surroundings} surroundings
 * @returns {Promise<string>} a complete environment; on failure nothing is left behind
 */
async function makeEnvironment(python, surroundings) {
  await mkdir(surroundings.cache, { recursive: true });
  const folder = await mkdtemp(path.join(surroundings.cache, 'environment-'));
  try {
    for (const step of steps(python, folder, surroundings.requirements)) await perform(step, surroundings);
    if (!(await runsAsWstest(wstestIn(folder), surroundings)))
      throw new RunError('the new wstest does not run');
    await rm(path.join(folder, 'bootstrap'), { recursive: true, force: true });
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * @param {string} python
 * @param {string} folder
 * @param {string} requirements
 * @returns {{ command: string, args: string[], env: NodeJS.ProcessEnv }[]}
 */
function steps(python, folder, requirements) {
  const bootstrap = path.join(folder, 'bootstrap');
  const venv = path.join(folder, 'venv');
  const venvPython = path.join(venv, 'bin', 'python');
  // virtualenv goes into a temporary folder, so that the user's Python stays unchanged.
  const lent = { PYTHONPATH: bootstrap, VIRTUALENV_OVERRIDE_APP_DATA: path.join(bootstrap, 'app-data') };
  return [
    { command: python, args: ['-m', 'pip', 'install', '--target', bootstrap, VIRTUALENV], env: {} },
    { command: python, args: ['-m', 'virtualenv', '--no-periodic-update', venv], env: lent },
    { command: venvPython, args: ['-m', 'pip', 'install', '-r', requirements], env: {} },
    // Without its dependencies: the versions that it declares are too new for Python 2.7.
    { command: venvPython, args: ['-m', 'pip', 'install', '--no-deps', SUITE], env: {} },
  ];
}

/**
 * @param {{ command: string, args: string[], env: NodeJS.ProcessEnv }} step
 * @param {Surroundings} surroundings
 */
async function perform({ command, args, env }, { env: outer, signal }) {
  const outcome = await run(command, args, {
    env: { ...withoutPythonPaths(outer), ...env, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    signal,
  });
  if (outcome.code === 0) return;
  const output = lastLines(`${outcome.stdout}\n${outcome.stderr}`);
  throw new RunError(`${command} ${args.join(' ')} failed (${describeExit(outcome)}):\n${output}`);
}
