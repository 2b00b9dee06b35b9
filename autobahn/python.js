// Looks for a Python for the testsuite: 2.7, with pip. The search changes nothing.
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { EXIT, RunError } from './errors.js';
import { findNamed, findOnPath } from './executables.js';
import { run } from './processes.js';
import { withoutPythonPaths } from './wstest.js';

/** @import { Surroundings } from './wstest.js' */

const NAMES = ['python2.7', 'pypy2.7', 'pypy2', 'pypy'];
const QUESTION = 'import sys, pip; sys.stdout.write("version %d.%d" % sys.version_info[:2])';

/**
 * @param {Pick<Surroundings, 'env' | 'signal'>} surroundings
 * @returns {Promise<{ path: string | undefined, rejected: string[] }>} rejected: what was found and why it is unusable
 */
export async function findPython(surroundings) {
  const { PYTHON27, PATH } = surroundings.env;
  if (PYTHON27) {
    const [file] = await findNamed(PYTHON27, PATH);
    const reason = file === undefined ? 'is not an executable' : await reasonAgainst(file, surroundings);
    if (reason === undefined) return { path: file, rejected: [] };
    throw new RunError(`PYTHON27 names '${PYTHON27}', which ${reason}`, EXIT.noTool);
  }
  const rejected = [];
  for (const file of await candidates(surroundings.env)) {
    const reason = await reasonAgainst(file, surroundings);
    if (reason === undefined) return { path: file, rejected };
    rejected.push(`${file} ${reason}`);
  }
  return { path: undefined, rejected };
}

/**
 * A name says little: `pypy` may be Python 3, and a pyenv shim runs only while that version is selected.
 * @param {string} file
 * @param {Pick<Surroundings, 'env' | 'signal'>} surroundings
 * @returns {Promise<string | undefined>} undefined if it is usable
 */
async function reasonAgainst(file, { env, signal }) {
  const answer = await run(file, ['-c', QUESTION], {
    env: withoutPythonPaths(env),
    signal,
    timeoutMs: 20_000,
  });
  if (/No module named '?pip/.test(answer.stderr)) return 'has no pip';
  if (answer.code !== 0) return 'does not run';
  return answer.stdout === 'version 2.7' ? undefined : 'is not Python 2.7';
}

/** @param {NodeJS.ProcessEnv} env */
async function candidates(env) {
  const onPath = await Promise.all(NAMES.map((name) => findOnPath(name, env.PATH)));
  return [...new Set([...onPath.flat(), ...(await pyenvVersions(env))])];
}

/** @param {NodeJS.ProcessEnv} env */
async function pyenvVersions(env) {
  const versions = path.join(env.PYENV_ROOT || path.join(env.HOME || homedir(), '.pyenv'), 'versions');
  const names = await readdir(versions).catch(() => []);
  const bins = names.sort().map((name) => {
    const executable = name.startsWith('2.7.')
      ? 'python2.7'
      : name.startsWith('pypy2.7')
        ? 'pypy'
        : undefined;
    return executable ? findOnPath(executable, path.join(versions, name, 'bin')) : [];
  });
  return (await Promise.all(bins)).flat();
}
