/** The server's side of the opening handshake, §4.2: verify the request, build the 101. */
import { UsageError } from '../errors.ts';
import { acceptKey, isHandshakeKey } from './accept-key.ts';
import {
  type Extension,
  hasToken,
  parseExtensions,
  parseTokenList,
  serializeExtensions,
  serializeHeader,
  serializeOwnHeaders,
} from './headers.ts';
import { type Refusal, refuse } from './refusal.ts';
import { authorityOf, type HandshakeRequest, type HeaderLines, isHost } from './request.ts';

export interface VerifyOptions {
  /** Whether the request is known to have come over TLS; then the origin of an `http:` page is foreign. */
  secure?: boolean;
  /**
   * Origins that may connect in addition to the server's own, as a browser sends them (`https://example.com`, `null`), or
   * `'*'` for all.
   */
  allowedOrigins?: readonly string[] | '*';
  /** The server's own origin, as a browser sends it. @defaultValue what the host of the request says */
  origin?: string | undefined;
  /** The values of Host that are accepted, as in {@link isAllowedHost}. @defaultValue every host */
  allowedHosts?: readonly string[] | undefined;
}

/** The contents of a valid request. */
export interface Opening {
  /** The host that was asked for, with its port unless that is the default: from the target, if it is a URL, or else from Host. */
  readonly host: string;
  readonly key: string;
  /** Undefined if the request does not come from a browser. */
  readonly origin: string | undefined;
  /** In the client's order of preference. */
  readonly subprotocols: readonly string[];
  /** The extensions offered; empty if there are none or the header is malformed. */
  readonly extensions: readonly Extension[];
}

/** Verifies a request in the order of §4.2.1. */
export function verifyRequest(request: HandshakeRequest, options: VerifyOptions = {}): Opening | Refusal {
  const namedHost = request.header('host');
  const host = authorityOf(request.target) ?? namedHost; // RFC 9112 §3.2.2: the target's authority, not Host
  const key = request.header('sec-websocket-key') ?? '';
  const origin = request.header('origin');
  const subprotocols = parseSubprotocols(request.header('sec-websocket-protocol'));

  if (!isHttp11(request.httpVersion)) return refuse('not-http-1.1'); // item 1
  if (request.method !== 'GET') return refuse('not-get'); // item 1
  if (namedHost === undefined || !host) return refuse('no-host'); // item 2
  if (!isHost(host) || !isHost(namedHost || host)) return refuse('bad-host'); // item 2
  if (!isAllowedHost(host, options.allowedHosts)) return refuse('foreign-host'); // item 2
  if (!hasToken(request.header('upgrade'), 'websocket')) return refuse('no-upgrade'); // item 3
  if (!hasToken(request.header('connection'), 'upgrade')) return refuse('no-connection-upgrade'); // item 4
  if (hasBody(request)) return refuse('has-body'); // RFC 9110 §7.8
  if (!isHandshakeKey(key)) return refuse('bad-key'); // item 5
  if (request.header('sec-websocket-version') !== '13') return refuse('bad-version'); // item 6
  if (!isAllowedOrigin(origin, host, options)) return refuse('foreign-origin'); // item 7
  if (subprotocols === undefined) return refuse('bad-subprotocols'); // item 8
  const extensions = parseExtensions(request.header('sec-websocket-extensions') ?? '') ?? []; // item 9
  return { host, key, origin, subprotocols, extensions };
}

function isHttp11(version: string): boolean {
  if (version === '1.1') return true;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 1);
}

/** Another protocol can begin only behind the whole request, and the bytes of a body would be taken for frames. */
function hasBody(request: HandshakeRequest): boolean {
  if (request.header('transfer-encoding') !== undefined) return true; // RFC 9112 §6.3
  return !/^0*$/.test(request.header('content-length') ?? '');
}

