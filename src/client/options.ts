/** The options of a client, and the errors of the WHATWG standard for its arguments. */
import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { type ProtocolError, shown, UsageError } from '../protocol/errors.ts';
import { isToken } from '../protocol/handshake/headers.ts';
import type { Message } from '../protocol/message.ts';
import { MAX_WINDOW_BITS } from '../protocol/permessage-deflate/negotiation.ts';
import type { TracedFrame } from '../protocol/traced-frame.ts';
import { type DeflateOptions, type DeflateSettings, deflateSettings } from '../transport/deflate-options.ts';
import { type Hints, type NamesOf, verifyNames, verifyOneOf } from '../transport/option-names.ts';
import {
  type CloseCodes,
  MAX_TIMEOUT_MS,
  SOCKET_OPTION_NAMES,
  type SocketOptions,
  wholeNumber,
} from '../transport/socket-options.ts';
import { domException } from './dom-exception.ts';

/** Names and values: an object, a Map, a `Headers`, or a list of pairs. */
export type HeaderFields =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string | readonly string[]]>;

/** Who gets what comes, on a client. An error in one of these, or in its promise, closes the socket with 1011. */
export interface ClientHandlers {
  /**
   * Called with each message: a `string`, or a `Uint8Array` that is yours. As fast as a server's `message` handler, because
   * no event is made.
   */
  message?: (data: Message) => unknown;
  /** In place of `message`: text comes as its bytes too, verified and not decoded, which are yours. */
  bytes?: (data: Uint8Array, isText: boolean) => unknown;
  /** Called with each Ping, which has a payload of at most 125 bytes, and is answered already: see `answersPings`. */
  ping?: (payload: Uint8Array) => unknown;
  /** Called with each Pong, whether it answers a Ping or not. */
  pong?: (payload: Uint8Array) => unknown;
  /**
   * Called when the server has broken a rule, at once: `error.violation` is its name. The socket is closing then, and nothing more is
   * read; `closed` has the same error when the connection is gone.
   */
  violation?: (error: ProtocolError) => unknown;
  /** Called with every frame that is sent or received, for debugging and for learning the protocol. */
  trace?: (frame: TracedFrame) => void;
}

/** The options of a client whose opening handshake something else has done. */
export interface AdoptedClientOptions extends SocketOptions, ClientHandlers {
  /** How messages are compressed, where that was agreed on. @defaultValue as was agreed */
  perMessageDeflate?: boolean | DeflateOptions;
  /**
   * Which codes `close` may send: 1000 and 3000–4999, as in a browser, or `'all'` that §7.4 allows: a program that ends has 1001 to
   * say, one that fails 1011.
   * @defaultValue 'browser'
   */
  closeCodes?: CloseCodes;
  /**
   * Where the keys come from with which frames are masked (§5.3): 32 bits a call, which nobody can predict. For tests that compare
   * bytes. @defaultValue `crypto.getRandomValues`
   */
  maskingKey?: () => number;
}

export interface ClientOptions extends AdoptedClientOptions {
  /** More headers for the request, such as `Authorization` or `Cookie`. Headers of the handshake itself are not allowed. */
  headers?: HeaderFields;
  /** What a relative URL is relative to. @defaultValue `location.href` where there is such a global, as Node has none */
  baseUrl?: string | URL;
  /**
   * The Origin header, for servers that want one. @defaultValue `location.origin` where there is such a global; else none:
   * only browsers must send it (§4.1 item 8)
   */
  origin?: string;
  /** Whether compression is offered (RFC 7692), as browsers do. @defaultValue true */
  perMessageDeflate?: boolean | DeflateOptions;
  /** How long opening may take, redirects included, in milliseconds. @defaultValue 10,000 */
  openingTimeoutMs?: number;
  /** Aborts the opening. Has no effect on an open connection. */
  signal?: AbortSignal;
  /**
   * How many redirects are followed. `Authorization`, `Cookie`, `Proxy-Authorization`, the user in the URL and client
   * certificates are not sent to another origin, except those that an `agent` has of its own. A redirect from `wss:` to
   * `ws:` is not followed.
   * @defaultValue 0: a redirect is an error, like every answer that is not 101
   */
  maxRedirects?: number;
  /** For `wss:`: options of `tls.connect`, such as `ca`, `cert` and `key`, or `rejectUnauthorized`. */
  tls?: ConnectionOptions;
  /**
   * Makes the connection, for example through a proxy. An `https.Agent` for `wss:`.
   * @defaultValue none; where Node itself was told to use a proxy (`NODE_USE_ENV_PROXY`), an agent for that
   */
  agent?: Agent;
  /**
   * Makes the transport: a Unix socket, a tunnel, a stream of your own. For `wss:` it must include TLS.
   * @param url the URL to connect to
   */
  createConnection?(url: URL): Duplex | Promise<Duplex>;
}

