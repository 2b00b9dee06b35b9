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

/** The number of the message that an entry speaks for: its own, or that of the message that it edits. */
export function subjectOf({ kind, seq, target }: Entry): number | undefined {
  if (kind === 'text') return seq;
  return kind === 'edit' ? target : undefined;
}
