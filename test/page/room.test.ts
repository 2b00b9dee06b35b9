/** A room as the page knows it: what is unread, where "new" begins, and what ends with the connection. */
import { expect, test } from 'vitest';
import type { Entry } from '../../public/protocol.js';
import { Room } from '../../public/room.js';
import { rowsOf } from '../../public/rows.js';

const ME = 'me';
const entry = (seq: number): Entry => ({
  seq,
  id: `id ${seq}`,
  at: seq,
  author: { id: 'other', name: 'Other' },
  kind: 'text',
  text: `text ${seq}`,
});
const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));

/** Enters it as the server lets one in; what came last is there then. */
function join(room: Room, epoch: string, head: number, from: number): void {
  room.timeline.joined({ epoch, floor: epoch ? 1 : 0, from });
  room.joined({ epoch, head });
  room.timeline.entries({ epoch, entries: entries(from, head) });
}

const firstNew = (room: Room) => {
  const rows = rowsOf(room.timeline.items(), { you: ME, divider: room.dividerHere, now: 0 });
  const row = rows[rows.findIndex(({ type }) => type === 'new') + 1];
  return row?.type === 'message' ? row.message.text : undefined;
};

test('who enters a room for the first time has missed nothing', () => {
  const room = new Room('garden', undefined);
  join(room, 'x', 80, 31);
  expect(room.unread(ME)).toBe(0);
  room.timeline.entries({ epoch: 'x', entries: entries(81, 82) });
  expect(room.unread(ME)).toBe(2);
  expect(firstNew(room)).toBe('text 81');
});

test('in a room that was empty all is new, also after a reconnect, and also what is not here', () => {
  const room = new Room('garden', undefined);
  join(room, '', 0, 1);
  expect([room.unread(ME), room.isCaughtUp]).toEqual([0, true]);
  room.timeline.entries({ epoch: 'x', entries: entries(1, 2) });
  expect([room.unread(ME), firstNew(room)]).toEqual([2, 'text 1']);
  room.disconnected();
  join(room, 'x', 4, 3);
  expect([room.unread(ME), firstNew(room)]).toEqual([4, 'text 1']);
  room.markRead(true);
  expect([room.unread(ME), room.isCaughtUp]).toEqual([0, true]);

  const long = new Room('meadow', undefined);
  join(long, '', 0, 1);
  long.disconnected();
  join(long, 'x', 80, 31);
  expect(long.unread(ME)).toBe(80);
});

test('unread messages that the page has let go of are counted', () => {
  const room = new Room('garden', undefined);
  join(room, 'x', 10, 1);
  room.timeline.entries({ epoch: 'x', entries: entries(11, 100) });
  expect(room.unread(ME)).toBe(90);
  room.timeline.trim(20);
  expect(room.unread(ME)).toBe(90);
});

test('a room that was for very many is so after a reconnect only if the server says it again', () => {
  const room = new Room('garden', undefined);
  room.crowd = { tickMs: 100, perSecond: 1 };
  room.disconnected();
  expect(room.crowd).toBeUndefined();
});
