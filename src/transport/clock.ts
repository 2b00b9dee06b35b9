/** One coarse timer for the timeouts of all sockets: no timer object for a socket, no system call for a message. */

/** How often the listeners are called, in milliseconds. */
export const TICK_MS = 100;

/** The time in whole milliseconds: small integers take no memory of their own. */
export function now(): number {
  return Math.floor(performance.now());
}

export interface ClockListener {
  /** @param time as {@link now} returns it */
  onTick(time: number): void;
}

const listeners = new Set<ClockListener>();
let timer: NodeJS.Timeout | undefined;

/** Calls `listener.onTick` every {@link TICK_MS} until {@link removeClockListener}. Does not keep the process alive. */
export function addClockListener(listener: ClockListener): void {
  listeners.add(listener);
  // After the input of the turn was read: a long turn must not make a living peer look silent.
  timer ??= setInterval(() => setImmediate(tick), TICK_MS).unref();
}

export function removeClockListener(listener: ClockListener): void {
  listeners.delete(listener);
  if (listeners.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function tick(): void {
  const time = now();
  for (const listener of listeners) listener.onTick(time);
}
