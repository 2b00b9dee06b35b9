import { describe, expect, test, vi } from 'vitest';
import { BarewireError, ClosedError, UsageError } from '../../src/protocol/errors.ts';
import { Liveness } from '../../src/transport/liveness.ts';
import { type SocketOptions, socketLimits } from '../../src/transport/socket-options.ts';
import { WriteQueue } from '../../src/transport/write-queue.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import { fakeTime } from './fake-time.ts';
import { HandMadeTransport } from './hand-made-transport.ts';

const bytes = (...all: number[]) => Uint8Array.from(all);

describe('a check', () => {
  const check = (liveness: Liveness, now: number, options: SocketOptions, isSilenceOurs = false) =>
    liveness.check(now, socketLimits({ pingIntervalMs: 0, idleTimeoutMs: 0, ...options }), isSilenceOurs);

  test('tells of a timeout after idleTimeoutMs of silence, counted from the first check in it', () => {
    const liveness = new Liveness(1000);
    expect(check(liveness, 1500, { idleTimeoutMs: 100 })).toBeUndefined();
    expect(check(liveness, 1599, { idleTimeoutMs: 100 })).toBeUndefined();
    expect(check(liveness, 1600, { idleTimeoutMs: 100 })).toBe('timeout');
    expect(check(liveness, 1601, { idleTimeoutMs: 100 })).toBe('timeout');
  });

  test('counts anew after a sign of life', () => {
    const liveness = new Liveness(0);
    check(liveness, 0, { idleTimeoutMs: 100 });
    liveness.onActivity();
    expect(check(liveness, 100, { idleTimeoutMs: 100 })).toBeUndefined();
    expect(check(liveness, 199, { idleTimeoutMs: 100 })).toBeUndefined();
    expect(check(liveness, 200, { idleTimeoutMs: 100 })).toBe('timeout');
  });

  test('does not count silence that is ours, and counts from its end', () => {
    const liveness = new Liveness(0);
    check(liveness, 0, { idleTimeoutMs: 100 });
    expect(check(liveness, 500, { idleTimeoutMs: 100 }, true)).toBeUndefined();
    expect(check(liveness, 599, { idleTimeoutMs: 100 })).toBeUndefined();
    expect(check(liveness, 600, { idleTimeoutMs: 100 })).toBe('timeout');
  });

  test('never tells of a timeout where idleTimeoutMs is 0', () => {
    const liveness = new Liveness(0);
    for (const now of [0, 1, 1e9]) expect(check(liveness, now, { idleTimeoutMs: 0 })).toBeUndefined();
  });

  test('asks for a ping every pingIntervalMs, from the beginning on', () => {
    const liveness = new Liveness(1000);
    expect(check(liveness, 1099, { pingIntervalMs: 100 })).toBeUndefined();
    expect(check(liveness, 1100, { pingIntervalMs: 100 })).toBe('ping');
    expect(check(liveness, 1100, { pingIntervalMs: 100 })).toBeUndefined();
    expect(check(liveness, 1199, { pingIntervalMs: 100 })).toBeUndefined();
    expect(check(liveness, 1200, { pingIntervalMs: 100 })).toBe('ping');
  });

  test('asks for one ping after a long time, and counts from that', () => {
    const liveness = new Liveness(0);
    expect(check(liveness, 1050, { pingIntervalMs: 100 })).toBe('ping');
    expect(check(liveness, 1149, { pingIntervalMs: 100 })).toBeUndefined();
    expect(check(liveness, 1150, { pingIntervalMs: 100 })).toBe('ping');
  });

  test('asks for pings whether the peer is silent or not', () => {
    const liveness = new Liveness(0);
    liveness.onActivity();
    expect(check(liveness, 100, { pingIntervalMs: 100 })).toBe('ping');
    expect(check(liveness, 200, { pingIntervalMs: 100 }, true)).toBe('ping');
  });

  test('never asks for a ping where pingIntervalMs is 0', () => {
    const liveness = new Liveness(0);
    for (const now of [0, 1, 1e9]) expect(check(liveness, now, { pingIntervalMs: 0 })).toBeUndefined();
  });

  test('tells of the timeout where a ping is due too', () => {
    const liveness = new Liveness(0);
    const options = { idleTimeoutMs: 100, pingIntervalMs: 99 };
    check(liveness, 0, options);
    expect(check(liveness, 100, options)).toBe('timeout');
  });
});

/** A client that masks with zeros, so that its pings can be read. */
function peer(options: SocketOptions = {}) {
  const endpoint = new Endpoint('client');
  const { connection } = endpoint;
  const queue = new WriteQueue(new HandMadeTransport(), connection, socketLimits(options));
  const liveness = new Liveness(0);
  return { endpoint, connection, queue, liveness };
}

describe('a ping of our own', () => {
  const first = '89 84 00 00 00 00 00 00 00 00';
  const second = '89 84 00 00 00 00 00 00 00 01';

  test('goes out once, until its pong has come', () => {
    const { endpoint, connection, liveness } = peer();
    liveness.ping(connection);
    expect(endpoint.output()).toBe(first);
    liveness.ping(connection);
    expect(endpoint.output()).toBe('');
    liveness.onPong(bytes(0, 0, 0, 9));
    liveness.ping(connection);
    expect(endpoint.output()).toBe('');
    liveness.onPong(bytes(0, 0, 0, 0));
    liveness.ping(connection);
    expect(endpoint.output()).toBe(second);
  });

  test('measures the round trip, and nobody awaits it', () => {
    fakeTime();
    const { connection, liveness } = peer();
    expect(liveness.roundTripMs).toBeUndefined();
    liveness.ping(connection);
    expect(liveness.isPongAwaited).toBe(false);
    expect(liveness.roundTripMs).toBeUndefined();
    vi.advanceTimersByTime(30);
    liveness.onPong(bytes(0, 0, 0, 0));
    expect(liveness.roundTripMs).toBe(30);
  });

  test('does not go out while a ping of the user is outstanding', () => {
    const { endpoint, connection, queue, liveness } = peer();
    void liveness.pingFor(connection, queue, bytes(1));
    endpoint.output();
    liveness.ping(connection);
    expect(endpoint.output()).toBe('');
  });

  test('is not outstanding where it could not be sent', () => {
    const { endpoint, connection, liveness } = peer();
    connection.close(1000);
    endpoint.output();
    liveness.ping(connection);
    expect(endpoint.output()).toBe('');
    liveness.onPong(bytes(0, 0, 0, 0));
    expect(liveness.roundTripMs).toBeUndefined();
  });
});

