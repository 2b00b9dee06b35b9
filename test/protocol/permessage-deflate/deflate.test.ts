import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/protocol/errors.ts';
import { Deflater, deflateIndependently } from '../../../src/protocol/permessage-deflate/deflate.ts';
import { concat, fromHex, toHex } from '../../support/vectors.ts';
import { heldArrayBufferBytes } from '../memory.ts';
import {
  bytesOf,
  DEFAULTS,
  deflateAll,
  deflateMessage,
  inflateAll,
  newBuffer,
  zlibDeflate,
  zlibInflate,
} from './codec.ts';

const ALONE = { windowBits: 15, contextTakeover: false };
const NOTHING = new Uint8Array(0);

/** Bytes without a pattern, always the same. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 0x41c6_4e6d) + 0x3039) | 0;
    return state >>> 24;
  });
}

/** What the first block is: 0 stored, 1 fixed, 2 dynamic. */
function blockType(message: Uint8Array): number {
  return (message[0]! >>> 1) & 3;
}

describe('the examples of RFC 7692', () => {
  test('§7.2.3.1 and §7.2.3.2, Hello twice: the second time it refers to the first', () => {
    const [first, second] = deflateAll([bytesOf('Hello'), bytesOf('Hello')]);
    expect(toHex(first!)).toBe('f2 48 cd c9 c9 07 00');
    expect(toHex(second!)).toBe('02 13 00 00');
  });

  test('§7.2.3.2, without context takeover it is the same both times', () => {
    const all = deflateAll([bytesOf('Hello'), bytesOf('Hello')], ALONE);
    expect(all.map(toHex)).toEqual(['f2 48 cd c9 c9 07 00', 'f2 48 cd c9 c9 07 00']);
  });

  test('§7.2.3.6, an empty message is one byte', () => {
    expect(toHex(deflateIndependently(NOTHING, 15))).toBe('00');
  });
});

describe('Deflater', () => {
  test.each([7, 16, 8.5, Number.NaN])('knows no window of 2^%d bytes', (windowBits) => {
    expect(() => new Deflater({ windowBits, contextTakeover: true })).toThrow(UsageError);
    expect(() => deflateIndependently(NOTHING, windowBits)).toThrow(UsageError);
  });

  test('takes a part of its input, and adds to the end of its output', () => {
    const output = newBuffer();
    output.append(fromHex('ab'), 0, 1);
    new Deflater(DEFAULTS).deflate(bytesOf('-Hello-'), 1, 6, output);
    expect(toHex(output.take())).toBe('ab f2 48 cd c9 c9 07 00');
  });

  test('stores what does not compress', () => {
    const bytes = noise(200_000);
    const compressed = deflateIndependently(bytes, 15);
    expect(blockType(compressed)).toBe(0);
    expect(compressed.length).toBeLessThan(bytes.length + 100);
    expect(inflateAll([compressed])).toEqual([bytes]);
  });

  test('stores what codes would make larger by one byte', () => {
    const bytes = Uint8Array.of(0xf0, 0xf1, 0xf2, 0xf3, 0xf4);
    expect(toHex(deflateIndependently(bytes, 15).subarray(0, 2))).not.toBe('00 05');
    const longer = noise(60);
    expect(deflateIndependently(longer, 15).length).toBe(60 + 5 + 1);
  });

  test('says a megabyte of the same in about a thousandth', () => {
    const bytes = new Uint8Array(1 << 20).fill(0x2a);
    const compressed = deflateIndependently(bytes, 15);
    expect(compressed.length).toBeLessThan(1100);
    expect(inflateAll([compressed])).toEqual([bytes]);
  });

  test('makes codes of its own where they pay', () => {
    const letters = Uint8Array.from(noise(5000), (byte) => 97 + (byte & 7) * (byte >>> 7));
    const compressed = deflateIndependently(letters, 15);
    expect(blockType(compressed)).toBe(2);
    expect(zlibInflate(compressed, NOTHING)).toEqual(letters);
  });

  test('limits codes to 15 bits, however rare a symbol is', () => {
    const parts = Array.from({ length: 19 }, (_, i) => new Uint8Array(Math.ceil(1.7 ** i)).fill(11 * i));
    // No two bytes in a row are the same as two others, as far as that goes: a shuffle keeps matches away.
    const bytes = shuffled(Uint8Array.from(Buffer.concat(parts)).slice(0, 16_000));
    const compressed = deflateIndependently(bytes, 15);
    expect(zlibInflate(compressed, NOTHING)).toEqual(bytes);
  });

  test('goes back as far as the window and no farther', () => {
    const far = noise(256);
    const message = Buffer.concat([far, far]);
    expect(deflateIndependently(message, 8).length).toBeLessThan(300);
    const tooFar = Buffer.concat([far, noise(257).slice(256), far]);
    expect(deflateIndependently(tooFar, 8).length).toBeGreaterThan(500);
    expect(deflateIndependently(tooFar, 9).length).toBeLessThan(300);
  });

  test('refers to a message that is 32,768 bytes back, and not to one farther back', () => {
    const far = noise(300).slice(150);
    for (const [between, isShort] of [
      [32_768 - 150, true],
      [32_769 - 150, false],
    ] as const) {
      const last = deflateAll([far, noise(40_000).slice(300, 300 + between), far])[2]!;
      expect(last.length < 30).toBe(isShort);
    }
  });

  test('never holds on to the message', () => {
    const deflater = new Deflater(DEFAULTS);
    deflateMessage(deflater, bytesOf('a message'));
    const before = heldArrayBufferBytes();
    deflater.deflate(new Uint8Array(10_000_000).subarray(0, 20), 0, 20, newBuffer());
    deflateMessage(new Deflater(ALONE), new Uint8Array(1_000_000).subarray(0, 20));
    expect(heldArrayBufferBytes() - before).toBeLessThan(100_000);
  });

  test('does about as well as zlib', () => {
    const random = noise(20_000);
    const chat = Array.from({ length: 500 }, (_, i) => {
      const words = Array.from({ length: 5 + (i % 30) }, (_, k) => WORDS[random[31 * i + k]! % WORDS.length]);
      return bytesOf(
        JSON.stringify({ type: 'message', id: 7919 * i, from: `user-${i % 7}`, text: words.join(' ') }),
      );
    });
    const deflated = deflateAll(chat).reduce((sum, { length }) => sum + length, 0);
    const byZlib = chat.reduce((sum, message, i) => {
      return sum + zlibDeflate(message, concat(chat.slice(0, i)).slice(-32_768)).length;
    }, 0);
    expect(deflated).toBeLessThan(1.08 * byZlib);
  });
});

