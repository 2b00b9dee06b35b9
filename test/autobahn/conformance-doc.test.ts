import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  describeCases,
  type Peer,
  renderConformance,
  replaceSection,
  writeConformance,
} from '../../autobahn/conformance-doc.js';
import { parseResults } from '../../autobahn/expected.js';
import { temporaryFolder } from './support.ts';

const START = '<!-- autobahn:server -->';
const END = '<!-- /autobahn:server -->';

test('only what is between the markers is replaced', () => {
  const text = `# Notes\n\nbefore\n\n${START}\nold\n${END}\n\nafter\n`;
  expect(replaceSection(text, 'server', 'new')).toBe(
    `# Notes\n\nbefore\n\n${START}\n\nnew\n\n${END}\n\nafter\n`,
  );
});

test('replacing twice changes nothing more', () => {
  const once = replaceSection(`a\n${START}${END}\nb\n`, 'server', 'new $& $1');
  expect(replaceSection(once, 'server', 'new $& $1')).toBe(once);
});

test('a missing document is begun', () => {
  expect(replaceSection(undefined, 'server', 'table')).toBe(`# Conformance\n\n${START}\n\ntable\n\n${END}\n`);
});

test('a document without markers keeps its text and gets the section at its end', () => {
  const text = replaceSection('# Mine\n\nwords\n', 'server', 'table');
  expect(text).toMatch(/^# Mine\n\nwords\n\n## [^\n]+\n\n<!-- autobahn:server -->\n\ntable\n\n/);
});

test.each([`${START} only`, `only ${END}`, `${END} ${START}`])('%s is not touched', (text) => {
  expect(() => replaceSection(text, 'server', 'table')).toThrow('missing or misplaced');
});

test('the file is written only when something changes', async () => {
  const file = path.join(await temporaryFolder(), 'docs', 'conformance.md');
  expect(await writeConformance(file, 'client', 'one')).toBe(true);
  const before = await stat(file);
  expect(await writeConformance(file, 'client', 'one')).toBe(false);
  expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
  expect(await writeConformance(file, 'client', 'two')).toBe(true);
  await writeFile(file, '<!-- autobahn:client --> broken');
  await expect(writeConformance(file, 'client', 'three')).rejects.toThrow('misplaced');
  expect(await readFile(file, 'utf8')).toBe('<!-- autobahn:client --> broken');
});

test('each side has markers of its own', () => {
  const both = replaceSection(replaceSection(undefined, 'server', 'one'), 'client', 'two');
  const text = replaceSection(replaceSection(both, 'server', 'three'), 'client', 'four');
  expect(text).toContain(`${START}\n\nthree\n\n${END}`);
  expect(text).toContain('<!-- autobahn:client -->\n\nfour\n\n<!-- /autobahn:client -->');
  expect(text).not.toMatch(/one|two/);
});

test('our row and those of comparable peers stand in one table', () => {
  const results = new Map([
    ['1.1.1', ['OK', 'OK'] as const],
    ['7.1.6', ['INFORMATIONAL', 'INFORMATIONAL'] as const],
  ]);
  const peers: Peer[] = [
    { name: 'same', cases: 2, notOk: { FAILED: ['1.1.1'] }, source: 'measured' },
    { name: 'more cases', cases: 3, notOk: {}, source: 'elsewhere' },
  ];
  const text = renderConformance('client', results, peers);
  expect(text).toContain('fuzzing server, 2 cases (1, 7), written by `npm run autobahn -- client`');
  expect(text).toContain('| client | OK |');
  expect(text).toContain('| barewire | 1 | 0 | 1 (7.1.6) | 0 | 0 |');
  expect(text).toContain('| same | 1 | 0 | 0 | 1 (1.1.1) | 0 |');
  expect(text).toContain('- same: measured');
  expect(text).not.toContain('more cases');
});

test.each([
  [['6.4.1', '6.4.2', '6.4.3', '6.4.4'], '6.4.1–6.4.4'],
  [['9.4.2', '9.3.1', '9.3.2', '9.4.1'], '9.3.1, 9.3.2, 9.4.1, 9.4.2'],
  [['2.9', '2.10', '2.11', '3.1'], '2.9–2.11, 3.1'],
  [[], ''],
])('%j is written %s', (ids, text) => {
  expect(describeCases(ids)).toBe(text);
});

test.each(['server', 'client'] as const)(
  'the committed peers of the %s name cases that exist',
  async (side) => {
    const read = (name: string) => readFile(new URL(`../../autobahn/${name}`, import.meta.url), 'utf8');
    const known = parseResults(await read(`expected/${side}.json`));
    const peers: Peer[] = JSON.parse(await read('peers.json'))[side];
    for (const peer of peers) {
      expect(peer.cases).toBe(known.size);
      expect(
        Object.values(peer.notOk)
          .flat()
          .filter((id) => !known.has(id)),
      ).toEqual([]);
    }
    const text = renderConformance(side, known, peers);
    expect(text).toContain('517 cases (1 to 7, 9, 10, 12, 13)');
    expect(text).toContain('| ws 8.23.0 | 506 | 4 (6.4.1–6.4.4) |');
  },
);
