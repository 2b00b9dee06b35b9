// Where a run is: one line that moves on a terminal, one line a section in a log.
import { sectionOf } from './case-ids.js';

/** @import { Progress } from './fuzzing-client.js' */

/**
 * @param {{ isTTY?: boolean, write(text: string): unknown }} stream
 * @returns {{ update: (event: Progress) => void, end: () => string | undefined }} end: the last case that began
 */
export function createProgress(stream) {
  let moving = false;
  /** @type {string | undefined} */
  let last;
  return {
    update({ done, total, id }) {
      const text = `${done}/${total} cases done, now ${id}`;
      if (stream.isTTY) {
        moving = true;
        stream.write(`\r\x1b[K${text}`);
      } else if (last === undefined || sectionOf(id) !== sectionOf(last)) {
        stream.write(`${text}\n`);
      }
      last = id;
    },
    end() {
      if (moving) stream.write('\r\x1b[K');
      moving = false;
      return last;
    },
  };
}
