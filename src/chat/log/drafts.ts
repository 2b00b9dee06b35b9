/** What all logs do with a draft in the same way. */
import { randomBytes } from 'node:crypto';
import { type Draft, type Entry, MAX_SLICE, MAX_SLICE_BYTES } from './room-log.ts';

export function newEpoch(): string {
  return randomBytes(8).toString('hex');
}

/**
 * What is kept of a draft, and nothing else.
 * @throws {TypeError} for what no log can keep
 */
export function plainDraft({ id, author, kind, text, target, sealed }: Draft): Draft {
  const strings = [id, author.id, author.name, kind, text];
  const isWhole = target === undefined || Number.isSafeInteger(target);
  if (!isWhole || !strings.every((string) => typeof string === 'string')) throw new TypeError('no draft');
  return {
    id,
    author: { id: author.id, name: author.name },
    kind,
    text,
    ...(target !== undefined && { target }),
    ...(sealed && { sealed }),
  };
}

/** Whether an entry deletes what an edit by the same author would change. Behind it the edit is kept without its text. */
export function forbids({ kind, seq, target, author }: Entry, edit: Draft): boolean {
  const isMeant = target !== undefined && target === edit.target && author.id === edit.author.id;
  return kind === 'delete' && isMeant && seq > target;
}

/** An entry as it is after a delete: its text is emptied, if it is the message that is meant, or an edit of it, by the same author. */
export function afterDelete(entry: Entry, { target, author }: Entry): Entry {
  const message = entry.kind === 'text' ? entry.seq : entry.kind === 'edit' ? entry.target : undefined;
  const isMeant = target !== undefined && message === target && entry.author.id === author.id;
  return isMeant ? { ...entry, text: '' } : entry;
}

/** Of entries that are asked for, those that one slice takes. @param sizeOf their bytes */
export function fitting<Item>(
  asked: readonly Item[],
  end: 'first' | 'last',
  sizeOf: (item: Item) => number,
): readonly Item[] {
  const most = Math.min(asked.length, MAX_SLICE);
  let [count, bytes] = [0, 0];
  while (count < most && (count < 2 || bytes < MAX_SLICE_BYTES)) {
    bytes += sizeOf(asked[end === 'first' ? count : asked.length - 1 - count]!);
    count++;
  }
  return end === 'first' ? asked.slice(0, count) : asked.slice(asked.length - count);
}
