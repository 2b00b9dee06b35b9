/**
 * `npm run build`: src/ → dist/. Files of an earlier build that this one did not write are removed afterwards, so that
 * dist is never missing while someone runs it.
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
  // Two seconds, because not every file system keeps time more finely.
  if (entry.isFile() && statSync(path).mtimeMs < startedAt - 2_000) rmSync(path);
}
chmodSync(join(dist, 'cli', 'main.js'), 0o755);
