import { expect, test } from 'vitest';
import type { Result } from '../../autobahn/expected.js';
import { formatDifferences, formatReport, formatTable, summarize } from '../../autobahn/report.js';

const RESULTS = new Map<string, Result>([
  ['1.1.1', ['OK', 'OK']],
  ['1.1.2', ['FAILED', 'UNCLEAN']],
  ['10.1.1', ['OK', 'WRONG CODE']],
  ['7.1.6', ['INFORMATIONAL', 'INFORMATIONAL']],
]);

test('cases are counted by section and in all', () => {
  const { sections, all } = summarize(RESULTS);
  expect(sections.map(({ name, cases }) => [name, cases])).toEqual([
    ['1 Framing', 2],
    ['7 Closing', 1],
    ['10 Autofragmentation', 1],
  ]);
  expect(all.behavior).toEqual(
    new Map([
      ['OK', 2],
      ['FAILED', 1],
      ['INFORMATIONAL', 1],
    ]),
  );
});

test('the report has the table, the cases that are not OK, and the total', () => {
  expect(formatReport(RESULTS)).toBe(
    `
section               cases  OK  NON-STRICT  INFORMATIONAL  FAILED  UNIMPLEMENTED  closing handshake
1 Framing                 2   1           0              0       1              0  1 OK, 1 UNCLEAN
7 Closing                 1   0           0              1       0              0  1 INFORMATIONAL
10 Autofragmentation      1   1           0              0       0              0  1 WRONG CODE
all                       4   2           0              1       1              0  1 OK, 1 INFORMATIONAL, 1 UNCLEAN, 1 WRONG CODE

1.1.2   FAILED, closing handshake UNCLEAN
7.1.6   INFORMATIONAL, closing handshake INFORMATIONAL
10.1.1  OK, closing handshake WRONG CODE

4 cases: 2 OK, 1 INFORMATIONAL, 1 FAILED; closing handshake: 1 OK, 1 INFORMATIONAL, 1 UNCLEAN, 1 WRONG CODE
`.trim(),
  );
});

test('a behavior that nobody foresaw gets a column, so that the sums stay right', () => {
  const table = formatReport(new Map([['1.1.1', ['ODD', 'OK'] as const]]));
  expect(table.split('\n')[0]).toMatch(/UNIMPLEMENTED {2}ODD {2}closing/);
});

test('the differences show what was expected and what came', () => {
  const text = formatDifferences([
    { id: '6.4.1', expected: ['OK', 'OK'], actual: ['NON-STRICT', 'OK'] },
    { id: '9.1.1', expected: ['OK', 'OK'], actual: undefined },
    { id: '11.1', expected: undefined, actual: ['OK', 'OK'] },
  ]);
  expect(text).toBe(
    `
case   expected                  now
6.4.1  OK, closing handshake OK  NON-STRICT, closing handshake OK
9.1.1  OK, closing handshake OK  (did not run)
11.1   (no such case)            OK, closing handshake OK
`.trim(),
  );
});

test('numbers stand to the right, text to the left', () => {
  expect(
    formatTable([
      ['name', 'n'],
      ['a', '10'],
      ['long name', '1'],
    ]),
  ).toBe('name        n\na          10\nlong name   1');
});
