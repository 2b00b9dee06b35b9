/** How entries of a room go over the wire: as JSON of chat.v1, or as the plain texts of an article. */
import type { Entry } from '../log/room-log.ts';
import type { Gap } from './following.ts';

export interface Format {
  /** What sockets of this format subscribe to. */
  readonly topic: string;
  /** Whether it has messages for what is not kept: who is there, who types. */
  readonly hasSignals: boolean;
  /** The messages for a batch of entries. */
  entries(epoch: string, batch: readonly Entry[]): string[];
  /** The message for a gap before the next entry, if there is one. */
  gap(epoch: string, reason: Gap['reason'], next: number): string | undefined;
}

/** Entries go out in messages of at most so many characters, or of one entry: JSON in UTF-8 may take six bytes for each. */
const BATCH_CHARACTERS = 64 * 1024;

export function jsonFormat(room: string): Format {
  return {
    topic: `json:${room}`,
    hasSignals: true,
    entries: (epoch, entries) => [JSON.stringify({ type: 'entries', room, epoch, entries })],
    gap: (epoch, reason, next) => JSON.stringify({ type: 'gap', room, epoch, reason, next }),
  };
}

/** Texts as they were sent, and nothing else. */
export function plainFormat(room: string): Format {
  return {
    topic: `plain:${room}`,
    hasSignals: false,
    entries: (_epoch, entries) => entries.flatMap(({ kind, text }) => (kind === 'text' ? [text] : [])),
    gap: () => undefined,
  };
}

/** Cuts entries where a message is full. */
export function batches(entries: readonly Entry[]): Entry[][] {
  const result: Entry[][] = [];
  let room = 0;
  for (const entry of entries) {
    room -= entry.text.length + 1;
    if (room < 0) {
      result.push([]);
      room = BATCH_CHARACTERS;
    }
    result.at(-1)!.push(entry);
  }
  return result;
}
