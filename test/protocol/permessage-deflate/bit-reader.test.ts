import { describe, expect, test } from 'vitest';
import { BitReader } from '../../../src/protocol/permessage-deflate/bit-reader.ts';

describe('BitReader', () => {
  test('reads bits from the least significant one on, over bytes', () => {
    const input = new BitReader();
    input.attach(Uint8Array.of(0b1010_0110, 0b0000_0011), 0, 2);
    expect(input.has(11)).toBe(true);
    expect([input.take(1), input.take(2), input.take(7), input.take(1)]).toEqual([0, 0b11, 0b111_0100, 0]);
  });

  test('says when bits are missing, and goes on with the next piece', () => {
    const input = new BitReader();
    input.attach(Uint8Array.of(0xff, 0x12, 0xff), 1, 2);
    expect(input.has(12)).toBe(false);
    input.detach();
    input.attach(Uint8Array.of(0x34), 0, 1);
    expect(input.has(16)).toBe(true);
    expect(input.take(16)).toBe(0x3412);
    expect(input.has(1)).toBe(false);
  });

  test('takes no more bytes than it is asked for', () => {
    const input = new BitReader();
    input.attach(Uint8Array.of(1, 2, 3), 0, 3);
    input.has(9);
    expect(input.position).toBe(2);
  });

  test('skips to the next byte boundary, and stays at one', () => {
    const input = new BitReader();
    input.attach(Uint8Array.of(0xff, 0x2a), 0, 2);
    input.has(16);
    input.take(3);
    input.align();
    input.align();
    expect(input.take(8)).toBe(0x2a);
  });

  test('goes on where it is told to', () => {
    const input = new BitReader();
    input.attach(Uint8Array.of(1, 2, 3), 0, 3);
    input.goTo(2, 0b101, 3);
    expect(input.has(11)).toBe(true);
    expect([input.take(3), input.take(8)]).toEqual([0b101, 3]);
  });

  test('lets go of the piece', () => {
    const input = new BitReader();
    const piece = Uint8Array.of(1);
    input.attach(piece, 0, 1);
    input.detach();
    expect(input.bytes).not.toBe(piece);
  });
});
