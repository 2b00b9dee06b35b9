/** What the command says when it is asked for what it cannot do. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listening } from '../../src/cli/server-command.ts';
import { BarewireCommand, run } from '../support/barewire-command.ts';
import { cert, key } from '../support/certificate.ts';

/** A port that is taken. */
async function takenPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return String((server.address() as { port: number }).port);
}

describe('asked about itself', () => {
  test.each([[['--help']], [['-h']], [['help']], [['chat', '--help']], [['echo', '--port', 'x', '--help']]])(
    '%j prints the help on stdout',
    async (parameters) => {
      const { code, stdout, stderr } = await run(parameters);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^barewire: /);
      for (const flag of [
        '--port',
        '--host',
        '--public',
        '--allow-origin',
        '--allow-host',
        '--data DIR',
        '--durability process|power',
        '--redis URL',
        '--auth',
        '--api-token TOKEN',
        'BAREWIRE_API_TOKEN',
        '--cert FILE --key FILE',
        '--broadcast',
        '--version',
      ]) {
        expect(stdout).toContain(flag);
      }
    },
  );

  test('--version prints the version of package.json', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });
});

describe('a command line that is wrong ends with 2 and one line that says why', () => {
  test.each([
    [[], 'a command is missing; see barewire --help'],
    [['talk'], 'there is no command "talk"; see barewire --help'],
    [['constructor'], 'there is no command "constructor"; see barewire --help'],
    [['chat', '--colour'], "Unknown option '--colour'; see barewire --help"],
    [['echo', '--port', '0', '--public', '.'], "Unknown option '--public'; see barewire --help"],
    [['chat', 'now'], "Unexpected argument 'now'; see barewire --help"],
    [['chat', '--port'], "Option '--port <value>' argument missing; see barewire --help"],
    [['chat', '--port', '--public'], "Option '--port' argument is ambiguous; see barewire --help"],
    [
      ['echo', '--port', '0', '--broadcast=yes'],
      "Option '--broadcast' does not take an argument; see barewire --help",
    ],
    [['echo'], 'echo needs --port'],
    [['chat', '--port', ''], 'a port must be a number from 0 to 65535, got ""'],
    [['chat', '--port', '65536'], 'a port must be a number from 0 to 65535, got "65536"'],
    [['chat', '--port=-1'], 'a port must be a number from 0 to 65535, got "-1"'],
    [['echo', '--port', '80a'], 'a port must be a number from 0 to 65535, got "80a"'],
    [['echo', '--port', '0x50'], 'a port must be a number from 0 to 65535, got "0x50"'],
    [
      ['chat', '--port', '0', '--public', 'no/such/folder'],
      '--public no/such/folder: there is no such folder',
    ],
    [['chat', '--port', '0', '--public', 'package.json'], '--public package.json: there is no such folder'],
    ...[
      '*',
      'example.com',
      'http://a/',
      'http://a/path',
      'http://a b',
      'http://a:80',
      'http://A',
      'NULL',
      '',
    ].map((origin): [string[], string] => [
      ['chat', '--port', '0', '--allow-origin', 'null', '--allow-origin', origin],
      `--allow-origin takes what browsers send, http://localhost:5173 or null, got "${origin}"`,
    ]),
    ...['*', 'http://chat.example', 'a/', 'a b', 'a:b', 'a:123456', '-a', '::1', '[::1', ''].map(
      (host): [string[], string] => [
        ['chat', '--port', '0', '--allow-host', 'chat.example:81', `--allow-host=${host}`],
        `--allow-host takes a host, chat.example or chat.example:8080, got "${host}"`,
      ],
    ),
    [['chat', '--data='], '--data takes a folder, or none'],
    [['chat', '--durability', 'disk'], '--durability takes process or power, got "disk"'],
    ...[
      ['--data', 'none'],
      ['--redis', 'redis://localhost'],
    ].map((flags): [string[], string] => [
      ['chat', '--durability', 'power', ...flags],
      '--durability is for messages in a folder, not for --redis or --data none',
    ]),
    ...['localhost:6379', 'http://localhost', 'redis:', 'redis://', 'redis:///0', 'redis://a b', ''].map(
      (url): [string[], string] => [
        ['chat', `--redis=${url}`],
        '--redis takes a URL, redis://localhost:6379 or rediss://…',
      ],
    ),
    ...['a b', 'a\nb', 'ü', '"', '='].map((token): [string[], string] => [
      ['chat', `--api-token=${token}${'x'.repeat(16)}`],
      '--api-token takes at least 16 letters, digits and -._~+/, so that nobody guesses it',
    ]),
    [
      ['chat', '--api-token', 'x'.repeat(15)],
      '--api-token takes at least 16 letters, digits and -._~+/, so that nobody guesses it',
    ],
    [['chat', '--auth=yes'], "Option '--auth' does not take an argument; see barewire --help"],
    [['chat', '--cert', 'package.json'], '--cert needs --key'],
    [['chat', '--key', 'package.json'], '--key needs --cert'],
    [['chat', '--cert', 'no/such', '--key', 'package.json'], '--cert no/such: there is no such file'],
    [['chat', '--cert', 'package.json', '--key', 'no/such'], '--key no/such: there is no such file'],
  ])('%j: %s', async (parameters, why) => {
    expect(await run(parameters)).toEqual({ code: 2, stdout: '', stderr: `barewire: ${why}\n` });
  });

  test('a certificate that is none, or has another key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'barewire-tls-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const options = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, namedCurve: 'P-256' } as const;
    const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
    const other = generateKeyPairSync('ec', { ...options, publicKeyEncoding }).privateKey;
    const files = { 'cert.pem': cert, 'key.pem': key, 'other.pem': other, 'none.pem': 'none' };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    for (const [certName, keyName] of [
      ['none.pem', 'key.pem'],
      ['cert.pem', 'none.pem'],
      ['cert.pem', 'other.pem'],
    ] as const) {
      const paths = ['--cert', join(folder, certName), '--key', join(folder, keyName)];
      const { code, stdout, stderr } = await run(['chat', '--port', '0', ...paths]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr.startsWith(`barewire: ${paths.join(' ')}: `)).toBe(true);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });

  test('a folder for messages that is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'barewire-data-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'file');
    await writeFile(file, '');
    await symlink(join(folder, 'nothing'), join(folder, 'link'));
    for (const path of [file, join(file, 'below', 'it'), join(folder, 'link'), join(folder, 'link', 'x')]) {
      expect(await run(['chat', '--port', '0', '--data', path])).toEqual({
        code: 2,
        stdout: '',
        stderr: `barewire: --data ${path}: something else is where the folder should be\n`,
      });
    }
    expect(await run(['chat', '--data', join(folder, 'a'), '--proxies', 'x'])).toMatchObject({ code: 2 });
    expect((await readdir(folder)).sort()).toEqual(['file', 'link']); // no folder for a line that is wrong
  });

  test.skipIf(process.platform !== 'linux')('a folder where the system makes none', async () => {
    expect(await run(['chat', '--port', '0', '--data', '/proc/nope/nope'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'barewire: --data /proc/nope/nope: this folder cannot be made (ENOENT)\n',
    });
  });

  test('a variable with a token that cannot be sent', async () => {
    const why =
      'the variable BAREWIRE_API_TOKEN takes at least 16 letters, digits and -._~+/, so that nobody guesses it';
    const { code, stderr } = await run(['chat', '--port', '0'], { BAREWIRE_API_TOKEN: 'a b' });
    expect({ code, stderr }).toEqual({ code: 2, stderr: `barewire: ${why}\n` });
  });

  test('a variable PORT that is no port', async () => {
    const why = 'a port must be a number from 0 to 65535, got "tcp://10.0.0.1:80"';
    expect(await run(['chat'], { PORT: 'tcp://10.0.0.1:80' })).toEqual({
      code: 2,
      stdout: '',
      stderr: `barewire: ${why}\n`,
    });
  });
});

