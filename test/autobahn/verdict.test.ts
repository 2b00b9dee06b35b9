import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseArguments, type TestArguments } from '../../autobahn/arguments.js';
import type { Context } from '../../autobahn/context.js';
import { type Result, serializeResults } from '../../autobahn/expected.js';
import { testSides } from '../../autobahn/sides.js';
import type { FuzzingOutcome } from '../../autobahn/suite-output.js';
import { checkComplete, readExpected, update, verify, writeDocument } from '../../autobahn/verdict.js';
import { SUITE_VERSION } from '../../autobahn/wstest.js';
import { fakeTool, temporaryFolder, WSTEST_SCRIPT } from './support.ts';

const OK: Result = ['OK', 'OK'];
const EXPECTED = new Map([
  ['1.1.1', OK],
  ['12.1.1', OK],
]);

/** A checkout in which both sides are expected to be OK. */
async function checkout() {
  const root = await temporaryFolder();
  await mkdir(path.join(root, 'autobahn', 'expected'), { recursive: true });
  for (const side of ['server', 'client'])
    await writeFile(path.join(root, 'autobahn', 'expected', `${side}.json`), serializeResults(EXPECTED));
  await writeFile(path.join(root, 'autobahn', 'peers.json'), '{ "server": [], "client": [] }');
  const printed: string[] = [];
  const context: Context = {
    root,
    env: process.env,
    signal: new AbortController().signal,
    print: (text) => printed.push(text),
    log: (text) => printed.push(text),
  };
  return { root, context, printed, read: (file: string) => readFile(path.join(root, file), 'utf8') };
}

function outcomeOf(rows: [string, Result][], version = SUITE_VERSION): FuzzingOutcome {
  return { results: new Map(rows), total: 2, version, failure: undefined };
}

test('what is as expected passes, and any difference fails, a better result too', async () => {
  const { context, printed } = await checkout();
  expect(await readExpected('client', context)).toEqual(EXPECTED);
  expect(verify(outcomeOf([...EXPECTED]), 'client', EXPECTED, context)).toBe(0);
  expect(printed).toEqual(['as expected: 2 cases']);
  expect(verify(outcomeOf([['1.1.1', OK]]), 'client', EXPECTED, context)).toBe(1);
  expect(printed.join('\n')).toMatch(/expected\/client\.json\), 1 cases:\n\ncase .*\n12\.1\.1 .*did not run/);
  const pessimistic = new Map([...EXPECTED, ['12.1.1', ['FAILED', 'OK'] as const]] as const);
  expect(verify(outcomeOf([...EXPECTED]), 'client', pessimistic, context)).toBe(1);
});

test('a run in which cases are missing is incomplete, and says what the suite said', () => {
  expect(() => checkComplete(outcomeOf([['1.1.1', OK]]))).toThrow('only 1 of 2 cases ran');
  expect(() => checkComplete({ ...outcomeOf([]), total: 0, failure: 'refused' })).toThrow('ran\nrefused');
  expect(() => checkComplete(outcomeOf([...EXPECTED]))).not.toThrow();
});

test('an update writes the file of its side only, and nothing that FAILED', async () => {
  const { context, read } = await checkout();
  const outcome = outcomeOf([
    ['1.1.1', OK],
    ['12.1.1', ['UNIMPLEMENTED', 'OK']],
  ]);
  await update(outcome, 'client', context);
  expect(await read('autobahn/expected/client.json')).toContain('"12.1.1": ["UNIMPLEMENTED", "OK"]');
  expect(await read('autobahn/expected/server.json')).toBe(serializeResults(EXPECTED));
  const failed = outcomeOf([...EXPECTED, ['12.1.1', ['OK', 'FAILED']]]);
  await expect(update(failed, 'client', context)).rejects.toThrow('FAILED is never expected (12.1.1)');
  await expect(update(outcomeOf([...EXPECTED], '0.8'), 'client', context)).rejects.toThrow('25.10.1');
});

test('the document gets a table for each side, but not from another release of the suite', async () => {
  const { context, printed, read } = await checkout();
  await writeDocument(outcomeOf([...EXPECTED], '0.8'), 'server', context);
  expect(printed).toEqual([]);
  await writeDocument(outcomeOf([...EXPECTED]), 'server', context);
  await writeDocument(outcomeOf([...EXPECTED]), 'client', context);
  await writeDocument(outcomeOf([...EXPECTED]), 'client', context);
  expect(printed).toEqual(['updated: docs/conformance.md', 'updated: docs/conformance.md']);
  const text = await read('docs/conformance.md');
  expect(text).toContain('fuzzing client, 2 cases (1, 12)');
  expect(text).toContain('fuzzing server, 2 cases (1, 12)');
});

test('another server is tested with the chosen cases, and compared with nothing', async () => {
  const { root, context, printed } = await checkout();
  const index = JSON.stringify({ peer: { '12.1.1': { behavior: 'UNIMPLEMENTED', behaviorClose: 'OK' } } });
  const script = `case "$*" in *version*) ${WSTEST_SCRIPT}; exit;; esac
    echo 'Ok, will run 1 test cases against 1 servers'; echo '${index}' > index.json`;
  const WSTEST = await fakeTool(path.join(root, 'wstest'), script);
  const options = parseArguments([
    ...['server', '--url', 'ws://127.0.0.1:1', '--agent', 'peer', '--cases', '12.*'],
  ]) as TestArguments;
  expect(await testSides(options, { ...context, env: { ...process.env, WSTEST } })).toBe(0);
  expect(printed.join('\n')).toContain('1 cases: 1 UNIMPLEMENTED');
  const report = path.join(root, '.cache', 'autobahn', 'reports', 'peer');
  expect(JSON.parse(await readFile(path.join(report, 'specification.json'), 'utf8'))).toMatchObject({
    cases: ['12.1.1'],
  });
});

test('a pattern without a case is noticed before anything is looked for', async () => {
  const { context, printed } = await checkout();
  const options = parseArguments(['--cases', '13.*']) as TestArguments;
  await expect(testSides(options, context)).rejects.toMatchObject({ exitCode: 2 });
  expect(printed).toEqual([]);
});
