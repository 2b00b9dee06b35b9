/** Time that passes only when a test says so. */
import { syncBuiltinESMExports } from 'node:module';
import perfHooks from 'node:perf_hooks';
import timers from 'node:timers';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { onTestFinished, vi } from 'vitest';
import { TICK_MS } from '../../src/transport/clock.ts';

/** Replaces what the clock reads and sets, until the test ends. Time begins at 0. Everything else goes on as always. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const { setInterval, clearInterval, performance } = globalThis;
  const restore = [replace(timers, { setInterval, clearInterval }), replace(perfHooks, { performance })];
  onTestFinished(() => {
    vi.useRealTimers();
    for (const each of restore) each();
  });
}

/** Replaces exports of a module of Node, which no fake of the globals touches. @returns undoes it */
function replace(module: object, exports: object): () => void {
  const before = Object.keys(exports).map((name) => [name, Reflect.get(module, name)]);
  Object.assign(module, exports);
  syncBuiltinESMExports();
  return () => {
    Object.assign(module, Object.fromEntries(before));
    syncBuiltinESMExports();
  };
}

/** Lets time pass, tick by tick, and after each everything happen that waits for no time. */
export async function pass(milliseconds: number): Promise<void> {
  for (let rest = milliseconds; rest > 0; ) {
    const step = Math.min(rest, TICK_MS - (performance.now() % TICK_MS));
    vi.advanceTimersByTime(step);
    await turnsEnd();
    rest -= step;
  }
}

/** Lets everything happen that waits for no time. */
export async function turnsEnd(): Promise<void> {
  for (let i = 0; i < 3; i++) await endOfTurn();
}
