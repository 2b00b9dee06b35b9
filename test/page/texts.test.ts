/** The texts of the page: every language has all of them, and index.html asks for none that is not there. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { newId, roomNameOf } from '../../public/protocol.js';
import { en } from '../../public/strings.en.js';
import { zhHans } from '../../public/strings.zh-hans.js';
import { zhHant } from '../../public/strings.zh-hant.js';

const PAGE = new URL('../../public/index.html', import.meta.url);

test.each([zhHans, zhHant])('$lang has all texts, and none that was forgotten in English', (strings) => {
  expect(Object.keys(strings)).toEqual(Object.keys(en));
  for (const [name, text] of Object.entries(strings)) {
    const original = (en as Record<string, unknown>)[name];
    expect(typeof text, name).toBe(typeof original);
    if (typeof text === 'string') expect(text, name).not.toBe(original);
  }
  for (const table of ['signInErrors', 'failedBecause'] as const) {
    expect(Object.keys(strings[table])).toEqual(Object.keys(en[table]));
  }
});

test('simplified and traditional are not mixed', () => {
  const all = (strings: typeof en) =>
    JSON.stringify(strings, (_key, value) => (typeof value === 'function' ? String(value) : value));
  expect(all(zhHans)).not.toMatch(/[們這來連線訊傳輸語關開離讀寫個條裡為會說]/);
  expect(all(zhHant)).not.toMatch(/[们这来连线讯传输语关开离读写个条里为会说]/);
});

test('index.html names only texts that are there', async () => {
  const html = await readFile(PAGE, 'utf8');
  const names = [...html.matchAll(/data-t(?:-\w+)?="(\w+)"/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(typeof (en as Record<string, unknown>)[name], name).toBe('string');
});

test.each([
  ['Lobby', 'lobby'],
  ['  The  Garden! ', 'the-garden'],
  ['花园 二', '花园-二'],
  ['ÄRGER_1', 'ärger_1'],
  ['<script>', 'script'],
  ['x'.repeat(80), 'x'.repeat(64)],
  [`${'x'.repeat(63)}-${'y'.repeat(9)}`, 'x'.repeat(63)],
  ['!?', ''],
])('"%s" as the name of a room', (text, name) => {
  expect(roomNameOf(text)).toBe(name);
  expect(roomNameOf(name)).toBe(name); // a link to it leads there
});

test('ids are UUIDs of version 4', () => {
  const ids = Array.from({ length: 100 }, newId);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(100);
});
