/** The options and handlers of a server. */
import type { IncomingMessage } from 'node:http';
import { type ProtocolError, shown, UsageError } from '../protocol/errors.ts';
import { isOrigin, originOf } from '../protocol/handshake/origin.ts';
import type { Refusal } from '../protocol/handshake/refusal.ts';
import type { Message } from '../protocol/message.ts';
import type { SendOptions } from '../protocol/send-options.ts';
import type { TracedFrame } from '../protocol/traced-frame.ts';
import type { Adopted } from '../socket/adoption.ts';
import type { CloseInfo } from '../socket/close-info.ts';
import type { WebSocket } from '../socket/websocket.ts';
import { type DeflateOptions, type DeflateSettings, deflateSettings } from '../transport/deflate-options.ts';
import {
  type Hints,
  type NamesOf,
  verifyNames,
  verifyObject,
  verifyOneOf,
} from '../transport/option-names.ts';
import {
  MAX_TIMEOUT_MS,
  SOCKET_OPTION_NAMES,
  type SocketLimits,
  type SocketOptions,
  socketLimits,
  wholeNumber,
} from '../transport/socket-options.ts';
import type { Verdict } from './verdict.ts';

/** The handlers of a server: one object for all of its sockets. Each function may be async. */
export interface Handlers<Data = undefined> {
  /**
   * A socket has opened. Messages wait until this is done, its promise included, or until there is a listener or a loop; where
   * it waits for nothing but the end, see {@link WebSocket.closed}.
   */
  open?(socket: WebSocket<Data>, request: IncomingMessage): unknown;
  /**
   * A message has come: a `string`, or a `Uint8Array` that is yours. The next message does not wait for a promise that this
   * returns. To handle messages one after the other, use a `for await` loop.
   */
  message?(socket: WebSocket<Data>, data: Message): unknown;
  /**
   * In place of `message`, for relays and rooms that need no strings: text comes as its bytes too, verified and not decoded,
   * which are yours. `socket.send(bytes, { text: isText })` passes a message on as it was.
   */
  bytes?(socket: WebSocket<Data>, data: Uint8Array, isText: boolean): unknown;
  /** A Ping has come, with a payload of at most 125 bytes, which is yours. It is answered already: see `answersPings`. */
  ping?(socket: WebSocket<Data>, payload: Uint8Array): unknown;
  /** A Pong has come, whether it answers a Ping or not. `socket.ping` waits for its own without this. */
  pong?(socket: WebSocket<Data>, payload: Uint8Array): unknown;
  /**
   * The peer has broken a rule: `error.violation` is its name. Called at once, when its bytes are read. The socket is closing, its
   * Close frame is on its way, and nothing more is read; `close` follows when the connection is gone, with the same error.
   */
  violation?(socket: WebSocket<Data>, error: ProtocolError): unknown;
  /** Every frame that is sent or received, for debugging and for learning the protocol. */
  frame?(socket: WebSocket<Data>, frame: TracedFrame): unknown;
  /**
   * A socket is gone. Called once for each that opened. It has left its topics; `socket.subscriptions` still tells which these
   * were.
   */
  close?(socket: WebSocket<Data>, info: CloseInfo): unknown;
  /**
   * A function that you gave this server has thrown, or its promise was rejected: a handler, a listener, `authorize`. Its
   * socket is closed with 1011. Called once for each error. Without this handler, errors are written to the console.
   */
  error?(error: unknown, socket: WebSocket<Data> | undefined): void;
  /**
   * A request was refused, by a rule of the handshake (`refusal.id`) or by `authorize`. Of several servers on one HTTP server the first
   * hears of upgrades to paths that none has, with a status of 404.
   */
  refused?(request: IncomingMessage, refusal: Refusal): unknown;
}

/**
 * The options of a server. `authorize` must be among them where sockets have `data`: there would be none without it.
 * @typeParam Data what `authorize` returns
 */
export type ServerOptions<Data = undefined> = OptionsOf<Data> &
  (undefined extends Data ? unknown : Required<Pick<OptionsOf<Data>, 'authorize'>>);

