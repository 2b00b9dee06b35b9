/** One message in parts, §5.4: a WritableStream whose chunks are the fragments. */
import { CLOSE_CODE } from '../protocol/close.ts';
import { EMPTY } from '../protocol/empty.ts';
import { ClosedError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import { byteLengthOf, bytesOf, RULE } from './arguments.ts';
import { asError } from './call-user.ts';
import { type Deferred, defer } from './deferred.ts';
import type { InnerSocket } from './inner-socket.ts';
import type { Parts } from './outgoing-queue.ts';
import { READY_STATE } from './ready-state.ts';

/** The global of the time when this module is loaded: test environments replace it. */
const { WritableStream } = globalThis;

export type MessageType = 'text' | 'binary';

/** @throws {TypeError} for another type */
export function messageStream<Socket extends EventTarget>(
  inner: InnerSocket<Socket>,
  type: MessageType,
): WritableStream {
  if (type !== 'text' && type !== 'binary') {
    throw new TypeError(`a message is 'text' or 'binary', not ${type}`);
  }
  return new WritableStream(new OutgoingMessage(inner, type));
}

interface Controller {
  error(reason: unknown): void;
}

class OutgoingMessage<Socket extends EventTarget> implements Parts {
  readonly #inner: InnerSocket<Socket>;
  readonly #type: MessageType;
  #controller: Controller | undefined;
  /** Resolves when the messages before this one are sent. */
  readonly #turn: Deferred<void> = defer();
  /** Resolves when those after this one may be sent. */
  readonly #end: Deferred<void> = defer();
  /** Whether this message has its place among the others: from the first write on. */
  #isQueued = false;
  #hasBegun = false;
  /** A high surrogate whose other half comes with the next part. */
  #half = '';

  constructor(inner: InnerSocket<Socket>, type: MessageType) {
    this.#inner = inner;
    this.#type = type;
  }

  // What the queue calls

  begin(): Promise<void> {
    this.#turn.resolve();
    return this.#end.promise;
  }

  drop(): void {
    this.#controller?.error(closedError());
    this.#turn.resolve();
  }

  // What the stream calls

  start(controller: Controller): void {
    this.#controller = controller;
  }

  async write(part: unknown): Promise<void> {
    try {
      const data = this.#type === 'text' ? this.#textOf(part) : bytesOf(part as ArrayBuffer, RULE.part);
      if (data.length > 0) await this.#send(data, false);
    } catch (error) {
      this.abort(error); // a stream that fails is not aborted by itself
      throw error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.#send(this.#type === 'text' ? this.#half : EMPTY, true);
    } finally {
      this.#end.resolve();
    }
  }

  /** §5.4 has no way to give up a message: one that has begun takes the connection with it. */
  abort(reason: unknown): void {
    this.#end.resolve();
    const { wire } = this.#inner;
    if (!this.#hasBegun || wire?.connection.canSend !== true) return;
    this.#inner.ownRareState().userError ??= asError(reason);
    wire.close(CLOSE_CODE.internalError);
  }

  /** Sends a fragment when it has room. @returns resolves when the transport takes bytes again */
  async #send(data: Message, isLast: boolean): Promise<void> {
    const byteLength = byteLengthOf(data);
    const { wire } = this.#inner;
    if (wire === undefined) throw closedError();
    this.#takePlace();
    await this.#turn.promise;
    await wire.waitForRoom(byteLength);
    if (!wire.sendFragment(data, isLast)) throw closedError();
    this.#hasBegun = true;
    await wire.waitForRoom(0);
  }

  #takePlace(): void {
    if (this.#isQueued) return;
    this.#inner.settle();
    if (this.#inner.readyState !== READY_STATE.OPEN) throw closedError();
    this.#isQueued = true;
    this.#inner.outgoing().addParts(this);
  }

  /** A text of whole characters: each half of one alone would become U+FFFD. */
  #textOf(part: unknown): string {
    if (typeof part !== 'string') throw new TypeError(`a part of a text is a string, not ${typeof part}`);
    const text = this.#half + part;
    const isCut = (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
    this.#half = isCut ? text.slice(-1) : '';
    return isCut ? text.slice(0, -1) : text;
  }
}

function closedError(): ClosedError {
  return new ClosedError('the connection takes no more messages');
}