const ADOPTED_OPTION_NAMES: NamesOf<AdoptedClientOptions> = {
  closeCodes: true,
  maskingKey: true,
  perMessageDeflate: true,
  message: true,
  bytes: true,
  ping: true,
  pong: true,
  violation: true,
  trace: true,
  ...SOCKET_OPTION_NAMES,
};

const OPTION_NAMES: NamesOf<ClientOptions> = {
  ...ADOPTED_OPTION_NAMES,
  headers: true,
  baseUrl: true,
  origin: true,
  openingTimeoutMs: true,
  signal: true,
  maxRedirects: true,
  tls: true,
  agent: true,
  createConnection: true,
};

const AS_LISTENER = 'listen to events with addEventListener or on…, such as socket.onopen = …';
const SECOND_ARGUMENT = 'subprotocols are the second argument';
const AS_TLS_OPTION = 'options of TLS belong into the option tls';

/** What is an option elsewhere. */
const HINTS: Hints = {
  open: AS_LISTENER,
  close: AS_LISTENER,
  error: AS_LISTENER,
  protocol: SECOND_ARGUMENT,
  protocols: SECOND_ARGUMENT,
  subprotocols: SECOND_ARGUMENT,
  ca: AS_TLS_OPTION,
  cert: AS_TLS_OPTION,
  key: AS_TLS_OPTION,
  rejectUnauthorized: AS_TLS_OPTION,
  timeout: 'openingTimeoutMs is the time for opening',
  handshakeTimeout: 'openingTimeoutMs is the time for opening',
  maxPayload: 'maxMessageBytes is the most that a message may have',
};

/** Where to connect, and what to ask for. */
export interface Target {
  readonly url: URL;
  readonly subprotocols: readonly string[];
  readonly options: OpeningOptions;
}

/** The headers of the handshake itself. */
const OWN_HEADERS = /^(host|upgrade|connection|origin|content-length|transfer-encoding|sec-websocket-.*)$/i;

/** RFC 9110 §5.5: the characters of a header's value; above all no line break. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The options of the opening handshake, checked and with their defaults. */
export interface OpeningOptions {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly origin: string | undefined;
  readonly deflate: DeflateSettings | undefined;
  readonly openingTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly maxRedirects: number;
  readonly tls: ConnectionOptions;
  readonly agent: Agent | undefined;
  readonly createConnection: ((url: URL) => Duplex | Promise<Duplex>) | undefined;
}

/** @throws {UsageError} for an option that is given and not what is expected */
function verifyOption(name: string, value: unknown, isValid: boolean, expected: string): void {
  if (value !== undefined && !isValid) {
    throw new UsageError(`${name} must be ${expected}, got ${shown(value)}`);
  }
}

