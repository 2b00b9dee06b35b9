/** The opening handshake of a server: what ws accepts, and how it refuses the rest. */
import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptKey, isHandshakeKey } from '../protocol/index.ts';
import { extension } from './extension.ts';
import { deflateHeader, PerMessageDeflate, type PerMessageDeflateOptions } from './permessage-deflate.ts';
import { subprotocol } from './subprotocol.ts';

/** What a request asks for. */
export interface Offer {
  readonly key: string;
  readonly protocols: Set<string>;
  /** The Sec-WebSocket-Extensions header of the answer; empty where nothing was agreed on. */
  readonly extensions: string;
}

/** Why a request is refused. */
export interface Fault {
  readonly status: number;
  readonly message: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** What is wrong with a request before its path is looked at. */
export function faultOf({ method, headers }: IncomingMessage): Fault | undefined {
  const fault = (message: string) => ({ status: 400, message });
  const { 'sec-websocket-key': key, 'sec-websocket-version': version } = headers;
  if (method !== 'GET') return { status: 405, message: 'Invalid HTTP method' };
  if (headers.upgrade?.toLowerCase() !== 'websocket') return fault('Invalid Upgrade header');
  if (key === undefined || !isHandshakeKey(key)) return fault('Missing or invalid Sec-WebSocket-Key header');
  if (Number(version) === 13 || Number(version) === 8) return undefined;
  const message = 'Missing or invalid Sec-WebSocket-Version header';
  return { ...fault(message), headers: { 'Sec-WebSocket-Version': '13, 8' } };
}

/** @returns what was asked for, or why it cannot be */
export function offerOf(
  { headers }: IncomingMessage,
  deflate: PerMessageDeflateOptions | undefined,
): Offer | Fault {
  const { 'sec-websocket-protocol': protocols, 'sec-websocket-extensions': offered } = headers;
  let message = 'Invalid Sec-WebSocket-Protocol header';
  try {
    const names = protocols === undefined ? new Set<string>() : subprotocol.parse(protocols);
    message = 'Invalid or unacceptable Sec-WebSocket-Extensions header';
    const extensions = deflate && offered !== undefined ? agreed(`${offered}`, deflate) : '';
    return { key: headers['sec-websocket-key']!, protocols: names, extensions };
  } catch {
    return { status: 400, message };
  }
}

/** @throws for a header that is malformed, and where no offer can be met */
function agreed(offered: string, deflate: PerMessageDeflateOptions): string {
  const { [PerMessageDeflate.extensionName]: offers } = extension.parse(offered);
  if (offers === undefined) return '';
  return deflateHeader(new PerMessageDeflate({ ...deflate, isServer: true }).accept(offers));
}

/** The lines of the answer that opens the connection. */
export function acceptance({ key, extensions }: Offer, protocol: string | false | undefined): string[] {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKey(key)}`,
  ];
  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (extensions !== '') lines.push(`Sec-WebSocket-Extensions: ${extensions}`);
  return lines;
}

/** Answers that a request is refused, and ends the connection. */
export function refuse(
  transport: Duplex,
  status: number,
  message: string = STATUS_CODES[status] ?? '',
  headers: OutgoingHttpHeaders = {},
): void {
  const all = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(message),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  transport.once('finish', () => transport.destroy());
  transport.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', message].join('\r\n'));
}
