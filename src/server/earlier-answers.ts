/**
 * Responses go out in the order of the requests (RFC 9112 §9.3.2). A request for an upgrade may come behind others on the same
 * connection, whose answers are still under way: it waits for them.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { limitTime } from '../transport/time-limit.ts';

/** What node:http writes to a connection now. Not documented. */
type HttpTransport = Duplex & { _httpMessage?: ServerResponse | null };

/** Whether node:http still has to answer earlier requests on this connection. */
export function hasEarlierAnswers(transport: Duplex): boolean {
  return answerUnderWay(transport) !== undefined;
}

/**
 * Calls `next` when earlier requests on the same connection are answered: at once if there are none. Not called if the
 * connection ends with these answers. When they take longer than `timeoutMs`, the connection is destroyed.
 * @returns what `next` returns, as a promise where it has to wait; undefined where `next` is not called
 */
export function inTurn<T>(
  transport: Duplex,
  timeoutMs: number,
  next: () => T | Promise<T>,
): T | undefined | Promise<T | undefined> {
  if (!hasEarlierAnswers(transport)) return next();
  return answersWritten(transport, timeoutMs).then((goesOn) => (goesOn ? next() : undefined));
}

/** Resolves with whether the connection goes on. */
async function answersWritten(transport: Duplex, timeoutMs: number): Promise<boolean> {
  const liftLimit = limitTime(timeoutMs, () => transport.destroy());
  transport.on('drain', passOnDrain);
  for (;;) {
    const answer = transport.destroyed ? undefined : answerUnderWay(transport);
    if (answer === undefined) break;
    await new Promise((resolve) => answer.once('close', resolve)); // emitted too when the transport closes
  }
  transport.off('drain', passOnDrain);
  liftLimit();
  return !transport.destroyed && !transport.writableEnded; // ended by the answer to a request with Connection: close
}

function answerUnderWay(transport: HttpTransport): ServerResponse | undefined {
  return transport._httpMessage ?? undefined;
}

/** node:http does this itself until 'upgrade'. A long answer would stop without it. */
function passOnDrain(this: HttpTransport): void {
  this._httpMessage?.emit('drain');
}
