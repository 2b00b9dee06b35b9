/** The timeline, case by case: what the model of a whole room in timeline.property.test.ts never does, but others may. */
import { expect, test } from 'vitest';
import type { Entry } from '../../public/protocol.js';
import { Timeline } from '../../public/timeline.js';

const ADA = { id: 'a', name: 'Ada' };
const EVE = { id: 'e', name: 'Eve' };
const entry = (seq: number, more: Partial<Entry> = {}): Entry => ({
  seq,
  id: `id ${seq}`,
  at: seq,
  author: ADA,
  kind: 'text',
  text: `text ${seq}`,
  ...more,
});

function timeline(from = 1, entries: Entry[] = []): Timeline {
  const made = new Timeline();
  made.joined({ epoch: 'x', floor: 1, from });
  if (entries.length > 0) expect(made.entries({ epoch: 'x', entries })).toBe(true);
  return made;
}

const texts = (shown: Timeline) =>
  shown.items().map((item) => (item.type === 'gap' ? item.reason : item.text));

test('what comes again is no hole, and is not shown again', () => {
  const shown = timeline(1, [entry(1), entry(2)]);
  expect(shown.entries({ epoch: 'x', entries: [entry(1), entry(2), entry(3)] })).toBe(true);
  expect(texts(shown)).toEqual(['text 1', 'text 2', 'text 3']);
});

test('a hole that no gap has announced is reported, and nothing beyond it is shown', () => {
  const shown = timeline(1, [entry(1)]);
  expect(shown.entries({ epoch: 'x', entries: [entry(2), entry(4)] })).toBe(false);
  expect(texts(shown)).toEqual(['text 1', 'text 2']);
  expect(shown.cursor).toEqual({ epoch: 'x', seq: 2, id: 'id 2' });
  expect(shown.entries({ epoch: 'y', entries: [entry(3)] })).toBe(false);
});

test('a log that has an id twice shows it once', () => {
  const shown = timeline(3, [entry(3), entry(4, { id: 'id 3' })]);
  shown.history({ epoch: 'x', floor: 1, before: 3, entries: [entry(1, { id: 'id 3' }), entry(2)] });
  expect(texts(shown)).toEqual(['text 2', 'text 3']);
  expect(shown.before).toBeUndefined();
});

test('nobody changes what somebody else has said', () => {
  const shown = timeline(1, [entry(1), entry(2)]);
  const changes = [
    entry(3, { kind: 'edit', author: EVE, target: 1, text: 'false' }),
    entry(4, { kind: 'delete', author: EVE, target: 2, text: '' }),
  ];
  expect(shown.entries({ epoch: 'x', entries: changes })).toBe(true);
  expect(texts(shown)).toEqual(['text 1', 'text 2']);
});

test('what another tab still takes for pending is not shown beside its entry', () => {
  const shown = timeline(1, [entry(1)]);
  shown.say({ id: 'id 1', kind: 'text', text: 'text 1', at: 1, author: ADA, state: 'pending' });
  expect(texts(shown)).toEqual(['text 1']);
});

test('a page of an earlier log is left out', () => {
  const shown = timeline(2, [entry(2)]);
  shown.history({ epoch: 'w', floor: 1, before: 2, entries: [entry(1)] });
  expect(texts(shown)).toEqual(['text 2']);
  expect(shown.before).toBe(2);
});

test('a change of one’s own is shown at once; one that fails leaves a deleted message where it was', () => {
  const shown = timeline(1, [entry(1), entry(2)]);
  const own = { id: 'c', text: '', at: 3, author: ADA, target: 1, targetId: 'id 1' };
  shown.say({ ...own, kind: 'edit', text: 'better', state: 'pending' });
  expect(texts(shown)).toEqual(['better', 'text 2']);
  shown.drop('c');
  shown.say({ ...own, kind: 'delete', state: 'pending' });
  expect(shown.items()[0]).toMatchObject({ isDeleted: true, state: 'pending', change: 'c' });
  shown.say({ ...own, kind: 'delete', state: 'failed', reason: 'not-yours' });
  expect(shown.items()[0]).toMatchObject({
    isDeleted: false,
    text: 'text 1',
    state: 'failed',
    reason: 'not-yours',
  });
});

