/**
 * `npm run build`: src/ → dist/. Afterwards removes the files of an earlier build that this one did not write, so that
 * dist/ is never missing while it is in use.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const startedAt = Date.now();

execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  // Two seconds, because some file systems store times no more precisely.
  if (entry.isFile() && statSync(path).mtimeMs < startedAt - 2_000) rmSync(path);
}
chmodSync(join(dist, 'cli', 'main.js'), 0o755);
