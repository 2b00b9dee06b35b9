/** node:http as the opening handshake sees it, and several WebSocket servers on one HTTP server. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { hasToken } from '../protocol/handshake/headers.ts';
import type { HandshakeRequest } from '../protocol/handshake/request.ts';
import { Refusal, refusalHeaders, serializeRefusal, verifyRequest } from '../protocol/handshake/server.ts';
import { askBeforeUpgrade, giveBack } from './ignored-upgrade.ts';

/** A request of node:http for `verifyRequest`. Node joins what is repeated with `, `; of Host it keeps the first. */
export function handshakeRequest(request: IncomingMessage): HandshakeRequest {
  return {
    method: request.method ?? '',
    httpVersion: request.httpVersion,
    header: (name) => request.headers[name]?.toString(),
  };
}

/** Whether a request came over TLS to this process. A proxy in front may have ended TLS before: then it is false. */
export function isSecure(request: IncomingMessage): boolean {
  return 'encrypted' in request.socket && request.socket.encrypted === true;
}

/** The resource name (§3), path and query. A proxy may send the whole URL (RFC 9112 §3.2.2); the rest of it goes. */
export function resourceNameOf(request: IncomingMessage): string {
  const { url = '' } = request;
  if (url.startsWith('/')) return url;
  const name = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return name.startsWith('/') ? name : `/${name}`;
}

/** The path of a request without its query. */
export function pathOf(request: IncomingMessage): string {
  const name = resourceNameOf(request);
  const end = name.search(/[?#]/);
  return end < 0 ? name : name.slice(0, end);
}

/**
 * Answers with an HTTP error and ends the connection. What the client still sends is read and dropped, because a
 * reset could overtake the answer; after `timeoutMs` it has had its time.
 */
export function sendRefusal(transport: Duplex, refusal: Refusal, timeoutMs: number): void {
  transport.on('error', ignore); // nobody else listens, and an unheard 'error' would end the process
  transport.end(serializeRefusal(refusal));
  transport.resume();
  const timer = setTimeout(() => transport.destroy(), timeoutMs).unref();
  transport.once('close', () => clearTimeout(timer));
}

/** What may be attached to an HTTP server. */
export interface Endpoint {
  /** The path that it serves; undefined for all. */
  readonly path: string | undefined;
  onUpgrade(request: IncomingMessage, transport: Duplex, head: Uint8Array): void;
}

/** One `upgrade` listener an HTTP server, because node:http asks all of them and each would have to know the others. */
class UpgradeRouter {
  readonly #server: HttpServer;
  readonly #hasRoutes: boolean;
  readonly #endpoints = new Set<Endpoint>();

  /** @param hasRoutes whether the HTTP server may do something else besides */
  constructor(server: HttpServer, hasRoutes: boolean) {
    this.#server = server;
    this.#hasRoutes = hasRoutes;
    askBeforeUpgrade(server, (request) => this.#isIgnored(request));
  }

  add(endpoint: Endpoint): void {
    if (this.#endpoints.size === 0) this.#server.on('upgrade', this.#route);
    this.#endpoints.add(endpoint);
  }

  remove(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint);
    if (this.#endpoints.size === 0) this.#server.off('upgrade', this.#route);
  }

  #route = (request: IncomingMessage, transport: Duplex, head: Uint8Array): void => {
    if (this.#isIgnored(request) && transport === request.socket) {
      giveBack(this.#server, request, transport, head);
      return;
    }
    const path = pathOf(request);
    const endpoints = [...this.#endpoints];
    const endpoint =
      endpoints.find((one) => one.path === path) ?? endpoints.find((one) => one.path === undefined);
    if (endpoint !== undefined) endpoint.onUpgrade(request, transport, head);
    else if (this.#server.listenerCount('upgrade') === 1) {
      sendRefusal(
        transport,
        new Refusal(404, 'there is no WebSocket endpoint at this path'),
        REFUSAL_TIMEOUT_MS,
      );
    } else {
      transport.on('error', ignore); // whoever else listens may not want it either
    }
  };

  /** Whether a request asks for another protocol that nobody here speaks, so that it is one for the routes. */
  #isIgnored(request: IncomingMessage): boolean {
    if (!this.#hasRoutes || this.#endpoints.size === 0) return false;
    if (hasToken(request.headers.upgrade, 'websocket')) return false;
    return this.#server.listenerCount('upgrade') === 1 && this.#server.listenerCount('request') > 0;
  }
}

/** How long a refused client has to take its answer. */
const REFUSAL_TIMEOUT_MS = 5_000;

const routers = new WeakMap<HttpServer, UpgradeRouter>();

/** The router of an HTTP server, made when it is first asked for. */
export function routerOf(server: HttpServer): UpgradeRouter {
  let router = routers.get(server);
  if (router === undefined) {
    router = new UpgradeRouter(server, true);
    routers.set(server, router);
  }
  return router;
}

/** For errors that are followed by 'close', which says enough. */
export function ignore(): void {}

/**
 * An HTTP server for upgrades alone.
 * @param timeoutMs how long a request may take to come; node:http's own timeouts hold until 'upgrade'
 */
export function createUpgradeServer(
  timeoutMs: number,
  allowedHosts: readonly string[] | undefined,
): HttpServer {
  const connectionsCheckingInterval = Math.min(timeoutMs, 1_000);
  const limits = { headersTimeout: timeoutMs, requestTimeout: timeoutMs, connectionsCheckingInterval };
  const server = createServer(limits, (request, response) =>
    answerPlainRequest(request, response, allowedHosts),
  );
  routers.set(server, new UpgradeRouter(server, false));
  return server;
}

/** Resolves with the address when the server listens; rejects if it cannot. */
export function listening(server: HttpServer, port: number, host: string | undefined): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** For those who come with a browser's address bar, with curl, or through a proxy that drops hop-by-hop headers. */
function answerPlainRequest(
  request: IncomingMessage,
  response: ServerResponse,
  allowedHosts: readonly string[] | undefined,
): void {
  const verdict = verifyRequest(handshakeRequest(request), { allowedOrigins: '*', allowedHosts });
  const refusal = verdict instanceof Refusal ? verdict : NOT_UPGRADED;
  response.writeHead(refusal.status, refusalHeaders(refusal).flat());
  response.end(`${refusal.message}\n`);
}

/** A good request that node:http took for a plain one, because nobody listens for upgrades any more. */
const NOT_UPGRADED = new Refusal(503, 'the server is closing');
