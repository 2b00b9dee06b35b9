/** A time limit on the clock of the sockets: time in which this process did not run is not held against a peer. */
import { addClockListener, type ClockListener, holdProcess, now, removeClockListener } from './clock.ts';

/**
 * Calls `onOver` once, when the time is over: up to 200 ms later. Until then it keeps the process alive.
 * @returns lifts the limit
 */
export function limitTime(milliseconds: number, onOver: () => void): () => void {
  const endsAt = now() + milliseconds;
  const lift = () => removeClockListener(listener);
  const listener: ClockListener = {
    onTick(time) {
      if (time < endsAt) return;
      lift();
      onOver();
    },
  };
  addClockListener(listener);
  holdProcess(listener, true);
  return lift;
}
