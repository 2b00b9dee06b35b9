/** The opening handshake of a client, §4.1: a request by node:http → its answer, verified → a transport for frames. */
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { HandshakeError } from '../protocol/errors.ts';
import { randomHandshakeKey } from '../protocol/handshake/accept-key.ts';
import { type Offer, requestHeaders, verifyResponse } from '../protocol/handshake/client.ts';
import {
  type DeflateAgreement,
  offer as deflateOffer,
  verifyAnswer,
} from '../protocol/permessage-deflate/negotiation.ts';
import { limitTime } from '../transport/time-limit.ts';
import { whenAborted } from './abort.ts';
import { errorOfAnswer, handshakeResponse, headersOf } from './answer.ts';
import { connectOptions, unreachable } from './connect.ts';
import type { Target } from './options.ts';
import { redirected } from './redirect.ts';

/** The global of the time when this module is loaded: test environments replace it. */
const { AbortController } = globalThis;

/** A transport on which the opening handshake is done. */
export interface OpenedTransport {
  /** The URL of the connection; after a redirect not the one asked for. */
  readonly url: URL;
  readonly transport: Duplex;
  /** Bytes that came directly behind the answer. */
  readonly head: Uint8Array;
  /** Empty when none was agreed on. */
  readonly subprotocol: string;
  readonly deflate: DeflateAgreement | undefined;
  /** The headers of the answer, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer to an offer. Unless it is an {@link Upgrade}, its body must be read, or the response destroyed. */
interface Answer {
  readonly response: IncomingMessage;
  readonly offer: Offer;
}

interface Upgrade extends Answer {
  readonly transport: Duplex;
  readonly head: Uint8Array;
}

/** One opening handshake, redirects included. It ends by an answer, an error of the connection, a timeout, or an abort. */
export class ClientHandshake {
  readonly #controller = new AbortController();

