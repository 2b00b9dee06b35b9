import { expect, test } from 'vitest';
import { MemoryLog } from '../../../src/chat/log/memory-log.ts';
import { contract } from './contract.ts';
import { deletion, range, text } from './drafts.ts';

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
  expect(await log.append('room', first)).toMatchObject({ seq: 1002 });
});

test('bounds the characters of all rooms: the oldest entries go of the room that was not used for longest', async () => {
  const log = new MemoryLog(10);
  const kept = async () => {
    const slices = await Promise.all(['c', 'a', 'b'].map((room) => log.read(room, 1, 9)));
    return slices.map(({ entries }) => entries.map((entry) => entry.text).join(' '));
  };
  for (const word of ['aaa', 'aa', 'a']) await log.append('a', text(word));
  await log.append('b', text('bbbb'));
  expect(await kept()).toEqual(['', 'aaa aa a', 'bbbb']); // which uses them: `a` before `b`
  await log.append('c', text('c'));
  expect(await kept()).toEqual(['c', 'aa a', 'bbbb']);
  expect(await log.read('a', 1, 9)).toMatchObject({ floor: 2, head: 3 });
  const { epoch } = await log.append('a', text('x'.repeat(9)));
  expect(await kept()).toEqual(['', `a ${'x'.repeat(9)}`, '']);
  expect(await log.read('a', 1, 9)).toMatchObject({ epoch, floor: 3, head: 4 });
  await log.append('b', text('y'.repeat(99))); // more than there may be, and yet it is kept
  expect(await kept()).toEqual(['', '', 'y'.repeat(99)]);
  await log.append('b', text('z'));
  expect(await log.read('b', 1, 9)).toMatchObject({ floor: 2, head: 2 });
});

test('what was deleted counts no longer', async () => {
  const log = new MemoryLog(10);
  const drafts = [text('x'.repeat(9)), text('b'), deletion(1), text('y'.repeat(9))];
  for (const draft of drafts) await log.append('room', draft);
  const { entries } = await log.read('room', 1, 9);
  expect(entries.map((entry) => entry.text)).toEqual(['', 'b', '', 'y'.repeat(9)]);
});

test('a room that is gone counts no longer', async () => {
  const log = new MemoryLog(2000);
  for (const n of range(1, 1000)) await log.append(`room${n}`, text(n === 1 ? 'x'.repeat(1000) : '1'));
  for (const n of range(1001, 1999)) await log.append(`room${n}`, text('1'));
  await log.append('room1999', text('x'.repeat(1000)));
  expect((await log.read('room1000', 1, 1)).head).toBe(1);
});
