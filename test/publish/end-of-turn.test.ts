import { setImmediate as endOfTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { flushAtEndOfTurn, publishAtEndOfTurn } from '../../src/publish/end-of-turn.ts';

/** Something that notes when its turn ends. */
function target(name: string, order: string[]) {
  return { onEndOfTurn: vi.fn<() => void>(() => void order.push(name)) };
}

describe('the end of the turn', () => {
  test('flushes what is held back until then, behind what was published', async () => {
    const order: string[] = [];
    flushAtEndOfTurn(target('first', order));
    flushAtEndOfTurn(target('second', order));
    publishAtEndOfTurn(target('published', order));
    await Promise.resolve();
    await new Promise((resolve) => process.nextTick(resolve));
    expect(order).toEqual([]);
    await endOfTurn();
    expect(order).toEqual(['published', 'first', 'second']);
    await endOfTurn();
    expect(order).toHaveLength(3);
  });

  test('has nothing to flush for what comes during it: that waits for the next', async () => {
    const order: string[] = [];
    const again = target('again', order);
    again.onEndOfTurn.mockImplementationOnce(() => flushAtEndOfTurn(again));
    flushAtEndOfTurn(again);
    await endOfTurn();
    expect(again.onEndOfTurn).toHaveBeenCalledOnce();
    await endOfTurn();
    await endOfTurn();
    expect(again.onEndOfTurn).toHaveBeenCalledTimes(2);
  });

  test('comes before the process ends', () => {
    const order: string[] = [];
    flushAtEndOfTurn(target('socket', order));
    publishAtEndOfTurn(target('published', order));
    const listeners = process.listeners('exit').filter(({ name }) => name === 'endTurn');
    expect(listeners).toHaveLength(1);
    for (const listener of listeners) listener(0);
    expect(order).toEqual(['published', 'socket']);
  });
});
