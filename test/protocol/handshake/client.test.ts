import { describe, expect, test } from 'vitest';
import { HandshakeError, UsageError } from '../../../src/protocol/errors.ts';
import {
  type Offer,
  RESPONSE_FAILURES,
  type ResponseFailureId,
  requestHeaders,
  serializeRequest,
  verifyResponse,
} from '../../../src/protocol/handshake/client.ts';
import { edited, GOOD_RESPONSE, parseResponse, RESPONSE_VECTORS } from '../../support/vectors.ts';

const ids = Object.keys(RESPONSE_FAILURES) as ResponseFailureId[];
const offer: Offer = {
  host: 'server.example.com',
  target: '/chat',
  key: 'dGhlIHNhbXBsZSBub25jZQ==',
  origin: 'http://example.com',
  subprotocols: ['chat', 'superchat'],
};

describe('asking', () => {
  test('writes the example of §1.2, in the order of the list in §4.1', () => {
    expect(serializeRequest(offer)).toBe(
      [
        'GET /chat HTTP/1.1',
        'Host: server.example.com',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Origin: http://example.com',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Protocol: chat, superchat',
        '',
        '',
      ].join('\r\n'),
    );
  });

  test('asks for no more than it is told to', () => {
    const { host, key } = offer;
    expect(serializeRequest({ host, key }).split('\r\n')).toEqual([
      'GET / HTTP/1.1',
      'Host: server.example.com',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      '',
      '',
    ]);
  });

  test('offers extensions in the order of preference', () => {
    const extensions = [
      { name: 'foo', parameters: [['a', '1']] as const },
      { name: 'bar', parameters: [] },
    ];
    expect(requestHeaders({ ...offer, extensions })).toContainEqual([
      'Sec-WebSocket-Extensions',
      'foo; a=1, bar',
    ]);
  });

  test.each<[string, Partial<Offer>]>([
    ['a key that is not 16 bytes', { key: 'c2hvcnQ=' }],
    ['a subprotocol twice', { subprotocols: ['chat', 'chat'] }],
    ['a subprotocol that is no token', { subprotocols: ['chat room'] }],
    ['an empty subprotocol', { subprotocols: [''] }],
    ['a host with a line feed', { host: 'a\nb' }],
    ['an origin that is not ASCII', { origin: 'http://é' }],
    ['a target without a slash', { target: 'chat' }],
    ['a target with a space', { target: '/chat room' }],
    ['an empty target', { target: '' }],
  ])('does not ask with %s', (_, wrong) => {
    expect(() => serializeRequest({ ...offer, ...wrong })).toThrow(UsageError);
  });
});

describe('verifying the answer', () => {
  test('accepts the example of §1.2 and tells what was granted', () => {
    expect(verifyResponse(parseResponse(GOOD_RESPONSE), offer)).toEqual({
      subprotocol: 'chat',
      extensions: [],
    });
  });

  test('accepts an answer that grants nothing', () => {
    const answer = parseResponse(edited(GOOD_RESPONSE, 'Sec-WebSocket-Protocol: chat'));
    expect(verifyResponse(answer, offer)).toEqual({ subprotocol: undefined, extensions: [] });
    expect(verifyResponse(answer, { host: 'a', key: offer.key })).toEqual({
      subprotocol: undefined,
      extensions: [],
    });
  });

  test.each([
    ['Upgrade: websocket', 'Upgrade: WebSocket'],
    ['Connection: Upgrade', 'Connection: keep-alive, upgrade'],
    [
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'Sec-WebSocket-Accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= ',
    ],
  ])('accepts instead of "%s" also "%s"', (line, replacement) => {
    const answer = parseResponse(edited(GOOD_RESPONSE, line, replacement));
    expect(verifyResponse(answer, offer).subprotocol).toBe('chat');
  });

  test('accepts extensions that were offered, with parameters of the server', () => {
    const extensions = [{ name: 'foo', parameters: [] }];
    const answer = parseResponse(`${GOOD_RESPONSE}Sec-WebSocket-Extensions: foo; a=1\n`);
    expect(verifyResponse(answer, { ...offer, extensions }).extensions).toEqual([
      { name: 'foo', parameters: [['a', '1']] },
    ]);
  });

  test('refuses one that was not offered beside one that was', () => {
    const extensions = [{ name: 'foo', parameters: [] }];
    const answer = parseResponse(`${GOOD_RESPONSE}Sec-WebSocket-Extensions: foo, bar\n`);
    expect(() => verifyResponse(answer, { ...offer, extensions })).toThrow(
      'an extension that was not offered',
    );
  });

  test.each(ids)('%s has a vector', (id) => {
    expect(RESPONSE_VECTORS[id].length).toBeGreaterThan(0);
  });

  const vectors = ids.flatMap((id) => RESPONSE_VECTORS[id].map((vector) => ({ id, ...vector })));
  test.each(vectors)('fails for $id: $comment', ({ id, head }) => {
    const answer = parseResponse(head);
    const { message, section } = RESPONSE_FAILURES[id];
    const verify = () => verifyResponse(answer, offer);
    expect(verify).toThrow(HandshakeError);
    expect(verify).toThrow(
      expect.objectContaining({ status: answer.status, message: `${message} (RFC 6455 ${section})` }),
    );
  });

  test('names the first rule of the list that is broken, not the last', () => {
    expect(() => verifyResponse(parseResponse('HTTP/1.1 404 Not Found\n'), offer)).toThrow(
      'did not answer 101',
    );
    expect(() => verifyResponse(parseResponse('HTTP/1.1 101 \n'), offer)).toThrow('no Upgrade');
  });
});
