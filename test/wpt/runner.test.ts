/** The parts of the runner of web-platform-tests that need no checkout of them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filledIn } from '../../wpt/files.js';
import { type Result, runPage } from '../../wpt/page-process.js';
import { isPage, variantsOf } from '../../wpt/pages.js';
import { describeResults, groupOf, renderTable } from '../../wpt/table.js';

test.each([
  ['a.any.js', true],
  ['interfaces/b.window.js', true],
  ['c.html', true],
  ['c.htm', true],
  ['constants.sub.js', false],
  ['resources/d.html', false],
  ['cookies/support/e.html', false],
  ['handlers/echo_wsh.py', false],
])('%s is a page: %s', (name, expected) => {
  expect(isPage(name)).toBe(expected);
});

test('a page is run in each of its variants, or once', () => {
  expect(variantsOf('// META: variant=?default\n// META: variant=?wss\ntest();')).toEqual([
    '?default',
    '?wss',
  ]);
  expect(variantsOf('<meta name="variant" content="?default">\n<meta name="variant" content="">')).toEqual([
    '?default',
    '',
  ]);
  expect(variantsOf('test();')).toEqual(['']);
});

test('the names and ports of the servers are filled in', () => {
  const ports = { ws: 81, wss: 444 };
  expect(filledIn('ws://{{host}}:{{ports[ws][0]}} {{ports[wss][0]}} {{hosts[alt][www]}}', ports)).toBe(
    'ws://localhost:81 444 127.0.0.1',
  );
  expect(filledIn('{{unknown}}', ports)).toBe('{{unknown}}');
});

test.each([
  ['/websockets/Close-1000.any.js?wss | a', '(the files of the folder itself)'],
  ['/websockets/interfaces/WebSocket/send/001.html | b', 'interfaces/WebSocket'],
  ['/websockets/stream/tentative/write.any.js | c', 'stream'],
  ['/websockets/opening-handshake/001.html | d', 'opening-handshake'],
])('%s is one of %s', (name, group) => {
  expect(groupOf(name)).toBe(group);
});

describe('the results', () => {
  const result = (name: string, status: string): Result => ({
    name: `/websockets/${name}`,
    status,
    message: '',
  });
  const all = new Map([
    ['barewire', [result('a.any.js | 1', 'PASS'), result('stream/b.any.js | 2', 'FAIL')]],
    ['undici', [result('a.any.js | 1', 'TIMEOUT'), result('stream/b.any.js | 2', 'PASS')]],
  ]);

  test('are counted, and what only another client passes is named', () => {
    expect(describeResults(all)).toBe(
      'barewire: 1 of 2\nundici: 1 of 2\npasses with undici only: /websockets/stream/b.any.js | 2',
    );
  });

  test('do not count an error of a page as a test', () => {
    const own = all.get('barewire') ?? [];
    expect(describeResults(new Map([['barewire', [...own, result('a.any.js | harness', 'ERROR')]]]))).toBe(
      'barewire: 1 of 2',
    );
  });

  test('are a table', () => {
    expect(renderTable(all).split('\n')).toEqual([
      '| tests in websockets/ | all | barewire | undici 7 |',
      '| --- | --: | --: | --: |',
      '| (the files of the folder itself) | 1 | 1 | 0 |',
      '| stream | 1 | 0 | 1 |',
      '| all | 2 | 1 | 1 |',
    ]);
  });
});

describe('a page', () => {
  /** As little of a harness as a page can have: one test that passes, and the page ends with the first error or when it is told to. */
  const HARNESS = `
    let report;
    const tests = [{ name: 'a', status: 0, message: null }];
    function add_completion_callback(callback) { report = callback; }
    function timeout() { report(tests, { status: 2, message: null }); }
    addEventListener('error', ({ message }) => report(tests, { status: 1, message }));
    addEventListener('unhandledrejection', ({ reason }) => report(tests, { status: 1, message: reason.message }));`;

  async function run(script: string): Promise<Result[]> {
    const server = createServer(({ url }, response) => {
      response.end(url?.endsWith('testharness.js') ? HARNESS : script);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const client = { title: 'none', module: undefined, flags: [] };
    return runPage(client, { path: '/x.any.js' }, `http://127.0.0.1:${port}`, '');
  }
  const passed = { name: '/x.any.js | a', status: 'PASS', message: null };

  test.each([
    ['throws while it is loaded', "throw new Error('no')", 'Error: no'],
    ['throws later', "setTimeout(() => { throw new Error('no'); })", 'Error: no'],
    ['leaves a promise rejected', "Promise.reject(new Error('no'))", 'no'],
  ])('that %s keeps its results, and has an error too', async (_, script, message) => {
    expect(await run(script)).toEqual([passed, { name: '/x.any.js | harness', status: 'ERROR', message }]);
  });

  test('in which nothing can happen any more ends with its results', async () => {
    expect(await run('')).toEqual([passed]);
  });
});
