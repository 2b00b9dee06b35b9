/**
 * `npm run build`: src/ → dist/. The compiler writes into a folder of its own. From there each file that is new or another than
 * before is renamed into dist/, so that whatever starts meanwhile finds all files, and none half-written.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const made = join(root, '.cache', `build-${process.pid}`);
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

if (process.env['npm_lifecycle_event'] === 'start') console.log('building …');
try {
  const parameters = ['-p', 'tsconfig.build.json', '--outDir', made];
  execFileSync(process.execPath, [compiler, ...parameters], { cwd: root, stdio: 'inherit' });
  chmodSync(join(made, 'cli', 'main.js'), 0o755);
  const [before, after] = [new Set(filesIn(dist)), filesIn(made)];
  // New files first: those that have changed may import them.
  for (const name of after.sort((a, b) => Number(before.has(a)) - Number(before.has(b)))) {
    const [from, to] = [join(made, name), join(dist, name)];
    if (before.delete(name) && readFileSync(from).equals(readFileSync(to))) continue;
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
  }
  for (const name of before) rmSync(join(dist, name));
} finally {
  rmSync(made, { recursive: true, force: true });
}
