import { describe, expect, test } from 'vitest';
import { BitReader } from '../../../src/protocol/permessage-deflate/bit-reader.ts';
import { fixedCodes } from '../../../src/protocol/permessage-deflate/block-codes.ts';
import { SymbolReader } from '../../../src/protocol/permessage-deflate/symbol-reader.ts';
import { SlidingWindow } from '../../../src/protocol/permessage-deflate/window.ts';
import { BitString } from '../../support/bit-string.ts';
import { bytesOf, newBuffer } from './codec.ts';

describe('SymbolReader', () => {
  test('copies from the window, from the message, and from the one on into the other', () => {
    const window = new SlidingWindow(256);
    window.append(bytesOf('0123456789'), 0, 10);
    const input = new BitReader();
    const symbols = new SymbolReader(input, 256, window);
    // 3 bytes 10 back, 5 bytes 5 back (2 of the window and 3 of the message), 4 bytes 1 back.
    const bits = new BitString().fixedSymbol(257).fixedDistance(6).number(1, 2);
    bits.fixedSymbol(259).fixedDistance(4).number(0, 1).fixedSymbol(258).fixedDistance(0).fixedSymbol(256);
    const bytes = bits.bytes();
    input.attach(bytes, 0, bytes.length);
    const output = newBuffer();
    expect(symbols.read(fixedCodes(), output, 100, Infinity)).toBe(true);
    expect(Buffer.from(output.take()).toString()).toBe(
      '0128901211 11'.replace('8901211 11', '89012' + '2222'),
    );
  });

  test('asks for more input wherever it ends, and goes on', () => {
    const bytes = new BitString()
      .fixedText('a')
      .fixedSymbol(280)
      .number(3, 4)
      .fixedDistance(0)
      .fixedText('b')
      .fixedSymbol(256)
      .bytes();
    const input = new BitReader();
    const symbols = new SymbolReader(input, 256, new SlidingWindow(256));
    const output = newBuffer();
    const ended = [...bytes].map((_, i) => {
      input.attach(bytes, i, i + 1);
      return symbols.read(fixedCodes(), output, 1000, Infinity);
    });
    expect(ended.indexOf(true)).toBe(bytes.length - 1);
    expect(Buffer.from(output.take()).toString()).toBe(`${'a'.repeat(119)}b`);
  });
});
