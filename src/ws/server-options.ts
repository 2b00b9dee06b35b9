/** The options of a server. */
import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { ConnectionOptions } from './link.ts';
import { WebSocket } from './websocket.ts';

export interface VerifyInfo {
  readonly origin: string;
  readonly secure: boolean;
  readonly req: IncomingMessage;
}

export type VerifyCallback = (
  isVerified: boolean,
  code?: number,
  message?: string,
  headers?: OutgoingHttpHeaders,
) => void;

export interface ServerOptions extends ConnectionOptions {
  port?: number | null | undefined;
  host?: string | null | undefined;
  backlog?: number | null | undefined;
  server?: HttpServer | HttpsServer | null | undefined;
  noServer?: boolean | undefined;
  path?: string | null | undefined;
  clientTracking?: boolean | undefined;
  handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | null | undefined;
  /** With two parameters it calls back; otherwise what it returns counts. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that calls back returns nothing
  verifyClient?: ((info: VerifyInfo, callback: VerifyCallback) => boolean | void) | null | undefined;
  /** The class of the sockets. */
  WebSocket?: typeof WebSocket | undefined;
}

/** @throws {TypeError} unless exactly one of `port`, `server` and `noServer` is there */
export function serverOptions(given: ServerOptions): ServerOptions & { WebSocket: typeof WebSocket } {
  const options = {
    allowSynchronousEvents: true,
    autoPong: true,
    maxBufferedChunks: 256 * 1024,
    maxFragments: 16 * 1024,
    maxPayload: 100 * 1024 * 1024,
    maxPendingAutoPongs: 60,
    skipUTF8Validation: false,
    perMessageDeflate: false,
    handleProtocols: null,
    clientTracking: true,
    closeTimeout: 30_000,
    verifyClient: null,
    noServer: false,
    backlog: null,
    server: null,
    host: null,
    path: null,
    port: null,
    ...given,
    WebSocket: given.WebSocket ?? WebSocket,
  };
  const { port, server, noServer, perMessageDeflate } = options;
  if ([port != null, Boolean(server), Boolean(noServer)].filter(Boolean).length !== 1)
    throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified');
  return perMessageDeflate === true ? { ...options, perMessageDeflate: {} } : options;
}
