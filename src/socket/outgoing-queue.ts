/** Blobs, whose bytes come later, and what is sent behind them, in the order in which it was sent. */

/** What is to be done when its turn comes, with the bytes that it waited for, if any. */
interface Entry {
  readonly blob: Blob | undefined;
  readonly byteLength: number;
  readonly run: (bytes: Uint8Array) => void;
  readonly fail: (error: unknown) => void;
}

const NOTHING = new ArrayBuffer(0);
/** What an entry takes besides its bytes: a frame's header, and the entry itself. */
const ENTRY_BYTES = 128;

export class SendQueue {
  #entries: Entry[] = [];
  #byteLength = 0;
  #waiting: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** How many bytes of messages wait. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** How much room they need: there is a limit to how many empty messages wait, too. */
  get roomNeeded(): number {
    return this.#byteLength + ENTRY_BYTES * this.#entries.length;
  }

  /** Reads the Blob, if there is one, when all before it is done; then runs. */
  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#byteLength += entry.byteLength;
    if (this.#entries.length === 1) void this.#work();
  }

  /** Resolves when nothing waits. */
  emptied(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Nothing more is sent. */
  clear(): void {
    this.#entries.length = 0;
    this.#byteLength = 0;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #work(): Promise<void> {
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      const bytes = await bytesOf(entry.blob).catch(entry.fail);
      if (this.#entries[0] !== entry) return; // cleared meanwhile
      this.#entries.shift();
      this.#byteLength -= entry.byteLength;
      if (bytes !== undefined || entry.blob === undefined) run(entry, new Uint8Array(bytes ?? NOTHING));
    }
    this.clear();
  }
}

/** Sends; what goes wrong is told where it is heard. */
function run({ run, fail }: Entry, bytes: Uint8Array): void {
  try {
    run(bytes);
  } catch (error) {
    fail(error);
  }
}

/** A function of its own, for then also what a Blob throws is a promise that is rejected. */
async function bytesOf(blob: Blob | undefined): Promise<ArrayBuffer | undefined> {
  return blob?.arrayBuffer();
}
