/**
 * What is published in one turn of the event loop goes out at its end, in one write a socket. Messages to the same sockets
 * are put together until then, and every socket is given all of them at once: where 500 members of a chat each say
 * something to all, that is 500 times a step and not 250,000 times.
 */
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import { type Delivery, mostBytesOf, Publication, sendToEach } from './pending-broadcast.ts';

/** Something that holds back what is published to it. */
export interface Publishing {
  /** The turn has ended. */
  flushPublished(): void;
}

/** So many bytes are put together at most, and no more than a half of what may be queued for a socket. */
const MAX_BATCH_BYTES = 64 * 1024;

let pending: Publication<never> | undefined;
let waiting: Publishing[] = [];
let isEndAwaited = false;

/**
 * Publishes a message to sockets: a list that does not change.
 * @param except one of them whom it is not for
 * @param maxQueuedBytes what may be queued for each of them
 * @returns how many sockets it is queued for
 */
export function publish<Socket>(
  sockets: readonly Socket[],
  message: PreparedMessage,
  compress: boolean,
  except: Socket | undefined,
  delivery: Delivery<Socket>,
  maxQueuedBytes: number,
): number {
  if (pending?.sockets === sockets && pending.takes(message)) {
    return (pending as Publication<Socket>).add(message, compress, except);
  }
  settle();
  const maxBytes = Math.min(MAX_BATCH_BYTES, Math.floor(maxQueuedBytes / 2));
  if (mostBytesOf(message) > maxBytes) return sendToEach(sockets, message, compress, delivery, except);
  const publication = new Publication(sockets, delivery, maxBytes);
  pending = publication as Publication<never>;
  awaitEnd();
  return publication.add(message, compress, except);
}

/**
 * Queues for each socket what was published to it until now. To be called before anything else happens to a socket, so that
 * everything keeps its order and whoever looks at a socket sees it.
 */
export function settle(): void {
  deliver(false);
}

function deliver(isEndOfTurn: boolean): void {
  if (pending === undefined) return;
  const publication = pending;
  pending = undefined; // first: whoever is written to may publish
  publication.deliver(isEndOfTurn);
}

/** Has `target` flush when this turn has ended. To be called once a turn. */
export function flushAtEndOfTurn(target: Publishing): void {
  waiting.push(target);
  awaitEnd();
}

function awaitEnd(): void {
  if (isEndAwaited) return;
  isEndAwaited = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  isEndAwaited = false;
  const targets = waiting;
  waiting = [];
  try {
    deliver(true); // first: it takes along what the others would write alone
  } finally {
    for (const target of targets) target.flushPublished();
  }
}
