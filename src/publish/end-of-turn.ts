/**
 * What is sent in one turn of the event loop goes out at its end, in one write for each socket. Only the answers to a chunk go
 * out earlier, when it is read. So a room where every message is sent to each member by a loop of `send` takes one write a turn
 * for each member, however many messages there are.
 *
 * `process.exit` ends the turn first: what was sent before it is not lost.
 */
import process from 'node:process';
import { setImmediate } from 'node:timers';

/** Something that holds output back until the end of the turn. */
export interface Flushable {
  onEndOfTurn(): void;
}

/** What was published is given to the sockets first: its writes take along what these hold back themselves. */
let publications: Flushable[] = [];
let sockets: Flushable[] = [];
let isScheduled = false;
let isTold = false;

/** Calls `publisher.onEndOfTurn` at the end of this turn. To be called at most once a turn for each publisher. */
export function publishAtEndOfTurn(publisher: Flushable): void {
  publications.push(publisher);
  schedule();
}

/** Calls `socket.onEndOfTurn` at the end of this turn. To be called at most once a turn for each socket. */
export function flushAtEndOfTurn(socket: Flushable): void {
  sockets.push(socket);
  schedule();
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(endTurn);
  if (isTold) return;
  isTold = true;
  process.on('exit', endTurn);
}

function endTurn(): void {
  isScheduled = false;
  const first = publications;
  const others = sockets;
  publications = [];
  sockets = [];
  try {
    for (const publisher of first) publisher.onEndOfTurn();
  } finally {
    for (const socket of others) socket.onEndOfTurn();
  }
}
