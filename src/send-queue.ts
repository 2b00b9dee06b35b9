/** Blobs, whose bytes come later, and what is sent behind them, in the order in which it was sent. */

/** What is to be done when its turn comes, with the bytes that it waited for, if any. */
interface Entry {
  readonly blob: Blob | undefined;
  readonly byteLength: number;
  readonly run: (bytes: Uint8Array) => void;
  readonly fail: (error: unknown) => void;
}

const NOTHING = new ArrayBuffer(0);

export class SendQueue {
  #entries: Entry[] = [];
  #byteLength = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** How many bytes wait. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Reads the Blob, if there is one, when all before it is done; then runs. */
  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#byteLength += entry.byteLength;
    if (this.#entries.length === 1) void this.#work();
  }

  /** Nothing more is sent. */
  clear(): void {
    this.#entries.length = 0;
    this.#byteLength = 0;
  }

  async #work(): Promise<void> {
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      const bytes = await bytesOf(entry.blob).catch(entry.fail);
      if (this.#entries[0] !== entry) return; // cleared meanwhile
      this.#entries.shift();
      this.#byteLength -= entry.byteLength;
      if (bytes !== undefined || entry.blob === undefined) entry.run(new Uint8Array(bytes ?? NOTHING));
    }
  }
}

/** A function of its own, for then also what a Blob throws is a promise that is rejected. */
async function bytesOf(blob: Blob | undefined): Promise<ArrayBuffer | undefined> {
  return blob?.arrayBuffer();
}
