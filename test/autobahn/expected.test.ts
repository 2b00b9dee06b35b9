import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { compareIds, SECTIONS, sectionOf } from '../../autobahn/case-ids.js';
import {
  compareResults,
  parseResults,
  pickResults,
  type Result,
  serializeResults,
} from '../../autobahn/expected.js';

const OK: Result = ['OK', 'OK'];
const NON_STRICT: Result = ['NON-STRICT', 'OK'];
const INFORMATIONAL: Result = ['INFORMATIONAL', 'INFORMATIONAL'];

test('the file has one line a case, in the order of the cases', () => {
  const results = new Map<string, Result>([
    ['10.1.1', OK],
    ['7.1.6', INFORMATIONAL],
    ['2.10', OK],
    ['2.9', NON_STRICT],
  ]);
  const text = serializeResults(results);
  expect(text).toBe(`{
  "2.9": ["NON-STRICT", "OK"],
  "2.10": "OK",
  "7.1.6": ["INFORMATIONAL", "INFORMATIONAL"],
  "10.1.1": "OK"
}
`);
  expect(parseResults(text)).toEqual(results);
});

test('what differs is found: another behavior, another close, a missing case, an extra one', () => {
  const expected = new Map<string, Result>([
    ['1.1.1', OK],
    ['1.1.2', OK],
    ['1.1.3', OK],
    ['1.1.4', OK],
  ]);
  const actual = new Map<string, Result>([
    ['9.9', OK],
    ['1.1.1', OK],
    ['1.1.2', NON_STRICT],
    ['1.1.3', ['OK', 'UNCLEAN']],
  ]);
  expect(compareResults(expected, actual)).toEqual([
    { id: '1.1.2', expected: OK, actual: NON_STRICT },
    { id: '1.1.3', expected: OK, actual: ['OK', 'UNCLEAN'] },
    { id: '1.1.4', expected: OK, actual: undefined },
    { id: '9.9', expected: undefined, actual: OK },
  ]);
  expect(compareResults(expected, new Map(expected))).toEqual([]);
});

test('only the selected cases are picked', () => {
  expect(pickResults(new Map([['1.1.1', OK]]), ['1.1.1', '1.1.2'])).toEqual(new Map([['1.1.1', OK]]));
});

test.each(['{"1.1.1": "GOOD"}', '{"1.1.1": ["OK"]}', '{"1.1.1": ["OK", "OK", "OK"]}', '{"1.1.1": null}'])(
  '%s is refused',
  (text) => {
    expect(() => parseResults(text)).toThrow('case 1.1.1');
  },
);

test.each(['server', 'client'])(
  'the committed expectation of the %s covers the 517 cases and tolerates nothing',
  async (side) => {
    const text = await readFile(new URL(`../../autobahn/expected/${side}.json`, import.meta.url), 'utf8');
    const results = parseResults(text);
    expect(results.size).toBe(517);
    expect(serializeResults(results)).toBe(text);
    expect([...new Set([...results.keys()].sort(compareIds).map(sectionOf))]).toEqual(Object.keys(SECTIONS));
    const notOk = [...results].filter(([, result]) => result.join() !== 'OK,OK');
    expect(notOk).toEqual([
      ['7.1.6', INFORMATIONAL],
      ['7.13.1', INFORMATIONAL],
      ['7.13.2', INFORMATIONAL],
    ]);
  },
);
