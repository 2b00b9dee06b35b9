import { describe, expect, test, vi } from 'vitest';
import { limitTime } from '../../src/transport/time-limit.ts';
import { fakeTime, pass } from './fake-time.ts';

describe('a time limit', () => {
  test('is over once, and not before its time', async () => {
    fakeTime();
    const onOver = vi.fn();
    limitTime(250, onOver);
    await pass(200);
    expect(onOver).not.toHaveBeenCalled();
    await pass(100);
    expect(onOver).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is lifted is never over', async () => {
    fakeTime();
    const onOver = vi.fn();
    limitTime(100, onOver)();
    expect(vi.getTimerCount()).toBe(0);
    await pass(500);
    expect(onOver).not.toHaveBeenCalled();
  });

  test('does not count time in which this process did not run', async () => {
    fakeTime();
    const onOver = vi.fn();
    limitTime(1_000, onOver);
    await pass(100);
    const running = performance.now.bind(performance);
    const late = vi.spyOn(performance, 'now').mockImplementation(() => running() + 60_000);
    await pass(700);
    expect(onOver).not.toHaveBeenCalled();
    await pass(100);
    late.mockRestore();
    expect(onOver).toHaveBeenCalledOnce();
  });
});
