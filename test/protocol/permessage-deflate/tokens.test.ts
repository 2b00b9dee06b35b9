import { describe, expect, test } from 'vitest';
import {
  DISTANCE_BASE,
  DISTANCE_EXTRA,
  distanceOf,
  distanceSymbol,
  FIRST_MATCH,
  LENGTH_BASE,
  LENGTH_EXTRA,
  lengthIndex,
  lengthOf,
  matchToken,
} from '../../../src/protocol/permessage-deflate/tokens.ts';

describe('a match as a token', () => {
  test.each([
    [3, 1],
    [258, 32_768],
    [4, 32_767],
  ])('of length %d at distance %d is both, and no literal', (length, distance) => {
    const token = matchToken(length, distance);
    expect(token).toBeGreaterThanOrEqual(FIRST_MATCH);
    expect([lengthOf(token), distanceOf(token)]).toEqual([length, distance]);
  });

  test('every length has the symbol whose range it is in', () => {
    for (let length = 3; length <= 258; length++) {
      const index = lengthIndex(length);
      const extra = length - LENGTH_BASE[index]!;
      expect(extra).toBeGreaterThanOrEqual(0);
      expect(extra).toBeLessThan(2 ** LENGTH_EXTRA[index]!);
    }
    expect(lengthIndex(258)).toBe(28);
  });

  test('every distance has the symbol whose range it is in', () => {
    for (let distance = 1; distance <= 32_768; distance++) {
      const symbol = distanceSymbol(distance);
      const extra = distance - DISTANCE_BASE[symbol]!;
      if (extra < 0 || extra >= 2 ** DISTANCE_EXTRA[symbol]!)
        throw new Error(`${distance} is not in ${symbol}`);
    }
  });
});
