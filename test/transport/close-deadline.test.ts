import { describe, expect, test } from 'vitest';
import { CloseDeadline } from '../../src/transport/close-deadline.ts';
import { MAX_WRITE_BYTES } from '../../src/transport/write-queue.ts';

describe('a deadline', () => {
  test('passes at its time, and not a millisecond earlier', () => {
    const deadline = new CloseDeadline(1000, 50, 0);
    expect(deadline.hasPassed(1000)).toBe(false);
    expect(deadline.hasPassed(1049)).toBe(false);
    expect(deadline.hasPassed(1050)).toBe(true);
    expect(deadline.hasPassed(5000)).toBe(true);
  });

  test('of 0 ms has passed at once', () => {
    expect(new CloseDeadline(1000, 0, 0).hasPassed(1000)).toBe(true);
  });

  test('begins anew when it is extended, at the time of that', () => {
    const deadline = new CloseDeadline(1000, 50, 1);
    deadline.extend(1030);
    expect(deadline.hasPassed(1079)).toBe(false);
    expect(deadline.hasPassed(1080)).toBe(true);
  });

  test('that has passed can still be extended', () => {
    const deadline = new CloseDeadline(1000, 50, 1);
    expect(deadline.hasPassed(1060)).toBe(true);
    deadline.extend(1060);
    expect(deadline.hasPassed(1109)).toBe(false);
    expect(deadline.hasPassed(1110)).toBe(true);
  });

  test.each([
    [0, 0],
    [1, 1],
    [MAX_WRITE_BYTES - 1, 1],
    [MAX_WRITE_BYTES, 1],
    [MAX_WRITE_BYTES + 1, 2],
    [10 * MAX_WRITE_BYTES, 10],
  ])('with %i bytes in the queue can be extended %i times, and no more', (queuedBytes, times) => {
    const deadline = new CloseDeadline(0, 100, queuedBytes);
    for (let i = 1; i <= times + 3; i++) deadline.extend(i);
    expect(deadline.hasPassed(99 + times)).toBe(false);
    expect(deadline.hasPassed(100 + times)).toBe(true);
  });
});
