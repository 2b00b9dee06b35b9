/** What the sockets of a server get of its options and handlers. */
import type { SocketHooks } from '../socket/hooks.ts';
import type { WebSocket } from '../socket/websocket.ts';
import type { Handlers, ServerSettings } from './options.ts';

/** Handlers are looked up when they are called: a user may replace them. */
export function hooksOf<Data>(
  { limits, deflate }: ServerSettings<Data>,
  handlers: Handlers<Data>,
): Omit<SocketHooks<WebSocket<Data>>, 'ended' | 'report'> {
  return {
    role: 'server',
    closeCodes: 'all',
    limits,
    thresholdBytes: deflate?.thresholdBytes ?? Infinity,
    ...messageHook(handlers),
    ...(handlers.ping && { ping: (socket, payload) => handlers.ping?.(socket, payload) }),
    ...(handlers.pong && { pong: (socket, payload) => handlers.pong?.(socket, payload) }),
    ...(handlers.violation && { violation: (socket, error) => handlers.violation?.(socket, error) }),
    ...(handlers.frame && { frame: (socket, frame) => handlers.frame?.(socket, frame) }),
  };
}

/** How sockets pass messages to the user's handler. */
function messageHook<Data>(
  handlers: Handlers<Data>,
): Pick<SocketHooks<WebSocket<Data>>, 'message' | 'keepsText'> {
  if (handlers.bytes !== undefined) {
    return {
      message: (socket, data, isText) => handlers.bytes?.(socket, data as Uint8Array, isText),
      keepsText: true,
    };
  }
  return handlers.message === undefined
    ? {}
    : { message: (socket, data) => handlers.message?.(socket, data) };
}
