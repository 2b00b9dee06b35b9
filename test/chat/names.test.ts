import { expect, test } from 'vitest';
import { cleanName, isRoomName } from '../../src/chat/names.ts';

test.each([
  ['Ada', 'Ada'],
  ['  Ada \n', 'Ada'],
  ['Ada   \u00a0 Lovelace', 'Ada Lovelace'],
  ['e\u0301', 'é'],
  ['线', '线'],
  ['שלום', 'שלום'],
  ['👩‍👩‍👧', '👩‍👩‍👧'],
  ['می‌خواهم', 'می‌خواهم'],
  ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
  ['<b>&"\'', '<b>&"\''],
  ['👍'.repeat(32), '👍'.repeat(32)],
  [` ${'x'.repeat(32)} `, 'x'.repeat(32)],
])('%j is the name %j', (given, name) => {
  expect(cleanName(given)).toBe(name);
});

test.each([
  ...['', '   ', '\u3000', 'x'.repeat(33), '👍'.repeat(33), ' '.repeat(100_000)],
  ...['a\0b', 'a\nb', 'a\tb', 'a\u001bb', 'a\u007fb', 'a\u0085b', 'a\u009bb'],
  ...['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069'].map(
    (c) => `a${c}b`,
  ),
  ...['\u200e', '\u200f', '\u061c', '\u200b', '\ufeff', '\u00ad', '\u2060'].map((c) => `a${c}b`),
  ...['a\ud800', '\udc00a', '\u200d', '\u200c\u200d', '\u3164', '\ufe0f'],
  ...[undefined, null, 1, true, {}, ['Ada']],
])('%j is no name', (given) => {
  expect(cleanName(given)).toBeUndefined();
});

test.each(['lobby', 'e-8d2f', 'room_1', '房间', 'ünï', 'हिन्दी', '٣', 'x'.repeat(64)])(
  '%j names a room',
  (name) => {
    expect(isRoomName(name)).toBe(true);
  },
);

test.each([
  '',
  'Lobby',
  'a b',
  'a/b',
  '..',
  '.',
  'a.b',
  'a%2fb',
  'a\0',
  'a\n',
  'e\u0301',
  'x'.repeat(65),
  'a\u200d',
  '👍',
])('%j names no room', (name) => {
  expect(isRoomName(name)).toBe(false);
});
