/** One coarse timer for the timeouts of all sockets: no timer object for a socket, no system call for a message. */
import { performance } from 'node:perf_hooks';
import { clearInterval, setImmediate, setInterval } from 'node:timers';

/** How often the listeners are called, in milliseconds. */
export const TICK_MS = 100;

/**
 * No more than this passes on the clock between two ticks. A tick that comes later shows that this process did not run: its event
 * loop was blocked, or the process was stopped. Peers could not be heard in that time, so it is not held against them.
 */
const MAX_STEP_MS = 2 * TICK_MS;

/** The time of the last tick, on this clock and on the system's. */
let time = 0;
let tickedAt = 0;

/** The time in whole milliseconds, as far as this process ran: small integers take no memory of their own. */
export function now(): number {
  return time + Math.min(systemTime() - tickedAt, MAX_STEP_MS);
}

function systemTime(): number {
  return Math.floor(performance.now());
}

export interface ClockListener {
  /** @param time as {@link now} returns it */
  onTick(time: number): void;
}

const listeners = new Set<ClockListener>();
/** Those that keep the process alive. */
const holders = new Set<ClockListener>();
let timer: NodeJS.Timeout | undefined;

/**
 * Calls `listener.onTick` every {@link TICK_MS} until {@link removeClockListener}. Does not keep the process alive, unless
 * {@link holdProcess} says so.
 */
export function addClockListener(listener: ClockListener): void {
  listeners.add(listener);
  if (timer !== undefined) return;
  advance();
  // After the input of the turn was read: a long turn must not make a living peer look silent.
  timer = setInterval(() => setImmediate(tick), TICK_MS).unref();
}

/** Whether a listener keeps the process alive from now on, until it is removed. */
export function holdProcess(listener: ClockListener, isHeld: boolean): void {
  if (isHeld) holders.add(listener);
  else holders.delete(listener);
  if (holders.size > 0) timer?.ref();
  else timer?.unref();
}

export function removeClockListener(listener: ClockListener): void {
  listeners.delete(listener);
  holdProcess(listener, false);
  if (listeners.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function tick(): void {
  advance();
  for (const listener of listeners) listener.onTick(time);
}

function advance(): void {
  time = now();
  tickedAt = systemTime();
}
