/** WebSocketServer as ws has it. */

import { EventEmitter } from 'node:events';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { ServerLinks } from './link.ts';
import { deflateOptions } from './permessage-deflate.ts';
import { type ServerOptions, serverOptions, type VerifyCallback, type VerifyInfo } from './server-options.ts';
import { acceptance, type Fault, faultOf, type Offer, offerOf, refuse } from './upgrade.ts';
import type { WebSocket } from './websocket.ts';

type UpgradeCallback = (socket: WebSocket, request: IncomingMessage) => void;

const [RUNNING, CLOSING, CLOSED] = [0, 1, 2] as const;

/** Transports that have a WebSocket. */
const upgraded = new WeakSet<Duplex>();

export class WebSocketServer extends EventEmitter {
  /** The sockets that are not closed; undefined without `clientTracking`. */
  declare clients: Set<WebSocket>;
  readonly options: ServerOptions & { WebSocket: typeof WebSocket };
  /** For programs: those that share a port write here what they have routed. What is served is `options.path`. */
  path: string | null | undefined;
  /** The HTTP server; null where there is none, or none any more. */
  _server: HttpServer | HttpsServer | null = null;
  _state: 0 | 1 | 2 = RUNNING;
  readonly #links: ServerLinks;
  #stopListening: (() => void) | undefined;
  /** Whether 'close' comes with the end of the last socket. */
  #closesWhenEmpty = false;

  /** @param callback called when it listens */
  constructor(options?: ServerOptions, callback?: () => void) {
    super();
    this.options = serverOptions(options ?? {});
    this.path = this.options.path;
    this.#links = new ServerLinks(this.options);
    if (this.options.clientTracking) this.clients = new Set();
    const { port, host, backlog, server } = this.options;
    if (port != null) this._server = createServer(answerPlainRequest);
    else if (server) this._server = server;
    if (this._server !== null) this.#listenTo(this._server);
    if (port != null) (this._server as HttpServer).listen(port, host as string, backlog as number, callback);
  }

