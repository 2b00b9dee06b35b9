import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyedBuckets, TokenBucket } from '../../src/chat/rate-limit.ts';

/** A clock that is set by hand. */
function clock() {
  const time = { now: 1_000 };
  return { time, now: () => time.now };
}

describe('a bucket', () => {
  test('gives its burst at once, then says when there is more, and keeps its word', () => {
    const { time, now } = clock();
    const bucket = new TokenBucket(2, 3, now);
    expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 0, 500]);
    time.now += 499;
    expect(bucket.take()).toBe(1);
    time.now += 1;
    expect(bucket.take()).toBe(0);
    expect(bucket.take()).toBe(500);
  });

  test('never holds more than its burst', () => {
    const { time, now } = clock();
    const bucket = new TokenBucket(10, 2, now);
    bucket.giveBack();
    time.now += 3_600_000;
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100]);
    bucket.giveBack();
    expect([bucket.take(), bucket.take()]).toEqual([0, 100]);
  });

  test('does not mind a clock that goes back', () => {
    const { time, now } = clock();
    const bucket = new TokenBucket(1, 1, now);
    bucket.take();
    time.now = 0;
    expect(bucket.take()).toBe(1_000);
    time.now = 1_000;
    expect(bucket.take()).toBe(0);
  });

  test('has its own clock without one', () => {
    const bucket = new TokenBucket(0.001, 1);
    expect(bucket.take()).toBe(0);
    expect(bucket.take()).toBeGreaterThan(999_000);
  });

  test('gives no more than its rate allows, and has a token when it said so', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        steps,
        (rate, burst, waits) => {
          const { time, now } = clock();
          const bucket = new TokenBucket(rate, burst, now);
          let taken = 0;
          for (const wait of waits) {
            time.now += wait;
            const waitMs = bucket.take();
            if (waitMs === 0) taken++;
            else {
              time.now += waitMs;
              expect(bucket.take()).toBe(0);
              taken++;
            }
          }
          expect(taken).toBeLessThanOrEqual(burst + (rate * (time.now - 1_000)) / 1_000 + 1e-3);
        },
      ),
    );
  });
});

describe('buckets by key', () => {
  test('know nothing of each other', () => {
    const { now } = clock();
    const buckets = new KeyedBuckets(1, 1, now);
    expect([buckets.take('a'), buckets.take('b'), buckets.take('a')]).toEqual([0, 0, 1_000]);
    buckets.giveBack('a');
    buckets.giveBack('never seen');
    expect([buckets.take('a'), buckets.size]).toEqual([0, 2]);
  });

  test('are bounded: a flood of addresses drops the ones unused longest', () => {
    const { now } = clock();
    const buckets = new KeyedBuckets(1, 1, now, 1_000);
    buckets.take('in use');
    for (let index = 0; index < 10_000; index++) {
      buckets.take(`10.0.${index >> 8}.${index & 255}`);
      if (index % 100 === 0) expect(buckets.take('in use')).toBe(1_000);
    }
    expect(buckets.size).toBe(1_000);
    expect(buckets.take('10.0.0.0')).toBe(0); // forgotten
    expect(buckets.take('10.0.39.15')).toBe(1_000); // not forgotten
  });
});
