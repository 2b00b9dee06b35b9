/** Small files of the data folder that are made once and whole, such as the secret. Only their owner may read them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The text of a file, or undefined if there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Makes a folder and those above it, unless they are there. Not by Node's own `recursive`, which tries again for ever where
 * the system answers ENOENT although the folder above is there, as in /proc.
 * @param isLast whether the folder above has been made
 */
export async function makeFolder(path: string, isLast = false): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (await isFolder(path)) return;
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isLast || parent === path) throw error;
    await makeFolder(parent);
    await makeFolder(path, true);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Makes a file and its folder. Nobody ever sees a part of it. @returns false if there is such a file, which stays */
export async function createOnce(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await makeFolder(dirname(path));
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o600, flush: true });
    await link(draft, path); // unlike a rename, it replaces nothing
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * The secret that sessions are signed with: that of the folder, made if it has none. Processes with the same folder have the same.
 * @param folder undefined for one that is kept in memory
 * @throws for a file that is too short to be one
 */
export async function secretIn(folder: string | undefined): Promise<string> {
  const fresh = randomBytes(32).toString('base64url');
  if (folder === undefined) return fresh;
  const path = join(folder, 'secret');
  if ((await readIfThere(path)) === undefined) await createOnce(path, `${fresh}\n`);
  const secret = (await readFile(path, 'utf8')).trim();
  if (secret.length >= 32) return secret;
  throw new Error(
    `${path} is shorter than 32 characters; without it a new one is made, and all sign in again`,
  );
}
