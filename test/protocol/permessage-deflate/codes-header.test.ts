import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BitReader } from '../../../src/protocol/permessage-deflate/bit-reader.ts';
import { BitWriter } from '../../../src/protocol/permessage-deflate/bit-writer.ts';
import { DynamicCodes } from '../../../src/protocol/permessage-deflate/block-codes.ts';
import { CodesHeader } from '../../../src/protocol/permessage-deflate/codes-header.ts';
import { EncodingTable } from '../../../src/protocol/permessage-deflate/encoding-table.ts';
import { newBuffer } from './codec.ts';

function tableOf(frequencies: ReadonlyMap<number, number>, symbolCount: number): EncodingTable {
  const table = new EncodingTable(symbolCount, 15);
  table.fit(Uint32Array.from({ length: symbolCount }, (_, symbol) => frequencies.get(symbol) ?? 0));
  return table;
}

const anyFrequencies = (symbolCount: number) =>
  fc
    .array(fc.tuple(fc.nat(symbolCount - 1), fc.integer({ min: 1, max: 900 })), { maxLength: symbolCount })
    .map((all) => new Map(all));

describe('CodesHeader', () => {
  test('says codes in as many bits as it says, and they are read as they were', () => {
    fc.assert(
      fc.property(anyFrequencies(286), anyFrequencies(30), (literals, distances) => {
        const literalTable = tableOf(new Map([...literals, [65, 3], [256, 1]]), 286);
        const distanceTable = tableOf(distances, 30);
        const header = new CodesHeader();
        const bitCount = header.prepare(literalTable, distanceTable);
        const output = newBuffer();
        const bits = new BitWriter();
        bits.attach(output);
        bits.reserve(bitCount);
        header.write(bits);
        expect(bits.paddingAfter(0)).toBe(-bitCount & 7);
        bits.align();
        expect(output.length).toBe(Math.ceil(bitCount / 8));
        const input = new BitReader();
        input.attach(output.bytes, 0, output.length);
        const codes = new DynamicCodes();
        expect(codes.read(input)).toBe(true);
        for (const [table, made] of [
          [codes.literals, literalTable],
          [codes.distances, distanceTable],
        ] as const) {
          made.lengths.forEach((length, symbol) => {
            if (length > 0) expect(table.lookUp(made.codes[symbol]!, length) & 15).toBe(length);
          });
        }
      }),
    );
  });
});
