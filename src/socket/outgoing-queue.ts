/** Blobs, whose bytes must be read first, and everything that is sent after them, in the order of the calls. */
import { copyOf } from '../protocol/bytes.ts';
import { EMPTY } from '../protocol/empty.ts';
import type { Message } from '../protocol/message.ts';
import { bytesOf, isBlob } from './arguments.ts';
import type { UserErrors } from './call-user.ts';

interface Entry {
  /** To be read before the entry runs, if there is one. */
  readonly blob: Blob | undefined;
  readonly byteLength: number;
  /** Called when everything before is done. @param bytes those of the Blob, else none */
  readonly run: (bytes: Uint8Array) => void;
}

/** What an entry takes in addition to its bytes: a frame header, and the entry itself. */
const ENTRY_BYTES = 128;

export class OutgoingQueue {
  /** Set when the last entry begins the closing handshake: nothing more is sent or delivered. */
  endsWithClose = false;

  readonly #errors: UserErrors;
  #entries: Entry[] = [];
  #byteLength = 0;
  #waiting: (() => void)[] = [];

  /** @param errors is called when a Blob cannot be read, or an entry throws */
  constructor(errors: UserErrors) {
    this.#errors = errors;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Bytes of messages that wait. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** The room that the entries need: the limit holds for the number of empty messages too. */
  get roomNeeded(): number {
    return this.#byteLength + ENTRY_BYTES * this.#entries.length;
  }

  /** Adds a message. Bytes are copied now; a Blob is read when its turn comes. @param send called in its turn */
  addMessage(data: Message | Blob, byteLength: number, send: (message: Message) => void): void {
    if (isBlob(data)) this.#add({ blob: data, byteLength, run: send });
    else {
      const message = typeof data === 'string' ? data : copyOf(data);
      this.add(byteLength, () => send(message));
    }
  }

  /** Adds something else to do. @param byteLength the bytes that it sends */
  add(byteLength: number, run: () => void): void {
    this.#add({ blob: undefined, byteLength, run });
  }

  /** Resolves when nothing waits. */
  emptied(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Drops all entries. */
  clear(): void {
    this.#entries.length = 0;
    this.#byteLength = 0;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    this.#byteLength += entry.byteLength;
    if (this.#entries.length === 1) void this.#work();
  }

  async #work(): Promise<void> {
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      const bytes = await read(entry.blob).catch((error: unknown) => {
        this.#errors.userFailed(error);
      });
      if (this.#entries[0] !== entry) return; // cleared meanwhile
      this.#entries.shift();
      this.#byteLength -= entry.byteLength;
      if (bytes !== undefined || entry.blob === undefined) this.#run(entry, bytes ?? EMPTY);
    }
    this.clear();
  }

  #run({ run }: Entry, bytes: Uint8Array): void {
    try {
      run(bytes);
    } catch (error) {
      this.#errors.userFailed(error);
    }
  }
}

/** Async, so that an exception of the Blob becomes a rejected promise. */
async function read(blob: Blob | undefined): Promise<Uint8Array | undefined> {
  return blob && bytesOf(await blob.arrayBuffer());
}
