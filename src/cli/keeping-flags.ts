/** The flags of `barewire chat` that say where messages are kept, who may come in, and by TLS. */
import { access, constants, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { makeFolder } from '../chat/door/files.ts';
import { CommandError } from './server-command.ts';

/** As `parseArgs` takes them. */
export const KEEPING_FLAGS = {
  data: { type: 'string', default: '.barewire' },
  durability: { type: 'string' },
  redis: { type: 'string' },
  auth: { type: 'boolean', default: false },
  'api-token': { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  proxies: { type: 'string', default: '0' },
} as const;

type Given<Name extends string> = Readonly<{ [name in Name]?: string | undefined }>;

export interface Storage {
  readonly data: string | undefined;
  readonly durability: 'process' | 'power' | undefined;
  readonly redis: string | undefined;
}

/** @throws {CommandError} for values that are none, or do not go together */
export function storage({ data = '', durability, redis }: Given<'data' | 'durability' | 'redis'>): Storage {
  if (data === '') throw new CommandError('--data takes a folder, or none', 2);
  if (redis !== undefined && !(/^rediss?:\/\/[^/]/i.test(redis) && URL.canParse(redis))) {
    throw new CommandError('--redis takes a URL, redis://localhost:6379 or rediss://…', 2); // it may have a password
  }
  if (durability !== undefined && durability !== 'process' && durability !== 'power') {
    throw new CommandError(`--durability takes process or power, got "${durability}"`, 2);
  }
  if (durability !== undefined && (redis !== undefined || data === 'none')) {
    throw new CommandError('--durability is for messages in a folder, not for --redis or --data none', 2);
  }
  return { data: data === 'none' ? undefined : resolve(data), durability, redis };
}

/** Makes the folder, if anything is kept in it. @throws {CommandError} if it cannot be made, or not be written in */
export async function makeDataFolder({
  data,
  redis,
  secret,
}: Given<'data' | 'redis' | 'secret'>): Promise<void> {
  if (data === undefined || (redis !== undefined && secret !== undefined)) return;
  try {
    await makeFolder(data);
    await access(data, constants.W_OK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const inTheWay = 'something else is where the folder should be';
    const notAllowed = 'this process may not write there';
    const why = { EEXIST: inTheWay, ENOTDIR: inTheWay, EACCES: notAllowed, EROFS: notAllowed }[code];
    throw new CommandError(`--data ${data}: ${why ?? `this folder cannot be made (${code})`}`, 2);
  }
}

/** The token for programs: of the flag, or else of the variable. @throws {CommandError} for what cannot be sent as one */
export function apiToken({ 'api-token': flag }: Given<'api-token'>): string | undefined {
  const token = flag ?? (process.env['BAREWIRE_API_TOKEN'] || undefined);
  if (token === undefined || /^[\w.~+/-]{16,}=*$/.test(token)) return token; // RFC 6750 §2.1
  const name = flag === undefined ? 'the variable BAREWIRE_API_TOKEN' : '--api-token';
  throw new CommandError(
    `${name} takes at least 16 letters, digits and -._~+/, so that nobody guesses it`,
    2,
  );
}

/** What sessions are signed with, where several processes without a common folder need the same. @throws {CommandError} */
export function secret(): string | undefined {
  const value = process.env['BAREWIRE_SECRET'] || undefined;
  if (value === undefined || value.length >= 32) return value;
  throw new CommandError('the variable BAREWIRE_SECRET takes at least 32 characters', 2);
}

/** How many reverse proxies stand in front. @throws {CommandError} for what is no such number */
export function proxies(text: string): number {
  if (/^\d$/.test(text)) return Number(text);
  throw new CommandError(`--proxies takes how many reverse proxies stand in front, 0 to 9, got "${text}"`, 2);
}

/** @throws {CommandError} for one without the other, and for files that are no certificate and its key */
export async function tls({
  cert,
  key,
}: Given<'cert' | 'key'>): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw new CommandError('--key needs --cert', 2);
  if (key === undefined) throw new CommandError('--cert needs --key', 2);
  const pair = { cert: await file('--cert', cert), key: await file('--key', key) };
  try {
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new CommandError(`--cert ${cert} --key ${key}: ${(error as Error).message.split('\n')[0]}`, 2);
  }
}

async function file(flag: string, path: string): Promise<Buffer> {
  return await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new CommandError(`${flag} ${path}: ${why}`, 2);
  });
}
