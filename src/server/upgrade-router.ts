/** Several WebSocket servers on one HTTP server. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { hasToken } from '../protocol/handshake/headers.ts';
import type { Refusal } from '../protocol/handshake/refusal.ts';
import { inTurn } from './earlier-answers.ts';
import { askBeforeUpgrade, giveBack } from './ignored-upgrade.ts';
import { headerOf, ignoreError, mayLackHeaders, pathOf } from './node-http.ts';
import { sendRefusal, TOO_MANY_HEADERS } from './refusals.ts';

/** A WebSocket server, as an HTTP server sees it. */
export interface Endpoint {
  /** The path that it serves; undefined for all. */
  readonly path: string | undefined;
  onUpgrade(request: IncomingMessage, transport: Duplex, head: Uint8Array): void;
}

/** How long a refused client has to take its answer, in milliseconds. */
const REFUSAL_TIMEOUT_MS = 5_000;
/** How long the answers to earlier requests on the same connection may take, in milliseconds. */
const EARLIER_ANSWERS_TIMEOUT_MS = 10_000;

/** One `upgrade` listener for all endpoints: node:http calls every listener, and each would have to know the others. */
export class UpgradeRouter {
  readonly #server: HttpServer;
  readonly #hasRoutes: boolean;
  readonly #endpoints = new Set<Endpoint>();

  /** @param hasRoutes whether the HTTP server may have a purpose of its own */
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
    const isIgnored = this.#isIgnored(request) && transport === request.socket;
    const endpoint = isIgnored ? undefined : this.#endpointFor(request);
    const isForAnother = !isIgnored && endpoint === undefined && this.#server.listenerCount('upgrade') > 1;
    if (isForAnother)
      transport.on('error', ignoreError); // the other listeners may not want it either
    else if (mayLackHeaders(request, this.#server)) refuseInTurn(transport, request, TOO_MANY_HEADERS);
    else if (isIgnored) giveBack(this.#server, request, transport, head, EARLIER_ANSWERS_TIMEOUT_MS);
    // The first answers that nobody serves this path, and its `refused` handler hears of it.
    else (endpoint ?? this.#first)?.onUpgrade(request, transport, head);
  };

  get #first(): Endpoint | undefined {
    return this.#endpoints.values().next().value;
  }

  #endpointFor(request: IncomingMessage): Endpoint | undefined {
    const path = pathOf(request);
    let general: Endpoint | undefined;
    for (const endpoint of this.#endpoints) {
      if (endpoint.path === undefined) general ??= endpoint;
      else if (endpoint.path === path) return endpoint;
    }
    return general;
  }

  /** Whether a request asks for another protocol that no listener here speaks, so that it is one for the routes. */
  #isIgnored(request: IncomingMessage): boolean {
    if (!this.#hasRoutes || this.#endpoints.size === 0) return false;
    if (hasToken(headerOf(request, 'upgrade'), 'websocket')) return false;
    return this.#server.listenerCount('upgrade') === 1 && this.#server.listenerCount('request') > 0;
  }
}

function refuseInTurn(transport: Duplex, { method }: IncomingMessage, refusal: Refusal): void {
  transport.on('error', ignoreError); // node:http does not listen now
  void inTurn(transport, EARLIER_ANSWERS_TIMEOUT_MS, () =>
    sendRefusal(transport, refusal, REFUSAL_TIMEOUT_MS, method),
  );
}

const routers = new WeakMap<HttpServer, UpgradeRouter>();

/**
 * The router of an HTTP server, made when it is first asked for.
 * @param hasRoutes as for {@link UpgradeRouter}; it counts when the router is made
 */
export function routerOf(server: HttpServer, hasRoutes = true): UpgradeRouter {
  let router = routers.get(server);
  if (router === undefined) {
    router = new UpgradeRouter(server, hasRoutes);
    routers.set(server, router);
  }
  return router;
}
