/** State that most sockets of a server never have, or have only at their end. Keeping it apart saves memory for the others. */
import type { ClientHandshake } from '../client/handshake.ts';
import type { BinaryType } from './arguments.ts';
import type { CloseInfo } from './close-info.ts';
import { type Deferred, defer } from './deferred.ts';
import type { SocketReader } from './message-iterator.ts';
import type { OutgoingQueue } from './outgoing-queue.ts';

export class RareState<Socket> {
  /** Set while a client's connection is not open yet. */
  handshake: ClientHandshake | undefined;
  /** The origin of a client's server, for `message` events. */
  origin = '';
  /** Set when the user has changed it. */
  binaryType: BinaryType | undefined;
  /** Set while a loop, or one message in parts, is read. */
  reader: SocketReader | undefined;
  /** Made for the first Blob. */
  outgoing: OutgoingQueue | undefined;
  /** Bytes of messages that were not sent because the connection was no longer open. */
  unsentBytes = 0;
  /** How many messages were dropped because nothing took messages. */
  unclaimedMessages = 0;
  isTerminated = false;
  /** The first error of the user's code. */
  userError: Error | undefined;
  /** Set when the connection has ended. */
  info: CloseInfo | undefined;
  /** Made when they are asked for. */
  #opened: Deferred<Socket> | undefined;
  #closed: Deferred<CloseInfo> | undefined;

  /** @param socket the socket if it has opened; undefined before, and when it could not open */
  opened(socket: Socket | undefined): Promise<Socket> {
    if (this.#opened === undefined) {
      this.#opened = defer<Socket>();
      this.#opened.promise.catch(() => {}); // a user who does not wait for it learns of the error by `closed`
      if (socket !== undefined) this.#opened.resolve(socket);
      else if (this.info !== undefined) this.#opened.reject(this.info.error);
    }
    return this.#opened.promise;
  }

  closed(): Promise<CloseInfo> {
    if (this.info !== undefined) return Promise.resolve(this.info);
    this.#closed ??= defer<CloseInfo>();
    return this.#closed.promise;
  }

  /** Whether someone has asked for the end. */
  get isEndAwaited(): boolean {
    return this.#closed !== undefined;
  }

  resolveOpened(socket: Socket): void {
    this.#opened?.resolve(socket);
  }

  rejectOpened(error: Error): void {
    this.#opened?.reject(error);
  }

  resolveClosed(info: CloseInfo): void {
    this.#closed?.resolve(info);
  }
}

/** Shared by all sockets that have no such state. */
export const NO_RARE_STATE: Readonly<RareState<never>> = Object.freeze(new RareState<never>());