  /**
   * Neither function is called before the constructor returns.
   * @param onFailed gets a {@link HandshakeError}, or the reason of an abort
   */
  constructor(
    target: Target,
    onOpened: (opened: OpenedTransport) => void,
    onFailed: (error: unknown) => void,
  ) {
    const { openingTimeoutMs, signal } = target.options;
    const late = new HandshakeError(`the connection did not open within ${openingTimeoutMs} ms`);
    const liftLimit = limitTime(openingTimeoutMs, () => this.abort(late));
    if (signal?.aborted) this.abort(signal.reason);
    const letGo = signal && whenAborted(signal, () => this.abort(signal.reason));
    openTransport(target, this.#controller.signal)
      .finally(() => {
        liftLimit();
        letGo?.();
      })
      .then((opened) => this.#finish(opened, onOpened, onFailed), onFailed);
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Since the answer came, the handshake may have been aborted, or the transport lost while nothing listened to it. */
  #finish(
    opened: OpenedTransport,
    onOpened: (opened: OpenedTransport) => void,
    onFailed: (error: unknown) => void,
  ): void {
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

async function openTransport(target: Target, signal: AbortSignal): Promise<OpenedTransport> {
  let next = target;
  for (let followed = 0; ; followed++) {
    const answer = await ask(next, signal);
    if ('transport' in answer) return verified(next, answer);
    const redirect = followed < target.options.maxRedirects ? redirected(next, answer.response) : undefined;
    if (redirect === undefined) throw await errorOfAnswer(answer.response, answer.offer, signal);
    answer.response.destroy();
    next = redirect;
  }
}

/** Verifies an upgrade. If it breaks a rule, the transport is closed. */
function verified({ url, options }: Target, { response, transport, head, offer }: Upgrade): OpenedTransport {
  try {
    const { subprotocol, extensions } = verifyResponse(handshakeResponse(response), offer);
    // WHATWG, "establish a WebSocket connection": a client that asks for subprotocols must get one.
    if (subprotocol === undefined && offer.subprotocols!.length > 0) {
      throw new HandshakeError('the server chose none of the subprotocols');
    }
    const deflate = options.deflate && verifyAnswer(extensions, options.deflate.terms);
    if (deflate === undefined && extensions.length > 0) {
      throw new HandshakeError('the answer to the offer of permessage-deflate is wrong (RFC 7692 §5.1)');
    }
    return { url, transport, head, subprotocol: subprotocol ?? '', deflate, headers: headersOf(response) };
  } catch (error) {
    transport.destroy();
    const { message } = error as Error;
    throw new HandshakeError(message, { status: response.statusCode, headers: headersOf(response) });
  }
}

/** Sends the request and waits for an answer of either kind. */
async function ask(target: Target, signal: AbortSignal): Promise<Upgrade | Answer> {
  signal.throwIfAborted();
  const { url, options } = target;
  const offer = offerOf(target);
  const requestOptions: RequestOptions = {
    path: url.pathname + url.search,
    headers: byName([...requestHeaders(offer), ...credentials(target), ...options.headers]),
    ...(await connectOptions(target, signal)),
  };
  return new Promise((resolve, reject) => {
    const request = makeRequest(url, requestOptions);
    const giveUp = () => {
      request.destroy(signal.reason); // this destroys the transport too
      reject(signal.reason); // an agent that has no transport yet would never tell
    };
    signal.addEventListener('abort', giveUp, { once: true });
    request.once('close', () => signal.removeEventListener('abort', giveUp));
    if (signal.aborted) giveUp();
    request.on('error', (error) => reject(signal.aborted ? signal.reason : unreachable(url, error)));
    request.on('upgrade', (response, transport, head) => {
      transport.on('error', () => {}); // 'close' follows, and the next owner of the transport listens for that
      resolve({ response, transport, head, offer });
    });
    request.on('response', (response) => {
      response.on('error', () => {}); // the loop that reads the body sees it
      resolve({ response, offer });
    });
    request.end();
    // node:http keeps a connection whose request says `Connection: Upgrade`; only an agent has a use for it.
    if (requestOptions.agent === undefined) request.shouldKeepAlive = false;
  });
}

/** @throws {HandshakeError} for what node:http does not take, such as an agent for another protocol */
function makeRequest(url: URL, options: RequestOptions): ClientRequest {
  const isAgentForTls = options.agent !== undefined && url.protocol === 'wss:';
  try {
    return (isAgentForTls ? httpsRequest : httpRequest)(options);
  } catch (error) {
    throw unreachable(url, error as Error);
  }
}

function offerOf({ url, subprotocols, options }: Target): Offer {
  return {
    host: url.host,
    key: randomHandshakeKey(),
    ...(options.origin !== undefined && { origin: options.origin }),
    subprotocols,
    extensions: options.deflate === undefined ? [] : [deflateOffer(options.deflate.terms)],
  };
}

/**
 * The lines of the request as an object, so that node:http sets them one by one, and an agent finds them by `getHeader`. Those
 * of a name stay separate lines, at the place of the first.
 */
function byName(lines: readonly (readonly [name: string, value: string])[]): OutgoingHttpHeaders {
  const fields = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of lines) {
    const field = fields.get(name.toLowerCase());
    if (field === undefined) fields.set(name.toLowerCase(), { name, values: [value] });
    else field.values.push(value);
  }
  const headers: OutgoingHttpHeaders = Object.create(null); // a name may be `__proto__`
  for (const { name, values } of fields.values()) headers[name] = values.length === 1 ? values[0] : values;
  return headers;
}

/** The user and password of the URL, as Basic authentication (RFC 7617). */
function credentials({ url, options }: Target): [string, string][] {
  const { username, password } = url;
  const isGiven = options.headers.some(([name]) => name.toLowerCase() === 'authorization');
  if (isGiven || (username === '' && password === '')) return [];
  const pair = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return [['Authorization', `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`]];
}

/** One character for each byte, which need not be UTF-8. Invalid escapes stay as they are (WHATWG URL, "percent-decode"). */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
