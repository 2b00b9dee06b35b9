/** The options of a client, and the errors of the WHATWG standard for its arguments. */
import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { UsageError } from '../protocol/errors.ts';
import { isToken } from '../protocol/handshake/headers.ts';
import type { Message } from '../protocol/message.ts';
import { MAX_WINDOW_BITS } from '../protocol/permessage-deflate/negotiation.ts';
import type { TracedFrame } from '../protocol/traced-frame.ts';
import { type DeflateOptions, type DeflateSettings, deflateSettings } from '../transport/deflate-options.ts';
import { MAX_TIMEOUT_MS, type SocketOptions, wholeNumber } from '../transport/socket-options.ts';
import { domException } from './dom-exception.ts';

/** Names and values: an object, a Map, a `Headers`, or a list of pairs. */
export type HeaderFields =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string | readonly string[]]>;

export interface ClientOptions extends SocketOptions {
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
  /**
   * Called with each message: a `string`, or a `Uint8Array` that is yours. As fast as a server's `message` handler, because
   * no event is made. An error in it, or in its promise, closes the socket with 1011, like an error in a listener.
   */
  message?: (data: Message) => unknown;
  /** Called with every frame that is sent or received, for debugging and for learning the protocol. */
  trace?: (frame: TracedFrame) => void;
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
  /** Makes the connection, for example through a proxy. An `https.Agent` for `wss:`. */
  agent?: Agent;
  /**
   * Makes the transport: a Unix socket, a tunnel, a stream of your own. For `wss:` it must include TLS.
   * @param url the URL to connect to
   */
  createConnection?(url: URL): Duplex | Promise<Duplex>;
}

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

/** @throws {UsageError} for an option that is given and invalid */
function verifyOption(name: string, value: unknown, isValid: boolean): void {
  if (value !== undefined && !isValid) throw new UsageError(`${name} cannot be ${String(value)}`);
}

/** @throws {UsageError} for an invalid value */
export function openingOptions(options: ClientOptions): OpeningOptions {
  const {
    headers = {},
    origin = locationOrigin(),
    openingTimeoutMs = 10_000,
    maxRedirects = 0,
    tls = {},
  } = options;
  const { perMessageDeflate = true } = options;
  const fields = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const lines = fields.flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
  for (const [name, value] of lines) {
    if (!isToken(name)) throw new UsageError(`${JSON.stringify(name)} is not the name of a header`);
    if (OWN_HEADERS.test(name)) throw new UsageError(`the handshake itself writes the header ${name}`);
    verifyHeaderValue(name, value);
  }
  if (origin !== undefined) verifyHeaderValue('Origin', origin);
  verifyOption('signal', options.signal, options.signal instanceof AbortSignal);
  verifyOption('message', options.message, typeof options.message === 'function');
  verifyOption('trace', options.trace, typeof options.trace === 'function');
  verifyOption('createConnection', options.createConnection, typeof options.createConnection === 'function');
  return {
    headers: lines,
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

function verifyHeaderValue(name: string, value: string): void {
  if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
    throw new UsageError(`the header ${name} has a value that no header may have`);
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
  if (!URL.canParse(text, from)) throw domException(`${text} is not a URL`, 'SyntaxError');
  const parsed = new URL(text, from);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw domException(`a WebSocket has a ws: or wss: URL, not ${parsed.protocol}`, 'SyntaxError');
  }
  // Also an empty fragment, for which `hash` is empty too.
  if (parsed.href.includes('#')) throw domException('a WebSocket URL has no fragment', 'SyntaxError');
  return parsed;
}

/**
 * The subprotocols to ask for. As in Web IDL, everything that is not iterable becomes a string: options in this place are an
 * error and not ignored.
 * @throws {DOMException} `SyntaxError` for one that is not a token, or a duplicate in any case (§4.1 item 10)
 */
export function parseSubprotocols(subprotocols: string | readonly string[]): readonly string[] {
  const isList = typeof subprotocols === 'object' && subprotocols !== null && Symbol.iterator in subprotocols;
  const all = isList ? Array.from(subprotocols, (each) => `${each}`) : [`${subprotocols}`];
  const different = new Set(all.map((subprotocol) => subprotocol.toLowerCase()));
  if (!all.every(isToken) || different.size !== all.length) {
    throw domException('subprotocols must be different tokens', 'SyntaxError');
  }
  return all;
}
