/** The built client, in a process where nobody catches anything. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('wrong-doings.js', import.meta.url));

test('whatever goes wrong, the process lives on, hears of each listener once, and ends by itself', async () => {
  const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>(
    (resolve) => {
      execFile(process.execPath, [SCRIPT], { timeout: 15_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
      );
    },
  );
  const reported = Array.from(stderr.matchAll(/Error: reported: (\w+)/g), (match) => match[1]);
  expect(reported.sort()).toEqual(['async', 'close', 'error', 'message', 'open']);
  expect(stderr).not.toMatch(/Unhandled|uncaught|Warning/i);
  const ends = stdout.trimEnd().split('\n');
  expect(ends).toHaveLength(32);
  expect(ends.filter((end) => !/: 1006 /.test(end))).toEqual([]);
  expect(code).toBe(0);
});