describe('the memory of a deflater', () => {
  const COUNT = 1000;
  const text = bytesOf('A message of some length, said again and again. '.repeat(40).slice(0, 1500));

  function heldBy(use: (deflater: Deflater) => void, contextTakeover = true): number {
    use(new Deflater(DEFAULTS));
    use(new Deflater(ALONE));
    const before = heldArrayBufferBytes();
    const deflaters = Array.from({ length: COUNT }, () => new Deflater({ windowBits: 15, contextTakeover }));
    for (const deflater of deflaters) use(deflater);
    const held = heldArrayBufferBytes() - before;
    expect(deflaters.length).toBe(COUNT);
    return held / COUNT;
  }

  test('is nothing before the first message', () => {
    expect(heldBy(() => {})).toBeLessThan(1);
  });

  test('is a window and a table that are as big as what was said needs them', () => {
    const held = heldBy((deflater) => deflateMessage(deflater, text));
    expect(held).toBeGreaterThan(1500);
    expect(held).toBeLessThan(8500);
  });

  test('is never more than four windows', () => {
    const held = heldBy((deflater) => {
      for (let i = 0; i < 30; i++) deflateMessage(deflater, text);
    });
    expect(held).toBeLessThan(4 * 32_768 + 100);
  });

  test('is nothing without context takeover', () => {
    expect(heldBy((deflater) => deflateMessage(deflater, text), false)).toBeLessThan(10);
  });
});

const WORDS =
  'the of and to in is that it was for on are as with they at be this have from or had by not but what all were when'.split(
    ' ',
  );

function shuffled(bytes: Uint8Array): Uint8Array {
  const random = noise(4 * bytes.length);
  for (let i = bytes.length - 1; i > 0; i--) {
    const k = ((random[4 * i]! << 16) | (random[4 * i + 1]! << 8) | random[4 * i + 2]!) % (i + 1);
    [bytes[i], bytes[k]] = [bytes[k]!, bytes[i]!];
  }
  return bytes;
}
