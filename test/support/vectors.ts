/**
 * What a peer does when it breaks a rule, as it stands on the wire: for every row of VIOLATIONS, REFUSALS and
 * RESPONSE_FAILURES at least one vector, and a missing row is a type error.
 */
import type { ViolationId } from '../../src/protocol/errors.ts';
import type { Role } from '../../src/protocol/frame.ts';
import type { ResponseFailureId } from '../../src/protocol/handshake/client.ts';
import type { RefusalId } from '../../src/protocol/handshake/refusal.ts';
import type { HandshakeRequest, HandshakeResponse } from '../../src/protocol/handshake/request.ts';
import type { VerifyOptions } from '../../src/protocol/handshake/server.ts';

/** Bytes from hexadecimal digits; white space is for the reader. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hexadecimal: ${text}`);
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

/** The inverse, with a space between bytes: `81 05 48`. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The bytes in chunks of these lengths, the rest in a last one. Each is a copy. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.slice(at, at + length));
    at += length;
  }
  chunks.push(bytes.slice(at));
  return chunks;
}

/** Each byte alone. */
export function cutEverywhere(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** The first and the last byte of every class of RFC 3629 §4, and its neighbours. */
export const UTF8_BORDERS: readonly number[] = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
  0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
];

/** The message limit of the connection that receives a vector. */
export const VECTOR_LIMIT = 1024;

export interface ViolationVector {
  /** Which role the endpoint has that the bytes come to: a server expects masked frames, a client unmasked ones. */
  readonly receiver: Role;
  /**
   * The bytes up to the one that breaks the rule: one byte fewer and the connection is still open. The masking key
   * is `00 00 00 00` as a rule, which changes nothing, so that the payload can be read.
   */
  readonly wire: string;
  readonly comment: string;
  /** Whether permessage-deflate was negotiated. */
  readonly compressed?: boolean;
}

const server = (wire: string, comment: string): ViolationVector => ({ receiver: 'server', wire, comment });
const client = (wire: string, comment: string): ViolationVector => ({ receiver: 'client', wire, comment });
const compressed = (wire: string, comment: string): ViolationVector => ({
  ...client(wire, `compressed: ${comment}`),
  compressed: true,
});

