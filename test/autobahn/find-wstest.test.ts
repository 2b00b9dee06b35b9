import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { containerTool } from '../../autobahn/docker.js';
import { findTool } from '../../autobahn/find-wstest.js';
import { fakeTool, pythonScript, SHIM_SCRIPT, temporaryFolder, WSTEST_SCRIPT } from './support.ts';

const DOCKER_SCRIPT = `case "$1 $2" in
  "info --format") echo "Some Linux" ;;
  "image inspect") case "$3" in *:latest) exit 0 ;; *) exit 1 ;; esac ;;
esac`;

/** A machine on which nothing is installed but what a test puts there. */
async function machine(env: NodeJS.ProcessEnv = {}) {
  const root = await temporaryFolder();
  const bin = path.join(root, 'bin');
  const requirements = path.join(root, 'requirements.txt');
  await writeFile(requirements, 'one==1\n');
  const calls = path.join(root, 'calls');
  const log: string[] = [];
  const surroundings = {
    env: { HOME: root, PATH: [path.join(root, 'empty'), bin].join(path.delimiter), ...env },
    cache: path.join(root, 'cache'),
    requirements,
    log: (text: string) => void log.push(text),
    signal: new AbortController().signal,
  };
  return {
    root,
    bin,
    calls,
    log,
    surroundings,
    install: (name: string, script: string) => fakeTool(path.join(bin, name), script),
  };
}

test('1: the executable that WSTEST names, before all else', async () => {
  const { root, install, surroundings } = await machine();
  await install('wstest', WSTEST_SCRIPT);
  const named = await fakeTool(path.join(root, 'mine'), WSTEST_SCRIPT);
  const tool = await findTool({ ...surroundings, env: { ...surroundings.env, WSTEST: named } });
  expect(tool.launch('/reports', ['--mode', 'x'])).toEqual({ command: named, args: ['--mode', 'x'] });
});

test('WSTEST may be a name on the PATH, and is an error if it does not run', async () => {
  const { install, surroundings } = await machine();
  const file = await install('wstest-2', WSTEST_SCRIPT);
  const at = (WSTEST: string) => findTool({ ...surroundings, env: { ...surroundings.env, WSTEST } });
  expect((await at('wstest-2')).label).toBe(file);
  await install('shim', SHIM_SCRIPT);
  for (const value of ['nowhere', '/no/where', 'shim']) {
    await expect(at(value)).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining(value) });
  }
});

test('1: wstest on the PATH, before Docker; a shim that does not run is passed over', async () => {
  const { root, install, surroundings } = await machine();
  await fakeTool(path.join(root, 'empty', 'wstest'), SHIM_SCRIPT);
  const file = await install('wstest', WSTEST_SCRIPT);
  await install('docker', DOCKER_SCRIPT);
  expect((await findTool(surroundings)).label).toBe(file);
});

test('2: a Docker engine with the image, before Python', async () => {
  const { calls, install, surroundings } = await machine();
  await install('docker', DOCKER_SCRIPT);
  await install('python2.7', pythonScript(calls));
  const tool = await findTool(surroundings);
  expect(tool.label).toContain('crossbario/autobahn-testsuite:latest');
  await tool.clean?.();
});

test.each([
  ['whose engine does not answer', 'exit 1'],
  ['that lacks the image', 'test "$1" = info'],
])('a Docker %s is passed over', async (_why, script) => {
  const { calls, install, surroundings } = await machine();
  await install('docker', script);
  const python = await install('python2.7', pythonScript(calls));
  expect((await findTool(surroundings)).label).toContain(python);
});

test('3: the first Python that is 2.7 and has pip', async () => {
  const { calls, install, surroundings } = await machine();
  await install('python2.7', SHIM_SCRIPT);
  await install('pypy2', "echo 'ImportError: No module named pip' >&2; exit 1");
  await install('pypy', "printf 'version 3.11'");
  const good = await install('pypy2.7', pythonScript(calls));
  const { label, launch } = await findTool(surroundings);
  expect(label).toContain(good);
  expect(launch('/reports', []).command).toMatch(/venv\/bin\/wstest$/);
});

