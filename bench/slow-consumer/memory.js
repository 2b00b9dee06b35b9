/** Memory of this process over what it was in the beginning, looked at often: the highest of the process and of what is in it. */
export class Memory {
  #before = now();
  #most = this.#before;

  constructor() {
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
  globalThis.gc?.(); // only in the beginning: without --expose-gc there is none
  const { rss, heapUsed, external } = process.memoryUsage(); // external counts the array buffers too
  return { rss, inside: heapUsed + external };
}
