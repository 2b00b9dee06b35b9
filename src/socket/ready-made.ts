/** Sockets whose connection is there already: accepted by a server, or taken over from someone else's opening handshake. */
import type { Duplex } from 'node:stream';
import type { AdoptedClientOptions } from '../client/options.ts';
import type { Adopted } from './adoption.ts';
import { adoptClient } from './client-opening.ts';
import type { InnerSocket } from './inner-socket.ts';
import { INTERNAL } from './internal.ts';
import { WebSocket } from './websocket.ts';

/** Makes the WebSocket of a connection that is open. */
export function socketOf<Data>(inner: InnerSocket<WebSocket<Data>>, data: Data): WebSocket<Data> {
  const Made = WebSocket as unknown as new (
    key: typeof INTERNAL,
    inner: InnerSocket<WebSocket<Data>>,
    data: Data,
  ) => WebSocket<Data>;
  return new Made(INTERNAL, inner, data);
}

/**
 * Makes the client's end of a connection whose opening handshake something else has done: a proxy, a tunnel, another library,
 * a test. The socket is open. Nothing is read in this turn of the event loop, so that there is time for listeners. For the
 * server's end see {@link WebSocketServer.adopt}.
 * @param transport what the handshake was done on; the socket's from now on
 * @param adopted what the handshake has agreed on. @defaultValue no URL, no subprotocol, no extension
 * @throws {UsageError} for an invalid option, and for extensions other than permessage-deflate
 */
export function adopt(
  transport: Duplex,
  adopted: Adopted = {},
  options: AdoptedClientOptions = {},
): WebSocket {
  return socketOf(adoptClient<WebSocket>(transport, adopted, options), undefined);
}
