import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/protocol/errors.ts';
import { Refusal, refusalHeaders, serializeRefusal } from '../../../src/protocol/handshake/refusal.ts';

describe('an answer other than 101', () => {
  test('is closed, and says why in its body', () => {
    expect(serializeRefusal(new Refusal(403, 'not you, é'))).toBe(
      [
        'HTTP/1.1 403 Forbidden',
        'Connection: close',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Length: 12',
        '',
        'not you, é\n',
      ].join('\r\n'),
    );
  });

  test('names the protocol to upgrade to where it is a 426 (RFC 9110 §15.5.22), and that it does in Connection', () => {
    expect(serializeRefusal(new Refusal(426, 'upgrade'))).toBe(
      [
        'HTTP/1.1 426 Upgrade Required',
        'Connection: close, Upgrade',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Length: 8',
        'Upgrade: websocket',
        '',
        'upgrade\n',
      ].join('\r\n'),
    );
  });

  test('has the same headers for who writes it otherwise', () => {
    const refusal = new Refusal(503, 'full', [['Retry-After', '5']]);
    expect(refusalHeaders(refusal)).toEqual([
      ['Connection', 'close'],
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', '5'],
      ['Retry-After', '5'],
    ]);
  });

  test('has the headers that the application gives it', () => {
    const refusal = new Refusal(401, 'who are you?', [
      ['WWW-Authenticate', 'Basic realm="chat"'],
      ['X-Empty', ''],
    ]);
    expect(refusal.id).toBeUndefined();
    expect(serializeRefusal(refusal)).toContain(
      '\r\nWWW-Authenticate: Basic realm="chat"\r\nX-Empty: \r\n\r\n',
    );
  });

  test('has the media type that the application gives it', () => {
    const answer = serializeRefusal(new Refusal(403, '{}', [['content-type', 'application/json']]));
    expect(answer).toMatch(/\r\nContent-Length: 3\r\ncontent-type: application\/json\r\n\r\n\{\}\n$/);
    expect(answer).not.toContain('text/plain');
  });

  test.each([204, 304])('has neither a body nor its length where the status is %i', (status) => {
    const answer = serializeRefusal(new Refusal(status, 'not sent'));
    expect(answer).toBe(`HTTP/1.1 ${status} \r\nConnection: close\r\n\r\n`);
  });

  test('has no body where the status is 205, and says so (RFC 9110 §15.3.6)', () => {
    expect(serializeRefusal(new Refusal(205, 'not sent'))).toBe(
      'HTTP/1.1 205 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    );
  });

  test('to a HEAD has the headers alone', () => {
    const [head] = serializeRefusal(new Refusal(405, 'no')).split('no\n');
    expect(serializeRefusal(new Refusal(405, 'no'), 'HEAD')).toBe(head);
  });

  test('goes without a reason phrase where it knows none, but not without the space before it', () => {
    expect(serializeRefusal(new Refusal(418, 'no coffee'))).toMatch(/^HTTP\/1\.1 418 \r\n/);
  });

  test.each([101, 199, 600, 404.5, Number.NaN])('%d is no status for it', (status) => {
    expect(() => serializeRefusal(new Refusal(status, ''))).toThrow(UsageError);
  });

  test.each([200, 599])('%d is one', (status) => {
    expect(serializeRefusal(new Refusal(status, ''))).toContain(`HTTP/1.1 ${status} `);
  });

  test.each([
    ['', 'value'],
    ['Bad Name', 'value'],
    ['Bad:Name', 'value'],
    ['Name', 'a\r\nb'],
    ['Name', 'a\0'],
    ['Name', 'é'],
    ['Connection', 'keep-alive'],
    ['content-length', '5'],
    ['Transfer-Encoding', 'chunked'],
  ])('"%s: %s" is no header for it', (name, value) => {
    expect(() => serializeRefusal(new Refusal(401, '', [[name, value]]))).toThrow(UsageError);
  });
});
