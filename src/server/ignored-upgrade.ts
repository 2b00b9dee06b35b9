/**
 * An Upgrade to a protocol other than WebSocket, such as `h2c`, is ignored where an HTTP server has routes:
 * "A server MAY ignore a received Upgrade header field" (RFC 9110 §7.8). node:http must then handle the request as a
 * plain one.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import { inTurn } from './earlier-answers.ts';
import { ignoreError } from './node-http.ts';

/** An option of Node since 24.9, and of late versions of 22: whether a request with an Upgrade becomes an 'upgrade'. */
interface Decider {
  shouldUpgradeCallback?(request: IncomingMessage): boolean;
}

/** Makes an HTTP server ask before it makes an 'upgrade' of a request, if this version of Node can. */
export function askBeforeUpgrade(server: HttpServer, isIgnored: (request: IncomingMessage) => boolean): void {
  const decider: HttpServer & Decider = server;
  const before = decider.shouldUpgradeCallback;
  if (before === undefined) return;
  decider.shouldUpgradeCallback = (request) => before.call(server, request) && !isIgnored(request);
}

/**
 * Gives a request that has become an 'upgrade' back to its HTTP server, where Node did not ask before. The head, without
 * Upgrade, and the bytes behind it are put back as the beginning of a new connection. So node:http itself reads the body,
 * answers, keeps the connection alive and applies its timeouts.
 * @param request with all of its header lines: without a lost Content-Length, its body would be the next request
 * @param transport the socket of the request itself
 * @param timeoutMs how long the answers to earlier requests may take
 */
export function giveBack(
  server: HttpServer,
  request: IncomingMessage,
  transport: Duplex,
  head: Uint8Array,
  timeoutMs: number,
): void {
  transport.on('error', ignoreError); // node:http does not listen now
  void inTurn(transport, timeoutMs, () => {
    if (transport.destroyed || transport.writableEnded) return;
    if (head.length > 0) transport.unshift(head);
    transport.unshift(Buffer.from(headWithoutUpgrade(request), 'latin1'));
    if (transport instanceof Socket) transport.setTimeout(0); // it was that of an idle connection
    transport.off('error', ignoreError);
    server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', transport);
  });
}

/** The head of a request as it came, without its Upgrade. */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
