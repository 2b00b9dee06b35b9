import { describe, expect, test } from 'vitest';
import {
  DISTANCE_BASES,
  DISTANCE_EXTRA_BITS,
  fixedDistanceLengths,
  fixedLiteralLengths,
  LENGTH_BASES,
  LENGTH_EXTRA_BITS,
} from '../../../src/protocol/permessage-deflate/format.ts';

describe('the numbers of §3.2.5', () => {
  test('lengths go from 3 to 258, without a gap', () => {
    expect([LENGTH_BASES.length, LENGTH_EXTRA_BITS.length]).toEqual([29, 29]);
    expect(LENGTH_BASES[0]).toBe(3);
    expect(LENGTH_BASES.slice(24)).toEqual([131, 163, 195, 227, 258]);
  });

  test('distances go from 1 to 32,768, without a gap', () => {
    expect([DISTANCE_BASES.length, DISTANCE_EXTRA_BITS.length]).toEqual([30, 30]);
    expect(DISTANCE_BASES.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 7]);
    expect(DISTANCE_BASES[29]! + 2 ** DISTANCE_EXTRA_BITS[29]! - 1).toBe(32_768);
  });
});

test('§3.2.6: how long the fixed codes are', () => {
  const lengths = fixedLiteralLengths();
  expect([0, 143, 144, 255, 256, 279, 280, 287].map((symbol) => lengths[symbol])).toEqual([
    8, 8, 9, 9, 7, 7, 8, 8,
  ]);
  expect([...fixedDistanceLengths()]).toEqual(Array.from({ length: 32 }, () => 5));
});
