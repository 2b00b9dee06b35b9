/** What the HTTP routes of the chat share: JSON in and out, errors, and which pages may ask. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { LogUnavailableError } from '../log/room-log.ts';
import { hostOf } from './hosts.ts';

/** Answers a request, or returns false: it is for another route. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A request, with what its path has in the parentheses of the pattern, and its query. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly part: string;
  readonly query: URLSearchParams;
}

export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: OutgoingHttpHeaders;
}

/** An answer that says what is wrong: `{error, message}`, and `retryAfterMs` where one may try again. */
export class HttpError extends Error {
  readonly answer: Answer;

  constructor(status: number, error: string, message: string, retryAfterMs?: number, headers = {}) {
    super(message);
    const retry = retryAfterMs === undefined ? {} : { 'Retry-After': Math.ceil(retryAfterMs / 1_000) };
    this.answer = { status, body: { error, message, retryAfterMs }, headers: { ...retry, ...headers } };
  }
}

/** @param waitMs what a bucket says. @throws {HttpError} 429, unless it is 0 */
export function refuseTooFast(waitMs: number): void {
  if (waitMs > 0) throw new HttpError(429, 'too-fast', 'That was too often: try again later.', waitMs);
}

/** How long a client may read nothing of its answer, in milliseconds. */
export const STALLED_AFTER_MS = 30_000;

/** What answers tell the browsers of pages from allowed origins. */
const CORS = {
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-None-Match',
  'Access-Control-Allow-Methods': 'GET, POST, DELETE',
  'Access-Control-Expose-Headers': 'ETag, Retry-After',
};

/**
 * A route for paths that match a pattern, with a handler for each method.
 * @param allowedOrigins of pages that may ask and read, in addition to this server's own. Browsers send and keep the
 * session only for pages of the same site: the cookie is SameSite=Lax
 */
export function jsonRoute(
  pattern: RegExp,
  allowedOrigins: readonly string[],
  handlers: Readonly<Record<string, (asked: Asked) => Answer | Promise<Answer>>>,
): Route {
  const isAllowed = ({ headers }: IncomingMessage) => allowedOrigins.includes(headers.origin ?? '');
  const answer = async (asked: Asked): Promise<Answer> => {
    const { method = '', headers } = asked.request;
    const mayAsk = headers.origin === undefined || isAllowed(asked.request) || isOwnOrigin(asked.request);
    if (!mayAsk) throw new HttpError(403, 'foreign-origin', 'Pages from another origin may not do this.');
    if (method === 'OPTIONS' && isAllowed(asked.request)) return { status: 204 };
    if (Object.hasOwn(handlers, method)) return await handlers[method]!(asked);
    const Allow = Object.keys(handlers).join(', ');
    throw new HttpError(405, 'bad-method', `This takes ${Allow}.`, undefined, { Allow });
  };
  return (request, response) => {
    const { path, query } = targetOf(request);
    const match = pattern.exec(path);
    if (match === null) return false;
    response.setTimeout(STALLED_AFTER_MS, () => response.destroy());
    void answer({ request, part: match[1] ?? '', query: new URLSearchParams(query) })
      .catch((error: unknown) => answerTo(error, response.destroyed))
      .then(({ status, body, headers }) => {
        const usual = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
        const type = body && { 'Content-Type': 'application/json; charset=utf-8' };
        const cors = isAllowed(request) && { 'Access-Control-Allow-Origin': request.headers.origin, ...CORS };
        const all = { ...usual, ...cors, ...type, ...headers };
        response.writeHead(status, all).end(body && JSON.stringify(body));
      });
    return true;
  };
}

function answerTo(error: unknown, isGone: boolean): Answer {
  if (error instanceof HttpError) return error.answer;
  if (error instanceof LogUnavailableError) {
    const message = 'Nothing can be read or kept at the moment: try again, with the same id.';
    return new HttpError(503, 'unavailable', message, 2_000).answer;
  }
  if (!isGone) console.error('barewire: a request failed:', error);
  return new HttpError(500, 'failed', 'The server failed to answer this.').answer;
}

/** Whether a request comes from a page of this server, as far as its Origin tells. */
function isOwnOrigin(request: IncomingMessage): boolean {
  const [, scheme, host = ''] = /^(https?):\/\/([^/?#@]+)$/.exec(request.headers.origin ?? '') ?? [];
  const bare = (text = '') => text.toLowerCase().replace(scheme === 'http' ? /:80$/ : /:443$/, '');
  return host !== '' && bare(host) === bare(hostOf(request)) && !(scheme === 'http' && isTls(request));
}

/** Whether the browser speaks TLS, to this process or to a proxy in front of it: its Origin says so. */
export function isSecure(request: IncomingMessage): boolean {
  return isTls(request) || (isOwnOrigin(request) && request.headers.origin!.startsWith('https:'));
}

function isTls({ socket }: IncomingMessage): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}

/** Path and query as they came, also of a request that has the whole URL (RFC 9112 §3.2.2), whose path may be left out. */
export function targetOf({ url = '' }: IncomingMessage): { path: string; query: string } {
  const [, site, path = '', query = ''] = /^(https?:\/\/[^/?#]*)?([^?#]*)\??([^#]*)/i.exec(url) ?? [];
  return { path: site !== undefined && path === '' ? '/' : path, query };
}

/** The fields of the JSON object that was sent. @throws {HttpError} for anything else */
export async function jsonBody(request: IncomingMessage, maxBytes = 4_096): Promise<Record<string, unknown>> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type) || encoding !== 'identity')
    throw new HttpError(415, 'bad-type', 'Send Content-Type: application/json, in UTF-8, not compressed.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Left early, the usual iterator would end the connection, and with it the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= maxBytes) continue;
    const message = `The body may have ${maxBytes} bytes.`;
    throw new HttpError(413, 'too-long', message, undefined, { Connection: 'close' });
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {} // it is answered below
  throw new HttpError(400, 'bad-json', 'The body must be one JSON object in UTF-8.');
}
