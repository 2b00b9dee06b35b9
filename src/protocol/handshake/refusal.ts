/** Why a server refuses an opening handshake, and the answer that says so: every response other than 101. */
import { UsageError } from '../errors.ts';
import { serializeHeader, serializeOwnHeaders } from './headers.ts';
import type { HeaderLines } from './request.ts';

/** Why a request is refused: one row for each rule, with the status, the message, and a header that tells what is accepted. */
export const REFUSALS = {
  'not-http-1.1': {
    status: 426,
    section: '§4.2.1 item 1',
    message: 'the request must be HTTP/1.1 or higher (does a proxy speak HTTP/1.0?)',
  },
  'not-get': {
    status: 405,
    section: '§4.2.1 item 1',
    message: 'the method must be GET',
    header: ['Allow', 'GET'],
  },
  'no-host': { status: 400, section: '§4.2.1 item 2', message: 'the request has no Host' },
  'bad-host': {
    status: 400,
    section: '§4.2.1 item 2, RFC 9112 §3.2',
    message: 'Host must be one name or address, with or without a port',
  },
  'foreign-host': {
    status: 421,
    section: '§4.2.1 item 2, RFC 9110 §15.5.20',
    message: 'this server does not answer to the name in Host',
  },
  'no-upgrade': {
    status: 426,
    section: '§4.2.1 item 3',
    message: 'this is a WebSocket endpoint: the request has no Upgrade: websocket',
  },
  'no-connection-upgrade': {
    status: 426,
    section: '§4.2.1 item 4',
    message: 'the request has no Connection: Upgrade (has a proxy removed it?)',
  },
  'has-body': {
    status: 400,
    section: 'RFC 9110 §7.8',
    message: 'a request for an upgrade must not have a body',
  },
  'bad-key': {
    status: 400,
    section: '§4.2.1 item 5',
    message: 'Sec-WebSocket-Key must be 16 bytes in base64',
  },
  'bad-version': {
    status: 426,
    section: '§4.2.1 item 6, §4.4',
    message: 'Sec-WebSocket-Version must be 13',
    header: ['Sec-WebSocket-Version', '13'],
  },
  'foreign-origin': {
    status: 403,
    section: '§4.2.2 item 4, §10.2',
    message: "the Origin is neither this server's own nor an allowed one",
  },
  'bad-subprotocols': {
    status: 400,
    section: '§4.2.1 item 8, §4.1 item 10',
    message: 'Sec-WebSocket-Protocol must be a list of tokens, none of them twice',
  },
} as const;

interface RefusalRow {
  readonly status: number;
  readonly section: string;
  readonly message: string;
  readonly header?: readonly [name: string, value: string];
}

/** The id of a rule in {@link REFUSALS}. */
export type RefusalId = keyof typeof REFUSALS;

/** A response other than 101: the request does not become a WebSocket. */
export class Refusal {
  /** The rule of the handshake that the request has broken; undefined if the application has refused it. */
  readonly id: RefusalId | undefined;
  /** The HTTP status, usually from 400 to 599; never 1xx. */
  readonly status: number;
  /** One sentence, sent as the body unless the status is 204, 205 or 304. */
  readonly message: string;
  readonly headers: HeaderLines;

  constructor(status: number, message: string, headers: HeaderLines = [], id?: RefusalId) {
    this.status = status;
    this.message = message;
    this.headers = headers;
    this.id = id;
  }
}

/** The refusal for a broken rule. */
export function refuse(id: RefusalId): Refusal {
  const row: RefusalRow = REFUSALS[id];
  return new Refusal(row.status, row.message, row.header === undefined ? [] : [row.header], id);
}

/** A response other than 101 as it is sent. @throws {UsageError} for an invalid status or header */
export function serializeRefusal(refusal: Refusal, method = 'GET'): string {
  const { status } = refusal;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new UsageError(`${status} is not an HTTP status`);
  serializeOwnHeaders(refusal.headers); // throws
  const headers = refusalHeaders(refusal).map(([name, value]) => serializeHeader(name, value));
  const body = method === 'HEAD' ? '' : refusalBody(refusal); // RFC 9110 §9.3.2
  return [`HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ''}`, ...headers, '', body].join('\r\n');
}

/** The headers of a response other than 101, for {@link refusalBody}. */
export function refusalHeaders(refusal: Refusal): HeaderLines {
  const { status, headers } = refusal;
  const isUpgradeRequired = status === 426;
  const hasMediaType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const body = refusalBody(refusal);
  const lines: [string, string][] = [
    // RFC 9110 §15.5.22: a 426 names the protocol in Upgrade. RFC 9110 §7.8: a sender of Upgrade names that in Connection.
    ['Connection', isUpgradeRequired ? 'close, Upgrade' : 'close'],
  ];
  if (body !== '' && !hasMediaType) lines.push(['Content-Type', 'text/plain; charset=utf-8']);
  // RFC 9110 §8.6: none in a 204; in a 304 it would be the length of the answer that is not sent again.
  if (status !== 204 && status !== 304)
    lines.push(['Content-Length', `${new TextEncoder().encode(body).length}`]);
  if (isUpgradeRequired) lines.push(['Upgrade', 'websocket']);
  return [...lines, ...headers];
}

/** The message and a line feed; empty for a status that has no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export function refusalBody({ status, message }: Refusal): string {
  return [204, 205, 304].includes(status) ? '' : `${message}\n`;
}

/** RFC 9110 §15, for the statuses that make sense in a handshake. Others are sent without a phrase, which is allowed. */
const REASON_PHRASES: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  410: 'Gone',
  421: 'Misdirected Request',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
