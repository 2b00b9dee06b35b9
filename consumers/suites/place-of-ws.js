/** Every ws in the node_modules of a checkout: found, replaced by barewire-ws, put back. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ folder: string, version: string }} Copy */

const root = fileURLToPath(new URL('../../', import.meta.url));
const ASIDE = '.ws-set-aside';

/** @param {string} folder */
function packageOf(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/**
 * Links are not followed: where a package manager links to one ws from many places, that one is found. Neither are the copies of ws
 * that other packages have bundled into their own files.
 * @param {string} folder
 * @returns {Copy[]}
 */
export function findAll(folder) {
  /** @type {Copy[]} */
  const copies = [];
  if (existsSync(join(folder, ASIDE))) putBack({ folder: join(folder, 'ws') });
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory() || entry.name === '.git') continue;
    if (entry.name !== 'ws' || !folder.endsWith('node_modules')) copies.push(...findAll(path));
    else if (packageOf(path).name === 'ws') copies.push({ folder: path, version: packageOf(path).version });
  }
  return copies;
}

/** @param {Copy} copy */
export function replace({ folder }) {
  const barewire = join(folder, 'node_modules', 'barewire');
  renameSync(folder, join(folder, '..', ASIDE));
  cpSync(join(root, 'packages', 'ws'), folder, { recursive: true });
  mkdirSync(barewire, { recursive: true });
  for (const name of ['package.json', 'dist'])
    cpSync(join(root, name), join(barewire, name), { recursive: true });
}

/** @param {{ folder: string }} copy */
export function putBack({ folder }) {
  const aside = join(folder, '..', ASIDE);
  if (!existsSync(aside)) return;
  rmSync(folder, { recursive: true, force: true });
  renameSync(aside, folder);
}
