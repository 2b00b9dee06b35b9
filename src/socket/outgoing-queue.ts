/** Blobs and messages in parts, which take time, and everything that is sent after them, in the order of the calls. */
import { copyOf } from '../protocol/bytes.ts';
import { EMPTY } from '../protocol/empty.ts';
import type { Message } from '../protocol/message.ts';
import { bytesOf, isBlob } from './arguments.ts';
import type { UserErrors } from './call-user.ts';

interface Entry {
  /** Called first, in its turn, where the entry takes time. @returns the bytes of a Blob */
  readonly prepare: (() => Promise<ArrayBuffer | undefined>) | undefined;
  readonly byteLength: number;
  /** Called when everything before is done. @param bytes those of the Blob, else none @returns false: it is not sent */
  readonly run: (bytes: Uint8Array) => unknown;
  /** Called when the entry is dropped. */
  readonly drop?: () => void;
}

/** A message that is sent in parts. */
export interface Parts {
  /** Its turn has come. @returns resolves when the message is complete, or given up; never rejects */
  begin(): Promise<void>;
  /** The connection has ended before. */
  drop(): void;
}

/** What an entry takes in addition to its bytes: a frame header, and the entry itself. */
const ENTRY_BYTES = 128;

export class OutgoingQueue {
  /** Set when the last entry begins the closing handshake: nothing more is sent or delivered. */
  endsWithClose = false;

  /** Whether something of what was added is not sent, and never will be. */
  hasLost = false;

  readonly #errors: UserErrors;
  #entries: Entry[] = [];
  #byteLength = 0;

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

  /** Adds a message. Bytes are copied now; a Blob is read when its turn comes. @param send called in its turn; may say false */
  addMessage(data: Message | Blob, byteLength: number, send: (message: Message) => unknown): void {
    if (isBlob(data)) this.#add({ prepare: () => data.arrayBuffer(), byteLength, run: send });
    else {
      const message = typeof data === 'string' ? data : copyOf(data);
      this.add(byteLength, () => send(message));
    }
  }

  /** Adds something else to do. @param byteLength the bytes that it sends @param run may say false: it is not sent */
  add(byteLength: number, run: () => unknown): void {
    this.#add({ prepare: undefined, byteLength, run });
  }

  addParts(parts: Parts): void {
    const prepare = () => parts.begin().then(() => undefined);
    this.#add({ prepare, byteLength: 0, run() {}, drop: () => parts.drop() });
  }

  /**
   * Resolves when everything that was added before is done; with false if it was dropped.
   * @param isSending whether messages still go out
   */
  done(isSending: () => boolean = () => true): Promise<boolean> {
    if (this.isEmpty) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#add({
        prepare: undefined,
        byteLength: 0,
        run: () => resolve(isSending()),
        drop: () => resolve(false),
      });
    });
  }

  /** Drops all entries. */
  clear(): void {
    const dropped = this.#entries;
    this.hasLost ||= dropped.length > 0;
    this.#entries = [];
    this.#byteLength = 0;
    for (const { drop } of dropped) drop?.();
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    this.#byteLength += entry.byteLength;
    if (this.#entries.length === 1) void this.#work();
  }

  async #work(): Promise<void> {
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      const bytes = await prepared(entry).catch((error: unknown) => {
        this.hasLost = true;
        this.#errors.userFailed(error);
      });
      if (this.#entries[0] !== entry) return; // cleared meanwhile
      this.#entries.shift();
      this.#byteLength -= entry.byteLength;
      if (bytes !== undefined || entry.prepare === undefined) this.#run(entry, bytes ?? EMPTY);
    }
  }

  #run({ run }: Entry, bytes: Uint8Array): void {
    try {
      if (run(bytes) === false) this.hasLost = true;
    } catch (error) {
      this.hasLost = true;
      this.#errors.userFailed(error);
    }
  }
}

/** Async, so that an exception of the Blob becomes a rejected promise. */
async function prepared({ prepare }: Entry): Promise<Uint8Array | undefined> {
  const bytes = await prepare?.();
  return bytes && bytesOf(bytes);
}
