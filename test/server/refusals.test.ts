import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import { Refusal } from '../../src/protocol/handshake/refusal.ts';
import {
  AUTHORIZE_TOO_SLOW,
  NO_ENDPOINT,
  NOT_AUTHORIZED,
  SERVER_CLOSING,
  SERVER_FAILED,
  sendRefusal,
  TOO_MANY_HEADERS,
} from '../../src/server/refusals.ts';
import { Transport } from './transport.ts';

test.each([
  [NO_ENDPOINT, 404],
  [TOO_MANY_HEADERS, 431],
  [SERVER_CLOSING, 503],
  [NOT_AUTHORIZED, 403],
  [AUTHORIZE_TOO_SLOW, 503],
  [SERVER_FAILED, 500],
])('%o breaks no rule of the handshake', (refusal, status) => {
  expect(refusal).toMatchObject({ status, headers: [], id: undefined });
  expect(refusal.message).not.toBe('');
});

describe('sendRefusal', () => {
  test('writes the answer and ends its half', () => {
    const transport = new Transport();
    sendRefusal(transport, NOT_AUTHORIZED, 1_000);
    expect(transport.written).toContain('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n');
    expect(transport.written).toMatch(/\r\n\r\nforbidden\n$/);
    expect(transport.writableEnded).toBe(true);
  });

  test('reads and drops what the client still sends, until it ends', async () => {
    const transport = new Transport();
    transport.push('x'.repeat(100_000));
    sendRefusal(transport, NOT_AUTHORIZED, 10_000);
    await new Promise(setImmediate);
    expect(transport.readableLength).toBe(0);
    expect(transport.destroyed).toBe(false);
    transport.push(null);
    await new Promise(setImmediate);
    expect(transport.destroyed).toBe(true);
  });

  test('destroys the transport when the time is over', async () => {
    const transport = new Transport();
    const before = performance.now();
    sendRefusal(transport, NOT_AUTHORIZED, 50);
    await new Promise((resolve) => transport.once('close', resolve));
    expect(performance.now() - before).toBeGreaterThan(40);
  });

  test('an error of the transport does not end the process', async () => {
    const transport = new Transport();
    sendRefusal(transport, NOT_AUTHORIZED, 1_000);
    transport.destroy(new Error('reset'));
    await new Promise(setImmediate);
    expect(transport.destroyed).toBe(true);
  });

  test('throws for a refusal that cannot be sent, and has written nothing', () => {
    const transport = new Transport();
    expect(() => sendRefusal(transport, new Refusal(999, 'no'), 1_000)).toThrow(UsageError);
    expect(transport.written).toBe('');
    expect(transport.writableEnded).toBe(false);
  });
});
