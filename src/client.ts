/** The opening handshake of a client, §4.1: a request by node:http → its answer, verified → a transport for frames. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Target } from './client-options.ts';
import { HandshakeError } from './protocol/errors.ts';
import { randomHandshakeKey } from './protocol/handshake/accept-key.ts';
import { type Offer, requestHeaders, verifyResponse } from './protocol/handshake/client.ts';
import type { HandshakeResponse } from './protocol/handshake/request.ts';
import {
  type DeflateAgreement,
  offer as deflateOffer,
  verifyAnswer,
} from './protocol/permessage-deflate/negotiation.ts';
import { redirected } from './redirect.ts';

/** A connection that is open. */
export interface Opened {
  /** Where it leads; another than was asked for after a redirect. */
  readonly url: URL;
  readonly transport: Duplex;
  /** What came behind the answer already. */
  readonly head: Uint8Array;
  /** Empty when none was agreed on. */
  readonly subprotocol: string;
  readonly deflate: DeflateAgreement | undefined;
}

/** An answer that is an HTTP response and not an upgrade. */
interface Answer {
  readonly response: IncomingMessage;
  readonly body: string;
}

interface Upgrade {
  readonly response: IncomingMessage;
  readonly transport: Duplex;
  readonly head: Uint8Array;
  readonly offer: Offer;
}

/** How much of the body of an answer is kept, to tell why it is none that was wished for. */
const MAX_BODY_BYTES = 1024;

/** One attempt to open a connection: it ends by an answer, by time, or because someone gives up. */
export class Attempt {
  /** Rejects with {@link HandshakeError}, or with the reason for which it was given up. */
  readonly opened: Promise<Opened>;
  readonly #controller = new AbortController();

  constructor(target: Target) {
    const { openingTimeoutMs, signal } = target.options;
    const late = new HandshakeError(`the connection did not open within ${openingTimeoutMs} ms`);
    const timer = setTimeout(() => this.abort(late), openingTimeoutMs);
    const onAbort = () => this.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort);
    this.opened = this.#open(target).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    });
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  async #open(target: Target): Promise<Opened> {
    const { signal } = this.#controller;
    const opened = await openConnection(target, signal);
    if (!signal.aborted) return opened;
    opened.transport.destroy();
    throw signal.reason;
  }
}

async function openConnection(target: Target, signal: AbortSignal): Promise<Opened> {
  let next = target;
  for (let followed = 0; ; followed++) {
    const answer = await ask(next, signal);
    if ('transport' in answer) return verified(next, answer);
    const redirect = followed < target.options.maxRedirects ? redirected(next, answer.response) : undefined;
    if (redirect === undefined) throw refusal(answer);
    next = redirect;
  }
}

/** Verifies an upgrade; one that is not as it should be is closed. */
function verified({ url, options }: Target, { response, transport, head, offer }: Upgrade): Opened {
  try {
    const { subprotocol, extensions } = verifyResponse(handshakeResponse(response), offer);
    // WHATWG, "establish a WebSocket connection": who asks for subprotocols must get one.
    if (subprotocol === undefined && offer.subprotocols!.length > 0) {
      throw new HandshakeError('the server chose none of the subprotocols');
    }
    const deflate = options.deflate && verifyAnswer(extensions, options.deflate.terms);
    if (deflate === undefined && extensions.length > 0) {
      throw new HandshakeError('the answer to the offer of permessage-deflate is wrong (RFC 7692 §5.1)');
    }
    return { url, transport, head, subprotocol: subprotocol ?? '', deflate };
  } catch (error) {
    transport.destroy();
    const { message } = error as Error;
    throw new HandshakeError(message, { status: response.statusCode, headers: headersOf(response) });
  }
}

