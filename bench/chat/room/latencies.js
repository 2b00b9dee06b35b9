/** Very many latencies, in little memory: counted by quarters of a millisecond. */

const OF_A_MS = 4;
const MOST_MS = 30_000;

export class Latencies {
  max = 0;
  #counts = new Uint32Array(MOST_MS * OF_A_MS + 1);
  #count = 0;

  add(/** @type {number} */ ms) {
    const bucket = Math.min(MOST_MS, Math.max(0, ms)) * OF_A_MS;
    this.#counts[bucket | 0] = (this.#counts[bucket | 0] ?? 0) + 1;
    this.#count++;
    if (ms > this.max) this.max = ms;
  }

  /** @returns milliseconds within which this share of all has arrived; NaN if nothing has */
  percentile(/** @type {number} */ share) {
    let rest = share * this.#count;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      rest -= this.#counts[bucket] ?? 0;
      if (rest <= 0 && this.#count > 0) return (bucket + 1) / OF_A_MS;
    }
    return Number.NaN;
  }
}
