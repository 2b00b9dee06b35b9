import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runFuzzingClient } from '../../autobahn/fuzzing-client.js';
import { createProgress } from '../../autobahn/progress.js';
import { Listener, type Progress } from '../../autobahn/suite-output.js';
import type { Tool } from '../../autobahn/wstest.js';
import { fakeTool, temporaryFolder } from './support.ts';

const OUTPUT = `Autobahn Fuzzing WebSocket Client (Autobahn Testsuite Version 25.10.1 / Autobahn Version 0.10.9)
Ok, will run 2 test cases against 1 servers
Running test case ID 1.1.1 for agent us from peer tcp4:127.0.0.1:1
Running test case ID 10.1.1 for agent us from peer tcp4:127.0.0.1:1`;

const INDEX = JSON.stringify({
  us: {
    '10.1.1': { behavior: 'NON-STRICT', behaviorClose: 'OK', duration: 3 },
    '1.1.1': { behavior: 'OK', behaviorClose: 'OK', duration: 3 },
  },
});

async function setUp(script: string) {
  const root = await temporaryFolder();
  const command = await fakeTool(path.join(root, 'wstest'), script);
  let cleaned = 0;
  const tool: Tool = {
    label: 'fake',
    mount: (folder) => folder,
    reach: (url) => url.replace('localhost', 'host'),
    launch: (_folder, args) => ({ command, args: [...args] }),
    clean: async () => void cleaned++,
  };
  const events: Progress[] = [];
  const folder = path.join(root, 'report');
  const start = (signal = new AbortController().signal) =>
    runFuzzingClient({
      tool,
      folder,
      url: 'ws://localhost:1/',
      agent: 'us',
      cases: ['1.*'],
      env: process.env,
      onProgress: (event) => events.push(event),
      signal,
    });
  return { start, events, folder, cleaned: () => cleaned };
}

test('a run yields the results in order, the progress and the version', async () => {
  const { start, events, folder, cleaned } = await setUp(`echo '${OUTPUT}'; echo '${INDEX}' > index.json`);
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
    servers: [{ agent: 'us', url: 'ws://host:1/' }],
    cases: ['1.*'],
  });
  expect(cleaned()).toBe(1);
});

test('the report of an earlier run is never taken for this one', async () => {
  const { start } = await setUp(`test -e ../ran || echo '${INDEX}' > index.json; touch ../ran`);
  await start();
  await expect(start()).rejects.toThrow('without a report');
});

test('a tool that fails is quoted', async () => {
  const { start, cleaned } = await setUp('echo "Traceback" >&2; exit 3');
  await expect(start()).rejects.toThrow('wstest failed (exit code 3):\nTraceback');
  expect(cleaned()).toBe(1);
});

test('an abort ends the tool, cleans up and is the reason of the failure', async () => {
  const { start, cleaned } = await setUp('exec sleep 60');
  const stop = new AbortController();
  const running = start(stop.signal);
  setTimeout(() => stop.abort(new Error('enough')), 100);
  await expect(running).rejects.toThrow('enough');
  expect(cleaned()).toBe(1);
});

test('the reason for which the suite gave up is kept', () => {
  const listener = new Listener(() => {});
  listener.hear('Connection to ws://127.0.0.1:1 failed (Connection was refused by other side)');
  expect(listener.failure).toMatch(/refused/);
});

test('a log gets one line a section and one a minute, a terminal one line that moves', () => {
  const ids = ['1.1.1', '1.1.2', '2.1', '2.2', '2.3'];
  const events = ids.map((id, done) => ({ done, total: 5, id }));
  const show = (isTTY: boolean) => {
    const written: string[] = [];
    let time = 5;
    const progress = createProgress('server', { isTTY, write: (text) => written.push(text) }, () => time);
    for (const event of events) {
      if (event.id === '2.3') time += 60_000;
      progress.update(event);
    }
    expect(progress.end()).toBe('2.3');
    return written;
  };
  expect(show(false)).toEqual([
    'server: 0/5 cases done, now 1.1.1\n',
    'server: 2/5 cases done, now 2.1\n',
    'server: 4/5 cases done, now 2.3\n',
  ]);
  expect(show(true)).toEqual([
    ...events.map(({ done, id }) => `\r\x1b[Kserver: ${done}/5 cases done, now ${id}`),
    '\r\x1b[K',
  ]);
});
