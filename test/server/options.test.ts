import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import { Refusal } from '../../src/protocol/handshake/server.ts';
import { type ServerOptions, serverSettings } from '../../src/server/options.ts';
import { refuse } from '../../src/server/refusals.ts';

describe('serverSettings', () => {
  test('has defaults', () => {
    const options = {};
    const settings = serverSettings(options);
    expect(settings.options).toBe(options);
    expect(settings).toEqual({
      options: {},
      limits: {
        maxMessageBytes: 1024 * 1024,
        maxQueuedBytes: 4 * 1024 * 1024,
        whenQueueIsFull: 'close',
        pingIntervalMs: 30_000,
        idleTimeoutMs: 75_000,
        messageTimeoutMs: 300_000,
        closeTimeoutMs: 5_000,
      },
      deflate: undefined,
      handshakeTimeoutMs: 10_000,
    });
  });

  test('an option that is given as undefined has its default', () => {
    const names = [
      'path',
      'subprotocols',
      'allowedOrigins',
      'allowedHosts',
      'handshakeTimeoutMs',
      'perMessageDeflate',
    ];
    const options = Object.fromEntries(names.map((name) => [name, undefined])) as ServerOptions;
    expect({ ...serverSettings(options), options: {} }).toEqual(serverSettings({}));
  });

  test('compression has a small window in both directions', () => {
    expect(serverSettings({ perMessageDeflate: true }).deflate).toEqual({
      thresholdBytes: 64,
      terms: { windowBits: 12, peerWindowBits: 12, contextTakeover: true, peerContextTakeover: true },
    });
    expect(serverSettings({ perMessageDeflate: { peerWindowBits: 15 } }).deflate?.terms.peerWindowBits).toBe(
      15,
    );
    expect(serverSettings({ perMessageDeflate: false }).deflate).toBeUndefined();
  });

  test.each<ServerOptions>([
    { path: '/' },
    { path: '/a/b' },
    { allowedOrigins: '*' },
    { allowedOrigins: [] },
    { allowedHosts: [] },
    { subprotocols: ['a'] },
    { subprotocols: () => undefined },
    { handshakeTimeoutMs: 1 },
    { handshakeTimeoutMs: 2 ** 31 - 1 },
  ])('%o is right', (options) => {
    expect(() => serverSettings(options)).not.toThrow();
  });

  test.each<[object, string]>([
    [{ path: '' }, 'path must begin with a slash'],
    [{ path: 'a' }, 'path must begin with a slash'],
    [{ path: '/a?b' }, 'path must begin with a slash'],
    [{ path: '/a#b' }, 'path must begin with a slash'],
    [{ allowedOrigins: 'https://a' }, "allowedOrigins must be a list or '*', not https://a"],
    [{ allowedOrigins: null }, "allowedOrigins must be a list or '*', not null"],
    [{ allowedHosts: 'a' }, 'allowedHosts must be a list, not a'],
    [{ allowedHosts: '*' }, 'allowedHosts must be a list, not *'],
    [{ allowedHosts: null }, 'allowedHosts must be a list, not null'],
    [{ perMessageDeflate: null }, 'perMessageDeflate must be true, false or an object, not null'],
    [{ subprotocols: 'a' }, 'subprotocols must be a list or a function'],
    [{ handshakeTimeoutMs: 0 }, 'handshakeTimeoutMs must be a whole number'],
    [{ handshakeTimeoutMs: 2 ** 31 }, 'handshakeTimeoutMs must be a whole number'],
    [{ maxMessageBytes: 0 }, 'maxMessageBytes must be a whole number'],
    [{ perMessageDeflate: { windowBits: 16 } }, 'windowBits must be a whole number'],
  ])('%o is a UsageError', (options, message) => {
    expect(() => serverSettings(options)).toThrow(UsageError);
    expect(() => serverSettings(options)).toThrow(message);
  });
});

describe('refuse', () => {
  test('makes a Refusal of the application', () => {
    const refusal = refuse(401, 'who are you', { 'WWW-Authenticate': 'Basic', 'X-A': '1' });
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toEqual({
      id: undefined,
      status: 401,
      message: 'who are you',
      headers: [
        ['WWW-Authenticate', 'Basic'],
        ['X-A', '1'],
      ],
    });
  });

  test('has no headers by default', () => {
    expect(refuse(403, 'no').headers).toEqual([]);
  });
});
