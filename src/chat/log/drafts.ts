/** What all logs do with a draft in the same way. */
import { randomBytes } from 'node:crypto';
import type { Draft, Entry } from './room-log.ts';

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

/** A draft as it is kept: an edit of a message that its author has deleted has no text. @param target the entry that it names */
export function keptDraft(draft: Draft, target: Draft | undefined): Draft {
  const isLate = draft.kind === 'edit' && target?.kind === 'text' && target.text === '';
  return isLate && target.author.id === draft.author.id ? { ...draft, text: '' } : draft;
}

/** An entry as it is after a delete: its text is emptied, if it is the message that is meant, or an edit of it, by the same author. */
export function afterDelete(entry: Entry, { target, author }: Entry): Entry {
  const message = entry.kind === 'text' ? entry.seq : entry.kind === 'edit' ? entry.target : undefined;
  const isMeant = target !== undefined && message === target && entry.author.id === author.id;
  return isMeant ? { ...entry, text: '' } : entry;
}