export const VIOLATION_VECTORS: Readonly<Record<ViolationId, readonly ViolationVector[]>> = {
  'reserved-bit-set': [
    server('c1 80', 'RSV1'),
    server('a1 80', 'RSV2'),
    server('91 80', 'RSV3'),
    client('f2 00', 'all three'),
    client('c9 00', 'RSV1 on a control frame'),
    server('01 80 00000000  40 80', 'RSV1 on a continuation'),
    compressed('c9 00', 'RSV1 on a control frame'),
    compressed('01 00  c0 00', 'RSV1 on a continuation'),
    compressed('e1 00', 'RSV2 beside it'),
  ],
  'reserved-opcode': [
    server('83 80', 'the first data opcode without a meaning'),
    server('87 80', 'the last'),
    client('8b 00', 'the first control opcode without a meaning'),
    client('8f 00', 'the last'),
  ],
  'length-not-minimal': [
    client('82 7e 0000', '0 in 16 bits'),
    client('82 7e 007d', '125 in 16 bits'),
    server('81 fe 007d 00000000', '125 in 16 bits, masked'),
    client('82 7f 0000000000000000', '0 in 64 bits'),
    client('82 7f 000000000000ffff', '65,535 in 64 bits'),
    server('81 ff 000000000000007e 00000000', '126 in 64 bits, masked'),
  ],
  'length-out-of-range': [
    client('82 7f 8000000000000000', '2^63'),
    client('82 7f ffffffffffffffff', '2^64 - 1'),
    server('82 ff 8000000000000001 00000000', '2^63 + 1, masked'),
  ],
  'unmasked-frame': [
    server('81 05', 'a text frame'),
    server('88 00', 'a Close frame without payload'),
    server('82 7e', 'the length is still to come'),
  ],
  'masked-frame': [client('81 85', 'a text frame'), client('88 80', 'a Close frame without payload')],
  'fragmented-control-frame': [
    server('08 80', 'Close'),
    server('09 80', 'Ping'),
    server('0a 80', 'Pong'),
    client('09 00', 'Ping from a server'),
  ],
  'control-frame-too-long': [
    server('89 fe', 'a Ping of 126 bytes or more'),
    server('8a ff', 'a Pong of 64 KiB or more'),
    client('88 7e', 'a Close'),
  ],
  'nothing-to-continue': [
    client('80 00', 'the first frame of all'),
    client('00 05', 'before its payload has come'),
    server('80 80 00000000', 'the first frame from a client'),
    client('81 01 61  80 00', 'after a message that was whole'),
    client('01 00  80 00  80 00', 'after the last fragment'),
  ],
  'message-not-finished': [
    client('01 01 61  81 01', 'a text message in a text message'),
    client('01 00  02 00', 'a binary message in a text message'),
    server('02 80 00000000  89 80 00000000  82 80 00000000', 'with a Ping between, which is allowed'),
  ],
  'message-too-big': [
    compressed('c1 17 4a1c05a360148c82', 'inflated beyond the limit, long before its end'),
    compressed('c1 7e 0c01', 'a payload that no compressor needs'),
    client('82 7e 0401', '1,025 bytes, refused before one of them comes'),
    server('82 ff 0000000006400000 00000000', '100 MiB'),
    client(`02 7e 0400 ${'00'.repeat(1024)}  80 01`, '1,024 bytes, which is allowed, and one more'),
    client('82 7f 0020000000000001', '2^53 + 1'),
    client('82 7f 7fffffffffffffff', '2^63 - 1, the longest there is'),
    client('02 01 00  00 7f 7fffffffffffffff', 'a sum that would overflow 63 bits'),
  ],
  'too-many-fragments': [
    client(`01 00 ${'00 00'.repeat(1024)}`, '1,025 empty ones'),
    client(
      `02 00  8a 00  ${'00 00'.repeat(1023)}  8a 00  80 00`,
      'the last of 1,025, Pongs between not counted',
    ),
  ],
  'invalid-utf8': [
    client('81 01 ff', 'a byte that no text has'),
    server('81 81 37fa213d c8', 'the same, masked'),
    client('81 05 48 c0', 'seen before the rest of the frame comes'),
    client('81 05 80', 'a continuation byte first'),
    client('81 05 c3 28', 'a character cut short'),
    client('81 05 e0 9f', 'an overlong form'),
    client('81 05 ed a0', 'a surrogate'),
    client('81 05 f4 90', 'above U+10FFFF'),
    client('81 02 e2 82', 'the message ends within a character'),
    client('01 01 c3  80 00', 'the last fragment ends within a character'),
    client('01 01 e2  00 01 28', 'a character cut short by the next fragment'),
  ],
  'invalid-compressed-data': [
    compressed('c1 02 07', 'a block of the reserved type'),
    compressed('c2 05 00 01 00 00 00', 'a stored block whose length and complement do not agree'),
    compressed('c1 02 02 02', 'a distance that goes back beyond the beginning'),
    compressed('c2 06 00 06 00 f9 ff 61', 'a message that ends within a block'),
    compressed('42 03 00 06 00  80 03 f9 ff 61', 'the same in fragments'),
  ],
  'close-payload-too-short': [
    client('88 01 03', 'half a code'),
    server('88 81 37fa213d 34', 'half a code, masked'),
  ],
  'invalid-close-code': [
    client('88 02 0000', '0'),
    client('88 02 03e7', '999'),
    client('88 02 03ec', '1004 is reserved'),
    client('88 02 03ed', '1005 means that there was no code'),
    client('88 02 03ee', '1006 means that there was no Close frame'),
    client('88 02 03f7', '1015 means that TLS failed'),
    client('88 02 03f8', '1016 is not registered'),
    client('88 02 0bb7', '2999'),
    client('88 02 1388', '5000'),
    server('88 82 37fa213d c805', '65,535, masked'),
  ],
  'invalid-close-reason': [
    client('88 04 03e8 c328', 'a character cut short'),
    client('88 03 03e8 c3', 'the reason ends within a character'),
    server('88 83 00000000 03e8 ff', 'a byte that no text has'),
  ],
};

