/** What a user gives a client, and the errors that the WHATWG standard has for it. */
import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { TracedFrame } from '../protocol/connection.ts';
import { UsageError } from '../protocol/errors.ts';
import { isToken } from '../protocol/handshake/headers.ts';
import type { Message } from '../protocol/message.ts';
import { MAX_WINDOW_BITS } from '../protocol/permessage-deflate/negotiation.ts';
import { type DeflateOptions, type DeflateSettings, deflateSettings } from '../transport/deflate-options.ts';
import { MAX_TIMEOUT_MS, type SocketOptions, wholeNumber } from '../transport/socket-options.ts';

/** Names and values: an object, a Map, a `Headers`, or a list of pairs. */
export type HeaderFields =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string | readonly string[]]>;

export interface ClientOptions extends SocketOptions {
  /** More headers for the request, such as `Authorization` or `Cookie`; those that the handshake writes are not allowed. */
  headers?: HeaderFields;
  /** The Origin header, for servers that want one. @defaultValue none, as is right for what is no browser (§4.1 item 8) */
  origin?: string;
  /** Whether compression is offered (RFC 7692), as browsers do. @defaultValue true */
  perMessageDeflate?: boolean | DeflateOptions;
  /**
   * Is given each message that comes: a `string`, or a `Uint8Array` that is yours. As fast as a server's `message` handler,
   * because no event is made; an error of it, now or in its promise, closes the socket with 1011, as that of a listener does.
   */
  message?: (data: Message) => unknown;
  /** Sees every frame that goes or comes, for those who look for a fault or learn the protocol. */
  trace?: (frame: TracedFrame) => void;
  /** How long it may take until the connection is open, redirects included, in milliseconds. @defaultValue 10,000 */
  openingTimeoutMs?: number;
  /** Gives up while the connection is not open yet. It means nothing afterwards. */
  signal?: AbortSignal;
  /**
   * How many redirects are followed. To another origin `Authorization`, `Cookie`, `Proxy-Authorization`, the user in the
   * URL and client certificates are left behind, though not what an `agent` has of its own; from `wss:` to `ws:` none is
   * followed.
   * @defaultValue 0: a redirect is an answer like any other that is not 101
   */
  maxRedirects?: number;
  /** For `wss:`: what `tls.connect` takes, such as `ca`, `cert` and `key`, or `rejectUnauthorized`. */
  tls?: ConnectionOptions;
  /** Makes the connection, such as an agent that goes through a proxy. An `https.Agent` for `wss:`. */
  agent?: Agent;
  /**
   * Makes the transport: a Unix socket, a tunnel, a stream of one's own. For `wss:` TLS is its job too.
   * @param url where to
   */
  createConnection?(url: URL): Duplex | Promise<Duplex>;
}

/** Where to, and what to ask for. */
export interface Target {
  readonly url: URL;
  readonly subprotocols: readonly string[];
  readonly options: OpeningOptions;
}

/** Headers that the handshake writes itself. */
const OWN_HEADERS = /^(host|upgrade|connection|origin|content-length|transfer-encoding|sec-websocket-.*)$/i;

/** RFC 9110 §5.5: what the value of a header may have; above all no line break. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The options of the opening handshake, checked. @throws {UsageError} for a value that is not of its kind */
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

/** @throws {UsageError} for an option that is there and not of its kind */
function verifyKind(name: string, value: unknown, isOfItsKind: boolean): void {
  if (value !== undefined && !isOfItsKind) throw new UsageError(`${name} cannot be ${String(value)}`);
}

export function openingOptions(options: ClientOptions): OpeningOptions {
  const { headers = {}, origin, openingTimeoutMs = 10_000, maxRedirects = 0, tls = {} } = options;
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
  verifyKind('signal', options.signal, options.signal instanceof AbortSignal);
  verifyKind('message', options.message, typeof options.message === 'function');
  verifyKind('trace', options.trace, typeof options.trace === 'function');
  verifyKind('createConnection', options.createConnection, typeof options.createConnection === 'function');
  return {
    headers: lines,
    origin,
    deflate: deflateSettings(options.perMessageDeflate ?? true, MAX_WINDOW_BITS),
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

/**
 * The URL to connect to: `ws:` or `wss:`, where `http:` and `https:` mean these; no fragment. There is no base that a
 * relative one could be relative to.
 * @throws {DOMException} `SyntaxError`
 */
export function parseUrl(url: string | URL): URL {
  const text = String(url);
  if (!URL.canParse(text)) throw new DOMException(`${text} is not a URL`, 'SyntaxError');
  const parsed = new URL(text);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw new DOMException(`a WebSocket has a ws: or wss: URL, not ${parsed.protocol}`, 'SyntaxError');
  }
  // Also an empty one, which `hash` does not tell from none.
  if (parsed.href.includes('#')) throw new DOMException('a WebSocket URL has no fragment', 'SyntaxError');
  return parsed;
}

/**
 * The subprotocols to ask for. As in Web IDL, what is no list is a string, so options in this place do not go unnoticed.
 * @throws {DOMException} `SyntaxError` for one that is no token or there twice, whatever its case (§4.1 item 10)
 */
export function parseSubprotocols(subprotocols: string | readonly string[]): readonly string[] {
  const isList = typeof subprotocols === 'object' && subprotocols !== null && Symbol.iterator in subprotocols;
  const all = isList ? Array.from(subprotocols, String) : [String(subprotocols)];
  const different = new Set(all.map((subprotocol) => subprotocol.toLowerCase()));
  if (!all.every(isToken) || different.size !== all.length) {
    throw new DOMException('subprotocols must be different tokens', 'SyntaxError');
  }
  return all;
}
