import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { allowedNow, FairShare, LATE_SLICE, type Reader, SLICE } from '../../src/transport/fair-share.ts';
import { block } from '../support/block.ts';
import { eventually } from '../support/eventually.ts';

/** A reader that has something to read for so many turns. */
class Flood implements Reader {
  readonly share = new FairShare(this);
  turns: number;
  readonly log: string[];
  readonly #name: string;
  readonly #milliseconds: number;

  constructor(name: string, turns: number, log: string[] = [], milliseconds = 0) {
    this.#name = name;
    this.turns = turns;
    this.log = log;
    this.#milliseconds = milliseconds;
  }

  get hasUnread(): boolean {
    return this.turns > 0;
  }

  /** Takes all slices that there are. */
  read(): number {
    let slices = 0;
    while (this.share.takeSlice()) slices++;
    return slices;
  }

  onTurn(): void {
    this.turns--;
    this.log.push(this.#name);
    block(this.#milliseconds);
    this.read();
  }
}

/** The time of a turn is measured from the first share that is used in it, which may be one of the test before. */
beforeEach(() => endOfTurn());

test('a share has 64 slices at most', () => {
  expect(new Flood('a', 0).read()).toBeLessThanOrEqual(64);
});

test('a share ends with its time, and there is always one slice', () => {
  const { share } = new Flood('a', 0);
  expect(share.takeSlice()).toBe(true);
  block(2);
  expect(share.takeSlice()).toBe(false);
  expect(share.takeSlice()).toBe(false);
});

test('all shares of a turn end together: those that come later have a short slice', async () => {
  const [first, second, third] = [new Flood('a', 0), new Flood('b', 0), new Flood('c', 1)];
  expect(first.share.takeSlice()).toBe(true);
  block(8);
  expect(allowedNow(SLICE)).toBe(SLICE); // nobody has looked at the clock
  for (const { share } of [second, third]) {
    expect(share.takeSlice()).toBe(false);
    expect(share.takeSlice()).toBe(false);
    expect(allowedNow(SLICE)).toBe(LATE_SLICE);
    expect(allowedNow(1)).toBe(1);
  }
  await endOfTurn();
  expect(allowedNow(SLICE)).toBe(SLICE);
  expect(second.share.takeSlice()).toBe(true);
  expect(third.log).toEqual(['c']); // once, though it asked twice
});

test('a reader with nothing left has a new share in the next turn, without being called', async () => {
  const flood = new Flood('a', 0);
  flood.read();
  expect(flood.share.takeSlice()).toBe(false);
  await endOfTurn();
  expect(flood.share.takeSlice()).toBe(true);
  expect(flood.log).toEqual([]);
});

test('readers with more take turns, in the order in which they came', async () => {
  const log: string[] = [];
  const floods = ['a', 'b', 'c'].map((name) => new Flood(name, 3, log));
  for (const flood of floods) flood.read();
  await eventually(() => expect(log).toHaveLength(9));
  expect(log.join('')).toBe('abcabcabc');
});

test('a round ends after its time: then the event loop turns', async () => {
  const log: string[] = [];
  const floods = Array.from({ length: 10 }, (_, i) => new Flood(String(i), 1, log, 5));
  for (const flood of floods) flood.read();
  await endOfTurn();
  expect(log).toEqual(['0']);
  await endOfTurn();
  expect(log).toEqual(['0', '1']);
  await eventually(() => expect(log).toHaveLength(10));
});

test('each reader has its own async context in its turns', async () => {
  const storage = new AsyncLocalStorage<string>();
  const log: string[] = [];
  const floods = ['a', 'b', 'c'].map((name) => storage.run(name, () => new Flood(name, 2, log)));
  for (const flood of floods) {
    const { onTurn } = flood;
    flood.onTurn = () => {
      onTurn.call(flood);
      log.push(storage.getStore() ?? 'none');
    };
    flood.read();
  }
  await eventually(() => expect(log).toHaveLength(12));
  expect(log.join('')).toBe('aabbccaabbcc');
});

test('a reader that throws in its turn does not keep the others from theirs', async () => {
  const onUncaught = vi.fn<(error: Error) => void>();
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', onUncaught);
  onTestFinished(() => {
    process.off('uncaughtException', onUncaught);
    for (const other of others) process.on('uncaughtException', other);
  });
  const bad = new Flood('bad', 1);
  const error = new Error('of a transport');
  bad.onTurn = () => {
    bad.turns--;
    throw error;
  };
  const good = new Flood('good', 3);
  bad.read();
  good.read();
  await eventually(() => expect(good.log).toHaveLength(3));
  expect(onUncaught.mock.calls.map(([first]) => first)).toEqual([error]);
});

test('turns come where the timers of the process are replaced', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const flood = new Flood('a', 3);
  flood.read();
  for (let i = 0; i < 4; i++) await endOfTurn(); // the real one, as it was imported
  expect(flood.log).toHaveLength(3);
});
