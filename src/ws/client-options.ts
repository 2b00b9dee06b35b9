/** The options of a client, and the request that is made of them. */
import type { ClientRequest, ClientRequestArgs, OutgoingHttpHeaders } from 'node:http';
import net from 'node:net';
import querystring from 'node:querystring';
import type { Duplex } from 'node:stream';
import tls, { type ConnectionOptions as TlsOptions } from 'node:tls';
import { isToken } from '../protocol/index.ts';
import type { ConnectionOptions } from './link.ts';
import { deflateHeader, deflateOptions, PerMessageDeflate } from './permessage-deflate.ts';

/** All options of `http.request` and `tls.connect` are passed on. */
export interface ClientOptions
  extends ConnectionOptions,
    Omit<ClientRequestArgs, 'createConnection' | 'headers'>,
    Omit<TlsOptions, 'host' | 'path' | 'port' | 'timeout' | 'lookup' | 'createConnection'> {
  headers?: Record<string, string | number | readonly string[] | undefined> | undefined;
  /** Called with the request before it is sent; it has to end it. */
  finishRequest?: ((request: ClientRequest, websocket: never) => void) | undefined;
  /** @defaultValue false */
  followRedirects?: boolean | undefined;
  /** @defaultValue 10 */
  maxRedirects?: number | undefined;
  /** How long the opening handshake may take, in milliseconds. @defaultValue no limit */
  handshakeTimeout?: number | undefined;
  /** The Origin header. */
  origin?: string | undefined;
  /** 13 or 8. @defaultValue 13 */
  protocolVersion?: number | undefined;
  /** Subprotocols, where they are no argument. */
  protocols?: string | string[] | undefined;
  createConnection?: ((options: never, onCreate: never) => Duplex | null | undefined) | undefined;
}

/** What a request is made with. */
export type RequestOptions = Omit<ClientRequestArgs, 'headers'> & { headers: OutgoingHttpHeaders };

/** The URL; `http:` and `https:` mean `ws:` and `wss:`. @throws {SyntaxError} */
export function parseUrl(address: string | URL): URL {
  if (!URL.canParse(`${address}`)) throw new SyntaxError(`Invalid URL: ${address}`);
  const url = new URL(address);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  return url;
}

/** Why a URL cannot be connected to. */
export function urlError({ protocol, pathname, hash }: URL): SyntaxError | undefined {
  if (protocol !== 'ws:' && protocol !== 'wss:' && protocol !== 'ws+unix:')
    return new SyntaxError(
      `The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"`,
    );
  if (protocol === 'ws+unix:' && !pathname) return new SyntaxError("The URL's pathname is empty");
  return hash ? new SyntaxError('The URL contains a fragment identifier') : undefined;
}

/** @throws {SyntaxError} for what is no token, and for one that comes twice */
export function verifySubprotocols(names: readonly unknown[]): void {
  if (
    new Set(names).size === names.length &&
    names.every((name) => typeof name === 'string' && isToken(name))
  )
    return;
  throw new SyntaxError('An invalid or duplicated subprotocol was specified');
}

/** The options of the request for the upgrade. */
export function requestOptions(
  url: URL,
  key: string,
  subprotocols: readonly string[],
  options: ClientOptions,
): RequestOptions {
  const isSecure = url.protocol === 'wss:';
  const defaultPort = isSecure ? 443 : 80;
  const { handshakeTimeout, headers } = options;
  const made = {
    ...options,
    ...targetOf(url),
    createConnection: options.createConnection || (isSecure ? connectSecurely : connect),
    headers: { ...headers, ...handshakeHeaders(key, subprotocols, options) },
    method: 'GET',
    defaultPort: options.defaultPort || defaultPort,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    hostname: undefined,
    port: url.port || defaultPort,
    protocol: undefined,
    timeout: handshakeTimeout,
  };
  const auth =
    url.username || url.password
      ? `${querystring.unescape(url.username)}:${querystring.unescape(url.password)}`
      : options.auth;
  return (auth ? { ...made, auth } : made) as unknown as RequestOptions;
}

/** The path, and that of the Unix socket: `ws+unix:/run/socket:/path`. */
function targetOf({ protocol, pathname, search }: URL): { path: string; socketPath: string | undefined } {
  const path = pathname + search;
  if (protocol !== 'ws+unix:') return { path, socketPath: undefined };
  const [, socketPath, rest = ''] = /^([^:]*):?([\s\S]*)$/.exec(path) as unknown as [string, string, string];
  return { path: rest, socketPath };
}

function handshakeHeaders(
  key: string,
  subprotocols: readonly string[],
  { protocolVersion = 13, perMessageDeflate = true, origin }: ClientOptions,
): Record<string, unknown> {
  const headers: Record<string, unknown> = {
    'Sec-WebSocket-Version': protocolVersion,
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
  };
  const deflate = deflateOptions(perMessageDeflate);
  if (deflate !== undefined)
    headers['Sec-WebSocket-Extensions'] = deflateHeader(new PerMessageDeflate(deflate).offer());
  if (subprotocols.length > 0) headers['Sec-WebSocket-Protocol'] = subprotocols.join(',');
  if (origin) headers[protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = origin;
  return headers;
}

/** In the options of a request, the path is that of the URL. */
function connect(options: { path?: string; socketPath?: string }): Duplex {
  return net.connect({ ...options, path: options.socketPath } as never);
}

function connectSecurely(options: { host: string; path?: string; servername?: string }): Duplex {
  const { host } = options;
  const servername = options.servername ?? (net.isIP(host) ? '' : host);
  return tls.connect({ ...options, servername, path: undefined } as never);
}
