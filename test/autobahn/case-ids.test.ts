import { expect, test } from 'vitest';
import { compareIds, SECTION_PATTERNS, sectionOf, selectCases } from '../../autobahn/case-ids.js';

const KNOWN = ['1.1.1', '5.1', '5.10', '5.19', '6.4.1', '10.1.1'];

test('cases are ordered by number', () => {
  expect(['10.1.1', '2.10', '2.9', '1.1.2', '1.1'].sort(compareIds)).toEqual([
    '1.1',
    '1.1.2',
    '2.9',
    '2.10',
    '10.1.1',
  ]);
});

test('the sections are all that the suite has', () => {
  expect(SECTION_PATTERNS.join()).toBe('1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.*,10.*,12.*,13.*');
  expect(sectionOf('10.1.1')).toBe('10');
});

test('patterns select known cases, each once, in order', () => {
  expect(selectCases(['6.*', '5.1', '1.*', '6.4.1'], KNOWN)).toEqual(['1.1.1', '5.1', '6.4.1']);
  expect(selectCases(['5.1*'], KNOWN)).toEqual(['5.1', '5.10', '5.19']);
});

test('a pattern stands for whole identifiers: dots are dots', () => {
  expect(() => selectCases(['5.1.'], KNOWN)).toThrow("matches '5.1.'");
  expect(() => selectCases(['1'], KNOWN)).toThrow("matches '1'");
});

test('a pattern without a case is an error in the arguments', () => {
  expect(() => selectCases(['6.*', '12.*'], KNOWN)).toThrow(expect.objectContaining({ exitCode: 2 }));
});
