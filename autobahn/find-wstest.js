// Where `wstest` comes from: an executable, a Docker image, or a Python 2.7 environment of our own.
import { dockerTool } from './docker.js';
import { EXIT, RunError } from './errors.js';
import { findNamed, findOnPath } from './executables.js';
import { findPython } from './python.js';
import { pythonEnvironment } from './python-environment.js';
import { runsAsWstest, SUITE_VERSION } from './wstest.js';

/** @import { Surroundings, Tool } from './wstest.js' */

const NO_TOOL = `the Autobahn testsuite is not on this machine. One of these is enough:
  1. wstest ${SUITE_VERSION}: put it on the PATH, or name the executable in the variable WSTEST
  2. Docker, running: docker pull crossbario/autobahn-testsuite:${SUITE_VERSION}
  3. Python 2.7 or PyPy 2.7 with pip (and a C compiler): put it on the PATH, \`pyenv install 2.7.18\`, or name
     it in the variable PYTHON27; an environment is then made from autobahn/requirements.txt`;

/**
 * @param {Surroundings} surroundings
 * @returns {Promise<Tool>}
 */
export async function findTool(surroundings) {
  const found = (await findExecutable(surroundings)) ?? (await dockerTool(surroundings));
  if (found) return found;
  const python = await findPython(surroundings);
  if (python.path !== undefined) {
    const wstest = await pythonEnvironment(python.path, surroundings);
    return executableTool(wstest, `wstest in an environment of ${python.path}`);
  }
  const rejected = python.rejected.map((text) => `\n  not usable: ${text}`).join('');
  throw new RunError(NO_TOOL + rejected, EXIT.noTool);
}

/**
 * @param {Surroundings} surroundings
 * @returns {Promise<Tool | undefined>}
 */
async function findExecutable(surroundings) {
  const { WSTEST, PATH } = surroundings.env;
  if (WSTEST) {
    const [file] = await findNamed(WSTEST, PATH);
    if (file !== undefined && (await runsAsWstest(file, surroundings))) return executableTool(file, file);
    throw new RunError(`WSTEST names '${WSTEST}', which does not run as wstest`, EXIT.noTool);
  }
  for (const file of await findOnPath('wstest', PATH)) {
    if (await runsAsWstest(file, surroundings)) return executableTool(file, file);
  }
  return undefined;
}

/**
 * @param {string} file
 * @param {string} label
 * @returns {Tool}
 */
function executableTool(file, label) {
  return {
    label,
    mount: (folder) => folder,
    reach: (url) => url,
    launch: (_folder, args) => ({ command: file, args: [...args] }),
  };
}
