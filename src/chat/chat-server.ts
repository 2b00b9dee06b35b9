/** The chat: one HTTP server with the page at `/`, the WebSocket at `/chat`, and the API at `/api/`. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ChatSockets } from './chat-sockets.ts';
import { Accounts, fileAccounts, memoryAccounts } from './door/accounts.ts';
import { addressesBehind } from './door/addresses.ts';
import { upgradeRequired } from './door/endpoint.ts';
import { secretIn } from './door/files.ts';
import { hostOf, isLoopback, onlyForHosts, originsOf, ownHosts } from './door/hosts.ts';
import { type Route, targetOf } from './door/http.ts';
import { rest } from './door/rest.ts';
import { Revocations } from './door/revocations.ts';
import { sessionApi } from './door/session-api.ts';
import { Sessions } from './door/sessions.ts';
import { staticFiles } from './door/static-files.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { onceInARow, openLog } from './log/open-log.ts';
import type { RoomLog } from './log/room-log.ts';

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
  /** @defaultValue {@link DEFAULT_LIMITS} */
  limits?: Partial<Limits>;
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
  /**
   * What sessions are signed with, at least 32 characters: the same for all processes that serve the same people.
   * @defaultValue the file `secret` in the folder `data`, made when it is missing
   */
  secret?: string | undefined;
  /** Whether one signs in to an account, in place of with any name. @defaultValue false */
  auth?: boolean;
  /** What lets programs read and post over HTTP. @defaultValue none: they cannot post */
  apiToken?: string | undefined;
  /**
   * How many reverse proxies stand in front: the address of a client is then taken from `X-Forwarded-For`, so many from its end.
   * @defaultValue 0: the address is that of the connection
   */
  proxies?: number;
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

async function listenOn(http: Server, port: number, host: string): Promise<AddressInfo> {
  await once(http.listen(port, host), 'listening');
  return http.address() as AddressInfo;
}

/** Starts the chat. Rejects if the address is not available, or what it keeps cannot be opened. */
export async function startChat(options: ChatOptions, port: number, host: string): Promise<Chat> {
  const secret = options.secret ?? (await secretIn(options.data));
  const sessions = new Sessions(secret, options.auth ? 'accounts' : 'nickname');
  const say = (line: string) => options.log?.(line);
  const log = await openLog(options, say);
  const revocations = new Revocations(log, sessions);
  const http = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  const letGo = async () => {
    revocations.close();
    await log.close();
  };
  try {
    await revocations.open();
    const address = await listenOn(http, port, host);
    http.on('error', onceInARow('the port', say)); // no file descriptors for a connection, for example
    const kept = { log, sessions, revocations };
    const sockets = serve(options, http, kept, namesOf(options, address, host));
    return {
      address,
      close: async () => {
        const stopped = new Promise((resolve) => http.close(resolve));
        await sockets.close();
        http.closeAllConnections();
        await stopped;
        await letGo();
      },
    };
  } catch (error) {
    http.close();
    await letGo();
    throw error;
  }
}

/** What the chat is called, and which pages may connect to it. */
interface Names {
  readonly allowedHosts: readonly string[] | undefined;
  readonly allowedOrigins: readonly string[];
}

function namesOf(options: ChatOptions, address: AddressInfo, host: string): Names {
  const { allowedHosts = [], allowedOrigins = [], tls } = options;
  const own = ownHosts(host);
  const isLocal = isLoopback(address);
  // A page opened under one name may connect under another: same machine, same port, only the name differs.
  const ownOrigins = isLocal ? originsOf(own, address.port, tls === undefined ? 'http' : 'https') : [];
  return {
    allowedHosts: isLocal || allowedHosts.length > 0 ? [...own, ...allowedHosts] : undefined,
    allowedOrigins: [...allowedOrigins, ...ownOrigins],
  };
}

/** What the chat keeps. */
interface Kept {
  readonly log: RoomLog;
  readonly sessions: Sessions;
  readonly revocations: Revocations;
}

/** Puts everything on an HTTP server. @returns what must be closed before it */
function serve(options: ChatOptions, http: Server, kept: Kept, names: Names): ChatSockets {
  const { log, sessions, revocations } = kept;
  const { data, auth = false, apiToken: token } = options;
  const { allowedHosts, allowedOrigins } = names;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const accounts =
    log.accounts ?? (data === undefined ? memoryAccounts() : fileAccounts(join(data, 'accounts')));
  const addressOf = addressesBehind(options.proxies ?? 0);
  const onForeignHost = (foreign: string) => options.onForeignHost?.(foreign);
  const sockets = new ChatSockets({
    server: { allowedOrigins, allowedHosts },
    log,
    limits,
    needsAccount: auth,
    addressOf,
    sessionOf: (request) => sessions.of(request),
    refused: (request, { id, status }) => {
      if (status === 404) options.onWrongPath?.(targetOf(request).path);
      if (id === 'foreign-origin') options.onForeignOrigin?.(request.headers.origin ?? '');
      if (id === 'foreign-host' || id === 'bad-host') onForeignHost(hostOf(request) ?? '');
    },
  });
  sessions.onRevoked = (key) => sockets.endSession(key);
  const routes = [
    upgradeRequired,
    sessionApi({
      sessions,
      accounts: auth ? new Accounts(accounts) : undefined,
      addressOf,
      allowedOrigins,
      end: (session) => revocations.end(session),
    }),
    rest({ log, sessions, addressOf, token, allowedOrigins, textBytes: limits.textBytes }),
  ];
  const files = staticFiles(options.publicFolder, options.headers ?? {});
  http.on('request', onlyForHosts(allowedHosts, firstOf(routes, files), onForeignHost));
  sockets.server.attach(http);
  return sockets;
}

/** Gives a request to the first that takes it. */
function firstOf(routes: readonly Route[], otherwise: RequestListener): RequestListener {
  return (request, response) => {
    if (!routes.some((route) => route(request, response))) otherwise(request, response);
  };
}
