/** Servers for one test, which end with it. */
import type { AddressInfo } from 'node:net';
import { type Handlers, type ServerOptions, type WebSocket, WebSocketServer } from 'barewire';
import { onTestFinished } from 'vitest';

export interface Started<Data> {
  readonly server: WebSocketServer<Data>;
  readonly port: number;
  /** The first socket that opens. */
  readonly opened: Promise<WebSocket<Data>>;
}

/** Starts a server on a free port of the loopback interface. */
export async function start<Data = undefined>(
  options: ServerOptions<Data> = {} as ServerOptions<Data>,
  handlers: Handlers<Data> = {},
): Promise<Started<Data>> {
  let onOpen: (socket: WebSocket<Data>) => void = () => {};
  const opened = new Promise<WebSocket<Data>>((resolve) => {
    onOpen = resolve;
  });
  const server = new WebSocketServer<Data>(options, {
    ...handlers,
    open(socket, request) {
      onOpen(socket);
      return handlers.open?.(socket, request);
    },
  });
  const { port }: AddressInfo = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close({ timeoutMs: 200 }));
  return { server, port, opened };
}

/** A server that echoes. */
export function startEcho(options: ServerOptions = {}): Promise<Started<undefined>> {
  return start(options, { message: (socket, data) => socket.send(data) });
}
