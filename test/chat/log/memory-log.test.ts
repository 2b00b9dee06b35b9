import { expect, test } from 'vitest';
import { MemoryLog } from '../../../src/chat/log/memory-log.ts';
import { contract } from './contract.ts';
import { range, text } from './drafts.ts';

contract('the log in memory', async () => ({
  open: async () => new MemoryLog(),
  isDurable: false,
  window: { keep: 1000, overflow: 1005 },
  empty: async () => {},
}));

test('keeps the rooms that were used last', async () => {
  const log = new MemoryLog();
  for (const n of range(1, 1000)) await log.append(`room${n}`, text('1'));
  const { epoch } = await log.read('room1', 1, 1); // and so it is used
  await log.append('one more', text('1'));
  expect((await log.read('room1', 1, 1)).epoch).toBe(epoch);
  expect(await log.read('room2', 1, 1)).toEqual({ epoch: '', floor: 1, head: 0, entries: [] });
  expect((await log.read('room3', 1, 1)).head).toBe(1);
});

test('reading makes no rooms', async () => {
  const log = new MemoryLog();
  await log.append('room', text('1'));
  for (const n of range(1, 1500)) await log.read(`nothing${n}`, 1, 1);
  expect((await log.read('room', 1, 1)).head).toBe(1);
});

test('forgets the ids of entries that are gone', async () => {
  const log = new MemoryLog();
  const first = text('first');
  await log.append('room', first);
  for (const n of range(2, 1001)) await log.append('room', text(`${n}`));
  expect(await log.append('room', first)).toMatchObject({ seq: 1002, isDuplicate: false });
});
