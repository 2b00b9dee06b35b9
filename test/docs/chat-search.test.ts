/** What docs/chat-protocol.md says of the search. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteLog } from '../../src/chat/log/sqlite-log.ts';

const page = await readFile('docs/chat-protocol.md', 'utf8');

test.each([
  ['`cat` does not find “cats”', 'cat', 'cats', false],
  ['`apfel` finds “Äpfel”', 'apfel', 'Äpfel', true],
  ['full-width letters', 'full', 'ＦＵＬＬ', true],
  ['`foo-bar` finds “foo bar”', 'foo-bar', 'foo bar', true],
  ['both parts side by side in this order', 'foo-bar', 'bar foo', false],
  ['anywhere in the message', 'foo bar', 'bar and foo', true],
  ['quotes divide words too', 'foo"bar', 'bar and foo', true],
  ['`OR` is a word', 'foo OR bar', 'foo', false],
  ['`*` means nothing', 'foo*', 'food', false],
  ['a word without any letter or digit is left out', 'foo !?', 'foo', true],
  ['`天气` finds “今天天气很好”', '天气', '今天天气很好', true],
  ['`天好` does not', '天好', '今天天气很好', false],
  ['`你好` finds “你，好”', '你好', '你，好', true],
  ['`天 好` finds what has both', '天 好', '今天天气很好', true],
  ['kana or syllable of Hangul', 'メン', 'ラーメンを食べる', true],
  ['kana or syllable of Hangul', '안녕', '안녕하세요', true],
  ['the first 16 count', `${'a '.repeat(16)}b`, 'a', true],
  ['the first 16 count', `${'a '.repeat(15)}b`, 'a', false],
])('%s: %s in %s is found: %s', async (claim, query, text, isFound) => {
  expect(page.replace(/\s+/g, ' ')).toContain(claim);
  const folder = await mkdtemp(join(tmpdir(), 'barewire-search-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const log = (await openSqliteLog({ folder }))!;
  await log.append('r', { id: '1', author: { id: 'a', name: 'Ann' }, kind: 'text', text });
  expect(await log.search!('r', query, 9, 9)).toHaveLength(isFound ? 1 : 0);
  await log.close();
});
