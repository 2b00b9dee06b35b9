/** What is published in one turn of the event loop goes out at its end, in one write a socket. */

export interface Publishing {
  /** The turn has ended. */
  flushPublished(): void;
}

let waiting: Publishing[] = [];

/** Has `target` flush when this turn has ended. To be called once a turn. */
export function flushAtEndOfTurn(target: Publishing): void {
  if (waiting.push(target) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const targets = waiting;
  waiting = [];
  for (const target of targets) target.flushPublished();
}
