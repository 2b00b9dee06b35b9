import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodingTable } from '../../../src/protocol/permessage-deflate/encoding-table.ts';

function tableOf(frequencies: readonly number[], maxBits = 15): EncodingTable {
  const table = new EncodingTable(frequencies.length, maxBits);
  table.fit(Uint32Array.from(frequencies));
  return table;
}

/** How much of all patterns of bits the codes use: 1 when the code is complete. */
function used({ lengths }: EncodingTable): number {
  return lengths.reduce((sum, bits) => sum + (bits > 0 ? 2 ** -bits : 0), 0);
}

describe('EncodingTable', () => {
  test('§3.2.2, the example: codes that follow from the lengths', () => {
    const table = new EncodingTable(8, 15);
    table.useLengths(Uint8Array.of(3, 3, 3, 3, 3, 2, 4, 4));
    // The bits of each code in reverse order, for they are put from the least significant one on.
    const codes = ['010', '011', '100', '101', '110', '00', '1110', '1111'];
    expect([...table.codes]).toEqual(codes.map((code) => Number.parseInt([...code].reverse().join(''), 2)));
  });

  test('gives shorter codes to what occurs more often, and none to what does not', () => {
    expect([...tableOf([5, 0, 1, 1, 2]).lengths]).toEqual([1, 0, 3, 3, 2]);
  });

  test('gives one bit to a symbol that is alone, and nothing where there is none', () => {
    expect([...tableOf([0, 7, 0]).lengths]).toEqual([0, 1, 0]);
    expect([...tableOf([0, 0]).lengths]).toEqual([0, 0]);
  });

  test('forgets the code before', () => {
    const table = tableOf([1, 1, 1, 1]);
    table.fit(Uint32Array.of(0, 3, 3, 0));
    expect([...table.lengths]).toEqual([0, 1, 1, 0]);
  });

  test('counts the symbols up to the last that has a code', () => {
    expect(tableOf([1, 1, 0, 0]).countFrom(0)).toBe(2);
    expect(tableOf([1, 1, 0, 0]).countFrom(3)).toBe(3);
    expect(tableOf([1, 1]).countFrom(1)).toBe(2);
  });

  test.each([
    [15, 24],
    [7, 19],
  ])(
    'makes no code longer than %d bits, though %d frequencies like Fibonacci’s ask for it',
    (maxBits, count) => {
      const frequencies = [1, 1];
      while (frequencies.length < count) frequencies.push(frequencies.at(-1)! + frequencies.at(-2)!);
      const table = tableOf(frequencies, maxBits);
      expect(Math.max(...table.lengths)).toBeLessThanOrEqual(maxBits);
      expect(Math.min(...table.lengths)).toBeGreaterThan(0);
      expect(used(table)).toBe(1);
    },
  );

  test('always makes a complete code within the limit', () => {
    const anyFrequencies = fc.array(fc.oneof(fc.nat(2), fc.nat(16_384)), { minLength: 2, maxLength: 100 });
    fc.assert(
      fc.property(anyFrequencies, fc.constantFrom(7, 9, 15), (frequencies, maxBits) => {
        fc.pre(frequencies.filter((frequency) => frequency > 0).length > 1);
        const table = tableOf(frequencies, maxBits);
        expect(used(table)).toBe(1);
        expect(Math.max(...table.lengths)).toBeLessThanOrEqual(maxBits);
        frequencies.forEach((frequency, symbol) => {
          expect(table.lengths[symbol]! > 0).toBe(frequency > 0);
        });
      }),
    );
  });
});
