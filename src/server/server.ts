/** WebSocketServer: where its requests come from, its sockets, and what is sent to many of them. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { clearTimeout, setTimeout } from 'node:timers';
import { CLOSE_CODE } from '../protocol/close.ts';
import { UsageError } from '../protocol/errors.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Traffic } from '../protocol/traffic.ts';
import { Publisher } from '../publish/publisher.ts';
import type { Subscriber } from '../publish/subscriber.ts';
import { Topics, verifyTopic } from '../publish/topics.ts';
import { type Adopted, adoptInner } from '../socket/adoption.ts';
import { type Published, verifyCloseArguments, verifyPublished } from '../socket/arguments.ts';
import { callUser, type UserErrors } from '../socket/call-user.ts';
import type { CloseInfo } from '../socket/close-info.ts';
import type { SocketHooks } from '../socket/hooks.ts';
import { INTERNAL } from '../socket/internal.ts';
import { prepareMessage } from '../socket/prepare-message.ts';
import { socketOf } from '../socket/ready-made.ts';
import type { WebSocket } from '../socket/websocket.ts';
import { verifyNames } from '../transport/option-names.ts';
import { MAX_TIMEOUT_MS, wholeNumber } from '../transport/socket-options.ts';
import { ServerHandshake } from './handshake.ts';
import { hooksOf } from './hooks.ts';
import {
  type AdoptArguments,
  CLOSE_OPTION_NAMES,
  type Handlers,
  type OptionsOf,
  type PublishOptions,
  type ServerCloseOptions,
  type ServerOptions,
  type ServerSettings,
  serverSettings,
  verifiedHandlers,
} from './options.ts';
import { createOwnHttpServer, listenOn } from './own-http-server.ts';
import { NO_TRAFFIC, sumOf } from './traffic.ts';
import { type Endpoint, routerOf } from './upgrade-router.ts';

/** How long a transport that is destroyed may take to close, in milliseconds. */
const DESTROYED_WITHIN_MS = 100;

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
  readonly #settings: ServerSettings<Data>;
  readonly #handlers: Handlers<Data>;
  /** What all sockets of this server get. */
  readonly #hooks: SocketHooks<WebSocket<Data>>;
  readonly #publisher: Publisher;
  readonly #topics = new Topics<Subscriber>();
  readonly #handshake: ServerHandshake<Data>;
  readonly #endpoint: Endpoint;
  readonly #sockets = new Set<WebSocket<Data>>();
  /** The sockets as an array that never changes. Made anew for the first broadcast after one came or went. */
  #everyone: readonly Subscriber[] | undefined;
  /** Of the connections that have ended. */
  #endedTraffic: Traffic = NO_TRAFFIC;
  readonly #attachedTo = new Set<HttpServer>();
  #ownServer: HttpServer | undefined;
  /** Settles when it is known whether the port is free. */
  #address: Promise<AddressInfo> | undefined;
  #onEmpty: (() => void)[] = [];

  /** Without options there is no `authorize`, so sockets have no data. */
  constructor(...none: undefined extends Data ? [] : [options: ServerOptions<Data>]);
  /**
   * @param options `authorize` must be among them, if sockets have `data`
   * @param handler an object of handlers for all sockets, the fast path; or a function that is called with each new
   * socket and its request
   * @throws {UsageError} for an invalid option, and for an option or a handler that does not exist
   */
  constructor(options: ServerOptions<Data>, handler?: Handlers<Data> | Handlers<Data>['open']);
  constructor(options: OptionsOf<Data> = {}, handler: Handlers<Data> | Handlers<Data>['open'] = {}) {
    this.#settings = serverSettings(options);
    this.#handlers = verifiedHandlers(handler);
    const isTraced = this.#handlers.frame !== undefined;
    this.#publisher = new Publisher(this.#settings.limits.maxQueuedBytes, isTraced);
    this.#hooks = {
      ...hooksOf(this.#settings, this.#handlers),
      publisher: this.#publisher,
      topics: this.#topics,
      ended: (socket, info) => this.#onEnded(socket, info),
      report: (error, socket) => this.#report(error, socket),
    };
    this.#handshake = new ServerHandshake(this.#settings, this.#hooks, {
      onOpened: (socket, request, head, isByHand) => this.#onOpened(socket, request, head, isByHand),
      onRefused: (request, refusal) =>
        callUser((from, why) => this.#handlers.refused?.(from, why), request, refusal, this.#errorsOf()),
      onFailed: (error) => this.#report(error, undefined),
    });
    this.#endpoint = {
      path: options.path,
      onUpgrade: (request, transport, head) => void this.#handshake.handle(request, transport, head, false),
    };
  }

  /** The sockets that are open or closing. */
  get sockets(): ReadonlySet<WebSocket<Data>> {
    return this.#sockets;
  }

  /** The path that is served; undefined for all. */
  get path(): string | undefined {
    return this.#settings.options.path;
  }

  /**
   * Listens on a port of its own; plain HTTP requests get 426.
   * @param port 0 for any that is free
   * @param host the address to listen on. @defaultValue all, as in node:http; `'127.0.0.1'` for this machine only
   * @returns the address; rejects if the port cannot be used, and with a {@link UsageError} for an invalid port, or if the server
   * listens already or is closed
   */
  async listen(port: number, host?: string): Promise<AddressInfo> {
    wholeNumber('port', port, 0, 65_535);
    if (this.#handshake.isClosing) throw new UsageError('this server is closed');
    if (this.#ownServer !== undefined) throw new UsageError('this server listens already');
    const { handshakeTimeoutMs, options } = this.#settings;
    const server = createOwnHttpServer(handshakeTimeoutMs, options.allowedHosts);
    this.#ownServer = server;
    this.attach(server);
    this.#address = listenOn(server, port, host);
    return this.#address.then(
      (address) => {
        server.on('error', (error) => this.#report(error, undefined)); // out of file descriptors, for example
        return address;
      },
      (error: unknown) => {
        this.#detach(server);
        this.#ownServer = undefined;
        throw error;
      },
    );
  }

  /**
   * Takes the upgrades of an HTTP server, whose routes stay its own. Several servers may be attached to one, each with
   * its `path`. An upgrade that none of them serves gets 404, unless there is another listener for 'upgrade'. A request that
   * asks for a protocol other than WebSocket, such as `h2c`, goes to such a listener, or else to the routes.
   */
  attach(server: HttpServer | HttpsServer): this {
    routerOf(server).add(this.#endpoint);
    this.#attachedTo.add(server);
    return this;
  }

  /**
   * Makes a WebSocket of one upgrade, for routing by hand. The parameters are those of node:http's 'upgrade' event. What counts
   * are the header lines as they came, `request.rawHeaders`; a request made by hand may have `headers` alone.
   * @returns the open socket, or undefined when the request was refused, the client has gone, or the upgrade was
   * handled already; never rejects
   */
  async handleUpgrade(
    request: IncomingMessage,
    transport: Duplex,
    head: Uint8Array,
  ): Promise<WebSocket<Data> | undefined> {
    return this.#handshake.handle(request, transport, head, true);
  }

  /**
   * Makes a socket of this server from a transport whose opening handshake something else has done: a proxy, HTTP/2, another
   * library, a test. The socket is open; the `open` handler is not called. Nothing is read in this turn of the event loop, so
   * that there is time for listeners. Without a `message` handler, messages wait for a listener, a loop or `resume()`.
   * @param transport what the handshake was done on; the socket's from now on
   * @param adopted what the handshake has agreed on, and the socket's `data`
   * @throws {UsageError} when the server is closed, and for extensions other than permessage-deflate
   */
  adopt(transport: Duplex, ...[adopted]: AdoptArguments<Data>): WebSocket<Data> {
    if (this.#handshake.isClosing) throw new UsageError('this server is closed');
    const { data, ...agreed }: Adopted & { data?: Data } = adopted ?? {};
    const inner = adoptInner<WebSocket<Data>>(
      transport,
      agreed,
      this.#hooks,
      this.#settings.deflate,
      (started) => {
        if (started.hasMessageHandler) started.endWaitForConsumer();
      },
    );
    const socket = socketOf(inner, data as Data);
    this.#add(socket);
    return socket;
  }

  /** Sends a message that {@link prepareMessage} has made; all else is as below. @throws {UsageError} for options of `send` */
  broadcast(message: PreparedMessage, options?: Pick<PublishOptions, 'except'>): number;
  /**
   * Sends a message to every socket of this server. It is encoded once, and compressed once for all that have agreed on the
   * same window. It goes out at the end of this turn of the event loop, in order with everything else that is sent.
   * @param data a string, or bytes, which are copied, unless `copy` is false
   * @param options.compress as for {@link WebSocket.send}, and so are `text` and `copy`
   * @param options.except the one socket that does not get the message
   * @returns the number of sockets for which it was queued; for each of them a full queue is handled as in `send`
   * @throws {TypeError} for anything else than a string or bytes
   * @throws {UsageError} for bytes that are to be text and are not UTF-8
   */
  broadcast(data: string | ArrayBuffer | ArrayBufferView, options?: PublishOptions): number;
  broadcast(data: Published, options: PublishOptions = {}): number {
    this.#everyone ??= Array.from(this.#sockets, (socket) => socket[INTERNAL]);
    return this.#sendToAll(this.#everyone, data, options);
  }

  /** Sends a message that {@link prepareMessage} has made; all else is as below. @throws {UsageError} for options of `send` */
  publish(topic: string, message: PreparedMessage, options?: Pick<PublishOptions, 'except'>): number;
  /**
   * Sends a message to every socket that has subscribed to a topic. All else is as for {@link broadcast}.
   * @param topic as it was given to {@link WebSocket.subscribe}
   * @returns the number of sockets for which it was queued: 0 without subscribers, and nothing is encoded then
   * @throws {TypeError} also for a topic that is not a string
   */
  publish(topic: string, data: string | ArrayBuffer | ArrayBufferView, options?: PublishOptions): number;
  publish(topic: string, data: Published, options: PublishOptions = {}): number {
    verifyTopic(topic);
    return this.#sendToAll(this.#topics.get(topic)?.list ?? [], data, options);
  }

  /**
   * The number of subscribers of a topic. Sockets that are closing count until they are gone, as in `sockets`.
   * @throws {TypeError} for a topic that is not a string
   */
  subscriberCount(topic: string): number {
    verifyTopic(topic);
    return this.#topics.get(topic)?.members.size ?? 0;
  }

  /** Counts of everything that was sent and received on all connections of this server so far. */
  get traffic(): Readonly<Traffic> {
    let sum = this.#endedTraffic;
    for (const socket of this.#sockets) sum = sumOf(sum, socket.traffic);
    return sum;
  }

  /**
   * Stops: accepts no more connections, closes every socket, and terminates those that have not answered in time. An HTTP
   * server to which it was attached goes on.
   * @returns resolves when all sockets are gone and the port is free. A transport of your own that does not emit 'close' when it
   * is destroyed is not waited for
   * @throws as {@link WebSocket.close}, for the code and the reason; {@link UsageError} for an option that does not exist
   */
  async close(options: ServerCloseOptions = {}): Promise<void> {
    verifyNames('option', options, CLOSE_OPTION_NAMES);
    const { closeTimeoutMs } = this.#settings.limits;
    const { code = CLOSE_CODE.goingAway, reason = '', timeoutMs = closeTimeoutMs } = options;
    verifyCloseArguments('all', code, reason);
    wholeNumber('timeoutMs', timeoutMs, 0, MAX_TIMEOUT_MS);
    this.#handshake.refuseAll();
    for (const socket of this.#sockets) socket.close(code, reason);
    for (const server of this.#attachedTo) this.#detach(server);
    let timer: NodeJS.Timeout | undefined;
    const timeIsOver = new Promise((resolve) => {
      timer = setTimeout(() => {
        for (const socket of this.#sockets) socket.terminate();
        this.#handshake.endAll();
        timer = setTimeout(resolve, DESTROYED_WITHIN_MS);
      }, timeoutMs);
    });
    await this.#address?.catch(() => {}); // if `listen` is still under way, its port is closed too
    const ownServer = this.#ownServer;
    const portIsFree = new Promise((resolve) => {
      if (ownServer === undefined) resolve(undefined);
      else ownServer.close(resolve);
    });
    await Promise.race([this.#socketsGone(), timeIsOver]);
    this.#handshake.endAnswered();
    ownServer?.closeAllConnections();
    await portIsFree;
    clearTimeout(timer);
  }

  /** Calls the open handler. Messages wait until it is done; without handlers, for the caller of `handleUpgrade`. */
  #onOpened(socket: WebSocket<Data>, request: IncomingMessage, head: Uint8Array, isByHand: boolean): void {
    this.#add(socket);
    const inner = socket[INTERNAL];
    inner.start(head);
    if (this.#handlers.open === undefined) {
      if (inner.hasMessageHandler || !isByHand) inner.endWaitForConsumer();
      return;
    }
    inner.isOpenHandlerRunning = true;
    const onDone = () => {
      inner.isOpenHandlerRunning = false;
      inner.endWaitForConsumer();
    };
    callUser((opened, from) => this.#handlers.open?.(opened, from), socket, request, inner, onDone);
  }

  #add(socket: WebSocket<Data>): void {
    this.#sockets.add(socket);
    this.#everyone = undefined;
  }

  #onEnded(socket: WebSocket<Data>, info: CloseInfo): void {
    this.#sockets.delete(socket);
    this.#everyone = undefined;
    this.#endedTraffic = sumOf(this.#endedTraffic, socket.traffic);
    callUser((closed, how) => this.#handlers.close?.(closed, how), socket, info, this.#errorsOf(socket));
    if (this.#sockets.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #errorsOf(socket?: WebSocket<Data>): UserErrors {
    return { userFailed: (error) => this.#report(error, socket) };
  }

  /** Tells the user of an error in the user's own code: by the error handler, or on the console. */
  #report(error: unknown, socket: WebSocket<Data> | undefined): void {
    if (this.#handlers.error === undefined) console.error('barewire: a handler failed:', error);
    callUser((thrown, where) => this.#handlers.error?.(thrown, where), error, socket, {
      userFailed: (second) =>
        console.error('barewire: the error handler failed:', second, 'while told of:', error),
    });
  }

  /**
   * A `frame` handler, or a transport of the user, may run in the middle of this. Whatever it does, the message goes to the
   * sockets in `list`, once to each, unless they are closing by then.
   */
  #sendToAll(list: readonly Subscriber[], data: Published, options: PublishOptions): number {
    const excepted = options.except?.[INTERNAL];
    verifyPublished(data, options);
    if (list.length === 0 || (list.length === 1 && list[0] === excepted)) return 0;
    const message = data instanceof PreparedMessage ? data : prepareMessage(data, options);
    return this.#publisher.publish(list, message, message.compress, excepted);
  }

  #socketsGone(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty.push(resolve);
    });
  }

  #detach(server: HttpServer): void {
    routerOf(server).remove(this.#endpoint);
    this.#attachedTo.delete(server);
  }
}
