/** What comes after a place in a log. */
import type { Entry, Slice } from '../log/room-log.ts';

/** The entries that are sent first of a log that has begun anew, or to somebody who is new. */
export const FIRST_ENTRIES = 50;

export interface Gap {
  readonly reason: 'trimmed' | 'reset';
  /** The entry that comes next. */
  readonly next: number;
}

/**
 * Entries of a slice that follow on a place in the log, and the gap before them, if there is one. A log that ends before that place
 * has lost what was there.
 */
export function following(
  { epoch, floor, head, entries }: Slice,
  lastEpoch: string,
  last: number,
): { gap: Gap | undefined; entries: readonly Entry[] } {
  if (lastEpoch !== '' && (lastEpoch !== epoch || last > head)) {
    return { gap: { reason: 'reset', next: Math.max(floor, head - FIRST_ENTRIES + 1, 1) }, entries: [] };
  }
  const next = Math.max(floor, last + 1);
  const first = entries.findIndex(({ seq }) => seq === next);
  return {
    gap: next > last + 1 ? { reason: 'trimmed', next } : undefined,
    entries: first === 0 ? entries : first === -1 ? [] : entries.slice(first),
  };
}
