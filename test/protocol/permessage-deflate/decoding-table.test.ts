import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CODE_BITS,
  DecodingTable,
  INVALID,
  rangeFrom,
  VALUE_SHIFT,
} from '../../../src/protocol/permessage-deflate/decoding-table.ts';
import { EncodingTable } from '../../../src/protocol/permessage-deflate/encoding-table.ts';

const MEANINGS = Int32Array.from({ length: 40 }, (_, symbol) => rangeFrom(symbol, 0));

/** Builds the code in which each symbol has a code of that length. @returns whether it is one */
function build(table: DecodingTable, lengths: Iterable<number>): boolean {
  table.begin();
  for (const [symbol, bits] of [...lengths].entries()) if (bits > 0) table.add(symbol, bits);
  return table.build();
}

/** The entry that the bits begin with, as the inflater finds it. */
function decode(table: DecodingTable, hold: number, count: number): number {
  return table.entries[hold & table.mask]! || table.lookUp(hold, count);
}

describe('DecodingTable', () => {
  test.each([
    ['over-subscribed', [1, 1, 1], false],
    ['over-subscribed by the last', [1, 2, 3, 3, 15], false],
    ['incomplete', [1, 2], false],
    ['incomplete, long', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], false],
    ['complete', [2, 2, 2, 2], true],
    ['complete, long', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15], true],
    ['one code of one bit', [0, 1], true],
    ['one code of two bits', [0, 2], false],
    ['no code', [0, 0], true],
  ])('%s', (_, lengths, isCode) => {
    expect(build(new DecodingTable(MEANINGS, 9), lengths)).toBe(isCode);
  });

  test.each([[[0, 1]], [[0, 0]]])('may be told that a code of %j is none', (lengths) => {
    expect(build(new DecodingTable(MEANINGS, 7, false), lengths)).toBe(false);
  });

  test('§3.2.2, the example: lengths 3, 3, 3, 3, 3, 2, 4, 4 for A to H', () => {
    const table = new DecodingTable(MEANINGS, 9);
    build(table, [3, 3, 3, 3, 3, 2, 4, 4]);
    const codes = ['010', '011', '100', '101', '110', '00', '1110', '1111'];
    codes.forEach((code, symbol) => {
      const hold = Number.parseInt([...code].reverse().join(''), 2);
      expect(decode(table, hold, code.length)).toBe(rangeFrom(symbol, 0) | code.length);
    });
  });

  test('forgets the code before, long or short', () => {
    const table = new DecodingTable(MEANINGS, 2);
    for (const lengths of [[1, 2, 3, 4, 4], [0, 0, 1, 1], [2, 2, 2, 0, 3, 3], [1]]) {
      expect(build(table, lengths)).toBe(true);
      const first = lengths.findIndex((bits) => bits === Math.min(...lengths.filter((other) => other > 0)));
      expect(decode(table, 0, 15)).toBe((first << VALUE_SHIFT) | lengths[first]!);
      const last = lengths.length - 1;
      if (last > 0) expect(decode(table, 0x7fff, 15)).toBe((last << VALUE_SHIFT) | lengths[last]!);
      else expect(decode(table, 0x7fff, 15) & INVALID).toBe(INVALID);
    }
  });

  test('finds an unused pattern invalid after one bit, and not before', () => {
    const table = new DecodingTable(MEANINGS, 9);
    build(table, [1]);
    expect(decode(table, 1, 1) & INVALID).toBe(INVALID);
    expect(decode(table, 0, 0) & CODE_BITS).toBeGreaterThan(0);
    build(table, [0]);
    expect(decode(table, 0, 1) & INVALID).toBe(INVALID);
  });

  test('finds every code that was made, also beyond its index, and none before all bits are there', () => {
    const frequencies = fc.array(fc.oneof(fc.nat(3), fc.nat(5000)), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(frequencies, fc.constantFrom(1, 4, 10), (all, indexBits) => {
        fc.pre(all.filter((frequency) => frequency > 0).length > 1);
        const made = new EncodingTable(all.length, 15);
        made.fit(Uint32Array.from(all));
        const table = new DecodingTable(MEANINGS, indexBits);
        expect(build(table, made.lengths)).toBe(true);
        made.lengths.forEach((bits, symbol) => {
          if (bits === 0) return;
          const hold = made.codes[symbol]!;
          expect(decode(table, hold, bits)).toBe((symbol << VALUE_SHIFT) | bits);
          for (let count = 0; count < bits; count++) {
            expect(decode(table, hold & ((1 << count) - 1), count) & CODE_BITS).toBeGreaterThan(count);
          }
        });
      }),
    );
  });
});
