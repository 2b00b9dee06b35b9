/** The opening handshake of a server, §4.2: what becomes of each 'upgrade'. */
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { UsageError } from '../protocol/errors.ts';
import { type Opening, Refusal, serializeAcceptance, verifyRequest } from '../protocol/handshake/server.ts';
import { acceptOffer } from '../protocol/permessage-deflate/negotiation.ts';
import type { Acceptor } from '../socket/hooks.ts';
import { internals, type WebSocket } from '../socket/websocket.ts';
import type { DeflateSettings } from '../transport/deflate-options.ts';
import type { WireSettings } from '../transport/wire.ts';
import type { ServerOptions } from './options.ts';
import { handshakeRequest, ignore, isSecure, pathOf, resourceNameOf, sendRefusal } from './upgrade-router.ts';

/** What a server is told of. The functions must not throw. */
export interface AdmissionEvents<Data> {
  /** What its sockets are given. */
  readonly acceptor: Acceptor<WebSocket<Data>>;
  /**
   * A socket is open, and has not begun to read.
   * @param head what came behind the request already
   * @param isByHand as for {@link Admission.handle}
   */
  opened(socket: WebSocket<Data>, request: IncomingMessage, head: Uint8Array, isByHand: boolean): void;
  /** A request was refused. */
  refused(request: IncomingMessage, refusal: Refusal): void;
  /** What the user gave has thrown, or the user has asked for what there cannot be. */
  failed(error: unknown): void;
}

export interface AdmissionSettings<Data> {
  readonly options: ServerOptions<Data>;
  readonly deflate: DeflateSettings | undefined;
  readonly handshakeTimeoutMs: number;
  readonly wire: WireSettings;
}

/** Decides about the requests of one server. */
export class Admission<Data> {
  readonly #settings: AdmissionSettings<Data>;
  readonly #events: AdmissionEvents<Data>;
  /** Transports whose request is being decided on, or that were refused and are not gone yet. */
  readonly #guests = new Map<Duplex, () => void>();
  #latestUrl = '';
  /** Whether everybody is refused. */
  isClosing = false;

  constructor(settings: AdmissionSettings<Data>, events: AdmissionEvents<Data>) {
    this.#settings = settings;
    this.#events = events;
  }

  /** Ends those that were refused and have been answered. */
  endAnswered(): void {
    for (const transport of this.#guests.keys()) if (transport.writableFinished) transport.destroy();
  }

  /** Ends all that are no sockets. */
  endAll(): void {
    for (const transport of this.#guests.keys()) transport.destroy();
  }

  /**
   * @param isByHand whether someone waits for the socket, and may listen to it later
   * @returns the socket, or undefined when there is none; a promise of that only where `authorize` takes its time
   */
  handle(
    request: IncomingMessage,
    transport: Upgraded,
    head: Uint8Array,
    isByHand: boolean,
  ): WebSocket<Data> | undefined | Promise<WebSocket<Data> | undefined> {
    transport.on('error', ignore); // before anything else: nobody else listens now
    if (transport[kTaken] === true) {
      this.#events.failed(new UsageError('this upgrade was handled already: is the server attached too?'));
      return undefined;
    }
    transport[kTaken] = true;
    if (transport.destroyed) return undefined;
    const proceed = (opening: Opening, data: Data | Refusal) => {
      const socket = this.#open(request, transport, opening, data);
      if (socket !== undefined) this.#events.opened(socket, request, head, isByHand);
      return socket;
    };
    const fail = (error: unknown) => {
      this.#events.failed(error);
      return this.#refuse(request, transport, new Refusal(500, 'the server failed to handle this request'));
    };
    try {
      const opening = this.#verify(request);
      if (opening instanceof Refusal) return this.#refuse(request, transport, opening);
      const { authorize } = this.#settings.options;
      if (authorize === undefined) return proceed(opening, undefined as Data);
      this.#admit(transport);
      return this.#authorize(request, authorize)
        .then((data) => proceed(opening, data))
        .catch(fail);
    } catch (error) {
      return fail(error);
    }
  }

  /** Notes a transport that is not gone, so that it can be ended before it is a socket. */
  #admit(transport: Duplex): void {
    if (transport.destroyed || this.#guests.has(transport)) return;
    const onClose = () => this.#guests.delete(transport);
    this.#guests.set(transport, onClose);
    transport.once('close', onClose);
  }

  /** From now on the transport is a socket's, which listens for its errors and its end. */
  #release(transport: Duplex): void {
    transport.off('error', ignore);
    const onClose = this.#guests.get(transport);
    if (onClose === undefined) return;
    transport.off('close', onClose);
    this.#guests.delete(transport);
  }

  #open(
    request: IncomingMessage,
    transport: Duplex,
    opening: Opening,
    data: Data | Refusal,
  ): WebSocket<Data> | undefined {
    if (data instanceof Refusal) return this.#refuse(request, transport, data);
    if (this.isClosing) return this.#refuse(request, transport, CLOSING);
    if (transport.destroyed) return undefined;

    const subprotocol = this.#chooseSubprotocol(opening, request);
    const { deflate: deflating, wire } = this.#settings;
    const deflate = deflating && acceptOffer(opening.extensions, deflating.terms);
    const extensions = deflate === undefined ? [] : [deflate.extension];
    transport.write(serializeAcceptance(opening, { subprotocol, extensions }), 'latin1');
    if (transport instanceof Socket) transport.setTimeout(0).setNoDelay(true);
    const socket = internals.accept<Data>({
      url: this.#urlOf(request),
      protocol: subprotocol ?? '',
      deflate,
      data,
      transport,
      settings: wire,
      acceptor: this.#events.acceptor,
    });
    this.#release(transport);
    return socket;
  }

