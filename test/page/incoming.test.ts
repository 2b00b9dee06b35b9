/** What the server says, beside rooms that come and go. */
import { expect, test } from 'vitest';
import { Incoming } from '../../public/incoming.js';
import type { Outbox } from '../../public/outbox.js';
import type { FromServer } from '../../public/protocol.js';
import { Room } from '../../public/room.js';

const author = { id: 'a', name: 'Ada' };
const entry = (seq: number) => ({ seq, id: `id ${seq}`, at: seq, author, kind: 'text' as const, text: 'x' });

/** Of a page that is in this room, or in none: what its outbox is told is kept. */
function page(room: Room | undefined, mayTrim = false) {
  const kept: string[] = [];
  const host = {
    welcome: () => {},
    room: () => room,
    join: () => {},
    isReading: () => false,
    mayTrim: () => mayTrim,
    storage: () => {},
    changed: () => {},
    news: () => {},
    earlier: () => {},
  };
  const outbox = { confirm: (id: string) => void kept.push(id), pump: () => {} } as unknown as Outbox;
  const incoming = new Incoming(host, outbox);
  return { kept, receive: (frame: FromServer) => incoming.receive(JSON.stringify(frame)) };
}

test('what is kept in a room that one has left does not wait any more', () => {
  const { kept, receive } = page(undefined);
  receive({ type: 'ack', room: 'garden', id: 'ack', epoch: 'x', seq: 1, at: 1 });
  receive({ type: 'entries', room: 'garden', epoch: 'x', entries: [entry(2)] });
  receive({ type: 'typing', room: 'garden', members: [author] });
  expect(kept).toEqual(['ack', 'id 2']);
});

test('a room that nobody reads keeps so much, and one that is read above its end keeps all', () => {
  for (const [mayTrim, kept] of [
    [true, 3_000],
    [false, 5_000],
  ] as const) {
    const room = new Room('lobby', undefined);
    const { receive } = page(room, mayTrim);
    receive({ type: 'joined', room: 'lobby', epoch: 'x', floor: 1, head: 0, from: 1 });
    for (let seq = 1; seq <= 5_000; seq++)
      receive({ type: 'entries', room: 'lobby', epoch: 'x', entries: [entry(seq)] });
    expect(room.timeline.items()).toHaveLength(kept);
    expect(room.timeline.before).toBe(mayTrim ? 2_001 : undefined);
  }
});
