/** The opening handshake of a client, §4.1: a request by node:http → its answer, verified → a transport for frames. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { HandshakeError, UsageError } from '../protocol/errors.ts';
import { randomHandshakeKey } from '../protocol/handshake/accept-key.ts';
import { type Offer, requestHeaders, verifyResponse } from '../protocol/handshake/client.ts';
import type { HandshakeResponse } from '../protocol/handshake/request.ts';
import {
  type DeflateAgreement,
  offer as deflateOffer,
  verifyAnswer,
} from '../protocol/permessage-deflate/negotiation.ts';
import type { Target } from './options.ts';
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

/** An answer that is an HTTP response and not an upgrade. Its body is still to be read, or the response destroyed. */
interface Answer {
  readonly response: IncomingMessage;
  readonly offer: Offer;
}

interface Upgrade {
  readonly response: IncomingMessage;
  readonly transport: Duplex;
  readonly head: Uint8Array;
  readonly offer: Offer;
}

/** How much of the body of an answer is kept, to tell why it is none that was wished for. */
const MAX_BODY_BYTES = 1024;
/** How long is waited for that: the answer itself is known by then, and must not be lost with the time for opening. */
const MAX_BODY_WAIT_MS = 1_000;

/** One attempt to open a connection: it ends by an answer, by time, or because someone gives up. */
export class Attempt {
  readonly #controller = new AbortController();

  /**
   * @param onOpened called later, as is the other one
   * @param onFailed is given a {@link HandshakeError}, or the reason for which the attempt was given up
   */
  constructor(target: Target, onOpened: (opened: Opened) => void, onFailed: (error: unknown) => void) {
    const { openingTimeoutMs, signal } = target.options;
    const late = new HandshakeError(`the connection did not open within ${openingTimeoutMs} ms`);
    const timer = setTimeout(() => this.abort(late), openingTimeoutMs);
    const onAbort = () => this.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort);
    openConnection(target, this.#controller.signal)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      })
      .then((opened) => this.#finish(opened, onOpened, onFailed), onFailed);
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Since the answer came, the connection may have been given up, or lost while nobody listened. */
  #finish(opened: Opened, onOpened: (opened: Opened) => void, onFailed: (error: unknown) => void): void {
    const { signal } = this.#controller;
    const { transport } = opened;
    if (!signal.aborted && !transport.destroyed) {
      onOpened(opened);
      return;
    }
    transport.destroy();
    const lost = new HandshakeError('the connection was lost as it opened', { status: 101 });
    onFailed(signal.aborted ? signal.reason : lost);
  }
}

async function openConnection(target: Target, signal: AbortSignal): Promise<Opened> {
  let next = target;
  for (let followed = 0; ; followed++) {
    const answer = await ask(next, signal);
    if ('transport' in answer) return verified(next, answer);
    const redirect = followed < target.options.maxRedirects ? redirected(next, answer.response) : undefined;
    if (redirect === undefined) throw await refusal(answer, signal);
    answer.response.destroy();
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

async function refusal({ response, offer }: Answer, signal: AbortSignal): Promise<unknown> {
  const { statusCode: status } = response;
  const body = status === 101 ? '' : await readBody(response);
  response.destroy();
  if (signal.aborted) return signal.reason;
  return new HandshakeError(whyNot(response, offer), { status, headers: headersOf(response), body });
}

function whyNot(response: IncomingMessage, offer: Offer): string {
  const { statusCode: status, statusMessage } = response;
  try {
    // To node:http a 101 is no upgrade when it lacks one of the headers of one: the rules tell which.
    if (status === 101) verifyResponse(handshakeResponse(response), offer);
  } catch (error) {
    return (error as Error).message;
  }
  return `the server did not upgrade the connection, but answered ${status} ${statusMessage}`.trim();
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
}

function handshakeResponse({ statusCode = 0, headers }: IncomingMessage): HandshakeResponse {
  return { status: statusCode, header: (name) => headers[name]?.toString() };
}

/** Sends the request and waits for an answer of either kind. */
async function ask(target: Target, signal: AbortSignal): Promise<Upgrade | Answer> {
  signal.throwIfAborted();
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
    const request = (isAgentForTls ? httpsRequest : httpRequest)(requestOptions);
    const giveUp = () => {
      request.destroy(signal.reason); // and the transport with it
      reject(signal.reason); // an agent that has none yet would never tell
    };
    signal.addEventListener('abort', giveUp, { once: true });
    request.once('close', () => signal.removeEventListener('abort', giveUp));
    if (signal.aborted) giveUp();
    request.on('error', (error) => reject(signal.aborted ? signal.reason : unreachable(url, error)));
    request.on('upgrade', (response, transport, head) => {
      transport.on('error', () => {}); // 'close' follows, and whoever takes the transport hears it
      resolve({ response, transport, head, offer });
    });
    request.on('response', (response) => {
      response.on('error', () => {}); // whoever reads it sees that
      resolve({ response, offer });
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
  const pair = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return [['Authorization', `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`]];
}

/** Bytes, one a character, which need not be UTF-8; what is no escape stays as it is (WHATWG URL, "percent-decode"). */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}

/** What makes the connection: the user's function or agent, or TCP and for `wss:` TLS. */
async function connector({ url, options }: Target, signal: AbortSignal): Promise<RequestOptions> {
  const secure = url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  if (options.createConnection !== undefined) {
    const transport = await connected(options.createConnection, url, signal);
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
async function connected(
  createConnection: (url: URL) => Duplex | Promise<Duplex>,
  url: URL,
  signal: AbortSignal,
): Promise<Duplex> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  const making = (async () => createConnection(url))();
  try {
    const transport = await Promise.race([making, aborted]);
    if (typeof transport?.pipe !== 'function') throw new UsageError('createConnection gave no stream');
    if (transport.destroyed) throw new UsageError('the stream that createConnection gave is closed');
    return transport;
  } catch (error) {
    making.then(
      (transport) => transport?.on?.('error', () => {}).destroy(),
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
  const timer = setTimeout(() => response.destroy(), MAX_BODY_WAIT_MS);
  try {
    for await (const chunk of response) {
      body = Buffer.concat([body, chunk]);
      if (body.length >= MAX_BODY_BYTES) break; // which ends the connection too
    }
  } catch {
    // What came before the connection broke is told all the same.
  }
  clearTimeout(timer);
  return body.subarray(0, MAX_BODY_BYTES).toString();
}
