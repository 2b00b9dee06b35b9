/** The client's side of the opening handshake, §4.1: build the request, verify the response. */
import { HandshakeError, UsageError } from '../errors.ts';
import { acceptKey, isHandshakeKey } from './accept-key.ts';
import { type Extension, hasToken, isToken, parseExtensions, serializeExtensions } from './headers.ts';
import type { HandshakeResponse, HeaderLines } from './request.ts';

/** What a client requests. */
export interface Offer {
  /** `example.com`, with the port if it is not the default port of the scheme (§4.1 item 4). */
  readonly host: string;
  /** The path and query (§4.1 item 3). @defaultValue `/` */
  readonly target?: string;
  /** 16 random bytes in base64, fresh for each connection: `randomHandshakeKey()` (§4.1 item 7). */
  readonly key: string;
  /** Sent by browsers (§4.1 item 8). */
  readonly origin?: string;
  /** In the order of preference (§4.1 item 10). */
  readonly subprotocols?: readonly string[];
  /** In the order of preference (§4.1 item 11). */
  readonly extensions?: readonly Extension[];
}

/** The headers of a request, in the order of the list in §4.1. @throws {UsageError} for a value that §4.1 does not allow */
export function requestHeaders(offer: Offer): HeaderLines {
  const { host, key, origin, subprotocols = [], extensions = [] } = offer;
  if (!isHandshakeKey(key)) throw new UsageError('the key must be 16 bytes in base64');
  if (new Set(subprotocols).size !== subprotocols.length || !subprotocols.every(isToken)) {
    throw new UsageError('subprotocols must be different tokens'); // item 10
  }
  const lines: [string, string][] = [
    ['Host', host], // item 4
    ['Upgrade', 'websocket'], // item 5
    ['Connection', 'Upgrade'], // item 6
    ['Sec-WebSocket-Key', key], // item 7
  ];
  if (origin !== undefined) lines.push(['Origin', origin]); // item 8
  lines.push(['Sec-WebSocket-Version', '13']); // item 9
  if (subprotocols.length > 0) lines.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]); // item 10
  if (extensions.length > 0) lines.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)]); // item 11
  for (const [name, value] of lines) {
    if (!/^[\t\x20-\x7e]*$/.test(value))
      throw new UsageError(`${name} has a character that no header may have`);
  }
  return lines;
}

/** The request as it is sent. @throws {UsageError} for a value that §4.1 does not allow */
export function serializeRequest(offer: Offer): string {
  const target = offer.target ?? '/';
  if (!/^\/[\x21-\x7e]*$/.test(target)) throw new UsageError('the target must be a path without white space'); // item 3
  const lines = requestHeaders(offer).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** Why a response does not open a connection: one row for each rule of the list in §4.1. */
export const RESPONSE_FAILURES = {
  'not-101': { section: '§4.1 item 1', message: 'the server did not answer 101' },
  'no-upgrade': { section: '§4.1 item 2', message: 'the answer has no Upgrade: websocket' },
  'no-connection-upgrade': { section: '§4.1 item 3', message: 'the answer has no Connection: Upgrade' },
  'bad-accept': { section: '§4.1 item 4', message: 'Sec-WebSocket-Accept does not match the key' },
  'unasked-extension': {
    section: '§4.1 item 5',
    message: 'the answer has an extension that was not offered',
  },
  'unasked-subprotocol': {
    section: '§4.1 item 6',
    message: 'the answer has a subprotocol that was not offered',
  },
} as const;

/** The id of a rule in {@link RESPONSE_FAILURES}. */
export type ResponseFailureId = keyof typeof RESPONSE_FAILURES;

/** What the server granted. */
export interface Agreement {
  readonly subprotocol: string | undefined;
  readonly extensions: readonly Extension[];
}

/** Verifies a response in the order of §4.1. @throws {HandshakeError} with the message of the rule that is broken */
export function verifyResponse(response: HandshakeResponse, offer: Offer): Agreement {
  const subprotocol = response.header('sec-websocket-protocol');
  const extensions = parseGranted(response.header('sec-websocket-extensions'), offer.extensions ?? []);

  if (response.status !== 101) throw failure('not-101', response); // item 1
  if (!/^websocket$/i.test(response.header('upgrade') ?? '')) throw failure('no-upgrade', response); // item 2
  if (!hasToken(response.header('connection'), 'upgrade')) throw failure('no-connection-upgrade', response); // item 3
  if (response.header('sec-websocket-accept')?.trim() !== acceptKey(offer.key)) {
    throw failure('bad-accept', response); // item 4
  }
  if (extensions === undefined) throw failure('unasked-extension', response); // item 5
  if (subprotocol !== undefined && !offer.subprotocols?.includes(subprotocol)) {
    throw failure('unasked-subprotocol', response); // item 6
  }
  return { subprotocol, extensions };
}

function failure(id: ResponseFailureId, { status }: HandshakeResponse): HandshakeError {
  const { message, section } = RESPONSE_FAILURES[id];
  return new HandshakeError(`${message} (RFC 6455 ${section})`, { status });
}

/** The extensions granted, or undefined if the header is malformed or one of them was not offered. */
function parseGranted(value: string | undefined, offered: readonly Extension[]): Extension[] | undefined {
  if (value === undefined) return [];
  const granted = parseExtensions(value);
  return granted?.every(({ name }) => offered.some((offer) => offer.name === name)) ? granted : undefined;
}
