/** Measured figures are quoted as they were measured, in every language. See figures.ts for how they are marked. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { measuredFigure, problemOf, quotesOf } from './figures.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(root + path, 'utf8');

const SOURCES = {
  results: `${read('bench/RESULTS.md')}\n${read('bench/ADAPTER.md')}`,
  autobahn: ['server', 'client'].map((side) => JSON.parse(read(`autobahn/expected/${side}.json`))),
};
const PAGES = [
  'README.md',
  'README.zh.md',
  'CHANGELOG.md',
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe.each(PAGES)('%s', (page) => {
  test('quotes figures as they were measured', () => {
    const problems = quotesOf(page, read(page)).map((quote) => problemOf(quote, SOURCES));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test('marks each comparison with ws, and each count of cases', () => {
    const unmarked = read(page)
      .split('\n')
      .filter((line) => /\d (of|个用例中) \d|\d times as fast|速度是 \[`ws` 的 \d+ 倍/.test(line));
    expect(unmarked).toEqual([]);
  });
});

test('both languages quote the same figures', () => {
  const [english, chinese] = ['README.md', 'README.zh.md'].map((page) =>
    quotesOf(page, read(page))
      .map(({ source, figure }) => `${source}: ${figure}`)
      .sort(),
  );
  expect(english).toHaveLength(10);
  expect(chinese).toEqual(english);
});

describe('a planted wrong figure', () => {
  const quotes = PAGES.flatMap((page) => quotesOf(page, read(page)));

  test.each(quotes)('is found: $page:$line, $source', (quote) => {
    const wrong = quote.figure.replace(/[1-9]/, (digit) => String((Number(digit) + 1) % 10));
    expect(problemOf({ ...quote, figure: wrong }, SOURCES)).toContain(`${quote.page}:${quote.line}`);
  });

  test.each(['memory-idel ws', 'memory-idle nginx', 'memory-idle vs barewire', 'latency ws RAM'])(
    'so is a source that there is not: %s',
    (source) =>
      expect(problemOf({ page: 'x.md', line: 1, figure: '1', source }, SOURCES)).toContain('no such figure'),
  );

  test('so is a new measurement', () => {
    const results = SOURCES.results.replace(
      /\| barewire \| [\d.]+ \((?=[^\n]+\n\| ws \| 3\.)/,
      '| barewire | 9.94 (',
    );
    const [quote] = quotesOf('README.md', read('README.md')).filter(
      ({ source }) => source === 'memory-idle barewire',
    );
    expect(problemOf(quote!, { ...SOURCES, results })).toContain('but it is 9.94: write 9.9');
  });
});

test('a source names one figure', () => {
  const [, idle] = /^\| bare node:net \| ([\d.]+) \([^\n]+ by memory/m.exec(SOURCES.results)!;
  expect(measuredFigure('memory-idle bare node:net', SOURCES)).toBe(Number(idle));
  expect(measuredFigure('client vs Node’s WebSocket', SOURCES)).toBeGreaterThan(1);
  expect(measuredFigure('one-talks-deflate Bun, with contexts CPU', SOURCES)).toBeLessThan(1_000);
});
