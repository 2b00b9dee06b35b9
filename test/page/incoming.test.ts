/** What the server says, beside rooms that come and go. */
import { expect, test } from 'vitest';
import { Incoming } from '../../public/incoming.js';
import type { Outbox } from '../../public/outbox.js';
import type { FromServer } from '../../public/protocol.js';

/** Of a page that is in no room: what its outbox is told is kept. */
function nowhere() {
  const kept: string[] = [];
  const host = {
    welcome: () => {},
    room: () => undefined,
    join: () => {},
    isReading: () => false,
    storage: () => {},
    changed: () => {},
    news: () => {},
    earlier: () => {},
  };
  const outbox = { confirm: (id: string) => void kept.push(id) } as unknown as Outbox;
  const incoming = new Incoming(host, outbox);
  return { kept, receive: (frame: FromServer) => incoming.receive(JSON.stringify(frame)) };
}

test('what is kept in a room that one has left does not wait any more', () => {
  const { kept, receive } = nowhere();
  const author = { id: 'a', name: 'Ada' };
  const entry = { seq: 2, id: 'entry', at: 2, author, kind: 'text' as const, text: 'x' };
  receive({ type: 'ack', room: 'garden', id: 'ack', epoch: 'x', seq: 1, at: 1 });
  receive({ type: 'entries', room: 'garden', epoch: 'x', entries: [entry] });
  receive({ type: 'typing', room: 'garden', members: [author] });
  expect(kept).toEqual(['ack', 'entry']);
});
