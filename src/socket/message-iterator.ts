/** `for await` over the messages of a socket: reads on only when the loop asks for the next message. */
import type { Message } from '../protocol/message.ts';

/** The socket that an iterator reads. */
export interface MessageSource {
  /** The loop asks for a message (true), or is busy with one (false). */
  demand(isWanted: boolean): void;
  /** The loop was left. */
  release(): void;
}

/** The messages of a socket. AsyncIterableIterator has a type for the end since TypeScript 5.6 only, so `next` says it here. */
export interface Messages extends AsyncIterableIterator<Message> {
  next(): Promise<IteratorResult<Message, undefined>>;
}

export class MessageIterator implements Messages {
  readonly #source: MessageSource;
  /** The loop's requests that are not answered yet. */
  #waiting: ((result: IteratorResult<Message, undefined>) => void)[] = [];
  #isDone = false;

  constructor(source: MessageSource) {
    this.#source = source;
  }

  /** Takes a message. To be called only while there is demand. */
  deliver(data: Message): void {
    this.#waiting.shift()?.({ done: false, value: data });
    this.#source.demand(this.#waiting.length > 0);
  }

  /** There are no more messages. */
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

  /** The loop was left by `break`, `return` or an error. The socket stays open; later messages wait for the next loop. */
  return(): Promise<IteratorResult<Message, undefined>> {
    if (!this.#isDone) this.#source.release();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
