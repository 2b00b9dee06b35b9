/** What the chat gets of its flags. What is wrong with them is in arguments.test.ts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { apiToken, KEEPING_FLAGS, secret, storage, tls } from '../../src/cli/keeping-flags.ts';
import { parseFlags } from '../../src/cli/server-command.ts';
import { cert, key } from '../support/certificate.ts';

const storageOf = (...parameters: string[]) => storage(parseFlags(parameters, KEEPING_FLAGS));

afterEach(() => vi.unstubAllEnvs());

test.each([
  [[], resolve('.barewire'), undefined, undefined],
  [['--data', 'none'], undefined, undefined, undefined],
  [['--data', './none'], resolve('none'), undefined, undefined],
  [['--data', '/var/chat', '--durability', 'power'], '/var/chat', 'power', undefined],
  [['--durability', 'process'], resolve('.barewire'), 'process', undefined],
  [['--redis', 'redis://localhost:6379/1'], resolve('.barewire'), undefined, 'redis://localhost:6379/1'],
  [['--redis', 'rediss://:p@r', '--data', 'none'], undefined, undefined, 'rediss://:p@r'],
])('%j: where messages are kept', (parameters, data, durability, redis) => {
  expect(storageOf(...parameters)).toEqual({ data, durability, redis });
});

test('the token is that of the flag, or else of the variable, if that is not empty', () => {
  vi.stubEnv('BAREWIRE_API_TOKEN', '');
  expect(apiToken({})).toBeUndefined();
  vi.stubEnv('BAREWIRE_API_TOKEN', 'of-the-variable-1');
  expect(apiToken({})).toBe('of-the-variable-1');
  expect(apiToken({ 'api-token': 'a.B_9~+/-0123456==' })).toBe('a.B_9~+/-0123456==');
});

test('the secret is that of the variable, if that is long enough', () => {
  vi.stubEnv('BAREWIRE_SECRET', '');
  expect(secret()).toBeUndefined();
  vi.stubEnv('BAREWIRE_SECRET', 's'.repeat(32));
  expect(secret()).toBe('s'.repeat(32));
  vi.stubEnv('BAREWIRE_SECRET', 's'.repeat(31));
  expect(secret).toThrow('at least 32 characters');
});

test('a certificate and its key are read, and neither is needed', async () => {
  expect(await tls({})).toBeUndefined();
  const folder = await mkdtemp(join(tmpdir(), 'barewire-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
  const pair = await tls({ cert: certFile, key: keyFile });
  expect({ cert: String(pair?.cert), key: String(pair?.key) }).toEqual({ cert, key });
});
