/** Builds dist once before the tests that start the command. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Two projects name this file, and each loads a copy of it: what is done is kept where both see it. */
const shared = globalThis as { barewireIsBuilt?: boolean };

export function setup(): void {
  if (shared.barewireIsBuilt) return;
  // Synchronous, so that nothing else in this process can build meanwhile.
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.js', import.meta.url))], {
    stdio: 'inherit',
  });
  shared.barewireIsBuilt = true;
}
