import { describe, expect, test } from 'vitest';
import { shown, UsageError } from '../../src/protocol/errors.ts';
import { type DeflateOptions, deflateSettings } from '../../src/transport/deflate-options.ts';

const DEFAULTS = {
  thresholdBytes: 64,
  terms: { windowBits: 12, peerWindowBits: 15, contextTakeover: true, peerContextTakeover: true },
};

describe('the settings of permessage-deflate', () => {
  test('are none for false', () => {
    expect(deflateSettings(false, 15)).toBeUndefined();
  });

  test.each<[string, boolean | DeflateOptions]>([
    ['true', true],
    ['an empty object', {}],
    ['options that are undefined', { thresholdBytes: undefined, windowBits: undefined } as never],
  ])('are the defaults for %s', (_, options) => {
    expect(deflateSettings(options, 15)).toEqual(DEFAULTS);
  });

  test.each([8, 12, 15])('have %i as the default for the window of the peer, where it is given', (bits) => {
    expect(deflateSettings(true, bits)?.terms.peerWindowBits).toBe(bits);
    expect(deflateSettings({ peerWindowBits: 9 }, bits)?.terms.peerWindowBits).toBe(9);
  });

  test('take each option for what it is', () => {
    expect(
      deflateSettings(
        {
          thresholdBytes: 0,
          windowBits: 8,
          peerWindowBits: 9,
          contextTakeover: false,
          peerContextTakeover: false,
        },
        15,
      ),
    ).toEqual({
      thresholdBytes: 0,
      terms: { windowBits: 8, peerWindowBits: 9, contextTakeover: false, peerContextTakeover: false },
    });
    const { terms } = deflateSettings({ contextTakeover: false }, 15)!;
    expect(terms).toEqual({ ...DEFAULTS.terms, contextTakeover: false });
  });

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['yes', 'yes'],
    ['1', 1],
    ['0', 0],
  ])('cannot be %s', (_, options) => {
    const message = `perMessageDeflate must be true, false or an object, got ${shown(options)}`;
    expect(() => deflateSettings(options as never, 15)).toThrow(new UsageError(message));
  });

  describe.each(['windowBits', 'peerWindowBits'] as const)('%s', (name) => {
    test.each([8, 15])('may be %i', (bits) => {
      expect(deflateSettings({ [name]: bits }, 12)?.terms[name]).toBe(bits);
    });

    test.each([7, 16, 9.5, Number.NaN, '12', null, 0, -8])('cannot be %o', (bits) => {
      const message = `${name} must be a whole number from 8 to 15, got ${shown(bits)}`;
      expect(() => deflateSettings({ [name]: bits }, 12)).toThrow(new UsageError(message));
    });
  });

  test('verify the default window of the peer too', () => {
    expect(() => deflateSettings(true, 16)).toThrow(UsageError);
  });

  test.each([-1, 0.5, Number.POSITIVE_INFINITY, '64', null])('thresholdBytes cannot be %o', (bytes) => {
    expect(() => deflateSettings({ thresholdBytes: bytes as never }, 15)).toThrow(
      new UsageError(
        `thresholdBytes must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${shown(bytes)}`,
      ),
    );
  });
});