/** The opening handshake of RFC 6455 §1.2, the client's half. */
export const GOOD_REQUEST = `\
GET /chat HTTP/1.1
Host: server.example.com
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Origin: http://server.example.com
Sec-WebSocket-Protocol: chat, superchat
Sec-WebSocket-Version: 13
`;

/** The server's half. */
export const GOOD_RESPONSE = `\
HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
Sec-WebSocket-Protocol: chat
`;

/** A head with one line replaced, or left out. */
export function edited(head: string, line: string, replacement?: string): string {
  if (!head.includes(`${line}\n`)) throw new Error(`the head has no line "${line}"`);
  return head.replace(`${line}\n`, replacement === undefined ? '' : `${replacement}\n`);
}

export interface RefusalVector {
  /** The request as it came, lines ended by LF alone to be readable. */
  readonly head: string;
  /** Of the server, where a rule depends on them. */
  readonly options?: VerifyOptions;
  readonly status: number;
  /** The headers of the answer that say how to do better. */
  readonly headers?: readonly string[];
  readonly comment: string;
}

const request = (line: string, replacement?: string) => edited(GOOD_REQUEST, line, replacement);
const REQUEST_LINE = 'GET /chat HTTP/1.1';
const HOST_LINE = 'Host: server.example.com';
const KEY_LINE = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const ORIGIN_LINE = 'Origin: http://server.example.com';
const SUBPROTOCOL_LINE = 'Sec-WebSocket-Protocol: chat, superchat';
const VERSION_LINE = 'Sec-WebSocket-Version: 13';
const ownHost = { status: 421, options: { allowedHosts: ['server.example.com'] } };
const upgrade = { status: 426, headers: ['Upgrade: websocket'] };
const version = { status: 426, headers: ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'] };

export const REFUSAL_VECTORS: Readonly<Record<RefusalId, readonly RefusalVector[]>> = {
  'not-http-1.1': [
    { ...upgrade, head: request('GET /chat HTTP/1.1', 'GET /chat HTTP/1.0'), comment: 'HTTP/1.0' },
    { ...upgrade, head: request('GET /chat HTTP/1.1', 'GET /chat HTTP/0.9'), comment: 'HTTP/0.9' },
  ],
  'not-get': [
    {
      status: 405,
      headers: ['Allow: GET'],
      head: request('GET /chat HTTP/1.1', 'POST /chat HTTP/1.1'),
      comment: 'POST',
    },
    {
      status: 405,
      headers: ['Allow: GET'],
      head: request('GET /chat HTTP/1.1', 'get /chat HTTP/1.1'),
      comment: 'methods are case-sensitive',
    },
  ],
  'no-host': [
    { status: 400, head: request('Host: server.example.com'), comment: 'none' },
    { status: 400, head: request('Host: server.example.com', 'Host:'), comment: 'an empty one' },
    {
      status: 400,
      head: edited(request(HOST_LINE), REQUEST_LINE, 'GET http://server.example.com/chat HTTP/1.1'),
      comment: 'none, though the target has one',
    },
    {
      status: 400,
      head: request('GET /chat HTTP/1.1', 'GET http:///chat HTTP/1.1'),
      comment: 'an empty one in the target',
    },
  ],
  'bad-host': [
    { status: 400, head: request(HOST_LINE, `${HOST_LINE}\n${HOST_LINE}`), comment: 'twice' },
    { status: 400, head: request(HOST_LINE, 'Host: a b'), comment: 'a space' },
    { status: 400, head: request(HOST_LINE, 'Host: server.example.com/'), comment: 'a path' },
    { status: 400, head: request(HOST_LINE, 'Host: user@server.example.com'), comment: 'a user' },
    { status: 400, head: request(HOST_LINE, 'Host: :80'), comment: 'a port alone' },
    { status: 400, head: request(HOST_LINE, 'Host: a:http'), comment: 'a port that is no number' },
    { status: 400, head: request(HOST_LINE, 'Host: ::1'), comment: 'an IPv6 address without brackets' },
    { status: 400, head: request(HOST_LINE, 'Host: é'), comment: 'no ASCII' },
    {
      status: 400,
      head: request('GET /chat HTTP/1.1', 'GET http://user@server.example.com/chat HTTP/1.1'),
      comment: 'in the target',
    },
    {
      status: 400,
      head: edited(
        request('GET /chat HTTP/1.1', 'GET http://server.example.com/chat HTTP/1.1'),
        HOST_LINE,
        `${HOST_LINE}\n${HOST_LINE}`,
      ),
      comment: 'twice, though the target names another',
    },
  ],
  'foreign-host': [
    { ...ownHost, head: request(HOST_LINE, 'Host: evil.example'), comment: 'another name' },
    { ...ownHost, head: request(HOST_LINE, `${HOST_LINE}.evil.example`), comment: 'it only begins so' },
    { ...ownHost, head: request(HOST_LINE, 'Host: www.server.example.com'), comment: 'it only ends so' },
    {
      ...ownHost,
      head: request('GET /chat HTTP/1.1', 'GET http://evil.example/chat HTTP/1.1'),
      comment: 'in the target, which counts more than Host',
    },
  ],
  'no-upgrade': [
    { ...upgrade, head: request('Upgrade: websocket'), comment: 'none' },
    { ...upgrade, head: request('Upgrade: websocket', 'Upgrade: h2c'), comment: 'another protocol' },
    { ...upgrade, head: request('Upgrade: websocket', 'Upgrade: websockets'), comment: 'almost' },
  ],
  'no-connection-upgrade': [
    { ...upgrade, head: request('Connection: Upgrade'), comment: 'none' },
    { ...upgrade, head: request('Connection: Upgrade', 'Connection: keep-alive'), comment: 'a proxy' },
  ],
  'has-body': [
    { status: 400, head: request(VERSION_LINE, `${VERSION_LINE}\nContent-Length: 5`), comment: 'of 5 bytes' },
    {
      status: 400,
      head: request(VERSION_LINE, `${VERSION_LINE}\nContent-Length: 0\nContent-Length: 5`),
      comment: 'of two lengths',
    },
    {
      status: 400,
      head: request(VERSION_LINE, `${VERSION_LINE}\nTransfer-Encoding: chunked`),
      comment: 'in chunks',
    },
  ],
  'bad-key': [
    { status: 400, head: request(KEY_LINE), comment: 'none' },
    { status: 400, head: request(KEY_LINE, 'Sec-WebSocket-Key: c2hvcnQ='), comment: '5 bytes' },
    { status: 400, head: request(KEY_LINE, `${KEY_LINE}\n${KEY_LINE}`), comment: 'twice' },
  ],
  'bad-version': [
    { ...version, head: request(VERSION_LINE), comment: 'none' },
    { ...version, head: request(VERSION_LINE, 'Sec-WebSocket-Version: 8'), comment: 'a draft' },
    { ...version, head: request(VERSION_LINE, 'Sec-WebSocket-Version: 013'), comment: 'a leading zero' },
    { ...version, head: request(VERSION_LINE, `${VERSION_LINE}\n${VERSION_LINE}`), comment: 'twice' },
  ],
  'foreign-origin': [
    { status: 403, head: request(ORIGIN_LINE, 'Origin: https://evil.example'), comment: 'another site' },
    { status: 403, head: request(ORIGIN_LINE, 'Origin: null'), comment: 'a sandboxed page or a file' },
    { status: 403, head: request(ORIGIN_LINE, `${ORIGIN_LINE}:8080`), comment: 'another port' },
    { status: 403, head: request(ORIGIN_LINE, `${ORIGIN_LINE}.evil.example`), comment: 'it only begins so' },
    { status: 403, head: request(ORIGIN_LINE, `${ORIGIN_LINE}\n${ORIGIN_LINE}`), comment: 'twice' },
    { status: 403, head: request(ORIGIN_LINE, 'Origin:'), comment: 'an empty one' },
  ],
  'bad-subprotocols': [
    { status: 400, head: request(SUBPROTOCOL_LINE, 'Sec-WebSocket-Protocol: chat, chat'), comment: 'twice' },
    { status: 400, head: request(SUBPROTOCOL_LINE, 'Sec-WebSocket-Protocol: a b'), comment: 'no token' },
    { status: 400, head: request(SUBPROTOCOL_LINE, 'Sec-WebSocket-Protocol:'), comment: 'an empty list' },
  ],
};

export interface ResponseVector {
  /** The answer to {@link GOOD_REQUEST} as it came, lines ended by LF alone to be readable. */
  readonly head: string;
  readonly comment: string;
}

const response = (line: string, replacement?: string) => edited(GOOD_RESPONSE, line, replacement);
const STATUS_LINE = 'HTTP/1.1 101 Switching Protocols';
const ACCEPT_LINE = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const GRANT_LINE = 'Sec-WebSocket-Protocol: chat';

export const RESPONSE_VECTORS: Readonly<Record<ResponseFailureId, readonly ResponseVector[]>> = {
  'not-101': [
    { head: response(STATUS_LINE, 'HTTP/1.1 200 OK'), comment: 'an ordinary web server' },
    { head: response(STATUS_LINE, 'HTTP/1.1 302 Found'), comment: 'a redirect' },
  ],
  'no-upgrade': [
    { head: response('Upgrade: websocket'), comment: 'none' },
    { head: response('Upgrade: websocket', 'Upgrade: websocket, h2c'), comment: 'more than one' },
  ],
  'no-connection-upgrade': [
    { head: response('Connection: Upgrade'), comment: 'none' },
    { head: response('Connection: Upgrade', 'Connection: close'), comment: 'another token' },
  ],
  'bad-accept': [
    { head: response(ACCEPT_LINE), comment: 'none' },
    { head: response(ACCEPT_LINE, ACCEPT_LINE.replace('s3p', 'S3p')), comment: 'one letter in another case' },
    { head: response(ACCEPT_LINE, `${ACCEPT_LINE}\n${ACCEPT_LINE}`), comment: 'twice' },
  ],
  'unasked-extension': [
    { head: response(GRANT_LINE, 'Sec-WebSocket-Extensions: permessage-deflate'), comment: 'not offered' },
    { head: response(GRANT_LINE, 'Sec-WebSocket-Extensions: ;'), comment: 'malformed' },
  ],
  'unasked-subprotocol': [
    { head: response(GRANT_LINE, 'Sec-WebSocket-Protocol: telnet'), comment: 'not offered' },
    {
      head: response(GRANT_LINE, 'Sec-WebSocket-Protocol: Chat'),
      comment: 'subprotocols are case-sensitive',
    },
    { head: response(GRANT_LINE, 'Sec-WebSocket-Protocol: chat, superchat'), comment: 'more than one' },
    { head: response(GRANT_LINE, 'Sec-WebSocket-Protocol:'), comment: 'an empty one' },
  ],
};

/** A request's head as `verifyRequest` takes it. Lines may end with CRLF or LF. */
export function parseRequest(head: string): HandshakeRequest {
  const [method = '', target = '', version = ''] = startLine(head);
  return { method, target, httpVersion: version.replace('HTTP/', ''), header: headerReader(head) };
}

/** An answer's head as `verifyResponse` takes it. */
export function parseResponse(head: string): HandshakeResponse {
  return { status: Number(startLine(head)[1]), header: headerReader(head) };
}

function startLine(head: string): string[] {
  return head.split(/\r?\n/, 1)[0]!.split(' ');
}

/** As node:http does it: names in lower case, a header that came more than once joined by `, `. */
function headerReader(head: string): (name: string) => string | undefined {
  const [lines = ''] = head.split(/\r?\n\r?\n/, 1);
  const headers = new Map<string, string>();
  for (const line of lines.trim().split(/\r?\n/).slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  return (name) => headers.get(name);
}
