/** WebSocketServer: an 'upgrade' of node:http → the opening handshake (§4.2) → a WebSocket. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CloseInfo } from './close-info.ts';
import { type Endpoint, handshakeRequest, ignore, isSecure, pathOf, routerOf, sendRefusal } from './http.ts';
import { atLeast, type SocketLimits, socketLimits } from './options.ts';
import { CLOSE_CODE } from './protocol/close.ts';
import { UsageError } from './protocol/errors.ts';
import {
  type Opening,
  Refusal,
  refusalHeaders,
  serializeAcceptance,
  verifyRequest,
} from './protocol/handshake/server.ts';
import type { Handlers, ServerCloseOptions, ServerOptions } from './server-options.ts';
import { type Acceptor, internals, type WebSocket } from './websocket.ts';

/**
 * Accepts WebSocket connections: on a port of its own (`listen`), beside the routes of an HTTP server (`attach`), or
 * request by request (`handleUpgrade`).
 *
 * ```ts
 * const server = new WebSocketServer({}, { message: (socket, data) => socket.send(data) });
 * await server.listen(8080, '127.0.0.1');
 * ```
 */
export class WebSocketServer<Data = undefined> {
  readonly #options: ServerOptions<Data>;
  readonly #limits: SocketLimits;
  readonly #handshakeTimeoutMs: number;
  readonly #handlers: Handlers<Data>;
  readonly #acceptor: Acceptor<Data>;
  readonly #endpoint: Endpoint;
  readonly #sockets = new Set<WebSocket<Data>>();
  /** Transports in the opening handshake, or refused and not gone yet. */
  readonly #guests = new Set<Duplex>();
  readonly #attachedTo = new Set<HttpServer>();
  #ownServer: HttpServer | undefined;
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  /**
   * @param handler an object of handlers for all sockets, the fast path; or a function that is called with each new
   * socket and its request
   * @throws {UsageError} for an option that is not of its kind
   */
  constructor(options: ServerOptions<Data> = {}, handler: Handlers<Data> | Handlers<Data>['open'] = {}) {
    this.#options = options;
    this.#limits = socketLimits(options);
    this.#handshakeTimeoutMs = atLeast(1, 'handshakeTimeoutMs', options.handshakeTimeoutMs ?? 10_000);
    if (options.path !== undefined && !/^\/[^?#]*$/.test(options.path)) {
      throw new UsageError(`path must begin with a slash and have no query, not ${options.path}`);
    }
    const handlers: Handlers<Data> = typeof handler === 'function' ? { open: handler } : handler;
    this.#handlers = handlers;
    this.#acceptor = {
      ...(handlers.message && { message: (socket, data) => handlers.message?.(socket, data) }),
      ended: (socket, info) => this.#onEnded(socket, info),
      report: (error, socket) => this.#report(error, socket),
    };
    this.#endpoint = {
      path: options.path,
      onUpgrade: (request, transport, head) => void this.handleUpgrade(request, transport, head),
    };
  }

  /** The sockets that are open or closing. */
  get sockets(): ReadonlySet<WebSocket<Data>> {
    return this.#sockets;
  }

  /** The path that is served; undefined for all. */
  get path(): string | undefined {
    return this.#options.path;
  }

  /**
   * Listens on a port of its own; plain HTTP requests get 426.
   * @param port 0 for any that is free
   * @param host the address to listen on. @defaultValue all, as in node:http; `'127.0.0.1'` for this machine only
   * @returns the address; rejects if it cannot be had
   */
  listen(port: number, host?: string): Promise<AddressInfo> {
    if (this.#ownServer !== undefined || this.#isClosing)
      throw new UsageError('this server listens or is closed');
    const timeout = this.#handshakeTimeoutMs;
    const server = createServer(
      // node:http's own timeouts hold until 'upgrade': for the bytes of the request.
      {
        headersTimeout: timeout,
        requestTimeout: timeout,
        connectionsCheckingInterval: Math.min(timeout, 1_000),
      },
      answerPlainRequest,
    );
    this.#ownServer = server;
    this.attach(server);
    return new Promise((resolve, reject) => {
      const onRefused = (error: Error) => {
        this.#detach(server);
        this.#ownServer = undefined;
        reject(error);
      };
      server.once('error', onRefused);
      server.listen(port, host, () => {
        server.off('error', onRefused);
        server.on('error', (error) => this.#report(error, undefined)); // out of file descriptors, say
        resolve(server.address() as AddressInfo);
      });
    });
  }

  /**
   * Takes the upgrades of an HTTP server, whose routes stay its own. Several servers may be attached to one, each with
   * its `path`; what none of them serves gets 404, unless someone else listens for 'upgrade' too.
   */
  attach(server: HttpServer | HttpsServer): this {
    routerOf(server).add(this.#endpoint);
    this.#attachedTo.add(server);
    return this;
  }

  /**
   * Makes a WebSocket of one upgrade, for those who route by hand; the parameters are those of node:http's 'upgrade'.
   * @returns the open socket, or undefined when the request was refused or the client has gone; never rejects
   */
  async handleUpgrade(
    request: IncomingMessage,
    transport: Duplex,
    head: Uint8Array,
  ): Promise<WebSocket<Data> | undefined> {
    transport.on('error', ignore); // before anything else: nobody else listens now
    this.#guests.add(transport);
    transport.once('close', () => this.#guests.delete(transport));
    try {
      return await this.#open(request, transport, head);
    } catch (error) {
      this.#report(error, undefined);
      this.#refuse(request, transport, new Refusal(500, 'the server failed to handle this request'));
      return undefined;
    }
  }

  /**
   * Stops: accepts nothing more, says goodbye to every socket, and terminates those that have not answered in time. An
   * HTTP server that it was attached to goes on.
   * @returns resolves when all sockets are gone, and the port is free
   */
  async close(options: ServerCloseOptions = {}): Promise<void> {
    const { code = CLOSE_CODE.goingAway, reason = '', timeoutMs = this.#limits.closeTimeoutMs } = options;
    this.#isClosing = true;
    for (const socket of this.#sockets) socket.close(code, reason);
    for (const server of this.#attachedTo) this.#detach(server);
    const ownServer = this.#ownServer;
    const portIsFree = new Promise<void>((resolve) => {
      if (ownServer?.listening) ownServer.close(() => resolve());
      else resolve();
    });
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.terminate();
      for (const transport of this.#guests) transport.destroy();
    }, timeoutMs);
    await this.#allGone();
    ownServer?.closeAllConnections();
    await portIsFree;
    clearTimeout(timer);
  }

  async #open(
    request: IncomingMessage,
    transport: Duplex,
    head: Uint8Array,
  ): Promise<WebSocket<Data> | undefined> {
    const opening = this.#verify(request);
    if (opening instanceof Refusal) return this.#refuse(request, transport, opening);
    const data = await this.#authorize(request);
    if (data instanceof Refusal) return this.#refuse(request, transport, data);
    if (this.#isClosing) return this.#refuse(request, transport, CLOSING);
    if (transport.destroyed) return undefined;

    const subprotocol = this.#chooseSubprotocol(opening, request);
    transport.write(serializeAcceptance(opening, { subprotocol }));
    if (transport instanceof Socket) transport.setTimeout(0).setNoDelay(true);
    const socket = internals.accept<Data>({
      url: `${isSecure(request) ? 'wss' : 'ws'}://${request.headers.host}${request.url}`,
      protocol: subprotocol ?? '',
      data,
      transport,
      limits: this.#limits,
      acceptor: this.#acceptor,
    });
    this.#guests.delete(transport);
    this.#sockets.add(socket);
    internals.start(socket, head);
    this.#welcome(socket, request);
    return socket;
  }

  #verify(request: IncomingMessage): Opening | Refusal {
    const { path, allowedOrigins = [] } = this.#options;
    if (this.#isClosing) return CLOSING;
    if (path !== undefined && pathOf(request) !== path)
      return new Refusal(404, 'there is no WebSocket endpoint at this path');
    return verifyRequest(handshakeRequest(request), { secure: isSecure(request), allowedOrigins });
  }

  /** What `authorize` says, or a refusal when it takes too long. */
  async #authorize(request: IncomingMessage): Promise<Data | Refusal> {
    if (this.#options.authorize === undefined) return undefined as Data;
    const verdict = this.#options.authorize(request);
    if (!(verdict instanceof Promise)) return verdict;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<Refusal>((resolve) => {
      const late = new Refusal(503, 'the server took too long to decide about this request');
      timer = setTimeout(resolve, this.#handshakeTimeoutMs, late);
    });
    try {
      return await Promise.race([verdict, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  #chooseSubprotocol({ subprotocols: offered }: Opening, request: IncomingMessage): string | undefined {
    const { subprotocols = [] } = this.#options;
    if (offered.length === 0) return undefined;
    if (typeof subprotocols === 'function') return subprotocols(offered, request);
    return subprotocols.find((subprotocol) => offered.includes(subprotocol));
  }

  #refuse(request: IncomingMessage, transport: Duplex, refusal: Refusal): undefined {
    sendRefusal(transport, refusal, this.#limits.closeTimeoutMs);
    try {
      this.#handlers.refused?.(request, refusal);
    } catch (error) {
      this.#report(error, undefined);
    }
    return undefined;
  }

  /** Runs the open handler. Messages wait for its end; with no handler at all, for whoever listens first. */
  #welcome(socket: WebSocket<Data>, request: IncomingMessage): void {
    const { open, message } = this.#handlers;
    try {
      const result = this.#handlers.open?.(socket, request);
      if (result instanceof Promise) {
        result.then(
          () => internals.ready(socket),
          (error: unknown) => internals.handlerFailed(socket, error),
        );
      } else if (open !== undefined || message !== undefined) {
        internals.ready(socket);
      }
    } catch (error) {
      internals.handlerFailed(socket, error);
    }
  }

  #onEnded(socket: WebSocket<Data>, info: CloseInfo): void {
    this.#sockets.delete(socket);
    try {
      const result = this.#handlers.close?.(socket, info);
      if (result instanceof Promise) result.catch((error: unknown) => this.#report(error, socket));
    } catch (error) {
      this.#report(error, socket);
    }
    if (this.#sockets.size === 0) this.#onEmpty?.();
  }

  #report(error: unknown, socket: WebSocket<Data> | undefined): void {
    try {
      if (this.#handlers.error !== undefined) this.#handlers.error(error, socket);
      else console.error('barewire: a handler failed:', error);
    } catch (secondError) {
      console.error('barewire: the error handler failed:', secondError, 'while told of:', error);
    }
  }

  #allGone(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #detach(server: HttpServer): void {
    routerOf(server).remove(this.#endpoint);
    this.#attachedTo.delete(server);
  }
}

const CLOSING = new Refusal(503, 'the server is closing');

/** For those who come with a browser's address bar, with curl, or through a proxy that drops hop-by-hop headers. */
function answerPlainRequest(request: IncomingMessage, response: ServerResponse): void {
  const verdict = verifyRequest(handshakeRequest(request), { allowedOrigins: '*' });
  const refusal = verdict instanceof Refusal ? verdict : CLOSING; // nobody listens for upgrades any more
  response.writeHead(refusal.status, refusalHeaders(refusal).flat());
  response.end(`${refusal.message}\n`);
}