/** The same, where nobody looks at the types: `authorize` may be missing. */
export interface OptionsOf<Data> extends SocketOptions {
  /** The path that is served, without a query; requests for others get 404. @defaultValue every path */
  path?: string;
  /**
   * The origin of this server's own pages, as browsers write it: `https://chat.example`. For a server behind a proxy that ends
   * TLS or changes Host. `socket.url` then begins with it, as `wss://chat.example`.
   * @defaultValue the host that the request names; with `https`, and without TLS to this process also with `http`
   */
  origin?: string;
  /**
   * Origins that may connect in addition to the server's own, as browsers write them: `https://example.com` or `null`. `'*'`
   * lets every page of the web connect with the cookies of its visitors. Clients that are not browsers send no Origin, and
   * may always connect.
   * @defaultValue none: same origin only
   */
  allowedOrigins?: readonly string[] | '*';
  /**
   * The values of Host that this server answers to, such as `example.com` or `localhost:8080`; one without a port
   * stands for all its ports. A request with another Host gets 421. For servers that trust everyone who can reach them,
   * above all on the loopback interface: an attacker can point any name at them, and a page of that name is then of the
   * same origin. Routes of your own beside it can ask `isAllowedHost`.
   * @defaultValue every host
   */
  allowedHosts?: readonly string[] | undefined;
  /**
   * Decides last, before a request becomes a WebSocket. The result is the socket's `data`; {@link accept} adds headers to the
   * answer. To refuse, return {@link refuse}, or `false` for a plain 403. If it throws, the answer is 500.
   */
  authorize?(request: IncomingMessage): Verdict<Data> | Promise<Verdict<Data>>;
  /**
   * The subprotocols of this server, in the order of preference, or a function that chooses one of those offered.
   * If none is chosen, the connection has no subprotocol.
   * @defaultValue none
   */
  subprotocols?:
    | readonly string[]
    | ((offered: readonly string[], request: IncomingMessage) => string | undefined);
  /**
   * Whether messages are compressed for clients that offer it (RFC 7692). It saves bytes, and costs time and memory.
   * @defaultValue false
   */
  perMessageDeflate?: boolean | DeflateOptions;
  /**
   * How long a request may take to arrive, on a port of its own, and then how long `authorize` may take, in
   * milliseconds. An HTTP server to which this one is attached has its own limits for requests.
   * @defaultValue 10,000
   */
  handshakeTimeoutMs?: number;
}

/** How a message is sent to many. */
export interface PublishOptions extends SendOptions {
  /** The one socket that does not get the message, such as its sender. @defaultValue none */
  readonly except?: WebSocket | undefined;
}

/** What {@link WebSocketServer.adopt} takes: the socket's `data` must be there, if sockets have any. */
export type AdoptArguments<Data> = undefined extends Data
  ? [adopted?: Adopted & { data?: Data }]
  : [adopted: Adopted & { data: Data }];

/** How a server closes. */
export interface ServerCloseOptions {
  /** The code for every socket. @defaultValue 1001, going away */
  code?: number;
  /** The reason for every socket. @defaultValue empty */
  reason?: string;
  /** How long peers have to answer, in milliseconds. @defaultValue `closeTimeoutMs` */
  timeoutMs?: number;
}

export const CLOSE_OPTION_NAMES: NamesOf<ServerCloseOptions> = { code: true, reason: true, timeoutMs: true };

/** The options, checked and with their defaults. */
export interface ServerSettings<Data> {
  readonly options: OptionsOf<Data>;
  readonly limits: SocketLimits;
  readonly deflate: DeflateSettings | undefined;
  readonly handshakeTimeoutMs: number;
}

/** A server has many connections: a window of 4 KiB for each. */
const DEFAULT_PEER_WINDOW_BITS = 12;

const HANDLER_NAMES: NamesOf<Handlers> = {
  open: true,
  message: true,
  bytes: true,
  ping: true,
  pong: true,
  violation: true,
  frame: true,
  close: true,
  error: true,
  refused: true,
};

const OPTION_NAMES: NamesOf<ServerOptions> = {
  path: true,
  origin: true,
  allowedOrigins: true,
  allowedHosts: true,
  authorize: true,
  subprotocols: true,
  perMessageDeflate: true,
  handshakeTimeoutMs: true,
  ...SOCKET_OPTION_NAMES,
};

