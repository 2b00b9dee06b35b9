import { describe, expect, test } from 'vitest';
import { BitReader } from '../../../src/protocol/permessage-deflate/bit-reader.ts';
import {
  borrowCodes,
  fixedCodes,
  giveBackCodes,
} from '../../../src/protocol/permessage-deflate/block-codes.ts';
import { cutEverywhere } from '../../support/vectors.ts';
import { dynamicHeader } from './inflate-vectors.ts';

describe('fixedCodes', () => {
  test('are made once', () => {
    expect(fixedCodes()).toBe(fixedCodes());
  });
});

describe('the codes of a dynamic block', () => {
  test('are lent to one reader at a time, and used again', () => {
    const first = borrowCodes();
    const second = borrowCodes();
    expect(second).not.toBe(first);
    giveBackCodes(first);
    expect(borrowCodes()).toBe(first);
  });

  test('are read in pieces, and anew after they were given back', () => {
    const codes = borrowCodes();
    for (let round = 0; round < 2; round++) {
      const input = new BitReader();
      const header = dynamicHeader({ 97: 1, 256: 1 }, { 0: 1 }).bytes();
      const completed = cutEverywhere(header).map((piece, i) => {
        input.attach(piece, 0, 1);
        // The block's own header comes before.
        if (i === 0 && input.has(3)) input.take(3);
        return codes.read(input);
      });
      expect(completed.indexOf(true)).toBe(completed.length - 1);
      expect(codes.literals.mask).toBe(1);
      giveBackCodes(codes);
      expect(borrowCodes()).toBe(codes);
    }
  });
});
