/** One coarse timer for every timeout of every socket: no timer object a socket, no system call a message. */

/** How often time is looked at, in milliseconds: a timeout comes at most this much late. */
export const TICK_MS = 100;

/** The time that everybody is told, in whole milliseconds: small integers need no memory of their own. */
export function now(): number {
  return Math.floor(performance.now());
}

export interface Ticking {
  /**
   * @param time as {@link now} tells it
   * @returns whether it is to be told again
   */
  tick(time: number): boolean;
}

/** A list, which takes a third of a set: nobody is looked for in it, who needs no time any more says so. */
const watched: Ticking[] = [];
let timer: NodeJS.Timeout | undefined;

/** From now on `target` is told the time. Does not keep the process alive. */
export function watch(target: Ticking): void {
  watched.push(target);
  // Not at once: after a turn that took long, what has come meanwhile is read before anybody is called silent.
  timer ??= setInterval(() => setImmediate(tickAll), TICK_MS).unref();
}

function tickAll(): void {
  const time = now();
  let kept = 0;
  // The list grows at its end where a tick leads to a new connection.
  for (let i = 0; i < watched.length; i++) {
    const target = watched[i]!;
    if (target.tick(time)) watched[kept++] = target;
  }
  watched.length = kept;
  if (kept > 0) return;
  clearInterval(timer);
  timer = undefined;
}
