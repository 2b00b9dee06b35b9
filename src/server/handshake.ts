/** The opening handshake of a server, §4.2: an 'upgrade' of node:http becomes a WebSocket, or is refused. */
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { UsageError } from '../protocol/errors.ts';
import { Refusal } from '../protocol/handshake/refusal.ts';
import { type Opening, serializeAcceptance, verifyRequest } from '../protocol/handshake/server.ts';
import { acceptOffer } from '../protocol/permessage-deflate/negotiation.ts';
import { type Agreement, agreementOf } from '../socket/agreement.ts';
import type { SocketHooks } from '../socket/hooks.ts';
import { InnerSocket } from '../socket/inner-socket.ts';
import { socketOf } from '../socket/ready-made.ts';
import type { WebSocket } from '../socket/websocket.ts';
import { limitTime } from '../transport/time-limit.ts';
import { Decision, watchClient } from './decision.ts';
import { hasEarlierAnswers, inTurn } from './earlier-answers.ts';
import {
  handshakeRequest,
  ignoreError,
  isSecure,
  mayLackHeaders,
  pathOf,
  resourceNameOf,
} from './node-http.ts';
import type { OptionsOf, ServerSettings } from './options.ts';
import {
  AUTHORIZE_TOO_SLOW,
  NO_ENDPOINT,
  NOT_AUTHORIZED,
  SERVER_CLOSING,
  SERVER_FAILED,
  sendRefusal,
  TOO_MANY_HEADERS,
} from './refusals.ts';
import { Acceptance, type Verdict } from './verdict.ts';

/** The server that a handshake works for. The functions must not throw. */
export interface HandshakeListener<Data> {
  /**
   * A socket is open, and has not begun to read.
   * @param head bytes that came directly after the request
   * @param isByHand as for {@link ServerHandshake.handle}
   */
  onOpened(socket: WebSocket<Data>, request: IncomingMessage, head: Uint8Array, isByHand: boolean): void;
  onRefused(request: IncomingMessage, refusal: Refusal): void;
  /** A function of the user has thrown, or an upgrade was given to two servers. */
  onFailed(error: unknown): void;
}

/** Decides about the requests of one server. */
export class ServerHandshake<Data> {
  readonly #settings: ServerSettings<Data>;
  readonly #hooks: SocketHooks<WebSocket<Data>>;
  readonly #listener: HandshakeListener<Data>;
  /** Transports that are not a socket's, because `authorize` decides about them or they were refused; with their 'close' listener. */
  readonly #pending = new Map<Duplex, () => void>();
  /** What `authorize` has not decided yet. */
  readonly #undecided = new Set<Decision<Verdict<Data> | typeof CLIENT_GONE>>();
  /** For most sockets of a server it is the same. They share one object. */
  #latestAgreement: Agreement | undefined;
  #isClosing = false;

  constructor(
    settings: ServerSettings<Data>,
    hooks: SocketHooks<WebSocket<Data>>,
    listener: HandshakeListener<Data>,
  ) {
    this.#settings = settings;
    this.#hooks = hooks;
    this.#listener = listener;
  }

