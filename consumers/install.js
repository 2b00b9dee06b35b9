/** A project with all consumers, in which one package stands for every ws. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './processes.js';

/** @import { Implementation } from './arguments.js' */

const INSTALL_MS = 10 * 60_000;
const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
const cache = join(root, '.cache', 'consumers');
const tarballs = join(cache, 'tarballs');

/** @param {string} path */
const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));

/**
 * Packs a folder. The name of the file has a hash of what is in it, so that npm installs it anew when it has changed.
 * @param {string} folder
 * @param {string} name
 * @returns {Promise<string>} the dependency, as the projects write it
 */
async function pack(folder, name) {
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', tarballs];
  const file = join(tarballs, (await mustRun('npm', pack, { cwd: folder, timeoutMs: INSTALL_MS })).trim());
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 16);
  await rename(file, join(tarballs, `${name}-${hash}.tgz`));
  return `file:../tarballs/${name}-${hash}.tgz`;
}

/**
 * package.json and the lock of the project. The lock in this folder has the tree with ws; here barewire-ws takes its entry, and all
 * others stay.
 * @param {Implementation} on
 */
async function describeProject(on) {
  const project = await readJson(join(here, 'package.json'));
  const lock = await readJson(join(here, 'package-lock.json'));
  if (on === 'barewire') {
    await rm(tarballs, { recursive: true, force: true });
    await mkdir(tarballs, { recursive: true });
    project.dependencies['barewire'] = await pack(root, 'barewire');
    project.dependencies['ws'] = await pack(join(root, 'packages', 'ws'), 'barewire-ws');
    project.overrides = { ws: '$ws', barewire: '$barewire' };
    delete lock.packages['node_modules/ws'];
    lock.packages[''].dependencies = project.dependencies;
  }
  return {
    'package.json': `${JSON.stringify(project, null, 2)}\n`,
    'package-lock.json': `${JSON.stringify(lock, null, 2)}\n`,
  };
}

/**
 * Installs the project, unless the same is there already, and copies the programs to where they find it.
 * @param {Implementation} on
 * @returns {Promise<string>} its folder
 */
export async function install(on) {
  const files = await describeProject(on);
  const folder = join(cache, on);
  const stamp = createHash('sha256').update(JSON.stringify(files)).digest('hex');
  const stampFile = join(folder, 'installed');
  await mkdir(folder, { recursive: true });
  if ((await readFile(stampFile, 'utf8').catch(() => '')) !== stamp) {
    await rm(stampFile, { force: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    // Without scripts: what they would build is optional everywhere.
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await mustRun('npm', ['install', ...flags], { cwd: folder, timeoutMs: INSTALL_MS });
    await writeFile(stampFile, stamp);
  }
  for (const name of ['programs', 'support', 'load']) {
    await rm(join(folder, name), { recursive: true, force: true });
    await cp(join(here, name), join(folder, name), { recursive: true });
  }
  return folder;
}
