/** Requests of node:http, as the opening handshake sees them. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { ABSOLUTE_FORM, type HandshakeRequest } from '../protocol/handshake/request.ts';

/** A request for `verifyRequest`. One made by hand may have `headers` alone. */
export function handshakeRequest(request: IncomingMessage): HandshakeRequest {
  const { rawHeaders = [] } = request;
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    httpVersion: request.httpVersion,
    header: (name) =>
      rawHeaders.length > 0 ? linesOf(rawHeaders, name) : request.headers[name]?.toString(),
  };
}

/**
 * All lines of a header, joined. `headers` has only the first Host, and there may be only one (RFC 9112 §3.2). And node:http makes
 * that object when it is first asked for: to look for ten names costs less.
 */
function linesOf(rawHeaders: readonly string[], name: string): string | undefined {
  let lines: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const other = rawHeaders[index]!;
    if (other.length !== name.length || other.toLowerCase() !== name) continue;
    const value = rawHeaders[index + 1]!;
    lines = lines === undefined ? value : `${lines}, ${value}`;
  }
  return lines;
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
