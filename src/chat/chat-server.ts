/** The chat: one HTTP server with the page at `/`, the WebSocket at `/chat`, and the API at `/api/`. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ChatSockets } from './chat-sockets.ts';
import { Accounts, fileAccounts, memoryAccounts } from './door/accounts.ts';
import { upgradeRequired, wrongPaths } from './door/endpoint.ts';
import { secretIn } from './door/files.ts';
import type { Route } from './door/http.ts';
import { rest } from './door/rest.ts';
import { sessionApi } from './door/session-api.ts';
import { Sessions } from './door/sessions.ts';
import { hostOf, isLoopback, onlyForHosts, originsOf, ownHosts } from './hosts.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { openLog } from './log/open-log.ts';
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
  /** The folder of what is kept: the log, the secret, the accounts. @defaultValue everything is kept in memory */
  data?: string | undefined;
  /** What an acknowledged message survives: the end of this process, or a power cut. @defaultValue 'process' */
  durability?: 'process' | 'power' | undefined;
  /** The URL of a Redis that keeps the log, for several processes with the same rooms. @defaultValue none */
  redis?: string | undefined;
  /** Whether one signs in with an account, and not with any nickname. @defaultValue false */
  auth?: boolean | undefined;
  /** Lets programs post by HTTP. @defaultValue none: they cannot */
  apiToken?: string | undefined;
  /** A certificate and its key: https and wss. @defaultValue none: http and ws */
  tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** @defaultValue {@link DEFAULT_LIMITS} */
  limits?: Partial<Limits>;
  /** Called with a line for the log of the server. */
  log?(line: string): void;
  /** Called with the path of each WebSocket request that is for another path than `/chat`. */
  onWrongPath?(path: string): void;
  /** Called with the Origin of each request that is refused for its Origin. */
  onForeignOrigin?(origin: string): void;
  /** Called with the host of each request that is refused for its host. */
  onForeignHost?(host: string): void;
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

async function listenOn(http: Server, port: number, host: string): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, resolve);
  });
  return http.address() as AddressInfo;
}

/** Starts the chat. Rejects if the address is not available, or what it keeps cannot be opened. */
export async function startChat(options: ChatOptions, port: number, host: string): Promise<Chat> {
  const { data, tls, auth = false, allowedHosts: moreHosts = [] } = options;
  const log = await openLog(options, (line) => options.log?.(line));
  try {
    const http = tls === undefined ? createServer() : createTlsServer(tls);
    const address = await listenOn(http, port, host);
    const secret = await secretIn(data);
    const sessions = new Sessions({ secret, mode: auth ? 'accounts' : 'nickname' });
    const hosts = ownHosts(host);
    const isLocal = isLoopback(address);
    const allowedHosts = isLocal || moreHosts.length > 0 ? [...hosts, ...moreHosts] : undefined;
    // A page opened under one name may connect under another: same machine, same port, only the name differs.
    const ownOrigins = isLocal ? originsOf(hosts, address.port, tls === undefined ? 'http' : 'https') : [];
    const allowedOrigins = [...(options.allowedOrigins ?? []), ...ownOrigins];
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const sockets = new ChatSockets({
      server: { allowedOrigins, allowedHosts },
      log,
      limits,
      needsAccount: auth,
      sessionOf: (request) => sessions.of(request),
      refused: (request, { id }) => {
        if (id === 'foreign-origin') options.onForeignOrigin?.(request.headers.origin ?? '');
        if (id === 'foreign-host' || id === 'bad-host') options.onForeignHost?.(hostOf(request) ?? '');
      },
    });
    sessions.onRevoked((key) => sockets.endSession(key));
    const store = data === undefined ? memoryAccounts() : fileAccounts(join(data, 'accounts'));
    const accounts = auth ? new Accounts(store) : undefined;
    const files = staticFiles(options.publicFolder, options.headers ?? {});
    const listener = firstOf(
      [
        upgradeRequired,
        sessionApi({ sessions, accounts, allowedOrigins }),
        rest({ log, sessions, token: options.apiToken, allowedOrigins, textBytes: limits.textBytes }),
      ],
      files,
    );
    http.on(
      'request',
      onlyForHosts(allowedHosts, listener, (foreign) => options.onForeignHost?.(foreign)),
    );
    const elsewhere = wrongPaths(allowedHosts, (path) => options.onWrongPath?.(path));
    sockets.server.attach(http);
    elsewhere.attach(http);
    return {
      address,
      close: async () => {
        const stopped = new Promise((resolve) => http.close(resolve));
        await sockets.close();
        await elsewhere.close();
        http.closeAllConnections();
        await stopped;
        await log.close();
      },
    };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** Gives a request to the first that takes it. */
function firstOf(routes: readonly Route[], otherwise: RequestListener): RequestListener {
  return (request, response) => {
    if (!routes.some((route) => route(request, response))) otherwise(request, response);
  };
}
