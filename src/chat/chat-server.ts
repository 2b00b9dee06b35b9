/** The chat: one HTTP server with the page at `/` and the WebSocket endpoint at `/chat`. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from '../index.ts';
import { hostOf, isLoopback, onlyForHosts, originsOf, ownHosts } from './hosts.ts';
import { staticFiles } from './static-files.ts';

export interface ChatOptions {
  /** The folder of the page. */
  publicFolder: string;
  /** Sent with every file of that folder. @defaultValue none */
  headers?: Readonly<Record<string, string>>;
  /** Origins from which pages may connect, in addition to this server's own. @defaultValue none */
  allowedOrigins?: readonly string[];
  /**
   * Hosts that the chat answers to, in addition to its own: `chat.example`, or with a port. Without any, a chat that
   * does not listen on the loopback interface answers to every name, because it cannot know its own names.
   * @defaultValue none
   */
  allowedHosts?: readonly string[];
  /** Called with the Origin of each request that is refused for its Origin. */
  onForeignOrigin?(origin: string): void;
  /** Called with the host of each request that is refused for its host. */
  onForeignHost?(host: string): void;
  /** Called with the path of each WebSocket that is asked for elsewhere than at `/chat`. */
  onWrongPath?(path: string): void;
  /** The folder for messages, accounts and the secret of sessions. @defaultValue none: all is kept in memory */
  data?: string | undefined;
  /** What messages in that folder survive: the end of the process, or a power cut too. @defaultValue `'process'` */
  durability?: 'process' | 'power' | undefined;
  /** The URL of the Redis that keeps the messages in place of the folder. @defaultValue none */
  redis?: string | undefined;
  /** Whether one signs in to an account, in place of with any name. @defaultValue false */
  auth?: boolean;
  /** What lets programs read and post over HTTP. @defaultValue none: they cannot post */
  apiToken?: string | undefined;
  /** For https and wss, in PEM. @defaultValue none: http and ws */
  tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** Writes a line into the log of the server. @defaultValue nothing is written */
  log?(line: string): void;
}

export interface Chat {
  /** The address that the chat listens on. */
  readonly address: AddressInfo;
  /** Closes all connections and stops listening. */
  close(): Promise<void>;
}

/** For the page that barewire ships: nothing from other origins, nothing inline. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
};

/** Long enough for anything that is typed or pasted into a chat. */
const MAX_MESSAGE_BYTES = 64 * 1024;
/** A member that falls this far behind is disconnected, so that it costs the others nothing. Its page reconnects. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** The topic that every member subscribes to. A message goes to all members, its sender included. */
const ROOM = 'room';
/** §7.4.1: "an endpoint that understands only text data" */
const UNSUPPORTED_DATA = 1003;

async function listenOn(http: Server, port: number, host: string): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, resolve);
  });
  return http.address() as AddressInfo;
}

/** Starts the chat. Rejects if the address is not available. */
export async function startChat(options: ChatOptions, port: number, host: string): Promise<Chat> {
  const { publicFolder, headers = {}, allowedOrigins = [], allowedHosts: moreHosts = [] } = options;
  const onForeignHost = (foreign: string) => options.onForeignHost?.(foreign);
  const http = createServer();
  const address = await listenOn(http, port, host);
  const hosts = ownHosts(host);
  const isLocal = isLoopback(address);
  const allowedHosts = isLocal || moreHosts.length > 0 ? [...hosts, ...moreHosts] : undefined;
  http.on('request', onlyForHosts(allowedHosts, staticFiles(publicFolder, headers), onForeignHost));
  const server = new WebSocketServer(
    {
      path: '/chat',
      // A page opened under one name may connect under another: same machine, same port, only the name differs.
      allowedOrigins: [...allowedOrigins, ...(isLocal ? originsOf(hosts, address.port) : [])],
      allowedHosts,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxQueuedBytes: MAX_QUEUED_BYTES,
    },
    {
      open: (socket) => socket.subscribe(ROOM),
      message: (socket, data) => {
        if (typeof data === 'string') server.publish(ROOM, data);
        else socket.close(UNSUPPORTED_DATA, 'this chat speaks text');
      },
      refused: (request: IncomingMessage, refusal) => {
        if (refusal.id === 'foreign-origin') options.onForeignOrigin?.(request.headers.origin ?? '');
        if (refusal.id === 'foreign-host' || refusal.id === 'bad-host') onForeignHost(hostOf(request) ?? '');
      },
    },
  );
  server.attach(http);
  return {
    address,
    close: async () => {
      const stopped = new Promise((resolve) => http.close(resolve));
      await server.close();
      http.closeAllConnections();
      await stopped;
    },
  };
}
