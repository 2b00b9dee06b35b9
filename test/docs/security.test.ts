/** docs/security.md: every line of the checklist has a row, and every test that a row names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What has gone wrong in other implementations, by the names that the page gives it. */
const LINES = [
  'prototype-names',
  'header-time',
  'missing-headers',
  'bad-offers',
  'unwritten-bytes',
  'tiny-pieces',
  'empty-fragments',
  'claimed-length',
  'ping-flood',
  'small-views',
  'slow-reader',
  'long-lengths',
  'minimal-lengths',
  'inflate-limit',
  'missing-limit',
  'window-bits',
  'agreed-window',
  'rsv1',
  'late-codec-errors',
  'unheard-errors',
  'resets',
  'slow-handshakes',
  'header-injection',
  'foreign-origin',
  'constant-time',
  'redirects',
  'masking-keys',
];
/** Where there is nothing in the library that could go wrong. */
const NEEDS_NO_TEST = ['constant-time'];

interface Row {
  readonly line: string;
  readonly tests: readonly { file: string; name: string }[];
}

function rowsOf(page: string): Row[] {
  const part = /^## What has gone wrong elsewhere$(.*?)^## /ms.exec(page)?.[1] ?? '';
  const rows = [...part.matchAll(/^\| ([a-z0-9-]+) \|.*\| (.*) \|$/gm)].filter(([, line]) => line !== 'line');
  return rows.flatMap(([, line = '', held = '']) =>
    /^-+$/.test(line) ? [] : [{ line, tests: testsOf(held) }],
  );
}

/** `[`file`](../file): “name”, “name”; …` */
function testsOf(held: string): { file: string; name: string }[] {
  return [...held.matchAll(/\[`([^`]+)`\]\(\.\.\/([^)]+)\): ((?:“[^”]+”(?:, )?)+)/g)].flatMap(
    ([, file = '', link, names = '']) => {
      expect(link).toBe(file);
      return [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({ file, name }));
    },
  );
}

/** Whether a file has a test, or a group of tests, of this name: the first argument of a call, and not the last. */
function hasTest(file: string, name: string): boolean {
  if (!existsSync(root + file)) return false;
  const source = readFileSync(root + file, 'utf8');
  return [`'${name}'`, `"${name}"`].some((literal) =>
    new RegExp(`\\(\\s*${literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')},`).test(source),
  );
}

const page = readFileSync(`${root}docs/security.md`, 'utf8');
const rows = rowsOf(page);

test('every line has one row, and there are no others', () => {
  expect(rows.map(({ line }) => line)).toEqual(LINES);
});

describe.each(rows.map(({ line, tests }) => ({ line, tests })))('$line', ({ line, tests }) => {
  test('names tests, and each is there by that name', () => {
    expect(tests.length > 0).toBe(!NEEDS_NO_TEST.includes(line));
    expect(tests.filter(({ file, name }) => !hasTest(file, name))).toEqual([]);
  });
});

test('a test that is not there would be missed', () => {
  expect(hasTest('test/docs/security.test.ts', 'every line has one row, and there are no others')).toBe(true);
  expect(hasTest('test/docs/security.test.ts', 'every line has one row')).toBe(false);
  expect(hasTest('test/docs/none.test.ts', 'every line has one row, and there are no others')).toBe(false);
});

test('the default limits that the page states are those of the library', () => {
  const source = readFileSync(`${root}src/transport/socket-options.ts`, 'utf8');
  for (const [option, value, words] of [
    ['maxMessageBytes', '1024 * 1024', '1 MiB'],
    ['maxQueuedBytes', '4 * 1024 * 1024', '4 MiB'],
    ['pingIntervalMs', '30_000', '30 s'],
    ['idleTimeoutMs', '75_000', '75 s'],
    ['messageTimeoutMs', '300_000', '300 s'],
    ['closeTimeoutMs', '5_000', '5 s'],
  ]) {
    expect(source).toContain(`${option} = ${value},`);
    expect(page).toContain(`\`${option}\` (${words})`);
  }
});
