/** A generator of random numbers that a seed repeats: mulberry32. */

/** @returns a function that gives numbers from 0 to 1, as Math.random does */
export function seeded(/** @type {number} */ seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const between = (
  /** @type {() => number} */ random,
  /** @type {number} */ low,
  /** @type {number} */ high,
) => low + random() * (high - low);

export const pick = (/** @type {() => number} */ random, /** @type {readonly any[]} */ list) =>
  list[Math.floor(random() * list.length)];
