/** How busy the machine is: a figure that was measured beside other work is worth less. */
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** @returns seconds that all cores together have worked since the system began; undefined where it does not say */
export function busySeconds() {
  try {
    const [, ...fields] = (readFileSync('/proc/stat', 'latin1').split('\n')[0] ?? '').split(/\s+/);
    const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] =
      fields.map(Number);
    return (user + nice + system + interrupts + softInterrupts + stolen) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}
