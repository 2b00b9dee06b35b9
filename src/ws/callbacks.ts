/** The callbacks of `send`: called when the system has what was sent, or cannot get it any more. */
import { AsyncResource } from 'node:async_hooks';
import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import { throwOutside } from './errors.ts';

/** The global of the time when this module is loaded: test environments replace it. */
const { queueMicrotask } = globalThis;

export type SendCallback = (error?: Error) => void;

const soon = new WeakSet<SendCallback>();

/**
 * Marks a callback to be called as soon as the system has the bytes, at the price of a write. A stream that is destroyed has lost what
 * it would have written after the callback.
 */
export function callBackSoon(callback: SendCallback): SendCallback {
  soon.add(callback);
  return callback;
}

interface Waiting {
  readonly callback: SendCallback;
  /** What the error says, if the connection ends before. */
  readonly whatIsDone: string;
  /** When it is called, the user's AsyncLocalStorage has what it had at `send`. */
  readonly scope: AsyncResource;
}

/** Those of one socket. */
export class Callbacks {
  /** How many are not called yet. */
  outstanding = 0;
  readonly #flushed: () => Promise<void>;
  readonly #errorOf: (whatIsDone: string, cause: unknown) => Promise<Error>;
  /** Those for which nothing was asked yet. */
  #waiting: Waiting[] = [];

  /**
   * @param flushed resolves when everything that was sent so far is given to the system; rejects when it cannot be
   * @param errorOf the error of a callback, in that case
   */
  constructor(flushed: () => Promise<void>, errorOf: (whatIsDone: string, cause: unknown) => Promise<Error>) {
    this.#flushed = flushed;
    this.#errorOf = errorOf;
  }

  /**
   * Calls back when everything that was sent before is given to the system, or cannot be. That is asked after the end of the turn,
   * which writes it: to ask earlier would take a write for each message. engine.io sends the next one when it is called back, and until
   * then gathers what is for the same socket. Of {@link callBackSoon} it is asked at once, with those before it.
   * @param whatIsDone what the error says, if the connection ends before
   */
  add(callback: SendCallback, whatIsDone: string): void {
    this.outstanding++;
    const scope = new AsyncResource('barewire.send', { requireManualDestroy: true });
    const count = this.#waiting.push({ callback, whatIsDone, scope });
    if (soon.has(callback)) queueMicrotask(() => this.ask());
    else if (count === 1) askAfterTurn(this);
  }

  /** Asks for those that wait. */
  ask(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#flushed().then(
      () => {
        for (const each of waiting) this.#call(each, undefined);
      },
      async (cause: unknown) => {
        for (const each of waiting) this.#call(each, await this.#errorOf(each.whatIsDone, cause));
      },
    );
  }

  /** In a tick of its own: one that throws does not keep the others from being called. */
  #call({ callback, scope }: Waiting, error: Error | undefined): void {
    scope.runInAsyncScope(nextTick, undefined, callBack, this, callback, error);
  }
}

/** ws calls back without an argument where nothing went wrong. */
function callBack(callbacks: Callbacks, callback: SendCallback, error: Error | undefined): void {
  callbacks.outstanding--;
  if (error === undefined) callback();
  else callback(error);
}

/** Those that have callbacks of this turn. */
let ofThisTurn: Callbacks[] = [];

/** One immediate for all sockets of a turn. */
function askAfterTurn(callbacks: Callbacks): void {
  if (ofThisTurn.push(callbacks) > 1) return;
  setImmediate(() => {
    const all = ofThisTurn;
    ofThisTurn = [];
    for (const each of all) {
      try {
        each.ask();
      } catch (error) {
        throwOutside(error); // of a transport of the user's, for example
      }
    }
  });
}
