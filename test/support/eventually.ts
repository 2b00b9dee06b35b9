/** Waiting for what a busy machine may take long for: `vi.waitFor` gives up after a second. */
import { vi } from 'vitest';

/** Calls `assertions` until it does not throw, for at most 15 seconds. @returns its result */
export function eventually<T>(assertions: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assertions, { timeout: 15_000, interval: 20 });
}
