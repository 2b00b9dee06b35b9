/** Waiting until what was sent is given to the operating system. */
import { ClosedError } from '../protocol/errors.ts';
import type { InnerSocket } from './inner-socket.ts';

const DONE: Promise<void> = Promise.resolve();

/** As `WebSocket.flushed`. */
export function flushed(inner: InnerSocket): Promise<void> {
  const queued = inner.afterBlobs();
  return queued === undefined && inner.wire?.queue.isWritten() === true ? DONE : wait(inner, queued);
}

async function wait(inner: InnerSocket, queued: Promise<boolean> | undefined): Promise<void> {
  const isQueued = queued === undefined || (await queued);
  const isWritten = isQueued && (await inner.wire?.queue.written());
  if (isWritten !== true) throw new ClosedError('the connection ended before everything was sent');
}
