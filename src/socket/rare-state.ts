/** What few sockets ever have, or have only before they open and when they end: the many of a server do without. */
import type { Attempt } from '../client/handshake.ts';
import type { CloseInfo } from './close-info.ts';
import type { Deferred } from './deferred.ts';
import type { MessageIterator } from './message-iterator.ts';
import type { SendQueue } from './outgoing-queue.ts';

export class Extras<Socket> {
  /** Set while a client's connection is not open yet. */
  attempt: Attempt | undefined;
  /** Where the other end of a client is, for its message events. */
  origin = '';
  opened: Deferred<Socket> | undefined;
  closed: Deferred<CloseInfo> | undefined;
  iterator: MessageIterator | undefined;
  sendQueue: SendQueue | undefined;
  closesAfterQueue = false;
  /** Bytes that were to be sent when it was too late. */
  unsentBytes = 0;
  isTraceBroken = false;
  isTerminated = false;
  handlerError: Error | undefined;
  info: CloseInfo | undefined;
}

/** Of all sockets that have none of their own. */
export const NO_EXTRAS: Readonly<Extras<never>> = Object.freeze(new Extras<never>());
