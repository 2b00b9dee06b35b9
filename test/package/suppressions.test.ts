/** A lint may be silenced, if the comment says which one, and why. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

const SUPPRESSION = /\b(?:oxlint|eslint)-disable|\bbiome-ignore|@ts-(?:ignore|nocheck)/;
const DEFENDED =
  /\boxlint-disable(?:-next-line|-line)? [\w/-]+(?:, [\w/-]+)* -- \S+ \S+|\bbiome-ignore(?:-all|-start)? [\w/]+: \S+ \S+/;

/** The lines of a source that silence a lint and do not say which one, or why. */
function undefended(path: string, source: string): string[] {
  return source
    .split('\n')
    .flatMap((line, i) =>
      SUPPRESSION.test(line) && !DEFENDED.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [],
    );
}

/** The JavaScript and TypeScript of a folder; without what is installed there. */
function sourcesIn(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.[jt]s$/.test(name) && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

test('each suppression names its rule and its reason', () => {
  const paths = ['autobahn', 'bench', 'consumers', 'public', 'scripts', 'src', 'test', 'wpt']
    .flatMap(sourcesIn)
    .filter((path) => path !== 'test/package/suppressions.test.ts');
  expect(paths.length).toBeGreaterThan(100);
  expect(paths.flatMap((path) => undefended(path, readFileSync(join(root, path), 'utf8')))).toEqual([]);
});

test.each([
  ['/* oxlint-disable max-lines -- it is one table, and a table is not cut */', true],
  ['// oxlint-disable-next-line max-lines-per-function -- the hot loop: a call costs 8 %', true],
  ['// biome-ignore lint/style/useConst: the RFC says so', true],
  ['/* oxlint-disable */', false],
  ['/* oxlint-disable max-lines */', false],
  ['// oxlint-disable-next-line -- for a reason', false],
  ['// @ts-ignore', false],
])('%s: %s', (line, defended) => {
  expect(undefended('x.ts', `a\n${line}\nb`)).toEqual(defended ? [] : [`x.ts:2: ${line}`]);
});
