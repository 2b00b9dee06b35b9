import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/protocol/errors.ts';
import { maxDistance, SlidingWindow } from '../../../src/protocol/permessage-deflate/window.ts';
import { concat, toHex } from '../../support/vectors.ts';

describe('maxDistance', () => {
  test.each([
    [8, 256],
    [15, 32_768],
  ])('is the size of a window of %d bits', (windowBits, bytes) => {
    expect(maxDistance(windowBits)).toBe(bytes);
  });

  test.each([7, 16, 10.5, Number.NaN])('is not defined for %d bits', (windowBits) => {
    expect(() => maxDistance(windowBits)).toThrow(UsageError);
    expect(() => maxDistance(windowBits)).toThrow(`got ${windowBits}`);
  });
});

describe('SlidingWindow', () => {
  test('allocates nothing before something was said', () => {
    const window = new SlidingWindow(32_768);
    expect(window.bytes.length).toBe(0);
    window.append(new Uint8Array(10), 5, 5);
    expect(window.bytes.length).toBe(0);
  });

  test('grows with what was said, and no farther than it may', () => {
    const window = new SlidingWindow(2048);
    const capacities = [1, 255, 1, 600, 600, 5000].map((length) => {
      expect(window.capacityFor(length)).toBeGreaterThanOrEqual(Math.min(2048, window.length + length));
      window.append(new Uint8Array(length), 0, length);
      return window.bytes.length;
    });
    expect(capacities).toEqual([256, 256, 512, 1024, 2048, 2048]);
  });

  test('copies what it is given, and gives it back by its distance', () => {
    const window = new SlidingWindow(256);
    window.append(Uint8Array.of(0, 1, 2, 3, 4, 5), 1, 5);
    const target = new Uint8Array(5);
    window.copyTo(target, 1, 3, 3);
    expect(toHex(target)).toBe('00 02 03 04 00');
  });

  test('holds the last bytes, whatever the pieces were', () => {
    const anyPieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 700 })));
    fc.assert(
      fc.property(anyPieces, fc.constantFrom(256, 512, 1024), (pieces, maxBytes) => {
        const window = new SlidingWindow(maxBytes);
        for (const piece of pieces) window.append(piece, 0, piece.length);
        const all = concat(pieces).slice(-maxBytes);
        expect(window.length).toBe(all.length);
        const target = new Uint8Array(all.length);
        window.copyTo(target, 0, all.length, all.length);
        expect(Buffer.compare(target, all)).toBe(0);
      }),
    );
  });
});
