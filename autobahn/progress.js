// The progress of a run: on a terminal one line that is rewritten; in a log one line for each section and minute.
import { sectionOf } from './case-ids.js';

/** @import { Context, Side } from './context.js' */
/** @import { Progress } from './suite-output.js' */

const LOG_INTERVAL_MS = 60_000;

/**
 * Shows the progress of the work; if it fails, logs the last case that began.
 * @template T
 * @param {Side} side
 * @param {Context} context
 * @param {(onProgress: (event: Progress) => void) => Promise<T>} work
 */
export async function withProgress(side, context, work) {
  const progress = createProgress(side, process.stderr);
  try {
    const value = await work(progress.update);
    progress.end();
    return value;
  } catch (error) {
    const last = progress.end();
    if (last !== undefined) context.log(`${side}: the last case that began was ${last}`);
    throw error;
  }
}

/**
 * @param {Side} side
 * @param {{ isTTY?: boolean, write(text: string): unknown }} stream
 * @param {() => number} [now] milliseconds of any clock
 * @returns {{ update: (event: Progress) => void, end: () => string | undefined }} end: the last case that began
 */
export function createProgress(side, stream, now = () => performance.now()) {
  let moving = false;
  let loggedAt = 0;
  /** @type {string | undefined} */
  let last;
  return {
    update({ done, total, id }) {
      const text = `${side}: ${done}/${total} cases done, now ${id}`;
      if (stream.isTTY) {
        moving = true;
        stream.write(`\r\x1b[K${text}`);
      } else if (
        last === undefined ||
        sectionOf(id) !== sectionOf(last) ||
        now() - loggedAt >= LOG_INTERVAL_MS
      ) {
        loggedAt = now();
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
