/** Waiting until what was sent is given to the operating system. */
import { ClosedError } from '../protocol/errors.ts';
import type { InnerSocket } from './inner-socket.ts';

/** As `WebSocket.flushed`. */
export async function flushed(inner: InnerSocket): Promise<void> {
  const queued = inner.afterBlobs();
  const isQueued = queued === undefined || (await queued);
  const isWritten = isQueued && (await inner.wire?.queue.written());
  if (isWritten !== true) throw new ClosedError('the connection ended before everything was sent');
}
