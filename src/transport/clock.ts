/** One coarse timer for every timeout of every socket: no timer object a socket, no system call a message. */

/** How often time is looked at, in milliseconds: a timeout comes at most this much late. */
export const TICK_MS = 100;

/** The time that everybody is told, in whole milliseconds: small integers need no memory of their own. */
export function now(): number {
  return Math.floor(performance.now());
}

export interface Ticking {
  /** @param time as {@link now} tells it */
  tick(time: number): void;
}

const watched = new Set<Ticking>();
let timer: NodeJS.Timeout | undefined;

/** From now on `target` is told the time, until {@link unwatch}. Does not keep the process alive. */
export function watch(target: Ticking): void {
  watched.add(target);
  // Not at once: after a turn that took long, what has come meanwhile is read before anybody is called silent.
  timer ??= setInterval(() => setImmediate(tickAll), TICK_MS).unref();
}

export function unwatch(target: Ticking): void {
  watched.delete(target);
  if (watched.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function tickAll(): void {
  const time = now();
  for (const target of watched) target.tick(time);
}
