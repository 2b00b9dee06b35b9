/** The opening handshake of a client, with the options and the words of ws. */

import type { EventEmitter } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { randomHandshakeKey } from '../protocol/index.ts';
import { CONNECTING, type ReadyState } from './arguments.ts';
import { verifyAnswer } from './client-answer.ts';
import {
  type ClientOptions,
  parseUrl,
  requestOptions,
  urlError,
  verifySubprotocols,
} from './client-options.ts';
import { linkClient, type Owner } from './link.ts';
import { Redirects } from './redirects.ts';

export const kFailed: unique symbol = Symbol('failed');

export interface OpeningHost extends Owner, EventEmitter {
  readonly readyState: ReadyState;
  _req: ClientRequest | null;
  /** The opening fails: the state is CLOSING when it begins to, and CLOSED with 'close' when it is over. */
  [kFailed](step: 'begins' | 'ends'): void;
}

const CLOSED_EARLY = 'WebSocket was closed before the connection was established';

export class Opening {
  /** Where the connection leads; after a redirect, another place. */
  url = '';
  readonly #host: OpeningHost;
  readonly #subprotocols: readonly string[];
  readonly #options: ClientOptions;
  readonly #redirects: Redirects;

  /** @throws {RangeError} for a version that there is not */
  constructor(host: OpeningHost, subprotocols: readonly unknown[], options: ClientOptions) {
    const { protocolVersion = 13 } = options;
    if (protocolVersion !== 13 && protocolVersion !== 8)
      throw new RangeError(`Unsupported protocol version: ${protocolVersion} (supported versions: 8, 13)`);
    this.#host = host;
    this.#subprotocols = subprotocols as readonly string[];
    this.#options = options;
    this.#redirects = new Redirects(options);
  }

  get redirects(): number {
    return this.#redirects.count;
  }

  /** @throws {SyntaxError} for a URL, and for subprotocols, that cannot be asked for */
  start(address: string | URL): void {
    const url = parseUrl(address);
    this.url = url.href;
    const error = urlError(url);
    if (error !== undefined) throw error;
    verifySubprotocols(this.#subprotocols);
    this.#request(url);
  }

  /** Gives up, because the user closes the socket. */
  abort(): void {
    this.#abort(this.#host._req!, CLOSED_EARLY);
  }

  #request(url: URL): void {
    const key = randomHandshakeKey();
    const options = requestOptions(url, key, this.#subprotocols, this.#options);
    this.#redirects.apply(url, options, this.#host.listenerCount('redirect') > 0);
    const request = (url.protocol === 'wss:' ? https : http).request(options);
    this.#host._req = request;
    if (this.#redirects.count > 0) this.#host.emit('redirect', this.url, request);
    this.#listen(request, url, key);
    const { finishRequest } = this.#options;
    if (finishRequest) finishRequest(request, this.#host as never);
    else request.end();
  }

  #listen(request: ClientRequest, url: URL, key: string): void {
    if (this.#options.handshakeTimeout)
      request.on('timeout', () => this.#abort(request, 'Opening handshake has timed out'));
    request.on('error', (error) => {
      if (this.#host._req !== request || aborted.has(request)) return;
      this.#host._req = null;
      this.#fail(error);
    });
    request.on('response', (response) => this.#onResponse(request, response, url));
    request.on('upgrade', (response, transport, head) => {
      this.#host.emit('upgrade', response);
      if (this.#host.readyState !== CONNECTING) return; // closed by a listener
      this.#host._req = null;
      this.#onUpgrade(response, transport, head, key);
    });
  }

  #onResponse(request: ClientRequest, response: IncomingMessage, from: URL): void {
    const { statusCode = 0, headers } = response;
    const { location } = headers;
    const isRedirect = statusCode >= 300 && statusCode < 400 && location !== undefined;
    if (isRedirect && this.#options.followRedirects) this.#follow(request, location, from);
    else if (!this.#host.emit('unexpected-response', request, response))
      this.#abort(request, `Unexpected server response: ${statusCode}`);
  }

  #follow(request: ClientRequest, location: string, from: URL): void {
    if (!this.#redirects.mayFollow()) {
      this.#abort(request, 'Maximum redirects exceeded');
      return;
    }
    destroy(request);
    const url = URL.canParse(location, from.href) ? parseUrl(new URL(location, from.href)) : undefined;
    if (url !== undefined) this.url = url.href;
    const error = url === undefined ? new SyntaxError(`Invalid URL: ${location}`) : urlError(url);
    if (error !== undefined) this.#fail(error);
    else this.#request(url!);
  }

  #onUpgrade(response: IncomingMessage, transport: Duplex, head: Buffer, key: string): void {
    const answer = verifyAnswer(response, key, this.#subprotocols, this.#options);
    if (typeof answer !== 'string')
      linkClient(this.#host, transport, { ...answer, head, url: this.url }, this.#options);
    else {
      this.#host[kFailed]('begins');
      transport.once('error', (error) => this.#host.emit('error', error));
      transport.once('close', () => this.#host[kFailed]('ends'));
      transport.destroy(new Error(answer));
    }
  }

  #abort(request: ClientRequest, message: string): void {
    this.#host[kFailed]('begins');
    destroy(request);
    nextTick(() => this.#fail(new Error(message)));
  }

  #fail(error: Error): void {
    this.#host[kFailed]('begins');
    this.#host.emit('error', error);
    this.#host[kFailed]('ends');
  }
}

/** Requests whose errors are of no more interest. */
const aborted = new WeakSet<ClientRequest>();

function destroy(request: ClientRequest): void {
  aborted.add(request);
  request.destroy();
  request.socket?.destroy(); // it may be the response's by now
}
