// The folder that one run of wstest reads and writes: emptied, with the specification of the run in it.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withoutPythonPaths } from './wstest.js';

/** @import { Tool } from './wstest.js' */

const SPECIFICATION = 'specification.json';

/**
 * @param {Tool} tool
 * @param {string} folder emptied first, so that no earlier report is mistaken for that of this run
 * @param {readonly string[]} cases identifiers or patterns of the suite
 * @param {object} target what else the mode needs
 * @returns {Promise<string>} the path of the specification, as the tool sees it
 */
export async function prepareFolder(tool, folder, cases, target) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const specification = {
    outdir: tool.mount(folder),
    // failByDrop: the suite answers a violation with a Close frame, not by cutting the connection.
    options: { failByDrop: false },
    ...target,
    cases,
    'exclude-cases': [],
    'exclude-agent-cases': {},
  };
  await writeFile(path.join(folder, SPECIFICATION), JSON.stringify(specification, undefined, 2));
  return path.posix.join(tool.mount(folder), SPECIFICATION);
}

/**
 * wstest leaves files in its working directory, and reports in bursts of 4 KiB if its output is buffered.
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 */
export function surroundingsOf(folder, env) {
  return { cwd: folder, env: { ...withoutPythonPaths(env), PYTHONUNBUFFERED: '1' } };
}
