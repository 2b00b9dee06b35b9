/** Which package a tree has wherever it asks for ws. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** @typedef {{ version: string, dependencies?: object, peerDependencies?: object, optionalDependencies?: object }} Locked */

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * The package that a module belongs to.
 * @param {string} path of the module
 */
function packageOf(path) {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { name, version } = readJson(file);
      if (name !== undefined) return { name, version };
    }
  }
  throw new Error(`${path} belongs to no package`);
}

/**
 * Asks each package that depends on ws what it gets, and looks at every folder of that name.
 * @param {string} folder of the project
 * @param {string} expected the name of the package that is to be there
 * @returns {string[]} the names of those that depend on ws
 * @throws {Error} if one gets something else
 */
export function verifyTree(folder, expected) {
  /** @type {{ packages: Record<string, Locked> }} */
  const { packages } = readJson(join(folder, 'node_modules', '.package-lock.json'));
  const wrong = [];
  const users = [];
  for (const [path, { dependencies, peerDependencies, optionalDependencies }] of Object.entries(packages)) {
    const at = join(folder, path);
    if (path.endsWith('node_modules/ws')) {
      const { name, version } = readJson(join(at, 'package.json'));
      if (name !== expected) wrong.push(`${path} is ${name} ${version}`);
    }
    const needs = { ...optionalDependencies, ...peerDependencies, ...dependencies };
    if (!('ws' in needs) || !existsSync(at)) continue;
    const { name, version } = packageOf(createRequire(join(at, 'package.json')).resolve('ws'));
    if (name !== expected) wrong.push(`${path} gets ${name} ${version}`);
    users.push(path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  }
  if (users.length === 0) wrong.push('nothing depends on ws');
  if (wrong.length > 0) throw new Error(`Not every ws is ${expected}:\n  ${wrong.join('\n  ')}`);
  return [...new Set(users)].sort();
}

/**
 * @param {string} folder of the project
 * @param {string} name of a package
 * @returns {string} its version
 */
export function versionOf(folder, name) {
  return readJson(join(folder, 'node_modules', name, 'package.json')).version;
}