describe('a ping for the user', () => {
  test('resolves with the milliseconds until its pong', async () => {
    fakeTime();
    const { endpoint, connection, queue, liveness } = peer();
    expect(liveness.isPongAwaited).toBe(false);
    const answer = liveness.pingFor(connection, queue, bytes(7, 8));
    expect(endpoint.output()).toBe('89 82 00 00 00 00 07 08');
    expect(liveness.isPongAwaited).toBe(true);
    vi.advanceTimersByTime(12);
    liveness.onPong(bytes(7, 8));
    expect(liveness.isPongAwaited).toBe(false);
    expect(liveness.roundTripMs).toBe(12);
    await expect(answer).resolves.toBe(12);
  });

  test('without bytes has a payload that no other has', async () => {
    const { endpoint, connection, queue, liveness } = peer();
    const answers = [1, 2].map(() => liveness.pingFor(connection, queue, undefined));
    expect(endpoint.output()).toBe('89 84 00 00 00 00 00 00 00 00 89 84 00 00 00 00 00 00 00 01');
    liveness.onPong(bytes(0, 0, 0, 1));
    for (const answer of answers) expect(await answer).toBeGreaterThanOrEqual(0);
  });

  test('may be empty', async () => {
    const { endpoint, connection, queue, liveness } = peer();
    const answer = liveness.pingFor(connection, queue, bytes());
    expect(endpoint.output()).toBe('89 80 00 00 00 00');
    liveness.onPong(bytes());
    await answer;
  });

  test('is copied: its bytes may be changed after it', async () => {
    const { connection, queue, liveness } = peer();
    const payload = bytes(1, 2);
    const answer = liveness.pingFor(connection, queue, payload);
    payload.fill(9);
    liveness.onPong(bytes(1, 2));
    await answer;
  });

  test('goes out though another one is outstanding', () => {
    const { endpoint, connection, queue, liveness } = peer();
    liveness.ping(connection);
    endpoint.output();
    void liveness.pingFor(connection, queue, undefined);
    expect(endpoint.output()).toBe('89 84 00 00 00 00 00 00 00 01');
  });

  test('is rejected when the queue has no room for it, to the byte', async () => {
    // Two bytes of header and the payload.
    const { endpoint, connection, queue, liveness } = peer({ maxQueuedBytes: 6 + 1 + 2 + 3 });
    connection.send('x'); // 6 bytes of header, because a client masks
    const refused = liveness.pingFor(connection, queue, bytes(1, 2, 3, 4));
    await expect(refused).rejects.toThrow(new BarewireError('the queue is full'));
    expect(await refused.catch((error) => error.name)).toBe('BarewireError');
    expect(liveness.isPongAwaited).toBe(false);
    void liveness.pingFor(connection, queue, bytes(1, 2, 3));
    expect(endpoint.output()).toBe('81 81 00 00 00 00 78 89 83 00 00 00 00 01 02 03');
  });

  test('is rejected when the connection is not open, with what each side has said', async () => {
    const { endpoint, connection, queue, liveness } = peer();
    connection.close(1000, 'bye');
    endpoint.receive('88 02 03 e9');
    const error = await liveness.pingFor(connection, queue, bytes(1)).catch((reason) => reason);
    expect(error).toBeInstanceOf(ClosedError);
    expect(error).toMatchObject({
      message: 'the connection is not open',
      sent: { code: 1000, reason: 'bye' },
      received: { code: 1001, reason: '' },
    });
    expect(liveness.isPongAwaited).toBe(false);
  });

  test('is rejected, and does not throw, with more than 125 bytes', async () => {
    const { endpoint, connection, queue, liveness } = peer();
    const answer = liveness.pingFor(connection, queue, new Uint8Array(126));
    await expect(answer).rejects.toBeInstanceOf(UsageError);
    expect(liveness.isPongAwaited).toBe(false);
    expect(endpoint.output()).toBe('');
  });
});

describe('when the transport is gone', () => {
  test('what waits is rejected with what each side has said', async () => {
    const { connection, queue, liveness } = peer();
    const answers = [1, 2].map((n) => liveness.pingFor(connection, queue, bytes(n)));
    connection.close(1001);
    liveness.abandon(connection);
    expect(liveness.isPongAwaited).toBe(false);
    for (const answer of answers) {
      const error = await answer.catch((reason) => reason);
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({
        message: 'the connection closed before the pong came',
        sent: { code: 1001, reason: '' },
        received: undefined,
      });
    }
  });

  test('a ping that nobody waits for is no unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { connection, queue, liveness } = peer();
    void liveness.pingFor(connection, queue, undefined);
    liveness.abandon(connection);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('nothing happens where no ping was ever sent', () => {
    const { connection, liveness } = peer();
    liveness.onPong(bytes(1));
    liveness.abandon(connection);
    expect(liveness.roundTripMs).toBeUndefined();
    expect(liveness.isPongAwaited).toBe(false);
  });
});
