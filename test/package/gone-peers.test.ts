/** The built server, in a process that may be ended if it hangs. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('gone-peers.js', import.meta.url));

test('a server lives on whose peers are gone while long messages are written to them', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [SCRIPT], { timeout: 20_000 });
  expect(stderr).toBe('');
  expect(stdout).toBe('still here\n61 1000,1006\n');
}, 25_000);