/** The subprotocols in the client's order, none without a header; undefined if the header breaks §4.1 item 10. */
function parseSubprotocols(value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return [];
  const tokens = parseTokenList(value);
  return tokens !== undefined && new Set(tokens).size === tokens.length ? tokens : undefined;
}

/**
 * Whether a server accepts a value of Host. In DNS rebinding an attacker points a name of their own at this machine, so that
 * their page has the same origin as the server. Only Host shows that the name is not the server's.
 * @param allowedHosts hosts, such as `example.com` or `[::1]:8080`, in any case; a host without a port stands for all ports.
 * Undefined for every host
 */
export function isAllowedHost(
  host: string | undefined,
  allowedHosts: readonly string[] | undefined,
): boolean {
  if (allowedHosts === undefined) return true;
  if (host === undefined) return false;
  const named = host.toLowerCase();
  const name = named.replace(/:\d*$/, '');
  // No port means the default port of the scheme, and behind a proxy that ends TLS the scheme is not known.
  const spellings = named === name ? [name, `${name}:80`, `${name}:443`] : [name, named];
  return allowedHosts.some((allowed) => spellings.includes(allowed.toLowerCase()));
}

/**
 * Whether the origin of a request is allowed. Browsers let any page open a WebSocket to any server, and send the cookies of
 * that server; only Origin shows that the page is foreign (§10.2). Clients other than browsers send none.
 */
function isAllowedOrigin(origin: string | undefined, ownHost: string, options: VerifyOptions): boolean {
  if (origin === undefined) return true;
  const { allowedOrigins = [], origin: ownOrigin, secure = false } = options;
  if (allowedOrigins === '*' || allowedOrigins.includes(origin)) return true;
  if (ownOrigin !== undefined) return origin === ownOrigin;
  if (origin === `${secure ? 'https' : 'http'}://${ownHost}`) return true; // as a browser writes it
  const page = /^(https?):\/\/([^/]+)$/i.exec(origin.toLowerCase());
  if (page === null) return false; // "null", or not the origin of a web page
  const [, scheme, host] = page as unknown as [string, string, string];
  if (secure && scheme === 'http') return false;
  const defaultPort = scheme === 'http' ? ':80' : ':443';
  return withoutSuffix(host, defaultPort) === withoutSuffix(ownHost.toLowerCase(), defaultPort);
}

function withoutSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

/** What the server grants. */
export interface Grant {
  /** One of those that the client has offered. */
  subprotocol?: string | undefined;
  /** The extensions in use, with the agreed parameters. */
  extensions?: readonly Extension[];
  /** More header lines, such as Set-Cookie. @defaultValue none */
  headers?: HeaderLines;
}

/**
 * The 101 response, §4.2.2 item 5, as it is sent.
 * @throws {UsageError} for a subprotocol that was not offered, and for headers as in {@link serializeGrantedHeaders}
 */
export function serializeAcceptance({ key, subprotocols }: Opening, grant: Grant = {}): string {
  const { subprotocol, extensions = [], headers = [] } = grant;
  const lines = [
    'HTTP/1.1 101 Switching Protocols', // 5.1
    'Upgrade: websocket', // 5.2
    'Connection: Upgrade', // 5.3
    `Sec-WebSocket-Accept: ${acceptKey(key)}`, // 5.4
  ];
  if (subprotocol !== undefined) {
    if (!subprotocols.includes(subprotocol))
      throw new UsageError(`the client did not offer "${subprotocol}"`);
    lines.push(serializeHeader('Sec-WebSocket-Protocol', subprotocol)); // 5.5
  }
  if (extensions.length > 0)
    lines.push(serializeHeader('Sec-WebSocket-Extensions', serializeExtensions(extensions))); // 5.6
  lines.push(...serializeGrantedHeaders(headers));
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * The application's header lines for a 101 response.
 * @throws {UsageError} for a header that the handshake itself writes, or that is about a body or the connection
 */
export function serializeGrantedHeaders(headers: HeaderLines): string[] {
  return serializeOwnHeaders(headers, /^sec-websocket-/i);
}