  /** Whether every request is refused. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Refuses every request from now on, also those that `authorize` has not decided about. */
  refuseAll(): void {
    this.#isClosing = true;
    for (const decision of this.#undecided) decision.make(SERVER_CLOSING);
  }

  /** Destroys the transports of refused requests whose answer is written. */
  endAnswered(): void {
    for (const transport of this.#pending.keys()) if (transport.writableFinished) transport.destroy();
  }

  /** Destroys all transports that have not become sockets. */
  endAll(): void {
    for (const transport of this.#pending.keys()) transport.destroy();
  }

  /**
   * @param isByHand true when the caller gets the socket, and may add listeners later
   * @returns the socket, or undefined when there is none; a promise of that if it has to wait: for `authorize`, or for
   * the answers to earlier requests on the same connection
   */
  handle(
    request: IncomingMessage,
    transport: Upgraded,
    head: Uint8Array,
    isByHand: boolean,
  ): WebSocket<Data> | undefined | Promise<WebSocket<Data> | undefined> {
    transport.on('error', ignoreError); // before anything else: node:http no longer listens
    if (transport[kHandled] === true) {
      this.#listener.onFailed(
        new UsageError('this upgrade was handled already; is the server attached to the HTTP server too?'),
      );
      return undefined;
    }
    transport[kHandled] = true;
    if (transport.destroyed) return undefined;
    if (hasEarlierAnswers(transport)) this.#track(transport);
    const decide = () => this.#decide(request, transport, head, isByHand);
    return inTurn(transport, this.#settings.handshakeTimeoutMs, decide);
  }

  /** Accepts or refuses, first of all by the rules of the handshake. */
  #decide(
    request: IncomingMessage,
    transport: Duplex,
    head: Uint8Array,
    isByHand: boolean,
  ): WebSocket<Data> | undefined | Promise<WebSocket<Data> | undefined> {
    try {
      const opening = this.#verify(request);
      if (opening instanceof Refusal) return this.#refuse(request, transport, opening);
      const { authorize } = this.#settings.options;
      if (authorize === undefined)
        return this.#open(request, transport, head, isByHand, opening, undefined as Data);
      return this.#authorize(request, transport, authorize)
        .then((verdict) => this.#open(request, transport, head, isByHand, opening, verdict))
        .catch((error: unknown) => this.#fail(request, transport, error));
    } catch (error) {
      return this.#fail(request, transport, error);
    }
  }

  #fail(request: IncomingMessage, transport: Duplex, error: unknown): undefined {
    this.#listener.onFailed(error);
    return this.#refuse(request, transport, SERVER_FAILED);
  }

  #verify(request: IncomingMessage): Opening | Refusal {
    const { path, origin, allowedOrigins = [], allowedHosts } = this.#settings.options;
    if (this.#isClosing) return SERVER_CLOSING;
    if (path !== undefined && pathOf(request) !== path) return NO_ENDPOINT;
    if (mayLackHeaders(request)) return TOO_MANY_HEADERS;
    const secure = isSecure(request);
    return verifyRequest(handshakeRequest(request), { secure, origin, allowedOrigins, allowedHosts });
  }

  /** The result of `authorize`, or what is decided before it is there: by the client, the server's end, or the time. */
  async #authorize(
    request: IncomingMessage,
    transport: Duplex,
    authorize: NonNullable<OptionsOf<Data>['authorize']>,
  ): Promise<Verdict<Data> | typeof CLIENT_GONE> {
    const decision = new Decision<Verdict<Data> | typeof CLIENT_GONE>();
    this.#track(transport);
    this.#undecided.add(decision);
    const stopWatching = watchClient(transport, () => decision.make(CLIENT_GONE));
    const { handshakeTimeoutMs } = this.#settings;
    const liftLimit = limitTime(handshakeTimeoutMs, () => decision.make(AUTHORIZE_TOO_SLOW));
    try {
      decision.follow(authorize(request));
      return await decision.made;
    } finally {
      liftLimit();
      this.#undecided.delete(decision);
      await stopWatching();
    }
  }

  #open(
    request: IncomingMessage,
    transport: Duplex,
    head: Uint8Array,
    isByHand: boolean,
    opening: Opening,
    verdict: Verdict<Data> | typeof CLIENT_GONE,
  ): WebSocket<Data> | undefined {
    if (verdict === CLIENT_GONE || transport.destroyed || transport.readableEnded) {
      transport.destroy();
      return undefined;
    }
    if (verdict === false) return this.#refuse(request, transport, NOT_AUTHORIZED);
    if (verdict instanceof Refusal) return this.#refuse(request, transport, verdict);
    if (this.#isClosing) return this.#refuse(request, transport, SERVER_CLOSING);
    const { data, headers } = verdict instanceof Acceptance ? verdict : { data: verdict, headers: [] };

    const subprotocol = this.#chooseSubprotocol(opening, request);
    const { deflate: offered } = this.#settings;
    const deflate = offered && acceptOffer(opening.extensions, offered.terms);
    const extensions = deflate === undefined ? [] : [deflate.extension];
    transport.write(serializeAcceptance(opening, { subprotocol, extensions, headers }), 'latin1');
    if (transport instanceof Socket) transport.setTimeout(0).setNoDelay(true);

    const url = this.#urlOf(request, opening.host);
    this.#latestAgreement = agreementOf(url, subprotocol ?? '', deflate, this.#latestAgreement);
    const inner = new InnerSocket<WebSocket<Data>>(this.#hooks, this.#latestAgreement);
    this.#untrack(transport);
    inner.connect(transport, deflate);
    const socket = socketOf(inner, data);
    this.#listener.onOpened(socket, request, head, isByHand);
    return socket;
  }

  #chooseSubprotocol({ subprotocols: offered }: Opening, request: IncomingMessage): string | undefined {
    const { subprotocols = [] } = this.#settings.options;
    if (offered.length === 0) return undefined;
    if (typeof subprotocols === 'function') return subprotocols(offered, request);
    return subprotocols.find((subprotocol) => offered.includes(subprotocol));
  }

  /** The URL of a socket, as far as a server can know it. */
  #urlOf(request: IncomingMessage, host: string): string {
    const { origin } = this.#settings.options;
    const named = origin?.replace('http', 'ws') ?? `${isSecure(request) ? 'wss' : 'ws'}://${host}`;
    return `${named}${resourceNameOf(request)}`;
  }

  #refuse(request: IncomingMessage, transport: Duplex, refusal: Refusal): undefined {
    if (transport.destroyed) return undefined; // nobody is there to be refused
    this.#track(transport);
    sendRefusal(transport, refusal, this.#settings.limits.closeTimeoutMs, request.method);
    this.#listener.onRefused(request, refusal);
    return undefined;
  }

  /** Notes a transport, so that it can be ended before it is a socket's. */
  #track(transport: Duplex): void {
    if (transport.destroyed || this.#pending.has(transport)) return;
    const onClose = () => this.#pending.delete(transport);
    this.#pending.set(transport, onClose);
    transport.once('close', onClose);
  }

  /** The transport becomes a socket's, which listens for its errors and its end. */
  #untrack(transport: Duplex): void {
    transport.off('error', ignoreError);
    const onClose = this.#pending.get(transport);
    if (onClose === undefined) return;
    transport.off('close', onClose);
    this.#pending.delete(transport);
  }
}

/** Instead of a verdict: there is nobody to answer. */
const CLIENT_GONE: unique symbol = Symbol('client gone');

/** Set on every transport that came to a server of this process: a second server would read the first one's bytes. */
const kHandled: unique symbol = Symbol('handled');

type Upgraded = Duplex & { [kHandled]?: true };