function refusal({ response, body }: Answer): HandshakeError {
  const { statusCode: status, statusMessage } = response;
  const sentence = `the server did not upgrade the connection, but answered ${status} ${statusMessage}`;
  return new HandshakeError(sentence.trim(), { status, headers: headersOf(response), body });
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function handshakeResponse({ statusCode = 0, headers }: IncomingMessage): HandshakeResponse {
  return { status: statusCode, header: (name) => headers[name]?.toString() };
}

/** Sends the request and waits for an answer of either kind. */
async function ask(target: Target, signal: AbortSignal): Promise<Upgrade | Answer> {
  const { url, subprotocols, options } = target;
  const offer: Offer = {
    host: url.host,
    key: randomHandshakeKey(),
    ...(options.origin !== undefined && { origin: options.origin }),
    subprotocols,
    extensions: options.deflate === undefined ? [] : [deflateOffer(options.deflate.terms)],
  };
  const requestOptions = {
    path: url.pathname + url.search,
    headers: [...requestHeaders(offer), ...credentials(target), ...options.headers].flat(),
    ...(await connector(target, signal)),
  };
  const isAgentForTls = options.agent !== undefined && url.protocol === 'wss:';
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = (isAgentForTls ? httpsRequest : httpRequest)(requestOptions);
    signal.addEventListener('abort', () => request.destroy(signal.reason), { once: true });
    request.on('error', (error) => reject(signal.aborted ? signal.reason : unreachable(url, error)));
    request.on('upgrade', (response, transport, head) => {
      transport.on('error', () => {}); // 'close' follows, and whoever takes the transport hears it
      resolve({ response, transport, head, offer });
    });
    // A 101 without Upgrade is taken for one that announces another answer.
    request.on('information', ({ statusCode }) => {
      if (statusCode === 101) request.destroy(new Error('the answer has no Upgrade: websocket'));
    });
    request.on('response', (response) => {
      readBody(response).then((body) => resolve({ response, body }));
    });
    request.end();
  });
}

function unreachable({ host }: URL, error: Error): HandshakeError {
  return new HandshakeError(`no connection to ${host}: ${error.message}`, {}, { cause: error });
}

/** The user and password of the URL, as Basic authentication (RFC 7617). */
function credentials({ url, options }: Target): [string, string][] {
  const { username, password } = url;
  const isGiven = options.headers.some(([name]) => name.toLowerCase() === 'authorization');
  if (isGiven || (username === '' && password === '')) return [];
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return [['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]];
}

/** What makes the connection: the user's function or agent, or TCP and for `wss:` TLS. */
async function connector({ url, options }: Target, signal: AbortSignal): Promise<RequestOptions> {
  const secure = url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  if (options.createConnection !== undefined) {
    const transport = await connected(options.createConnection(url), url, signal);
    return { createConnection: () => transport };
  }
  if (options.agent !== undefined) return { ...options.tls, host, port, agent: options.agent };
  if (!secure) return { createConnection: () => connectTcp({ host, port }) };
  const servername = isIP(host) === 0 ? host : '';
  return {
    createConnection: () =>
      connectTls({ host, port, servername, ALPNProtocols: ['http/1.1'], ...options.tls }),
  };
}

/** The transport that the user's function makes; one that comes too late is closed. */
async function connected(made: Duplex | Promise<Duplex>, url: URL, signal: AbortSignal): Promise<Duplex> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  const making = Promise.resolve(made);
  try {
    return await Promise.race([making, aborted]);
  } catch (error) {
    making.then(
      (transport) => transport.on('error', () => {}).destroy(),
      () => {},
    );
    throw signal.aborted ? signal.reason : unreachable(url, error as Error);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The beginning of a body, as text. */
async function readBody(response: IncomingMessage): Promise<string> {
  let body = Buffer.alloc(0);
  try {
    for await (const chunk of response) {
      body = Buffer.concat([body, chunk]);
      if (body.length >= MAX_BODY_BYTES) break; // which ends the connection too
    }
  } catch {
    // What came before the connection broke is told all the same.
  }
  response.destroy();
  return body.subarray(0, MAX_BODY_BYTES).toString();
}
