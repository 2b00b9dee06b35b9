/** How much memory has grown at most, sampled often: that of the whole process, and what is in use inside it. */
export class Memory {
  #before;
  #most;

  constructor() {
    globalThis.gc?.(); // with --expose-gc: garbage from the start does not count
    this.#before = now();
    this.#most = this.#before;
    setInterval(() => this.look(), 5).unref();
  }

  look() {
    const { rss, inside } = now();
    this.#most = { rss: Math.max(this.#most.rss, rss), inside: Math.max(this.#most.inside, inside) };
  }

  /** @returns {{ rss: number, inside: number }} */
  get extra() {
    this.look();
    return { rss: this.#most.rss - this.#before.rss, inside: this.#most.inside - this.#before.inside };
  }
}

function now() {
  const { rss, heapUsed, external } = process.memoryUsage(); // external counts the array buffers too
  return { rss, inside: heapUsed + external };
}
