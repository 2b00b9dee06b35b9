/** How entries of a room go over the wire: as JSON of chat.v1, or as the plain texts of an article. */
import { type PreparedMessage, prepareMessage } from '../../index.ts';
import type { Entry } from '../log/room-log.ts';
import type { Gap } from './following.ts';

export interface Format {
  /** What sockets of this format subscribe to. */
  readonly topic: string;
  /** Whether it has messages for what is not kept: who is there, who types. */
  readonly hasSignals: boolean;
  /** The messages for a batch of entries of one epoch. Made once, however many members are refilled with it. */
  entries(batch: readonly Entry[], epoch: string): readonly PreparedMessage[];
  /** The message for a gap before the next entry, if there is one. */
  gap(epoch: string, reason: Gap['reason'], next: number): PreparedMessage | undefined;
}

/** Entries go out in messages of at most so many characters, or of one entry: JSON in UTF-8 may take six bytes for each. */
const BATCH_CHARACTERS = 64 * 1024;

export function jsonFormat(room: string): Format {
  return {
    topic: `json:${room}`,
    hasSignals: true,
    entries: remembered((entries, epoch: string) => [jsonMessage(room, { type: 'entries', epoch, entries })]),
    gap: (epoch, reason, next) => jsonMessage(room, { type: 'gap', epoch, reason, next }),
  };
}

/** A message of chat.v1 about a room. */
export function jsonMessage(room: string, message: object): PreparedMessage {
  return prepareMessage(JSON.stringify({ ...message, room }));
}

/** Texts as they were sent, and nothing else. */
export function plainFormat(room: string): Format {
  return {
    topic: `plain:${room}`,
    hasSignals: false,
    entries: remembered((entries, _epoch: string) =>
      entries.flatMap(({ kind, text }) => (kind === 'text' ? [prepareMessage(text)] : [])),
    ),
    gap: () => undefined,
  };
}

/** Cuts entries where a message is full. */
export const batches: (entries: readonly Entry[]) => readonly (readonly Entry[])[] = remembered((entries) => {
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
});

/** Keeps what was made of a list of entries for as long as the list: members that lag are often at the same place. */
function remembered<More extends unknown[], Made>(
  make: (entries: readonly Entry[], ...more: More) => Made,
): (entries: readonly Entry[], ...more: More) => Made {
  const made = new WeakMap<readonly Entry[], Made>();
  return (entries, ...more) => {
    const known = made.get(entries);
    if (known !== undefined) return known;
    const result = make(entries, ...more);
    made.set(entries, result);
    return result;
  };
}
