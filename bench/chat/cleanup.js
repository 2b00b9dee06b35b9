/** What a proof leaves behind: nothing. Processes and folders that it made end with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
/** @type {string[]} */
const folders = [];

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => process.exit(1));

/** Ends a child with this process, unless it has ended before. */
export function endsWithUs(/** @type {import('node:child_process').ChildProcess} */ child) {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** @returns a new folder, which is removed at the end */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'barewire-chat-'));
  folders.push(folder);
  return folder;
}

/** Ends this process if it is not done in time: a proof that hangs has failed. */
export function endAfter(/** @type {number} */ seconds) {
  setTimeout(() => {
    console.error(`not done after ${seconds} s`);
    process.exit(1);
  }, 1_000 * seconds).unref();
}
