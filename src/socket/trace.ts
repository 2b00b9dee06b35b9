/** Guards a `frame` handler. A trace only watches: one that throws is not called again, and the connection goes on. */
import type { TracedFrame } from '../protocol/traced-frame.ts';
import { callUser } from './call-user.ts';
import type { SocketHooks } from './hooks.ts';

/** @returns undefined where there is no handler: then no {@link TracedFrame} is made */
export function traceOf<Socket extends EventTarget>(
  hooks: SocketHooks<Socket>,
  inner: { readonly socket: Socket },
): ((frame: TracedFrame) => void) | undefined {
  const { frame: handler } = hooks;
  if (handler === undefined) return undefined;
  let isBroken = false;
  const userFailed = (error: unknown) => {
    if (isBroken) return;
    isBroken = true; // first: the error handler may send, which makes a frame
    hooks.report(error, inner.socket);
  };
  return (frame) => {
    if (!isBroken) callUser(handler, inner.socket, frame, { userFailed });
  };
}
