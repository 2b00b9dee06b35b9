/** The server's side of the opening handshake, §4.2: verify the request, build the response. */
import { UsageError } from '../errors.ts';
import { acceptKey, isHandshakeKey } from './accept-key.ts';
import {
  type Extension,
  hasToken,
  isToken,
  parseExtensions,
  parseTokenList,
  serializeExtensions,
} from './headers.ts';
import { authorityOf, type HandshakeRequest, type HeaderLines, isHost } from './request.ts';

/** Why a request is refused: one row for each rule, with the status, the message, and a header that tells what is accepted. */
export const REFUSALS = {
  'not-http-1.1': {
    status: 426,
    section: '§4.2.1 item 1',
    message: 'the request must be HTTP/1.1 or higher (does a proxy speak HTTP/1.0?)',
  },
  'not-get': {
    status: 405,
    section: '§4.2.1 item 1',
    message: 'the method must be GET',
    header: ['Allow', 'GET'],
  },
  'no-host': { status: 400, section: '§4.2.1 item 2', message: 'the request has no Host' },
  'bad-host': {
    status: 400,
    section: '§4.2.1 item 2, RFC 9112 §3.2',
    message: 'Host must be one name or address, with or without a port',
  },
  'foreign-host': {
    status: 421,
    section: '§4.2.1 item 2, RFC 9110 §15.5.20',
    message: 'this server does not answer to the name in Host',
  },
  'no-upgrade': {
    status: 426,
    section: '§4.2.1 item 3',
    message: 'this is a WebSocket endpoint: the request has no Upgrade: websocket',
  },
  'no-connection-upgrade': {
    status: 426,
    section: '§4.2.1 item 4',
    message: 'the request has no Connection: Upgrade (has a proxy removed it?)',
  },
  'has-body': {
    status: 400,
    section: 'RFC 9110 §7.8',
    message: 'a request for an upgrade must not have a body',
  },
  'bad-key': {
    status: 400,
    section: '§4.2.1 item 5',
    message: 'Sec-WebSocket-Key must be 16 bytes in base64',
  },
  'bad-version': {
    status: 426,
    section: '§4.2.1 item 6, §4.4',
    message: 'Sec-WebSocket-Version must be 13',
    header: ['Sec-WebSocket-Version', '13'],
  },
  'foreign-origin': {
    status: 403,
    section: '§4.2.2 item 4, §10.2',
    message: "the Origin is neither this server's own nor an allowed one",
  },
  'bad-subprotocols': {
    status: 400,
    section: '§4.2.1 item 8, §4.1 item 10',
    message: 'Sec-WebSocket-Protocol must be a list of tokens, none of them twice',
  },
} as const;

interface RefusalRow {
  readonly status: number;
  readonly section: string;
  readonly message: string;
  readonly header?: readonly [name: string, value: string];
}

/** The id of a rule in {@link REFUSALS}. */
export type RefusalId = keyof typeof REFUSALS;

/** A response other than 101: the request does not become a WebSocket. */
export class Refusal {
  /** The rule of the handshake that the request has broken; undefined if the application has refused it. */
  readonly id: RefusalId | undefined;
  /** The HTTP status, usually from 400 to 599; never 1xx. */
  readonly status: number;
  /** One sentence, sent as the body unless the status is 204, 205 or 304. */
  readonly message: string;
  readonly headers: HeaderLines;

  constructor(status: number, message: string, headers: HeaderLines = [], id?: RefusalId) {
    this.status = status;
    this.message = message;
    this.headers = headers;
    this.id = id;
  }
}

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

function refuse(id: RefusalId): Refusal {
  const row: RefusalRow = REFUSALS[id];
  return new Refusal(row.status, row.message, row.header === undefined ? [] : [row.header], id);
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

/** A response other than 101 as it is sent. @throws {UsageError} for an invalid status or header */
export function serializeRefusal(refusal: Refusal, method = 'GET'): string {
  const { status } = refusal;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new UsageError(`${status} is not an HTTP status`);
  serializeOwnHeaders(refusal.headers); // throws
  const headers = refusalHeaders(refusal).map(([name, value]) => serializeHeader(name, value));
  const body = method === 'HEAD' ? '' : refusalBody(refusal); // RFC 9110 §9.3.2
  return [`HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ''}`, ...headers, '', body].join('\r\n');
}

/** The headers of a response other than 101, for {@link refusalBody}. */
export function refusalHeaders(refusal: Refusal): HeaderLines {
  const { status, headers } = refusal;
  const isUpgradeRequired = status === 426;
  const hasMediaType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const body = refusalBody(refusal);
  const lines: [string, string][] = [
    // RFC 9110 §15.5.22: a 426 names the protocol in Upgrade. RFC 9110 §7.8: a sender of Upgrade names that in Connection.
    ['Connection', isUpgradeRequired ? 'close, Upgrade' : 'close'],
  ];
  if (body !== '' && !hasMediaType) lines.push(['Content-Type', 'text/plain; charset=utf-8']);
  // RFC 9110 §8.6: none in a 204; in a 304 it would be the length of the answer that is not sent again.
  if (status !== 204 && status !== 304)
    lines.push(['Content-Length', `${new TextEncoder().encode(body).length}`]);
  if (isUpgradeRequired) lines.push(['Upgrade', 'websocket']);
  return [...lines, ...headers];
}

/** The message and a line feed; empty for a status that has no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export function refusalBody({ status, message }: Refusal): string {
  return [204, 205, 304].includes(status) ? '' : `${message}\n`;
}

/** Headers that say where a message ends, or belong to one connection (RFC 9110 §7.6.1, §8.6, RFC 9112 §6). */
const FRAMING_HEADERS =
  /^(connection|content-length|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

/** Header lines that the application gives. @throws {UsageError} for one that it may not set, or that is none */
function serializeOwnHeaders(headers: HeaderLines, reserved?: RegExp): string[] {
  return headers.map(([name, value]) => {
    if (FRAMING_HEADERS.test(name) || reserved?.test(name) === true)
      throw new UsageError(`the handshake itself decides about the header ${name}`);
    return serializeHeader(name, value);
  });
}

/** A header on one line: a CR or LF in it would begin another header (RFC 9110 §5.5). */
function serializeHeader(name: string, value: string): string {
  if (!isToken(name)) throw new UsageError(`${JSON.stringify(name)} is not a header name`);
  if (typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value))
    throw new UsageError(`the value of ${name} has a character no header may have`);
  return `${name}: ${value}`;
}

/** RFC 9110 §15, for the statuses that make sense in a handshake. Others are sent without a phrase, which is allowed. */
const REASON_PHRASES: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  410: 'Gone',
  421: 'Misdirected Request',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