test.each([
  ['.pyenv', false],
  ['elsewhere', true],
])('3: a version of pyenv that is not on the PATH, in %s', async (folder, isNamed) => {
  const { root, calls, surroundings } = await machine();
  const file = path.join(root, folder, 'versions', '2.7.18', 'bin', 'python2.7');
  await fakeTool(file, pythonScript(calls));
  const env = isNamed ? { ...surroundings.env, PYENV_ROOT: path.join(root, folder) } : surroundings.env;
  expect((await findTool({ ...surroundings, env })).label).toContain(file);
});

test('3: the Python that PYTHON27 names, or nothing', async () => {
  const { root, calls, install, surroundings } = await machine();
  await install('python2.7', pythonScript(calls));
  const named = await fakeTool(path.join(root, 'mine'), pythonScript(calls));
  const at = (PYTHON27: string) => findTool({ ...surroundings, env: { ...surroundings.env, PYTHON27 } });
  expect((await at(named)).label).toContain(named);
  await expect(at('/no/where')).rejects.toMatchObject({ exitCode: 3 });
});

test('with none of them, one message names the three ways and what was not good enough', async () => {
  const { install, surroundings } = await machine();
  const shim = await install('python2.7', SHIM_SCRIPT);
  await expect(findTool(surroundings)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/WSTEST.*docker pull.*PYTHON27.*not usable: /s),
  });
  await expect(findTool(surroundings)).rejects.toThrow(`${shim} does not run`);
});

test('the environment is made once, and again when the requirements change', async () => {
  const { calls, install, log, surroundings } = await machine();
  await install('python2.7', pythonScript(calls));
  const first = (await findTool(surroundings)).launch('/reports', []).command;
  expect(log).toHaveLength(1);
  expect((await findTool(surroundings)).launch('/reports', []).command).toBe(first);
  expect(log).toHaveLength(1);
  await writeFile(surroundings.requirements, 'one==2\n');
  const second = (await findTool(surroundings)).launch('/reports', []).command;
  expect(second).not.toBe(first);
  expect(log).toHaveLength(2);
  expect(await readdir(surroundings.cache)).toHaveLength(2); // the pointer and one environment
});

test('a damaged environment is made anew', async () => {
  const { calls, install, log, surroundings } = await machine();
  await install('python2.7', pythonScript(calls));
  const { command } = (await findTool(surroundings)).launch('/reports', []);
  await rm(command);
  await findTool(surroundings);
  expect(log).toHaveLength(2);
});

test('an installation that fails leaves nothing behind and says what failed', async () => {
  const { calls, install, surroundings } = await machine();
  const failing = 'case "$*" in *"install -r"*) echo "no compiler" >&2; exit 1 ;; esac';
  await install('python2.7', pythonScript(calls, failing));
  await expect(findTool(surroundings)).rejects.toThrow(/install -r .*failed \(exit code 1\):\nno compiler/);
  expect(await readdir(surroundings.cache)).toEqual([]);
});

test('on Linux the container shares the network of the host, and the server is where it is', () => {
  const tool = containerTool('image', 'name', false);
  const { command, args } = tool.launch('/reports/server', ['--mode', 'fuzzingclient']);
  expect(command).toBe('docker');
  expect(args.join(' ')).toMatch(
    /^run --rm --init --name name --network host .*image wstest --mode fuzzingclient$/,
  );
  expect(args).toContain(`/reports/server:${tool.mount('/reports/server')}`);
  expect(tool.reach('ws://127.0.0.1:9001/')).toBe('ws://127.0.0.1:9001/');
});

test("on Docker Desktop loopback is called by the host's name", () => {
  const tool = containerTool('image', 'name', true);
  expect(tool.launch('/reports', []).args).not.toContain('--network');
  expect(tool.launch('/reports', []).args).not.toContain('--publish');
  expect(tool.launch('/reports', [], 9001).args).toContain('127.0.0.1:9001:9001');
  expect(tool.reach('ws://localhost:9001/')).toBe('ws://host.docker.internal:9001/');
  expect(tool.reach('ws://127.0.0.1:9001/')).toBe('ws://host.docker.internal:9001/');
  expect(tool.reach('ws://example.test:9001/')).toBe('ws://example.test:9001/');
});
