/** WebSocketServer: where requests come from, the sockets that became of them, and what goes to many. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { CLOSE_CODE } from '../protocol/close.ts';
import type { Traffic } from '../protocol/connection.ts';
import { UsageError } from '../protocol/errors.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import { sendToEach } from '../publish/pending-broadcast.ts';
import { publish, settle } from '../publish/publisher.ts';
import { Audience, Topics } from '../publish/topics.ts';
import { byteLengthOf, bytesOf, verifyClose, verifyFits, verifyTopic } from '../socket/arguments.ts';
import { isThenable } from '../socket/call-user.ts';
import type { CloseInfo } from '../socket/close-info.ts';
import { internals, type WebSocket } from '../socket/websocket.ts';
import { deflateSettings } from '../transport/deflate-options.ts';
import { MAX_TIMEOUT_MS, type SocketLimits, socketLimits, wholeNumber } from '../transport/socket-options.ts';
import { Admission } from './handshake.ts';
import type { Handlers, PublishOptions, ServerCloseOptions, ServerOptions } from './options.ts';
import { NO_TRAFFIC, sumOf } from './traffic.ts';
import { createUpgradeServer, type Endpoint, listening, routerOf } from './upgrade-router.ts';

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
  readonly #handlers: Handlers<Data>;
  readonly #isTraced: boolean;
  readonly #handshakeTimeoutMs: number;
  readonly #admission: Admission<Data>;
  readonly #endpoint: Endpoint;
  readonly #everybody = new Audience<WebSocket<Data>>();
  readonly #topics = new Topics<WebSocket<Data>>();
  /** Of the connections that have ended. */
  #endedTraffic: Traffic = NO_TRAFFIC;
  readonly #attachedTo = new Set<HttpServer>();
  #ownServer: HttpServer | undefined;
  /** Settles when it is known whether the port could be had. */
  #listening: Promise<AddressInfo> | undefined;
  #onEmpty: (() => void)[] = [];

  /**
   * @param handler an object of handlers for all sockets, the fast path; or a function that is called with each new
   * socket and its request
   * @throws {UsageError} for an option that is not of its kind
   */
  constructor(options: ServerOptions<Data> = {}, handler: Handlers<Data> | Handlers<Data>['open'] = {}) {
    this.#options = options;
    this.#limits = socketLimits(options);
    this.#handshakeTimeoutMs = wholeNumber(
      'handshakeTimeoutMs',
      options.handshakeTimeoutMs ?? 10_000,
      1,
      MAX_TIMEOUT_MS,
    );
    if (options.path !== undefined && !/^\/[^?#]*$/.test(options.path)) {
      throw new UsageError(`path must begin with a slash and have no query, not ${options.path}`);
    }
    const { allowedOrigins = [], allowedHosts = [] } = options;
    if (allowedOrigins !== '*' && !Array.isArray(allowedOrigins)) {
      throw new UsageError(`allowedOrigins must be a list or '*', not ${allowedOrigins}`);
    }
    if (!Array.isArray(allowedHosts))
      throw new UsageError(`allowedHosts must be a list, not ${allowedHosts}`);
    if (typeof options.subprotocols === 'string')
      throw new UsageError('subprotocols must be a list or a function');
    const handlers: Handlers<Data> = typeof handler === 'function' ? { open: handler } : handler;
    this.#handlers = handlers;
    this.#isTraced = handlers.frame !== undefined;
    const deflate = deflateSettings(options.perMessageDeflate ?? false, DEFAULT_PEER_WINDOW_BITS);
    this.#admission = new Admission(
      {
        options,
        deflate,
        handshakeTimeoutMs: this.#handshakeTimeoutMs,
        wire: {
          limits: this.#limits,
          thresholdBytes: deflate?.thresholdBytes ?? 0,
          isTraced: this.#isTraced,
        },
      },
      {
        acceptor: {
          role: 'server',
          topics: this.#topics,
          ...(handlers.message && { message: (socket, data) => handlers.message?.(socket, data) }),
          ...(handlers.frame && { frame: (socket, frame) => handlers.frame?.(socket, frame) }),
          ended: (socket, info) => this.#onEnded(socket, info),
          report: (error, socket) => this.#report(error, socket),
        },
        opened: (socket, request, head, isByHand) => this.#onOpened(socket, request, head, isByHand),
        refused: (request, refusal) => this.#run(() => handlers.refused?.(request, refusal), undefined),
        failed: (error) => this.#report(error, undefined),
      },
    );
    this.#endpoint = {
      path: options.path,
      onUpgrade: (request, transport, head) => void this.#admission.handle(request, transport, head, false),
    };
  }

  /** The sockets that are open or closing. */
  get sockets(): ReadonlySet<WebSocket<Data>> {
    return this.#everybody.members;
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
    if (this.#ownServer !== undefined || this.#admission.isClosing)
      throw new UsageError('this server listens or is closed');
    const server = createUpgradeServer(this.#handshakeTimeoutMs, this.#options.allowedHosts);
    this.#ownServer = server;
    this.attach(server);
    this.#listening = listening(server, port, host);
    return this.#listening.then(
      (address) => {
        server.on('error', (error) => this.#report(error, undefined)); // out of file descriptors, say
        return address;
      },
      (error: unknown) => {
        this.#detach(server);
        this.#ownServer = undefined;
        throw error; // who does not wait for the promise hears of it as of any other that is rejected
      },
    );
  }

  /**
   * Takes the upgrades of an HTTP server, whose routes stay its own. Several servers may be attached to one, each with
   * its `path`; what none of them serves gets 404, unless someone else listens for 'upgrade' too. A request that asks for
   * another protocol than WebSocket, such as `h2c`, is then theirs, and without them one for the routes.
   */
  attach(server: HttpServer | HttpsServer): this {
    routerOf(server).add(this.#endpoint);
    this.#attachedTo.add(server);
    return this;
  }

  /**
   * Makes a WebSocket of one upgrade, for those who route by hand; the parameters are those of node:http's 'upgrade'.
   * @returns the open socket, or undefined when the request was refused, the client has gone, or the upgrade was
   * handled already; never rejects
   */
  async handleUpgrade(
    request: IncomingMessage,
    transport: Duplex,
    head: Uint8Array,
  ): Promise<WebSocket<Data> | undefined> {
    return this.#admission.handle(request, transport, head, true);
  }

  /**
   * Sends a message to every socket of this server. It is encoded once, and compressed once for all who have agreed on the
   * same window; it goes out at the end of this turn of the event loop, in order with what each socket is sent besides.
   * @param data a string, or bytes, which are copied
   * @param options.compress as for {@link WebSocket.send}
   * @param options.except the one socket that does not get it
   * @returns how many sockets it was queued for; what `send` says of a full queue holds for each of them
   * @throws {TypeError} for anything else than a string or bytes
   * @throws {UsageError} for a message that is itself bigger than `maxQueuedBytes`, whoever is there
   */
  broadcast(data: string | ArrayBuffer | ArrayBufferView, options: PublishOptions = {}): number {
    return this.#sendToAll(this.#everybody, data, options);
  }

  /**
   * Sends a message to every socket that has subscribed to a topic, and is otherwise as {@link broadcast}.
   * @param topic as it was given to {@link WebSocket.subscribe}
   * @returns how many sockets it was queued for: 0 where nobody has subscribed, and nothing is encoded then
   * @throws {TypeError} for a topic that is no string, too
   */
  publish(topic: string, data: string | ArrayBuffer | ArrayBufferView, options: PublishOptions = {}): number {
    verifyTopic(topic);
    return this.#sendToAll(this.#topics.get(topic), data, options);
  }

  /**
   * How many sockets have subscribed to a topic. Those that are closing count until they are gone, as in `sockets`.
   * @throws {TypeError} for a topic that is no string
   */
  subscriberCount(topic: string): number {
    verifyTopic(topic);
    return this.#topics.get(topic)?.members.size ?? 0;
  }

  /** What has gone through all connections of this server until now. */
  get traffic(): Readonly<Traffic> {
    return this.#everybody.list.reduce((sum, { traffic }) => sumOf(sum, traffic), this.#endedTraffic);
  }

  /**
   * Stops: accepts nothing more, says goodbye to every socket, and terminates those that have not answered in time. An
   * HTTP server that it was attached to goes on.
   * @returns resolves when all sockets are gone, and the port is free
   */
  async close(options: ServerCloseOptions = {}): Promise<void> {
    const { code = CLOSE_CODE.goingAway, reason = '', timeoutMs = this.#limits.closeTimeoutMs } = options;
    verifyClose('server', code, reason);
    wholeNumber('timeoutMs', timeoutMs, 0, MAX_TIMEOUT_MS);
    this.#admission.isClosing = true;
    for (const socket of this.sockets) socket.close(code, reason);
    for (const server of this.#attachedTo) this.#detach(server);
    const timer = setTimeout(() => {
      for (const socket of this.sockets) socket.terminate();
      this.#admission.endAll();
    }, timeoutMs);
    await this.#listening?.catch(() => {}); // a port that is only just being had is given back too
    const ownServer = this.#ownServer;
    const portIsFree = new Promise((resolve) => {
      if (ownServer === undefined) resolve(undefined);
      else ownServer.close(resolve);
    });
    await this.#allGone();
    this.#admission.endAnswered();
    ownServer?.closeAllConnections();
    await portIsFree;
    clearTimeout(timer);
  }

  /** Runs the open handler. Messages wait for its end; without any handler, for whoever has asked for the socket. */
  #onOpened(socket: WebSocket<Data>, request: IncomingMessage, head: Uint8Array, isByHand: boolean): void {
    this.#everybody.add(socket);
    internals.start(socket, head);
    const { open, message } = this.#handlers;
    try {
      const result = this.#handlers.open?.(socket, request);
      if (isThenable(result)) {
        Promise.resolve(result).then(
          () => internals.ready(socket),
          (error: unknown) => internals.handlerFailed(socket, error),
        );
      } else if (open !== undefined || message !== undefined || !isByHand) {
        internals.ready(socket);
      }
    } catch (error) {
      internals.handlerFailed(socket, error);
    }
  }

  #onEnded(socket: WebSocket<Data>, info: CloseInfo): void {
    this.#everybody.delete(socket);
    this.#endedTraffic = sumOf(this.#endedTraffic, socket.traffic);
    this.#run(() => this.#handlers.close?.(socket, info), socket);
    if (this.sockets.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  /** Calls what the user gave; what goes wrong in it, now or in its promise, is reported. */
  #run(userFunction: () => unknown, socket: WebSocket<Data> | undefined): void {
    try {
      const result = userFunction();
      if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.#report(error, socket));
    } catch (error) {
      this.#report(error, socket);
    }
  }

  #report(error: unknown, socket: WebSocket<Data> | undefined): void {
    const giveUp = (secondError: unknown) =>
      console.error('barewire: the error handler failed:', secondError, 'while told of:', error);
    try {
      if (this.#handlers.error === undefined) console.error('barewire: a handler failed:', error);
      const result: unknown = this.#handlers.error?.(error, socket);
      if (isThenable(result)) Promise.resolve(result).catch(giveUp);
    } catch (secondError) {
      giveUp(secondError);
    }
  }

  /**
   * Nothing here calls the user as a rule, but a `frame` handler does, and a transport of one's own may. Whatever they do,
   * the message goes to those who were there when it was sent, once to each, unless they are closing by their turn.
   */
  #sendToAll(
    audience: Audience<WebSocket<Data>> | undefined,
    data: string | ArrayBuffer | ArrayBufferView,
    { compress = true, except }: PublishOptions,
  ): number {
    const given = typeof data === 'string' ? data : bytesOf(data);
    verifyFits(byteLengthOf(given), this.#limits.maxQueuedBytes); // before anybody is sent to: refused to all or to none
    if (audience === undefined) return 0;
    const { list } = audience;
    if (list.length === 0 || (list.length === 1 && list[0] === except)) return 0;
    const message = new PreparedMessage(typeof given === 'string' ? given : new Uint8Array(given));
    if (!this.#isTraced) {
      return publish<WebSocket>(list, message, compress, except, internals, this.#limits.maxQueuedBytes);
    }
    // Who traces sees each frame when it is queued.
    settle();
    return sendToEach<WebSocket>(list, message, compress, internals, except);
  }

  #allGone(): Promise<void> {
    if (this.sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty.push(resolve);
    });
  }

  #detach(server: HttpServer): void {
    routerOf(server).remove(this.#endpoint);
    this.#attachedTo.delete(server);
  }
}

/** A server has many connections: 4 KiB for each. */
const DEFAULT_PEER_WINDOW_BITS = 12;