test('a change that waits for a log that is gone touches nothing in the next one', () => {
  const shown = timeline(1, [entry(1)]);
  shown.say({
    id: 'c',
    kind: 'edit',
    text: 'no',
    at: 2,
    author: ADA,
    target: 1,
    targetId: 'id 1',
    state: 'pending',
  });
  shown.gap({ epoch: 'y', reason: 'reset', next: 1 });
  shown.entries({ epoch: 'y', entries: [entry(1, { id: 'other', text: 'of the next' })] });
  expect(texts(shown)).toEqual(['text 1', 'reset', 'of the next']);
});

test('what did not change is the same object', () => {
  const shown = timeline(1, [entry(1), entry(2)]);
  const [before] = shown.items();
  shown.entries({ epoch: 'x', entries: [entry(3)] });
  expect(shown.items()[0]).toBe(before);
});

test('a log that has lost its end begins anew under its old epoch, and what comes then is shown', () => {
  const shown = timeline(1, [entry(1), entry(2), entry(3)]);
  expect(shown.cursor).toEqual({ epoch: 'x', seq: 3, id: 'id 3' });
  shown.say({
    id: 'c',
    kind: 'edit',
    text: 'no',
    at: 4,
    author: ADA,
    target: 3,
    targetId: 'id 3',
    state: 'failed',
  });
  shown.joined({ epoch: 'x', floor: 1, from: 4 });
  shown.gap({ epoch: 'x', reason: 'reset', next: 2 });
  expect(shown.entries({ epoch: 'x', entries: [entry(2), entry(3, { id: 'other', text: 'other' })] })).toBe(
    true,
  );
  expect(texts(shown)).toEqual(['text 1', 'text 3', 'reset', 'text 2', 'other']);
  expect(shown.cursor).toEqual({ epoch: 'x', seq: 3, id: 'other' });
  shown.ack({ id: 'nobody', epoch: 'x', seq: 3, at: 3 });
  shown.history({ epoch: 'x', floor: 1, before: 2, entries: [entry(1)] });
  expect(texts(shown)).toEqual(['text 3', 'reset', 'text 1', 'text 2', 'other']);
});

test('what is trimmed is forgotten with what changed it before the first that stays, and history tells it anew', () => {
  const edit = (seq: number, target: number) => entry(seq, { kind: 'edit', target, text: `edit ${seq}` });
  const shown = timeline(1, [entry(1), entry(2), edit(3, 1), entry(4), edit(5, 2)]);
  shown.trim(1);
  expect(texts(shown)).toEqual(['text 4']);
  // As the log of another server would have it, where 3 is no edit: it shows what is still remembered.
  shown.history({ epoch: 'x', floor: 1, before: 4, entries: [entry(1), entry(2), entry(3)] });
  expect(texts(shown)).toEqual(['text 1', 'edit 5', 'text 3', 'text 4']);
});

test('of a message that is changed for ever the newest changes are known, and that it was deleted', () => {
  const change = (seq: number, kind: 'edit' | 'delete') =>
    entry(seq, { kind, target: 1, text: `edit ${seq}` });
  const edits = Array.from({ length: 1_000 }, (_, index) => change(index + 2, 'edit'));
  const shown = timeline(1, [entry(1), ...edits]);
  expect(texts(shown)).toEqual(['edit 1001']);
  const isKnown = (id: string) => {
    shown.say({ ...entry(1), id, kind: 'edit', target: 1, targetId: 'id 1', state: 'pending' });
    const isShown = shown.items().some((item) => item.type === 'message' && item.change === id);
    shown.drop(id);
    return !isShown;
  };
  expect([isKnown('id 1001'), isKnown('id 2')]).toEqual([true, false]);
  const more = Array.from({ length: 1_000 }, (_, index) => change(index + 1_003, 'edit'));
  expect(shown.entries({ epoch: 'x', entries: [change(1_002, 'delete'), ...more] })).toBe(true);
  expect(shown.items()[0]).toMatchObject({ isDeleted: true });
});
