/** How entries of a room go over the wire: as JSON of chat.v1, or as the plain texts of an article. */
import type { Entry } from '../log/room-log.ts';
import type { Gap } from './following.ts';

export interface Format {
  /** What sockets of this format subscribe to. */
  readonly topic: string;
  /** The messages for some entries. */
  entries(epoch: string, entries: readonly Entry[]): string[];
  /** The message for a gap before the next entry, if there is one. */
  gap(epoch: string, reason: Gap['reason'], next: number): string | undefined;
}

/** Entries go out in messages of about so many characters. */
const FRAME_CHARACTERS = 128 * 1024;

export function jsonFormat(room: string): Format {
  return {
    topic: `json:${room}`,
    entries: (epoch, entries) => batches(entries).map((batch) => entriesMessage(room, epoch, batch)),
    gap: (epoch, reason, next) => JSON.stringify({ type: 'gap', room, epoch, reason, next }),
  };
}

/** Texts as they were sent, and nothing else. */
export function plainFormat(room: string): Format {
  return {
    topic: `plain:${room}`,
    entries: (_epoch, entries) => entries.flatMap(({ kind, text }) => (kind === 'text' ? [text] : [])),
    gap: () => undefined,
  };
}

function entriesMessage(room: string, epoch: string, entries: readonly Entry[]): string {
  return JSON.stringify({ type: 'entries', room, epoch, entries });
}

function batches(entries: readonly Entry[]): Entry[][] {
  const result: Entry[][] = [];
  let room = 0;
  for (const entry of entries) {
    room -= entry.text.length + 1;
    if (room < 0) {
      result.push([]);
      room = FRAME_CHARACTERS;
    }
    result.at(-1)!.push(entry);
  }
  return result;
}
