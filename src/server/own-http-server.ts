/** The HTTP server behind `WebSocketServer.listen`: it is there for upgrades alone. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal, refusalBody, refusalHeaders } from '../protocol/handshake/refusal.ts';
import { verifyRequest } from '../protocol/handshake/server.ts';
import { handshakeRequest } from './node-http.ts';
import { SERVER_CLOSING } from './refusals.ts';
import { routerOf } from './upgrade-router.ts';

/** @param timeoutMs how long a request may take to arrive. The timeouts of node:http hold until 'upgrade' */
export function createOwnHttpServer(
  timeoutMs: number,
  allowedHosts: readonly string[] | undefined,
): HttpServer {
  const connectionsCheckingInterval = Math.min(timeoutMs, 1_000);
  const limits = { headersTimeout: timeoutMs, requestTimeout: timeoutMs, connectionsCheckingInterval };
  const server = createServer(limits, (request, response) =>
    answerPlainRequest(request, response, allowedHosts),
  );
  routerOf(server, false);
  return server;
}

/** Resolves with the address when the server listens; rejects if it cannot. */
export function listenOn(server: HttpServer, port: number, host: string | undefined): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Answers a request without an upgrade: from a browser's address bar, curl, or a proxy that drops hop-by-hop headers. */
function answerPlainRequest(
  request: IncomingMessage,
  response: ServerResponse,
  allowedHosts: readonly string[] | undefined,
): void {
  const verdict = verifyRequest(handshakeRequest(request), { allowedOrigins: '*', allowedHosts });
  // A valid upgrade comes here when nothing listens for 'upgrade' any more.
  const refusal = verdict instanceof Refusal ? verdict : SERVER_CLOSING;
  response.writeHead(refusal.status, refusalHeaders(refusal).flat());
  response.end(refusalBody(refusal));
}
