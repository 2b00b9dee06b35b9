import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import { Refusal } from '../../src/protocol/handshake/refusal.ts';
import { Acceptance, accept, refuse } from '../../src/server/verdict.ts';

describe('accept', () => {
  test('has the data, and a line for each value', () => {
    const acceptance = accept({ user: 'ada' }, { 'Set-Cookie': ['a=1', 'b=2'], 'X-A': '' });
    expect(acceptance).toBeInstanceOf(Acceptance);
    const { user }: { user: string } = acceptance.data;
    expect(user).toBe('ada');
    expect(acceptance.headers).toEqual([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['X-A', ''],
    ]);
  });

  test.each([
    'Upgrade',
    'connection',
    'Sec-WebSocket-Accept',
    'sec-websocket-protocol',
    'Sec-WebSocket-Extensions',
    'Content-Length',
    'Transfer-Encoding',
    'Trailer',
    'Bad Name',
    '',
  ])('throws for the header "%s"', (name) => {
    expect(() => accept(1, { [name]: 'x' })).toThrow(UsageError);
  });

  test.each([['a\r\nb: c'], ['a\0'], ['é'], [5 as unknown as string]])('throws for the value %j', (value) => {
    expect(() => accept(1, { 'X-A': value })).toThrow(UsageError);
    expect(() => accept(1, { 'X-A': ['fine', value] })).toThrow(UsageError);
  });
});

describe('refuse', () => {
  test('makes a Refusal of the application', () => {
    const refusal = refuse(401, 'who are you', { 'WWW-Authenticate': ['Basic', 'Bearer'], 'X-A': '1' });
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toEqual({
      id: undefined,
      status: 401,
      message: 'who are you',
      headers: [
        ['WWW-Authenticate', 'Basic'],
        ['WWW-Authenticate', 'Bearer'],
        ['X-A', '1'],
      ],
    });
  });

  test('has no headers by default', () => {
    expect(refuse(403, 'no').headers).toEqual([]);
  });

  test.each(['Content-Length', 'transfer-encoding', 'Connection', 'Keep-Alive', 'Upgrade', 'TE', 'a b'])(
    'throws for the header "%s"',
    (name) => {
      expect(() => refuse(403, 'no', { [name]: '1' })).toThrow(UsageError);
    },
  );

  test.each([99, 101, 199, 600, Number.NaN])('throws for the status %d', (status) => {
    expect(() => refuse(status, 'no')).toThrow(UsageError);
  });
});
