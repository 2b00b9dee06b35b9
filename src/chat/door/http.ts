/** What the HTTP routes of the chat share: JSON in and out, errors, and which pages may ask. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { hostOf } from '../hosts.ts';
import { LogUnavailableError } from '../log/room-log.ts';

/** Answers a request, or returns false: it is for somebody else. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: OutgoingHttpHeaders;
}

/** The function for each method of a path. */
export type Methods = Readonly<Record<string, () => Answer | Promise<Answer>>>;

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
const STALLED_AFTER_MS = 30_000;

/** Answers by the method. Never rejects. @param allowedOrigins of pages, in addition to this server's own */
export async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  allowedOrigins: readonly string[],
  methods: Methods,
): Promise<void> {
  response.setTimeout(STALLED_AFTER_MS, () => response.destroy());
  const { status, body, headers } = await run(request, allowedOrigins, methods).catch((error: unknown) =>
    answerTo(error, response.destroyed),
  );
  response.writeHead(status, {
    ...(body && { 'Content-Type': 'application/json; charset=utf-8' }),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(body && JSON.stringify(body));
}

async function run(request: IncomingMessage, origins: readonly string[], methods: Methods): Promise<Answer> {
  const { method = '', headers } = request;
  if (headers.origin !== undefined && !origins.includes(headers.origin) && !isOwnOrigin(request)) {
    throw new HttpError(403, 'foreign-origin', 'Pages from another origin may not do this.');
  }
  const name = method === 'HEAD' ? 'GET' : method;
  const act = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (act !== undefined) return await act();
  const Allow = Object.keys(methods).join(', ');
  throw new HttpError(405, 'bad-method', `This takes ${Allow}.`, undefined, { Allow });
}

function answerTo(error: unknown, isGone: boolean): Answer {
  if (error instanceof HttpError) return error.answer;
  if (error instanceof LogUnavailableError) {
    return new HttpError(503, 'unavailable', 'The messages cannot be reached: try again.', 2_000).answer;
  }
  if (!isGone) console.error('barewire: a request failed:', error);
  return new HttpError(500, 'failed', 'The server failed to answer this.').answer;
}

/** Whether a request comes from a page of this server, as far as its Origin tells. */
export function isOwnOrigin(request: IncomingMessage): boolean {
  const [, scheme, host = ''] = /^(https?):\/\/([^/?#@]+)$/i.exec(request.headers.origin ?? '') ?? [];
  if (scheme === 'http' && isTls(request)) return false;
  const withoutPort = (text: string) => text.toLowerCase().replace(scheme === 'http' ? /:80$/ : /:443$/, '');
  return host !== '' && withoutPort(host) === withoutPort(hostOf(request) ?? '');
}

/** Whether the browser speaks TLS, to this process or to a proxy in front of it: its Origin says so. */
export function isSecure(request: IncomingMessage): boolean {
  return isTls(request) || (isOwnOrigin(request) && /^https:/i.test(request.headers.origin ?? ''));
}

function isTls({ socket }: IncomingMessage): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}

/** Path, as it came, and query of a request, also of one that has the whole URL (RFC 9112 §3.2.2). */
export function targetOf({ url = '' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const [, path = '', query] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)\??([^#]*)/i.exec(url) ?? [];
  return { path, query: new URLSearchParams(query) };
}

/** The fields of a JSON object that was sent. @throws {HttpError} for anything else */
export async function jsonBody(request: IncomingMessage, maxBytes = 4_096): Promise<Record<string, unknown>> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type) || encoding !== 'identity') {
    throw new HttpError(415, 'bad-type', 'Send Content-Type: application/json, in UTF-8, not compressed.');
  }
  const bytes = await bodyOf(request, maxBytes);
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {} // it is answered below
  throw new HttpError(400, 'bad-json', 'The body must be one JSON object in UTF-8.');
}

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let left = maxBytes - Number(request.headers['content-length'] ?? 0) < 0 ? -1 : maxBytes;
  // The iterator would destroy the connection when it is left, and with it the answer.
  const body = left < 0 ? [] : request.iterator({ destroyOnReturn: false });
  for await (const chunk of body as AsyncIterable<Buffer>) {
    left -= chunk.length;
    if (left < 0) break;
    chunks.push(chunk);
  }
  if (left >= 0) return Buffer.concat(chunks);
  const headers = { Connection: 'close' };
  throw new HttpError(413, 'too-long', `The body may have ${maxBytes} bytes.`, undefined, headers);
}
