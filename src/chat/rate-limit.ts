/** How often something may be done: token buckets, one alone or one for each key. No timers. */
import { performance } from 'node:perf_hooks';

/** Holds at most `burst` tokens, and gets `perSecond` new ones. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /** @param now a clock in milliseconds. @defaultValue one that never goes back */
  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#filledAt = now();
  }

  /** Takes a token. @returns 0 if there was one, or else the milliseconds until there is one */
  take(): number {
    const now = this.#now();
    const elapsedMs = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs * this.#perSecond) / 1_000);
    if (this.#tokens < 1 - 1e-6) return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000 - 1e-6);
    this.#tokens = Math.max(0, this.#tokens - 1);
    return 0;
  }

  /** Gives a token back that was not needed. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }
}

/** A bucket for each key, such as an address. Beyond `maxKeys` the one unused longest goes: it is the fullest. */
export class KeyedBuckets {
  readonly #make: () => TokenBucket;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSecond: number, burst: number, now?: () => number, maxKeys = 10_000) {
    this.#make = () => new TokenBucket(perSecond, burst, now);
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** As {@link TokenBucket.take}. */
  take(key: string): number {
    const bucket = this.#buckets.get(key) ?? this.#make();
    this.#buckets.delete(key); // and to the end
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#maxKeys) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket.take();
  }

  giveBack(key: string): void {
    this.#buckets.get(key)?.giveBack();
  }
}
