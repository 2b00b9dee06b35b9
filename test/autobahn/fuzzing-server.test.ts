import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fillIn } from '../../autobahn/client-side.js';
import { answers, freePort } from '../../autobahn/free-port.js';
import { runFuzzingServer } from '../../autobahn/fuzzing-server.js';
import type { Progress } from '../../autobahn/suite-output.js';
import type { Tool } from '../../autobahn/wstest.js';
import { fakeTool, temporaryFolder } from './support.ts';

const INDEX = JSON.stringify({
  us: {
    '10.1.1': { behavior: 'NON-STRICT', behaviorClose: 'OK', duration: 3 },
    '1.1.1': { behavior: 'OK', behaviorClose: 'OK', duration: 3 },
  },
});

/** Listens on the port of its specification, says what the real one says, and reports when a client comes. */
const SUITE = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const { url } = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'));
  console.log('Autobahn WebSocket 25.10.1/0.10.9 Fuzzing Server (Port 1)');
  console.log('Ok, will run 2 test cases for any clients connecting');
  const server = require('node:net').createServer((socket) => socket.once('data', (data) => {
    if (String(data) === 'die') process.exit(9);
    if (String(data) === 'nothing') return socket.end();
    console.log('Running test case ID 1.1.1 for agent us from peer tcp4:127.0.0.1:1');
    console.log('Running test case ID 10.1.1 for agent us from peer tcp4:127.0.0.1:1');
    writeFileSync('index.json', '${INDEX}');
    socket.end();
  }).on('error', () => {}));
  setTimeout(() => server.listen(new URL(url).port, '127.0.0.1'), 200);`;

/** Says one word to the suite and ends with it; a second parameter is its exit code. */
const CLIENT = `
  const [url, agent, word, code] = process.argv.slice(1);
  const socket = require('node:net').connect(new URL(url).port, '127.0.0.1', () => socket.write(word));
  socket.on('error', () => {}).resume();
  if (code) console.error('I am ' + agent);
  socket.on('close', () => word === 'die' ? setInterval(() => {}, 1000) : process.exit(Number(code ?? 0)));`;

async function setUp(word: string[], suite = SUITE) {
  const root = await temporaryFolder();
  const command = await fakeTool(path.join(root, 'wstest'), `exec '${process.execPath}' -e "$SUITE" -- "$@"`);
  let cleaned = 0;
  const tool: Tool = {
    label: 'fake',
    mount: (folder) => folder,
    reach: (url) => url,
    launch: (_folder, args) => ({ command, args: [...args] }),
    clean: async () => void cleaned++,
  };
  const events: Progress[] = [];
  const folder = path.join(root, 'report');
  const port = await freePort();
  const start = (signal = new AbortController().signal, startLimitMs?: number) =>
    runFuzzingServer({
      tool,
      folder,
      port,
      root,
      agent: 'us',
      client: (url) => ({ command: process.execPath, args: ['-e', CLIENT, '--', url, 'us', ...word] }),
      cases: ['1.*'],
      env: { ...process.env, SUITE: suite },
      onProgress: (event) => events.push(event),
      signal,
      ...(startLimitMs === undefined ? {} : { startLimitMs }),
    });
  return { start, events, folder, port, cleaned: () => cleaned };
}

test('the client runs once the suite listens, and the suite is stopped when the client is done', async () => {
  const { start, events, folder, port, cleaned } = await setUp(['hello']);
  const outcome = await start();
  expect([...outcome.results]).toEqual([
    ['1.1.1', ['OK', 'OK']],
    ['10.1.1', ['NON-STRICT', 'OK']],
  ]);
  expect(outcome).toMatchObject({ total: 2, version: '25.10.1', failure: undefined });
  expect(events).toEqual([
    { done: 0, total: 2, id: '1.1.1' },
    { done: 1, total: 2, id: '10.1.1' },
  ]);
  expect(JSON.parse(await readFile(path.join(folder, 'specification.json'), 'utf8'))).toMatchObject({
    outdir: folder,
    options: { failByDrop: false },
    url: `ws://127.0.0.1:${port}`,
    cases: ['1.*'],
  });
  expect(cleaned()).toBe(1);
  await expect(answers(port, AbortSignal.timeout(200))).rejects.toThrow();
});

test('a client that has no report written is noticed', async () => {
  const { start } = await setUp(['nothing']);
  await expect(start()).rejects.toThrow(/without having the report written .*index\.json is missing/);
});

test('a client that fails is quoted', async () => {
  const { start, cleaned } = await setUp(['hello', '3']);
  await expect(start()).rejects.toThrow('the client failed (exit code 3):\nI am us');
  expect(cleaned()).toBe(1);
});

test('a suite that ends too early is quoted, and its client does not wait for ever', async () => {
  const { start, cleaned } = await setUp(['die']);
  await expect(start()).rejects.toThrow(/wstest ended while the client ran \(exit code 9\):\nAutobahn/);
  expect(cleaned()).toBe(1);
});

test('a suite that cannot start is quoted', async () => {
  const { start } = await setUp(['hello'], 'console.error("address in use"); process.exit(1)');
  await expect(start()).rejects.toThrow('(exit code 1):\naddress in use');
});

test('a suite that never listens is stopped', async () => {
  const { start, cleaned } = await setUp(['hello'], 'setInterval(() => {}, 1000)');
  await expect(start(undefined, 300)).rejects.toThrow(/did not listen on port \d+ within 0.3 s/);
  expect(cleaned()).toBe(1);
});

test('an abort ends both, cleans up and is the reason of the failure', async () => {
  const { start, cleaned } = await setUp(['hello'], 'setInterval(() => {}, 1000)');
  const stop = new AbortController();
  const running = start(stop.signal);
  setTimeout(() => stop.abort(new Error('enough')), 100);
  await expect(running).rejects.toThrow('enough');
  await expect(start(stop.signal)).rejects.toThrow('enough');
  expect(cleaned()).toBe(1);
});

test('a command is split into words, and its places are filled in', () => {
  expect(fillIn('  node  peers/x.js {url}/ --agent={agent} ', 'ws://127.0.0.1:1', 'us')).toEqual({
    command: 'node',
    args: ['peers/x.js', 'ws://127.0.0.1:1/', '--agent=us'],
  });
});
