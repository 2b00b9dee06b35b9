/** What Linux reports about another process. On other systems there is nothing to read: undefined. */
import { readdirSync, readFileSync } from 'node:fs';

/** The unit of the fields in /proc/PID/stat: USER_HZ, which is the same on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
/** By how much user and system time, both rounded to ticks at both ends, can differ from the exact sum. */
const ROUNDING_SECONDS = 4 / TICKS_PER_SECOND;

/** @typedef {{ byThreads: number, byProcess: number }} CpuTime seconds so far */

/** @returns {CpuTime | undefined} */
export function cpuTime(/** @type {number} */ pid) {
  try {
    // After the name, which is in parentheses and may contain anything: utime and stime are the 12th and 13th.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    const byProcess = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const threads = readdirSync(`/proc/${pid}/task`);
    return { byThreads: threads.reduce((sum, thread) => sum + threadSeconds(pid, thread), 0), byProcess };
  } catch {
    return undefined;
  }
}

function threadSeconds(/** @type {number} */ pid, /** @type {string} */ thread) {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e9;
  } catch {
    return 0; // it has just ended
  }
}

/**
 * Seconds of CPU time in between. The sum over threads is exact to the nanosecond, but loses the time of a thread that
 * ends. The time of the process keeps it, but is counted in ticks. So the latter is used if a thread has ended.
 */
export function cpuBetween(
  /** @type {CpuTime | undefined} */ before,
  /** @type {CpuTime | undefined} */ after,
) {
  if (before === undefined || after === undefined) return undefined;
  const byThreads = after.byThreads - before.byThreads;
  const byProcess = after.byProcess - before.byProcess;
  return byProcess - byThreads > ROUNDING_SECONDS ? byProcess : byThreads;
}

/** @returns resident bytes */
export function residentBytes(/** @type {number} */ pid) {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return 1024 * Number(kibibytes);
  } catch {
    return undefined;
  }
}
