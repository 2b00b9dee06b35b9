import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { build, parseServerUrl, serverEnded, startEchoServer } from '../../autobahn/echo-server.js';
import { Process, run } from '../../autobahn/processes.js';
import { temporaryFolder } from './support.ts';

const NEVER = new AbortController().signal;

/** A checkout whose command is this script. */
async function checkout(script: string): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(path.join(root, 'dist', 'cli'), { recursive: true });
  await writeFile(path.join(root, 'dist', 'cli', 'main.js'), script);
  return root;
}

test.each([
  ['listening on ws://127.0.0.1:8080', 'ws://127.0.0.1:8080'],
  ['echo: ws://127.0.0.1:8080/ (stop with Ctrl-C).', 'ws://127.0.0.1:8080/'],
  ['ws://localhost:1/a/b, and more', 'ws://localhost:1/a/b'],
  ['"ws://[::1]:9001"', 'ws://[::1]:9001'],
  ['\x1b[1mws://127.0.0.1:5\x1b[0m.', 'ws://127.0.0.1:5'],
  ['http://127.0.0.1:8080/', undefined],
  ['ws://HOST:PORT', undefined],
])('%j names %s', (line, url) => {
  expect(parseServerUrl(line)).toBe(url);
});

test('the server is started on a free port of the loopback and stops on SIGTERM', async () => {
  const root = await checkout(`console.log('one line'); console.log(process.argv.slice(2).join(' '));
    console.log('ws://127.0.0.1:4711/'); setInterval(() => {}, 1000);`);
  const { url, server } = await startEchoServer(root, NEVER);
  expect(url).toBe('ws://127.0.0.1:4711/');
  expect(server.stdout).toContain('echo --port 0 --host 127.0.0.1');
  expect(await server.stop()).toBe(true);
  expect(server.exit).toEqual({ code: null, signal: 'SIGTERM' });
});

test('a server that ends at once is quoted', async () => {
  const root = await checkout(`console.error('no such port'); process.exit(4)`);
  await expect(startEchoServer(root, NEVER)).rejects.toThrow(
    'the echo server ended before it named its URL (exit code 4); its standard error:\nno such port',
  );
});

test('a server that never names its URL is stopped', async () => {
  const root = await checkout(`console.log('hello'); setInterval(() => {}, 1000);`);
  await expect(startEchoServer(root, NEVER, 500)).rejects.toThrow(/no ws:\/\/ URL within 0.5 s/);
});

test('an abort while the server starts is the reason of the failure', async () => {
  const root = await checkout('setInterval(() => {}, 1000);');
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('enough')), 100);
  await expect(startEchoServer(root, stop.signal)).rejects.toThrow('enough');
  await expect(startEchoServer(root, stop.signal)).rejects.toThrow('enough');
});

test('the death of a server is explained by its standard error', async () => {
  const server = new Process(process.execPath, ['-e', 'console.error("boom"); process.exit(7)']);
  await server.exited;
  expect(serverEnded(server, 'too early').message).toBe(
    'the echo server ended too early (exit code 7); its standard error:\nboom',
  );
});

test('a build that fails, or makes no command, is reported', async () => {
  const root = await temporaryFolder();
  const manifest = (script: string) =>
    writeFile(path.join(root, 'package.json'), JSON.stringify({ scripts: { build: script } }));
  await manifest('echo broken >&2; exit 2');
  await expect(build(root, NEVER)).rejects.toThrow(/npm run build failed \(exit code 2\):\n.*broken/s);
  await manifest('exit 0');
  await expect(build(root, NEVER)).rejects.toThrow('did not make dist/cli/main.js');
});

test('a process that ignores SIGTERM is killed after the grace period', async () => {
  const script = `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000);`;
  const stubborn = await new Promise<Process>((resolve) => {
    const child = new Process(process.execPath, ['-e', script], { onLine: () => resolve(child) });
  });
  expect(await stubborn.stop(100)).toBe(false);
  expect(stubborn.exit).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a command that is not there or takes too long has no exit code', async () => {
  expect(await run('/no/where', [])).toMatchObject({ code: null, signal: null });
  expect(await run('sleep', ['60'], { timeoutMs: 100 })).toMatchObject({ code: null, signal: 'SIGTERM' });
});
