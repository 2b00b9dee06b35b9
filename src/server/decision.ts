/** A decision that may be made by several: what comes first counts, and later ones find nothing that they could hold. */
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { type Deferred, defer } from '../socket/deferred.ts';

export class Decision<T> {
  /** Resolves with what was decided; rejects if what was followed first was rejected first. */
  readonly made: Promise<T>;
  #undecided: Deferred<T> | undefined = defer<T>();

  constructor() {
    this.made = this.#undecided!.promise;
  }

  make(outcome: T): void {
    this.#undecided?.resolve(outcome);
    this.#undecided = undefined;
  }

  /** Leaves the decision to a promise, unless it is made before. */
  follow(outcome: T | PromiseLike<T>): void {
    Promise.resolve(outcome).then(
      (made) => this.make(made),
      (error: unknown) => {
        this.#undecided?.reject(error);
        this.#undecided = undefined;
      },
    );
  }
}

/**
 * Watches a transport that nobody reads yet. Reading goes on as before when the watch has stopped.
 * @param onGone called when the client has left: the transport is closed, or the client has ended its half and nothing is unread
 * @returns stops watching; resolves when the stream can be read by 'data' again
 */
export function watchClient(transport: Duplex, onGone: () => void): () => Promise<void> {
  const onReadable = () => {
    if (transport.readableLength === 0) transport.read(); // the end, which is emitted when it is read
  };
  transport.on('readable', onReadable).once('end', onGone).once('close', onGone);
  return async () => {
    transport.off('readable', onReadable).off('end', onGone).off('close', onGone);
    await new Promise<void>((resolve) => nextTick(resolve)); // the stream itself takes a tick
  };
}
