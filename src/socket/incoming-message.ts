/** One message read in parts: a ReadableStream of what comes of it, as it comes. The counterpart of message-stream.ts. */
import { verifyLimit } from '../protocol/connection-options.ts';
import { ClosedError, UsageError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import { type NamesOf, verifyNames } from '../transport/option-names.ts';
import type { CloseInfo } from './close-info.ts';
import { type Deferred, defer } from './deferred.ts';
import type { InnerSocket } from './inner-socket.ts';
import type { SocketReader } from './message-iterator.ts';
import { isListenedTo } from './socket-event-target.ts';

/** Taken once: where a test replaces it, streams go on. */
const { ReadableStream } = globalThis;

export interface ReceiveOptions {
  /** The most bytes that the message may have: more close the connection with 1009. @defaultValue `maxMessageBytes` */
  readonly maxBytes?: number | undefined;
}

const NAMES: NamesOf<ReceiveOptions> = { maxBytes: true };

/** A message whose first frame has begun to come. */
export type StreamedMessage =
  | { readonly type: 'text'; readonly readable: ReadableStream<string> }
  | { readonly type: 'binary'; readonly readable: ReadableStream<Uint8Array> };

/** @returns as `WebSocket.receiveStream` */
export function receiveStream<Socket extends EventTarget>(
  inner: InnerSocket<Socket>,
  options: ReceiveOptions,
): Promise<StreamedMessage | undefined> {
  verifyNames('option', options, NAMES);
  const { maxBytes } = options;
  if (maxBytes !== undefined) verifyLimit(maxBytes, 'maxBytes');
  if (inner.hasMessageHandler || isListenedTo(inner, 'message'))
    throw new UsageError('a message handler or listener takes the messages of this socket');
  const message = new IncomingMessage(inner);
  inner.setReader(message);
  // Before the connection is open there is nothing to ask. No message is read before this.
  if (inner.wire !== undefined) message.ask(maxBytes);
  else
    inner.opened().then(
      () => message.ask(maxBytes),
      () => {},
    );
  return message.begun;
}

interface Controller {
  enqueue(part: Message): void;
  close(): void;
  error(reason: unknown): void;
}

class IncomingMessage<Socket extends EventTarget> implements SocketReader {
  readonly #inner: InnerSocket<Socket>;
  readonly #begun: Deferred<StreamedMessage | undefined> = defer();
  /** Set when the message has begun. */
  #controller: Controller | undefined;
  /** The last part has come, though it may not be read yet. */
  #isComplete = false;
  /** Set where the rest is dropped. Resolves when that is done. */
  #dropped: Deferred<void> | undefined;

  constructor(inner: InnerSocket<Socket>) {
    this.#inner = inner;
  }

  get begun(): Promise<StreamedMessage | undefined> {
    return this.#begun.promise;
  }

  /** Asks the connection for the message. */
  ask(maxBytes: number | undefined): void {
    const { wire } = this.#inner;
    wire?.connection.readInParts(maxBytes);
    this.#inner.demand(true);
  }

  // What the socket calls

  /** A message that had begun before it was asked for comes as one part. */
  deliver(data: Message): void {
    this.deliverPart(data, true);
  }

  deliverPart(part: Message, isLast: boolean): void {
    const controller = this.#controller ?? this.#begin(part);
    this.#isComplete = isLast;
    if (part.length > 0 && this.#dropped === undefined) {
      this.#inner.demand(false); // first: the next part may be asked for in `enqueue`
      controller.enqueue(part);
    } else if (isLast) this.#finish();
  }

  end({ sent, received, error }: CloseInfo): void {
    this.#begun.resolve(undefined);
    if (this.#dropped !== undefined) this.#dropped.resolve();
    else if (this.#isComplete) this.#controller?.close();
    else {
      const why = 'the connection ended in the middle of the message';
      this.#controller?.error(new ClosedError(why, sent, received, error && { cause: error }));
    }
  }

  // What the stream calls

  start(controller: Controller): void {
    this.#controller = controller;
  }

  pull(): void {
    if (this.#isComplete) this.#finish();
    else this.#inner.demand(true);
  }

  /** The rest must be read all the same: the next message is behind it. */
  cancel(): Promise<void> {
    this.#dropped = defer();
    if (this.#isComplete) this.#finish();
    else this.#inner.demand(true);
    return this.#dropped.promise;
  }

  /** The header of the first frame has come: from now on parts are read when they are asked for. */
  #begin(part: Message): Controller {
    this.#inner.demand(false);
    const readable = new ReadableStream(this, { highWaterMark: 0 }); // nothing is read ahead
    const type = typeof part === 'string' ? 'text' : 'binary';
    this.#begun.resolve({ type, readable } as StreamedMessage);
    return this.#controller!;
  }

  /** All parts are read or dropped: the next message may come. */
  #finish(): void {
    this.#inner.release();
    if (this.#dropped === undefined) this.#controller!.close();
    else this.#dropped.resolve();
  }
}
