import { describe, expect, test, vi } from 'vitest';
import { BarewireError, ClosedError } from '../../src/protocol/errors.ts';
import { Pings } from '../../src/transport/pings.ts';
import { fakeTime } from './fake-time.ts';

const bytes = (...all: number[]) => Uint8Array.from(all);

/** A ping that somebody waits for. */
function awaited(pings: Pings, payload: Uint8Array) {
  const resolve = vi.fn<(milliseconds: number) => void>();
  const reject = vi.fn<(error: Error) => void>();
  pings.sent(payload, resolve, reject);
  return { resolve, reject };
}

describe('the payload of the next ping', () => {
  test('is a number in four bytes, the highest first, which goes up', () => {
    const pings = new Pings();
    expect(pings.nextPayload()).toEqual(bytes(0, 0, 0, 0));
    expect(pings.nextPayload()).toEqual(bytes(0, 0, 0, 1));
    for (let i = 2; i < 256; i++) pings.nextPayload();
    expect(pings.nextPayload()).toEqual(bytes(0, 0, 1, 0));
  });

  test('has memory of its own', () => {
    const pings = new Pings();
    const first = pings.nextPayload();
    pings.nextPayload();
    expect(first).toEqual(bytes(0, 0, 0, 0));
  });
});

describe('a pong', () => {
  test('answers the ping with the same payload, after so many milliseconds', () => {
    fakeTime();
    const pings = new Pings();
    expect(pings.roundTripMs).toBeUndefined();
    const { resolve, reject } = awaited(pings, bytes(1, 2));
    vi.advanceTimersByTime(25);
    pings.answered(bytes(1, 2));
    expect(pings.roundTripMs).toBe(25);
    expect(resolve).toHaveBeenCalledExactlyOnceWith(25);
    expect(reject).not.toHaveBeenCalled();
    expect(pings.areOutstanding).toBe(false);
  });

  test.each([
    ['another payload', bytes(1, 3)],
    ['a shorter one', bytes(1)],
    ['a longer one', bytes(1, 2, 0)],
    ['none', bytes()],
  ])('with %s answers nothing', (_, payload) => {
    const pings = new Pings();
    const { resolve } = awaited(pings, bytes(1, 2));
    pings.answered(payload);
    expect(resolve).not.toHaveBeenCalled();
    expect(pings.roundTripMs).toBeUndefined();
    expect(pings.areOutstanding).toBe(true);
  });

  test('without a ping changes nothing', () => {
    const pings = new Pings();
    pings.answered(bytes());
    expect(pings.roundTripMs).toBeUndefined();
  });

  test('can be empty, as the ping was', () => {
    const pings = new Pings();
    const { resolve } = awaited(pings, bytes());
    pings.answered(bytes());
    expect(resolve).toHaveBeenCalledOnce();
  });

  test('answers the earlier pings too, each after its own time, and not the later ones', () => {
    fakeTime();
    const pings = new Pings();
    const order: string[] = [];
    const sent = [1, 2, 3].map((n) => {
      const ping = awaited(pings, bytes(n));
      ping.resolve.mockImplementation(() => order.push(`${n}`));
      vi.advanceTimersByTime(10);
      return ping;
    });
    pings.answered(bytes(2));
    expect(order).toEqual(['1', '2']);
    expect(sent[0]!.resolve).toHaveBeenCalledWith(30);
    expect(sent[1]!.resolve).toHaveBeenCalledWith(20);
    expect(pings.roundTripMs).toBe(20);
    expect(pings.areAwaited).toBe(true);
    pings.answered(bytes(3));
    expect(order).toEqual(['1', '2', '3']);
    expect(pings.roundTripMs).toBe(10);
    expect(pings.areOutstanding).toBe(false);
  });

  test('answers the first of two pings with the same payload', () => {
    const pings = new Pings();
    const [first, second] = [awaited(pings, bytes(1)), awaited(pings, bytes(1))];
    pings.answered(bytes(1));
    expect(first.resolve).toHaveBeenCalledOnce();
    expect(second.resolve).not.toHaveBeenCalled();
    pings.answered(bytes(1));
    expect(second.resolve).toHaveBeenCalledOnce();
  });

  test('that comes twice answers once', () => {
    fakeTime();
    const pings = new Pings();
    const { resolve } = awaited(pings, bytes(1));
    vi.advanceTimersByTime(5);
    pings.answered(bytes(1));
    vi.advanceTimersByTime(5);
    pings.answered(bytes(1));
    expect(resolve).toHaveBeenCalledOnce();
    expect(pings.roundTripMs).toBe(5);
  });
});

describe('a ping that nobody waits for', () => {
  test('is outstanding, not awaited, and measures the round trip', () => {
    fakeTime();
    const pings = new Pings();
    expect(pings.areOutstanding).toBe(false);
    pings.sent(bytes(1));
    expect(pings.areOutstanding).toBe(true);
    expect(pings.areAwaited).toBe(false);
    vi.advanceTimersByTime(7);
    pings.answered(bytes(1));
    expect(pings.roundTripMs).toBe(7);
    expect(pings.areOutstanding).toBe(false);
  });

  test('does not hide one that somebody waits for', () => {
    const pings = new Pings();
    pings.sent(bytes(1));
    awaited(pings, bytes(2));
    expect(pings.areAwaited).toBe(true);
    pings.answered(bytes(2));
    expect(pings.areAwaited).toBe(false);
  });
});

describe('to abandon', () => {
  test('rejects what waits, each with an error of its own, in order', () => {
    const pings = new Pings();
    const errors: Error[] = [];
    const sent = [awaited(pings, bytes(1)), awaited(pings, bytes(2))];
    for (const { reject } of sent) reject.mockImplementation((error) => void errors.push(error));
    let count = 0;
    pings.abandon(() => new ClosedError(`${++count}`));
    expect(errors.map(({ message }) => message)).toEqual(['1', '2']);
    expect(pings.areOutstanding).toBe(false);
    for (const { resolve } of sent) expect(resolve).not.toHaveBeenCalled();
  });

  test('makes no error where nobody waits', () => {
    const pings = new Pings();
    const error = vi.fn(() => new ClosedError(''));
    pings.abandon(error);
    pings.sent(bytes(1));
    pings.abandon(error);
    expect(error).not.toHaveBeenCalled();
    expect(pings.areOutstanding).toBe(false);
  });

  test('is for once: a later pong and a second call do nothing', () => {
    const pings = new Pings();
    const { resolve, reject } = awaited(pings, bytes(1));
    pings.abandon(() => new ClosedError(''));
    pings.abandon(() => new ClosedError(''));
    pings.answered(bytes(1));
    expect(reject).toHaveBeenCalledOnce();
    expect(resolve).not.toHaveBeenCalled();
  });
});

test('of 1,000 Pings without an answer the oldest is given up for the next one', () => {
  const pings = new Pings();
  const [first, second] = [awaited(pings, bytes(1)), awaited(pings, bytes(2))];
  for (let i = 2; i < 1_000; i++) pings.sent(bytes(3));
  expect(first.reject).not.toHaveBeenCalled();
  pings.sent(bytes(4));
  const error = new BarewireError('no Pong has come, and 1000 Pings were sent since');
  expect(first.reject).toHaveBeenCalledExactlyOnceWith(error);
  expect(second.reject).not.toHaveBeenCalled();
  pings.answered(bytes(4));
  expect(second.resolve).toHaveBeenCalledOnce();
  expect(pings.areOutstanding).toBe(false);
});
