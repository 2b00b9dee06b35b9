import { describe, expect, test } from 'vitest';
import { BitWriter } from '../../../src/protocol/permessage-deflate/bit-writer.ts';
import { BlockWriter } from '../../../src/protocol/permessage-deflate/block-writer.ts';
import { matchToken } from '../../../src/protocol/permessage-deflate/tokens.ts';
import { BitString } from '../../support/bit-string.ts';
import { toHex } from '../../support/vectors.ts';
import { bytesOf, newBuffer, zlibInflate } from './codec.ts';

const NOTHING = new Uint8Array(0);

/** One block, and the header of an empty stored one, as the end of a message is. */
function write(tokens: readonly number[], bytes: Uint8Array): Uint8Array {
  const output = newBuffer();
  const bits = new BitWriter();
  bits.attach(output);
  new BlockWriter(bits).write(Uint32Array.from(tokens), tokens.length, bytes, 0, bytes.length);
  bits.reserve(10);
  bits.put(0, 3);
  bits.align();
  return output.take();
}

describe('BlockWriter', () => {
  test('writes fixed codes, with extra bits', () => {
    const bytes = bytesOf(`abcdefgh${'abcdefgh'.repeat(4)}`);
    const expected = new BitString().header(1).fixedText('abcdefgh');
    // 32 is 31 and 2 extra bits of 1; 8 is 7 and 1 extra bit of 1.
    expected.fixedSymbol(272).number(1, 2).fixedDistance(5).number(1, 1).fixedSymbol(256).header(0);
    expect(toHex(write([...bytesOf('abcdefgh'), matchToken(32, 8)], bytes))).toBe(toHex(expected.bytes()));
  });

  test('stores what takes no fewer bits with codes', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => 200 + (i % 50));
    expect(toHex(write([...bytes], bytes))).toBe(toHex(new BitString().stored(bytes).header(0).bytes()));
  });

  test('writes codes of its own, also with one distance or none', () => {
    const letters = Uint8Array.from({ length: 900 }, (_, i) => 97 + (((i * i) >>> 3) % 4));
    const none = write([...letters], letters);
    expect((none[0]! >>> 1) & 3).toBe(2);
    expect(zlibInflate(none, NOTHING)).toEqual(letters);
    const again = Uint8Array.from([...letters, ...letters.subarray(0, 200)]);
    const one = write([...letters, matchToken(100, 900), matchToken(100, 900)], again);
    expect((one[0]! >>> 1) & 3).toBe(2);
    expect(zlibInflate(one, NOTHING)).toEqual(again);
  });
});