  /** Where it listens; a name for a pipe, null when it is closed. */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this._server?.address() ?? null;
  }

  /**
   * Accepts no more connections. Those that are open stay open.
   * @param callback called with 'close': when all of them are gone
   */
  close(callback?: (error?: Error) => void): void {
    if (this._state === CLOSED) {
      if (callback) this.once('close', () => callback(new Error('The server is not running')));
      nextTick(() => this.#emitClose());
      return;
    }
    if (callback) this.once('close', callback);
    if (this._state === CLOSING) return;
    this._state = CLOSING;
    const server = this._server;
    this.#stopListening?.();
    this._server = null;
    if (server !== null && !this.options.server) server.close(() => this.#emitClose());
    else if (this.clients !== undefined && this.clients.size > 0) this.#closesWhenEmpty = true;
    else nextTick(() => this.#emitClose());
  }

  /** Whether a request is for this server. */
  shouldHandle(request: IncomingMessage): boolean | Promise<boolean> {
    const { path } = this.options;
    return !path || request.url?.replace(/\?.*$/s, '') === path;
  }

  /** Makes a WebSocket of a request, or refuses it. @param callback called with the socket */
  handleUpgrade(request: IncomingMessage, transport: Duplex, head: Buffer, callback: UpgradeCallback): void {
    transport.on('error', destroyThis);
    const fault = faultOf(request);
    if (fault !== undefined) this.#refuse(request, transport, fault);
    else if (!this.shouldHandle(request)) refuse(transport, 400);
    else this.#verifyOffer(request, transport, head, callback);
  }

  #verifyOffer(request: IncomingMessage, transport: Duplex, head: Buffer, callback: UpgradeCallback): void {
    const offer = offerOf(request, deflateOptions(this.options.perMessageDeflate));
    if ('status' in offer) this.#refuse(request, transport, offer);
    else
      this.#verify(request, transport, () => this.completeUpgrade(offer, request, transport, head, callback));
  }

  #verify(request: IncomingMessage, transport: Duplex, accept: () => void): void {
    const { verifyClient } = this.options;
    if (!verifyClient) {
      accept();
      return;
    }
    const { headers, socket } = request;
    const { authorized, encrypted } = socket as { authorized?: boolean; encrypted?: boolean };
    const isOld = Number(headers['sec-websocket-version']) === 8;
    const origin = headers[isOld ? 'sec-websocket-origin' : 'origin'] as string;
    const info: VerifyInfo = { origin, secure: Boolean(authorized || encrypted), req: request };
    if (verifyClient.length === 2) {
      const callback: VerifyCallback = (isVerified, code, message, given) => {
        if (isVerified) accept();
        else refuse(transport, code || 401, message || undefined, given);
      };
      verifyClient.call(this.options, info, callback);
    } else if ((verifyClient as (info: VerifyInfo) => unknown).call(this.options, info)) accept();
    else refuse(transport, 401);
  }

  /** Answers a request that was accepted, and makes the WebSocket. */
  completeUpgrade(
    offer: Offer,
    request: IncomingMessage,
    transport: Duplex,
    head: Buffer,
    callback: UpgradeCallback,
  ): void {
    if (!transport.readable || !transport.writable) {
      transport.destroy(); // the client has gone
      return;
    }
    if (upgraded.has(transport))
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      );
    upgraded.add(transport);
    if (this._state > RUNNING) refuse(transport, 503);
    else this.#open(offer, request, transport, head, callback);
  }

  #open(
    offer: Offer,
    request: IncomingMessage,
    transport: Duplex,
    head: Buffer,
    callback: UpgradeCallback,
  ): void {
    const socket = new this.options.WebSocket(null, undefined, this.options);
    const protocol = this.#protocolOf(offer, request);
    const lines = acceptance(offer, protocol);
    this.emit('headers', lines, request);
    transport.write(`${lines.join('\r\n')}\r\n\r\n`);
    transport.removeListener('error', destroyThis);
    const { extensions } = offer;
    this.#links.link(socket, transport, { head, protocol: protocol || '', extensions });
    if (this.clients !== undefined) {
      this.clients.add(socket);
      socket.on('close', this.#onClosed);
    }
    callback(socket, request);
  }

  #protocolOf({ protocols }: Offer, request: IncomingMessage): string | false | undefined {
    if (protocols.size === 0) return undefined;
    const { handleProtocols } = this.options;
    return handleProtocols ? handleProtocols.call(this.options, protocols, request) : [...protocols][0];
  }

  #refuse(request: IncomingMessage, transport: Duplex, { status, message, headers }: Fault): void {
    if (this.listenerCount('wsClientError') > 0)
      this.emit('wsClientError', new Error(message), transport, request);
    else refuse(transport, status, message, headers);
  }

  #listenTo(server: HttpServer | HttpsServer): void {
    const listeners = {
      listening: () => this.emit('listening'),
      error: (error: Error) => this.emit('error', error),
      upgrade: (request: IncomingMessage, transport: Duplex, head: Buffer) =>
        this.handleUpgrade(request, transport, head, (socket, from) => this.emit('connection', socket, from)),
    };
    const all = Object.entries(listeners) as [string, (...values: unknown[]) => void][];
    for (const [name, listener] of all) server.on(name, listener);
    this.#stopListening = () => {
      for (const [name, listener] of all) server.removeListener(name, listener);
    };
  }

  /** The same listener for all sockets: `this` is the socket. */
  readonly #onClosed = ((server: WebSocketServer) =>
    function (this: WebSocket): void {
      server.clients.delete(this);
      if (server.#closesWhenEmpty && server.clients.size === 0) nextTick(() => server.#emitClose());
    })(this);

  #emitClose(): void {
    this._state = CLOSED;
    this.emit('close');
  }
}

function destroyThis(this: Duplex): void {
  this.destroy();
}

/** A request that asks for no upgrade. */
function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  const body = STATUS_CODES[426]!;
  response.writeHead(426, { 'Content-Length': body.length, 'Content-Type': 'text/plain' }).end(body);
}