  /** Most sockets of a server have the same URL, and share one string. */
  #urlOf(request: IncomingMessage): string {
    const url = `${isSecure(request) ? 'wss' : 'ws'}://${request.headers.host}${resourceNameOf(request)}`;
    if (url !== this.#latestUrl) this.#latestUrl = url;
    return this.#latestUrl;
  }

  #verify(request: IncomingMessage): Opening | Refusal {
    const { path, allowedOrigins = [], allowedHosts } = this.#settings.options;
    if (this.isClosing) return CLOSING;
    if (path !== undefined && pathOf(request) !== path)
      return new Refusal(404, 'there is no WebSocket endpoint at this path');
    const secure = isSecure(request);
    return verifyRequest(handshakeRequest(request), { secure, allowedOrigins, allowedHosts });
  }

  /** What `authorize` says, or a refusal when it takes too long. */
  async #authorize(
    request: IncomingMessage,
    authorize: NonNullable<ServerOptions<Data>['authorize']>,
  ): Promise<Data | Refusal> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<Refusal>((resolve) => {
      const late = new Refusal(503, 'the server took too long to decide about this request');
      timer = setTimeout(resolve, this.#settings.handshakeTimeoutMs, late);
    });
    try {
      const verdict = await Promise.race([authorize(request), tooLate]);
      return verdict === false ? FORBIDDEN : verdict;
    } finally {
      clearTimeout(timer);
    }
  }

  #chooseSubprotocol({ subprotocols: offered }: Opening, request: IncomingMessage): string | undefined {
    const { subprotocols = [] } = this.#settings.options;
    if (offered.length === 0) return undefined;
    if (typeof subprotocols === 'function') return subprotocols(offered, request);
    return subprotocols.find((subprotocol) => offered.includes(subprotocol));
  }

  #refuse(request: IncomingMessage, transport: Duplex, refusal: Refusal): undefined {
    this.#admit(transport);
    if (!transport.destroyed) sendRefusal(transport, refusal, this.#settings.wire.limits.closeTimeoutMs);
    this.#events.refused(request, refusal);
    return undefined;
  }
}

/** Every transport that came to a server of this process bears it: a second server would read the first one's bytes. */
const kTaken: unique symbol = Symbol('taken');

type Upgraded = Duplex & { [kTaken]?: true };

const CLOSING = new Refusal(503, 'the server is closing');

const FORBIDDEN = new Refusal(403, 'not for you');