/** What is a handler elsewhere, or not a handler. */
const HANDLER_HINTS: Hints = {
  ...sameHint(OPTION_NAMES, 'options are the first argument'),
  connection: 'open is called with each new socket',
};

/** What is an option elsewhere, or not an option. */
const HINTS: Hints = {
  ...sameHint(HANDLER_NAMES, 'handlers are the second argument'),
  port: 'pass the port to listen(port)',
  host: 'pass the host to listen(port, host)',
  server: 'pass the HTTP server to attach(server)',
  verifyClient: 'authorize decides who may connect',
  maxPayload: 'maxMessageBytes is the most that a message may have',
};

function sameHint(names: object, hint: string): Hints {
  return Object.fromEntries(Object.keys(names).map((name) => [name, hint]));
}

/** @throws {UsageError} for an invalid value */
export function serverSettings<Data>(options: OptionsOf<Data>): ServerSettings<Data> {
  verifyNames('option', options, OPTION_NAMES, HINTS);
  const { path, origin, authorize, subprotocols, allowedOrigins = [], allowedHosts = [] } = options;
  const { perMessageDeflate = false, handshakeTimeoutMs = 10_000 } = options;
  if (path !== undefined && !/^\/[^?#]*$/.test(path)) {
    throw new UsageError(`path must begin with a slash and have no query, got ${shown(path)}`);
  }
  if (origin !== undefined && originOf(String(origin)) !== origin) {
    throw new UsageError(`origin must be written as browsers do, https://example.com, got ${shown(origin)}`);
  }
  if (allowedOrigins !== '*') verifyOrigins(allowedOrigins);
  if (authorize !== undefined && typeof authorize !== 'function') {
    throw new UsageError(`authorize must be a function, got ${shown(authorize)}`);
  }
  if (!Array.isArray(allowedHosts))
    throw new UsageError(`allowedHosts must be a list, got ${shown(allowedHosts)}`);
  if (subprotocols !== undefined && !Array.isArray(subprotocols) && typeof subprotocols !== 'function') {
    throw new UsageError(`subprotocols must be a list or a function, got ${shown(subprotocols)}`);
  }
  return {
    options,
    limits: socketLimits(options),
    deflate: deflateSettings(perMessageDeflate, DEFAULT_PEER_WINDOW_BITS),
    handshakeTimeoutMs: wholeNumber('handshakeTimeoutMs', handshakeTimeoutMs, 1, MAX_TIMEOUT_MS),
  };
}

/** @throws {UsageError} for what is no list, and for an entry that no browser sends: it would allow nobody */
function verifyOrigins(allowedOrigins: readonly string[]): void {
  if (!Array.isArray(allowedOrigins)) {
    throw new UsageError(`allowedOrigins must be a list or '*', got ${shown(allowedOrigins)}`);
  }
  for (const origin of allowedOrigins) {
    if (typeof origin === 'string' && isOrigin(origin)) continue;
    const meant = originOf(String(origin));
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    throw new UsageError(
      `allowedOrigins takes what browsers send, https://example.com or null, got ${shown(origin)}${hint}`,
    );
  }
}

/**
 * The handlers of a server; a function is the `open` handler.
 * @throws {UsageError} for one that does not exist or is not a function. An object of a class may have more methods, and every
 * object may have data, for `this` is the object
 */
export function verifiedHandlers<Data>(
  given: Handlers<Data> | NonNullable<Handlers<Data>['open']>,
): Handlers<Data> {
  if (typeof given === 'function') return { open: given };
  verifyObject('handlers', given);
  if (Object.getPrototypeOf(given) === Object.prototype) {
    const functions = Object.entries(given).filter(([, value]) => typeof value === 'function');
    verifyNames('handler', Object.fromEntries(functions), HANDLER_NAMES, HANDLER_HINTS);
  }
  for (const name of Object.keys(HANDLER_NAMES) as (keyof Handlers)[]) {
    const handler: unknown = given[name];
    if (handler === undefined || typeof handler === 'function') continue;
    throw new UsageError(`the handler ${name} must be a function, got ${shown(handler)}`);
  }
  verifyOneOf('message', 'bytes', given);
  return given;
}
