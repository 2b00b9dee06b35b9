import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  addClockListener,
  type ClockListener,
  now,
  removeClockListener,
  TICK_MS,
} from '../../src/transport/clock.ts';
import { fakeTime, pass } from './fake-time.ts';

class Listener implements ClockListener {
  readonly times: number[] = [];
  /** What it does in a tick. */
  act: () => void = () => {};

  onTick(time: number): void {
    this.times.push(time);
    this.act();
  }

  /** Listens until the test ends. */
  static added(): Listener {
    const listener = new Listener();
    addClockListener(listener);
    onTestFinished(() => removeClockListener(listener));
    return listener;
  }
}

describe('now', () => {
  test('is in whole milliseconds, rounded down', async () => {
    fakeTime();
    Listener.added();
    const start = now();
    for (const [milliseconds, whole] of [
      [0.5, 0],
      [0.5, 1],
      [1.9, 2],
      [97.1, 100],
    ] as const) {
      vi.advanceTimersByTime(milliseconds);
      expect(now() - start).toBe(whole);
    }
    await endOfTurn();
  });

  test('goes on while nobody listens, but by no more than two ticks', () => {
    fakeTime();
    const last = new Listener();
    addClockListener(last);
    removeClockListener(last);
    const start = now();
    vi.advanceTimersByTime(150);
    expect(now() - start).toBe(150);
    vi.advanceTimersByTime(10_000);
    expect(now() - start).toBe(200);
    Listener.added();
    expect(now() - start).toBe(200);
    vi.advanceTimersByTime(50);
    expect(now() - start).toBe(250);
  });
});

describe('the clock', () => {
  test('ticks every 100 ms, and says what time it is', async () => {
    expect(TICK_MS).toBe(100);
    fakeTime();
    const start = now();
    const listener = Listener.added();
    await pass(99);
    expect(listener.times).toEqual([]);
    await pass(1);
    expect(listener.times).toEqual([start + 100]);
    await pass(250);
    expect(listener.times).toEqual([start + 100, start + 200, start + 300]);
  });

  test('counts no time in which this process did not run', async () => {
    fakeTime();
    const start = now();
    const listener = Listener.added();
    await pass(100);
    const running = performance.now.bind(performance);
    // The timers find that it is late.
    const late = vi.spyOn(performance, 'now').mockImplementation(() => running() + 100_000);
    await pass(200);
    late.mockRestore();
    expect(listener.times).toEqual([start + 100, start + 300, start + 400]);
  });

  test('gives all listeners the same time, in the order in which they came', async () => {
    fakeTime();
    const order: string[] = [];
    const [first, second] = [Listener.added(), Listener.added()];
    first.act = () => {
      order.push('first');
      vi.advanceTimersByTime(5);
    };
    second.act = () => order.push('second');
    await pass(100);
    expect(order).toEqual(['first', 'second']);
    expect(second.times).toEqual(first.times);
  });

  test('has one timer, however many listen, and none when nobody does', async () => {
    fakeTime();
    expect(vi.getTimerCount()).toBe(0);
    const listeners = [new Listener(), new Listener(), new Listener()];
    for (const listener of listeners) {
      addClockListener(listener);
      expect(vi.getTimerCount()).toBe(1);
    }
    removeClockListener(listeners[0]!);
    removeClockListener(listeners[1]!);
    expect(vi.getTimerCount()).toBe(1);
    removeClockListener(listeners[2]!);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('goes on for the others when one leaves', async () => {
    fakeTime();
    const stays = Listener.added();
    const leaves = Listener.added();
    await pass(100);
    removeClockListener(leaves);
    await pass(100);
    expect(stays.times).toHaveLength(2);
    expect(leaves.times).toHaveLength(1);
  });

  test('starts again after it stopped', async () => {
    fakeTime();
    removeClockListener(Listener.added());
    await pass(1000);
    const start = now();
    const listener = Listener.added();
    await pass(100);
    expect(listener.times).toEqual([start + 100]);
  });

  test('calls a listener once a tick, though it was added twice', async () => {
    fakeTime();
    const listener = Listener.added();
    addClockListener(listener);
    await pass(100);
    expect(listener.times).toHaveLength(1);
    removeClockListener(listener);
    await pass(100);
    expect(listener.times).toHaveLength(1);
  });

  test('does nothing when a listener leaves that is not there', async () => {
    fakeTime();
    removeClockListener(new Listener());
    const listener = Listener.added();
    removeClockListener(new Listener());
    await pass(100);
    expect(listener.times).toHaveLength(1);
  });

  test('does not call a listener that another one has removed in the same tick', async () => {
    fakeTime();
    const [first, second] = [Listener.added(), Listener.added()];
    first.act = () => removeClockListener(second);
    await pass(100);
    expect(first.times).toHaveLength(1);
    expect(second.times).toEqual([]);
  });

  test('may be left in a tick, by the last one too', async () => {
    fakeTime();
    const listener = Listener.added();
    listener.act = () => removeClockListener(listener);
    await pass(500);
    expect(listener.times).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ticks behind what was read in the same turn', async () => {
    fakeTime();
    const listener = Listener.added();
    vi.advanceTimersByTime(100);
    expect(listener.times).toEqual([]);
    await endOfTurn();
    expect(listener.times).toHaveLength(1);
  });

  test('does not call one that leaves between the timer and the end of its turn', async () => {
    fakeTime();
    const listener = Listener.added();
    vi.advanceTimersByTime(100);
    removeClockListener(listener);
    await endOfTurn();
    expect(listener.times).toEqual([]);
  });

  test('does not keep the process alive', () => {
    // The server keeps the process alive for three ticks. Then only the clock is left.
    expect(inProcess('addClockListener({ onTick: () => ++ticks === 3 && server.close() });')).toBe('3');
  });

  test('keeps it alive while a listener holds it', () => {
    const script = `
      const listener = {
        onTick() {
          if (++ticks === 3) server.close();
          if (ticks === 6) holdProcess(listener, false);
        },
      };
      addClockListener(listener);
      holdProcess(listener, true);
      const removed = { onTick() {} };
      addClockListener(removed);
      holdProcess(removed, true);
      removeClockListener(removed);
    `;
    expect(inProcess(script)).toBe('6');
  });
});

/** Runs a script in a process that has a server and nothing else. @returns how many ticks it has counted */
function inProcess(script: string): string {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'barewire-clock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const source = join(root, 'src/transport/clock.ts');
  const options = ['--ignoreConfig', '--module', 'esnext', '--target', 'es2022', '--types', 'node'];
  execFileSync(process.execPath, [compiler, source, '--outDir', folder, ...options], { cwd: root });
  const whole = `
    import { createServer } from 'node:net';
    import { addClockListener, holdProcess, removeClockListener } from ${JSON.stringify(join(folder, 'clock.js'))};
    const server = createServer().listen(0, '127.0.0.1');
    let ticks = 0;
    process.on('exit', () => console.log(ticks));
    ${script}
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', whole], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return output.trim();
}