function verifyFunction(name: string, value: unknown): void {
  verifyOption(name, value, typeof value === 'function', 'a function');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** By its members: one of another realm, or of a library, is not an instance of this class. */
export function isSignal(value: unknown): value is AbortSignal {
  return (
    isObject(value) && typeof (value as AbortSignal).aborted === 'boolean' && 'addEventListener' in value
  );
}

/** What node:http takes for an agent. */
function isAgent(value: unknown): value is Agent {
  return isObject(value) && 'addRequest' in value && typeof value.addRequest === 'function';
}

/** @throws {UsageError} for an invalid value */
export function openingOptions(options: ClientOptions): OpeningOptions {
  verifyNames('option', options, OPTION_NAMES, HINTS);
  const { headers = {}, openingTimeoutMs = 10_000, maxRedirects = 0, tls = {} } = options;
  const { origin = locationOrigin() } = options;
  const { perMessageDeflate = true } = options;
  if (origin !== undefined) verifyHeaderValue('Origin', origin);
  verifyOption('signal', options.signal, isSignal(options.signal), 'an AbortSignal');
  verifyOption('agent', options.agent, isAgent(options.agent), 'an http.Agent');
  verifyOption('tls', tls, isObject(tls), 'an object');
  verifySocketOptions(options);
  verifyFunction('createConnection', options.createConnection);
  return {
    headers: headerLines(headers),
    origin,
    deflate: deflateSettings(perMessageDeflate, MAX_WINDOW_BITS),
    openingTimeoutMs: wholeNumber('openingTimeoutMs', openingTimeoutMs, 1, MAX_TIMEOUT_MS),
    signal: options.signal,
    maxRedirects: wholeNumber('maxRedirects', maxRedirects, 0),
    tls,
    agent: options.agent,
    createConnection: options.createConnection?.bind(options),
  };
}

/** @returns what this side wants of compression @throws {UsageError} for an invalid value */
export function adoptedOptions(options: AdoptedClientOptions): DeflateSettings | undefined {
  verifyNames('option', options, ADOPTED_OPTION_NAMES, HINTS);
  verifySocketOptions(options);
  const { perMessageDeflate = true } = options;
  return deflateSettings(perMessageDeflate, MAX_WINDOW_BITS);
}

function verifySocketOptions(options: AdoptedClientOptions): void {
  const { closeCodes } = options;
  verifyOption(
    'closeCodes',
    closeCodes,
    closeCodes === 'browser' || closeCodes === 'all',
    "'browser' or 'all'",
  );
  verifyFunction('maskingKey', options.maskingKey);
  verifyFunction('message', options.message);
  verifyFunction('bytes', options.bytes);
  verifyOneOf('message', 'bytes', options);
  verifyFunction('ping', options.ping);
  verifyFunction('pong', options.pong);
  verifyFunction('violation', options.violation);
  verifyFunction('trace', options.trace);
}

/** One line for each value. @throws {UsageError} for what no header may be */
function headerLines(headers: HeaderFields): [name: string, value: string][] {
  verifyOption('headers', headers, isObject(headers), 'names and values');
  const fields = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const lines = fields.flatMap((field): [string, string][] => {
    verifyOption('each of headers', field, Array.isArray(field), 'a pair of a name and a value');
    const [name, values] = field;
    return [values].flat().map((value) => [name, value]);
  });
  for (const [name, value] of lines) {
    if (!isToken(name))
      throw new UsageError(`headers: ${JSON.stringify(name)} cannot be the name of a header`);
    if (OWN_HEADERS.test(name)) throw new UsageError(`headers: the handshake itself writes ${name}`);
    verifyHeaderValue(name, value);
  }
  return lines;
}

function verifyHeaderValue(name: string, value: string): void {
  if (typeof value !== 'string') {
    throw new UsageError(`the header ${name} must be a string, got ${shown(value)}`);
  }
  if (!HEADER_VALUE.test(value)) {
    throw new UsageError(`the header ${name} has a character that no header may have`);
  }
}

/** The page, in environments that play one. */
function location(): { readonly href: string; readonly origin: string } | undefined {
  return Reflect.get(globalThis, 'location');
}

/** The origin of the page. An opaque one, as that of `about:blank`, says nothing. */
function locationOrigin(): string | undefined {
  const origin = location()?.origin;
  return origin === 'null' ? undefined : origin;
}

/**
 * The URL to connect to: `ws:` or `wss:`, where `http:` and `https:` mean these; without a fragment.
 * @param base what a relative URL is relative to
 * @throws {DOMException} `SyntaxError`
 */
export function parseUrl(url: string | URL, base: string | URL | undefined = location()?.href): URL {
  const text = `${url}`;
  const from = base === undefined ? undefined : `${base}`;
  if (!URL.canParse(text, from)) {
    const kind = base === undefined ? 'an absolute URL, such as ws://localhost:8080/' : 'a URL';
    throw domException(`${JSON.stringify(text)} is not ${kind}`, 'SyntaxError');
  }
  const parsed = new URL(text, from);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw domException(`the URL must begin with ws: or wss:, got ${parsed.protocol}`, 'SyntaxError');
  }
  // Also an empty fragment, for which `hash` is empty too.
  if (parsed.href.includes('#')) throw domException('the URL must not have a fragment (#…)', 'SyntaxError');
  return parsed;
}

/**
 * The subprotocols to ask for. As in Web IDL, everything that is not iterable becomes a string: options in this place are an
 * error, which says where they belong.
 * @throws {DOMException} `SyntaxError` for one that is not a token, or a duplicate in any case (§4.1 item 10)
 */
export function parseSubprotocols(subprotocols: string | readonly string[]): readonly string[] {
  const isList = typeof subprotocols === 'object' && subprotocols !== null && Symbol.iterator in subprotocols;
  const all = isList ? Array.from(subprotocols, (each) => `${each}`) : [`${subprotocols}`];
  const different = new Set(all.map((subprotocol) => subprotocol.toLowerCase()));
  if (!all.every(isToken) || different.size !== all.length) {
    const isMisplaced = typeof subprotocols === 'object' && subprotocols !== null && !isList;
    const hint = isMisplaced ? '; options are the third argument: new WebSocket(url, [], options)' : '';
    throw domException(`subprotocols must be different tokens${hint}`, 'SyntaxError');
  }
  return all;
}
