/** Requests of node:http, as the opening handshake sees them. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { ABSOLUTE_FORM, type HandshakeRequest } from '../protocol/handshake/request.ts';

/** A request for `verifyRequest`. */
export function handshakeRequest(request: IncomingMessage): HandshakeRequest {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    httpVersion: request.httpVersion,
    header: (name) => headerOf(request, name),
  };
}

/**
 * All lines of a header, joined with `, `: node:http keeps only the first Host in `headers`, and there may be only one
 * (RFC 9112 §3.2). It also makes that object when it is first asked for, which costs more than to look for the few names of a
 * handshake. A request made by hand may have `headers` alone.
 * @param name in lower case
 */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const { rawHeaders = [] } = request;
  if (rawHeaders.length === 0) return request.headers[name]?.toString();
  let joined: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const other = rawHeaders[index]!;
    if (other.length !== name.length || other.toLowerCase() !== name) continue;
    const value = rawHeaders[index + 1]!;
    joined = joined === undefined ? value : `${joined}, ${value}`;
  }
  return joined;
}

/** Whether a request came over TLS to this process. False behind a proxy that ends TLS. */
export function isSecure(request: IncomingMessage): boolean {
  return 'encrypted' in request.socket && request.socket.encrypted === true;
}

/** The resource name (§3): path and query, also of a request that has the whole URL (RFC 9112 §3.2.2). */
export function resourceNameOf(request: IncomingMessage): string {
  const { url = '' } = request;
  if (url.startsWith('/')) return url;
  const name = url.replace(ABSOLUTE_FORM, '');
  return name.startsWith('/') ? name : `/${name}`;
}

/** The path of a request without its query. */
export function pathOf(request: IncomingMessage): string {
  const name = resourceNameOf(request);
  const end = name.search(/[?#]/);
  return end < 0 ? name : name.slice(0, end);
}

/**
 * Whether header lines of a request may be lost: node:http reads no more of them than `maxHeadersCount`, and does not tell
 * whether there were more.
 * @param server the HTTP server that has read it. By default the one that node:http has noted on the socket; without one,
 * nothing is known, and nothing lost
 */
export function mayLackHeaders(
  { socket, rawHeaders = [] }: IncomingMessage,
  server: HttpServer | undefined = (socket as { server?: HttpServer }).server,
): boolean {
  if (server === undefined) return false;
  const limit = server.maxHeadersCount ?? 1_000; // the default of node:http
  return limit > 0 && rawHeaders.length / 2 >= limit;
}

/** A listener for errors of a transport that nothing else listens to. 'close' follows, and is enough to know. */
export function ignoreError(): void {}
