/**
 * Tools that a developer's machine may lack. A test that needs one is left out without it, loudly (see
 * left-out-reporter.ts); in CI nothing may be left out, so there the tool is taken to be there and its absence fails.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const inCi = process.env['CI'] === 'true';

/** The names of Chromium. */
export const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'] as const;

/** The path of the first of these programs that is on the PATH, or undefined. */
export function findProgram(...names: string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** Whether a Python module can be imported by the `python3` on the PATH. */
export function hasPythonModule(name: string): boolean {
  try {
    execFileSync('python3', ['-c', `import ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** For `describe.skipIf(leftOutWithout(…))`: whether to leave out. Never in CI. */
export function leftOutWithout(tool: unknown): boolean {
  return !tool && !inCi;
}

/** What some tests need, and how to get it: by a package of Debian, or by a command. */
export interface Tool {
  readonly debianPackage?: string;
  readonly command?: string;
}

/** The tools that this machine lacks. Each of them is why some tests are left out. */
export function missingTools(): Tool[] {
  const packages = {
    chromium: CHROMIUM,
    curl: ['curl'],
    openssl: ['openssl'],
    'redis-server': ['redis-server'],
    coreutils: ['mkfifo'],
  };
  const missing: Tool[] = Object.entries(packages)
    .filter(([, programs]) => findProgram(...programs) === undefined)
    .map(([debianPackage]) => ({ debianPackage }));
  if (hasPythonModule('websockets')) return missing;
  if (findProgram('python3') === undefined) missing.push({ debianPackage: 'python3 python3-venv' });
  const folder = '.cache/python';
  const command = `python3 -m venv ${folder} && ${folder}/bin/pip install websockets; PATH="$PWD/${folder}/bin:$PATH"`;
  return [...missing, { command }];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
