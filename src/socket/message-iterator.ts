/** `for await` over the messages of a socket: reads on only when the loop asks for the next message. */
import type { Message } from '../protocol/message.ts';
import type { CloseInfo } from './close-info.ts';

/** The socket that a reader reads. */
export interface MessageSource {
  /** The reader asks for a message or a part (true), or is busy with one (false). */
  demand(isWanted: boolean): void;
  /** The reader wants no more. */
  release(): void;
}

/** What reads a socket: a loop, or one message in parts. */
export interface SocketReader {
  /** Takes a message. */
  deliver(data: Message): void;
  /** Takes a part of a message, if it has asked for parts. */
  deliverPart?(part: Message, isLast: boolean): void;
  /** There is no more: the connection has ended. */
  end(info: CloseInfo): void;
}

/** The messages of a socket. AsyncIterableIterator has a type for the end since TypeScript 5.6 only, so `next` says it here. */
export interface Messages extends AsyncIterableIterator<Message> {
  next(): Promise<IteratorResult<Message, undefined>>;
}

/** A loop over the messages of a socket. @throws {UsageError} while another loop or stream reads it */
export function iterate(socket: MessageSource & { setReader(reader: SocketReader): void }): MessageIterator {
  const iterator = new MessageIterator(socket);
  socket.setReader(iterator);
  return iterator;
}

export class MessageIterator implements Messages, SocketReader {
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
