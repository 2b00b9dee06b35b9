/**
 * One peer that sends without end must not keep the others waiting. A socket has a share of each turn of the event loop, so much
 * work and so much time. When it is used up, the rest waits behind the sockets that wait already.
 */

import { AsyncResource } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';

/** The work, as `Connection.workAllowed` counts it, between two looks at the clock. */
export const SLICE: number = 64 * 1024;
/** The share of a socket: 4 MiB of work, or 2 ms after the first slice, whichever ends first. */
const MAX_SLICES = 64;
const MAX_MS = 2;
/** All shares of a turn end after so much time. Then each socket that has not read yet has a short slice, and waits with the rest. */
const TURN_MS = 8;
export const LATE_SLICE: number = 8 * 1024;
/** For so long sockets that have waited go on, one after the other. Then the event loop turns, and new input is read. */
const ROUND_MS = 4;

/** Something that reads, and has more to read than its share allows. */
export interface Reader {
  readonly hasUnread: boolean;
  /** Called when its turn has come, with a new share. */
  onTurn(): void;
}

/** The share of one reader. Made when the first slice is used up, so that a socket that reads little needs none. */
export class FairShare {
  readonly reader: Reader;
  /** In its turn, the user's AsyncLocalStorage has what it has at the reader's other events, not what that of another reader has. */
  readonly #scope = new AsyncResource('barewire.FairShare', { requireManualDestroy: true });
  #slices = 0;
  #endsAt = 0;

  constructor(reader: Reader) {
    this.reader = reader;
  }

  /** @returns whether there is another slice. If not, the reader's turn comes by itself, once */
  takeSlice(): boolean {
    if (this.#slices === 0) {
      const now = performance.now();
      if (used.length === 0) turnEndsAt = now + TURN_MS;
      this.#endsAt = Math.min(now + MAX_MS, turnEndsAt);
      renewAtEndOfTurn(this);
      isTurnOver = now >= turnEndsAt;
      if (isTurnOver) this.#slices = MAX_SLICES;
    } else if (performance.now() >= this.#endsAt) return false;
    if (this.#slices === MAX_SLICES) return false;
    this.#slices++;
    return true;
  }

  renew(): void {
    this.#slices = 0;
  }

  /** Gives the reader its turn. */
  begin(): void {
    this.renew();
    this.#scope.runInAsyncScope(this.reader.onTurn, this.reader);
  }
}

/** Shares that were used in this turn. */
let used: FairShare[] = [];
let turnEndsAt = 0;
let isTurnOver = false;
/** Readers that wait, in the order in which they go on. */
const waiting: FairShare[] = [];
let isScheduled = false;

/** @returns how much of the work that is left of its slice a socket may do now */
export function allowedNow(left: number): number {
  return isTurnOver ? Math.min(left, LATE_SLICE) : left;
}

function renewAtEndOfTurn(share: FairShare): void {
  used.push(share);
  schedule();
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  isScheduled = false;
  isTurnOver = false;
  const ended = used;
  used = [];
  for (const share of ended) {
    if (share.reader.hasUnread) waiting.push(share);
    else share.renew();
  }
  try {
    takeTurns();
  } finally {
    if (waiting.length > 0) schedule();
  }
}

function takeTurns(): void {
  const endsAt = performance.now() + ROUND_MS;
  for (let share = waiting.shift(); share !== undefined; share = waiting.shift()) {
    share.begin();
    if (performance.now() >= endsAt) return;
  }
}
