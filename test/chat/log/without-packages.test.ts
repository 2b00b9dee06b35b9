/** What the logs do where neither `libsql` nor `@redis/client` is installed. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const BUILT = fileURLToPath(new URL('../../../dist/chat/log', import.meta.url));
const hasSqlite = await import(String('node:sqlite')).then(
  () => true,
  () => false,
);

/** Runs a module in a folder with the built logs and no packages. @returns what it writes */
async function run(folder: string, source: string): Promise<string> {
  await cp(BUILT, folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'main.js'), source);
  const { stdout } = await promisify(execFile)(process.execPath, ['main.js'], { cwd: folder });
  return stdout.trim();
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'log-bare-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('there is SQLite where Node has it, and else none, and nothing is made', async () => {
  const folder = await newFolder();
  const storage = await run(
    folder,
    `import { openSqliteLog } from './sqlite-log.js';
     const log = await openSqliteLog({ folder: 'data' });
     console.log(String(log?.storage));
     await log?.close();`,
  );
  expect(storage).toBe(hasSqlite ? 'disk' : 'undefined');
  expect((await readdir(folder)).includes('data')).toBe(hasSqlite);
});

test('Redis says what to install', async () => {
  const message = await run(
    await newFolder(),
    `import { openRedisLog } from './redis-log.js';
     await openRedisLog({ url: 'redis://127.0.0.1' }).catch((error) => console.log(error.message));`,
  );
  expect(message).toContain('npm install @redis/client');
});