describe('an address that cannot be had ends with 1 and one line that says why', () => {
  test.each(['chat', 'echo'])('%s on a port that is in use', async (name) => {
    const port = await takenPort();
    const why = `port ${port} on 127.0.0.1 is in use; choose another with --port, or stop what uses it`;
    expect(await run([name, '--port', port])).toEqual({ code: 1, stdout: '', stderr: `barewire: ${why}\n` });
  });

  test.each(['chat', 'echo'])('%s on an address of another machine', async (name) => {
    expect(await run([name, '--port', '0', '--host', '192.0.2.1'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'barewire: 192.0.2.1 is not an address of this machine\n',
    });
  });

  test.each([
    ['listen', 'port 80 needs more rights than this process has; choose one above 1023 with --port'],
    ['open', "EACCES: permission denied, open 'secret'"],
  ])('EACCES of %s', async (syscall, why) => {
    const error = new Error("EACCES: permission denied, open 'secret'");
    const failed = Promise.reject(Object.assign(error, { code: 'EACCES', syscall }));
    await expect(listening(failed, 80, '127.0.0.1')).rejects.toThrow(why);
  });

  test('chat takes its port from the variable PORT', async () => {
    const port = await takenPort();
    const { code, stderr } = await run(['chat'], { PORT: port });
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is in use`);
  });

  test('--port goes before the variable PORT', async () => {
    const taken = await takenPort();
    const chat = BarewireCommand.start(['chat', '--port', '0'], { PORT: taken });
    expect(await chat.port()).not.toBe(Number(taken));
  });
});
