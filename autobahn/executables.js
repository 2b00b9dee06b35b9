// Looks for executables as a shell does, but finds all of them, not only the first.
import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * All executables of that name, in the order of the PATH.
 * @param {string} name
 * @param {string | undefined} searchPath
 * @returns {Promise<string[]>}
 */
export async function findOnPath(name, searchPath = '') {
  const found = [];
  for (const folder of searchPath.split(path.delimiter)) {
    const file = path.resolve(folder, name);
    if (folder !== '' && (await isExecutable(file))) found.push(file);
  }
  return found;
}

/**
 * Finds the executable that a variable names: by a path, or by a name to look for on the PATH.
 * @param {string} value
 * @param {string | undefined} searchPath
 * @returns {Promise<string[]>}
 */
export async function findNamed(value, searchPath) {
  if (!value.includes(path.sep)) return findOnPath(value, searchPath);
  return (await isExecutable(value)) ? [path.resolve(value)] : [];
}

/** @param {string} file */
async function isExecutable(file) {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
