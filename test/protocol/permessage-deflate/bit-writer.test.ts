import { describe, expect, test } from 'vitest';
import { BitWriter } from '../../../src/protocol/permessage-deflate/bit-writer.ts';
import { fromHex, toHex } from '../../support/vectors.ts';
import { newBuffer } from './codec.ts';

describe('BitWriter', () => {
  test('puts bits from the least significant one on, behind what is there', () => {
    const output = newBuffer();
    output.append(fromHex('aa'), 0, 1);
    const bits = new BitWriter();
    bits.attach(output);
    bits.reserve(19);
    bits.put(0, 1);
    bits.put(0b11, 2);
    bits.put(0xffff, 16);
    bits.align();
    bits.detach();
    expect(toHex(output.take())).toBe('aa fe ff 07');
  });

  test('knows how far it is to the next byte boundary', () => {
    const bits = new BitWriter();
    bits.attach(newBuffer());
    bits.reserve(100);
    expect([0, 1, 3, 8].map((count) => bits.paddingAfter(count))).toEqual([0, 7, 5, 0]);
    bits.put(0, 6);
    expect([0, 1, 2, 3].map((count) => bits.paddingAfter(count))).toEqual([2, 1, 0, 7]);
  });

  test('copies bytes at a byte boundary', () => {
    const output = newBuffer();
    const bits = new BitWriter();
    bits.attach(output);
    bits.reserve(3);
    bits.put(5, 3);
    bits.align();
    bits.append(fromHex('00 11 22 33'), 1, 3);
    bits.reserve(8);
    bits.put(0x44, 8);
    bits.align();
    expect(toHex(output.take())).toBe('05 11 22 44');
  });
});
