/** `for await` over the messages of a socket: reads on only when the loop asks for the next one. */
import type { Message } from '../protocol/message.ts';

/** What an iterator does with its socket. */
export interface Source {
  /** The loop asks for a message (true), or is busy with one (false). */
  demand(wanted: boolean): void;
  /** The loop was left. */
  release(): void;
}

export class MessageIterator implements AsyncIterableIterator<Message, undefined> {
  readonly #source: Source;
  /** The loop's requests that are not answered yet. */
  #waiting: ((result: IteratorResult<Message, undefined>) => void)[] = [];
  #isDone = false;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Takes a message; to be called only while there is demand. */
  deliver(data: Message): void {
    this.#waiting.shift()?.({ done: false, value: data });
    this.#source.demand(this.#waiting.length > 0);
  }

  /** Nothing comes any more. */
  end(): void {
    this.#isDone = true;
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#isDone) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#source.demand(true);
    });
  }

  /** The loop was left by `break`, `return` or an error. The socket stays open; what comes waits for the next loop. */
  return(): Promise<IteratorResult<Message, undefined>> {
    if (!this.#isDone) this.#source.release();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
