/** What the codec's property tests draw from: messages that compress in all kinds of ways, and zlib's ways to do it. */
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { anyBytes, anyText } from '../../support/arbitraries.ts';
import { concat, cut } from '../../support/vectors.ts';
import { bytesOf, TAIL } from './codec.ts';

const WORDS = 'the a of and chat 你好 世界 message {"type":"text","from":" "} 1732 room-7 , . \n é'.split(
  ' ',
);

const anyWords: fc.Arbitrary<Uint8Array> = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 120 })
  .map((words) => bytesOf(words.join(' ')));

/** Few different bytes, so that codes are skewed and matches frequent. */
const anyFewLetters: fc.Arbitrary<Uint8Array> = fc
  .array(fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 97, 200, 255), { maxLength: 300 })
  .map((all) => Uint8Array.from(all));

/** A piece again and again, over a match's greatest length and at all kinds of distances. */
const anyRepetition: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(700), anyBytes(10))
  .map(([piece, length, end]) => {
    const repeated = Uint8Array.from({ length }, (_, i) => piece[i % piece.length]!);
    return concat([repeated, end]);
  });

/** Frequencies like Fibonacci's numbers: the codes get as long as they may. */
const anySkewed: fc.Arbitrary<Uint8Array> = fc.tuple(fc.nat(18), fc.nat(255)).map(([count, shift]) => {
  const parts = Array.from({ length: count }, (_, i) =>
    new Uint8Array(Math.ceil(1.618 ** i)).fill((7 * i + shift) & 0xff),
  );
  return concat(parts);
});

/** Far more than a window, with things that come back from near and far. */
const anyLong: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.nat(), fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 1, max: 8 }))
  .map(([seed, length, bits]) => {
    const bytes = new Uint8Array(length);
    let state = seed | 1;
    for (let i = 0; i < length; i++) {
      state = (Math.imul(state, 0x41c6_4e6d) + 0x3039) | 0;
      const back = (state >>> 8) & 0x7fff;
      if (state >>> 28 === 0 && back < i) {
        for (let k = 0; k < 40 && i < length - 1; k++) bytes[i] = bytes[i++ - back - 1]!;
      }
      bytes[i] = (state >>> 16) & ((1 << bits) - 1);
    }
    return bytes;
  });

/** A message. */
export const anyMessageBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 3, arbitrary: anyBytes(300) },
  { weight: 2, arbitrary: anyText(200).map(bytesOf) },
  { weight: 5, arbitrary: anyWords },
  { weight: 3, arbitrary: anyFewLetters },
  { weight: 3, arbitrary: anyRepetition },
  { weight: 1, arbitrary: anySkewed },
  { weight: 1, arbitrary: anyLong },
);

/** Messages on one connection: some of them said before. */
export const anyMessages: fc.Arbitrary<Uint8Array[]> = fc
  .array(fc.tuple(anyMessageBytes, fc.nat(9)), { minLength: 1, maxLength: 6 })
  .map((all) => all.map(([message], i) => (all[i]![1] < 3 && i > 0 ? all[i - 1]![0] : message)));

/** How zlib compresses a part of a message. */
export interface ZlibPart {
  readonly level: number;
  readonly strategy: number;
  readonly memLevel: number;
  readonly flush: number;
}

export const anyZlibPart: fc.Arbitrary<ZlibPart> = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
  memLevel: fc.integer({ min: 1, max: 9 }),
  flush: fc.constantFrom(constants.Z_SYNC_FLUSH, constants.Z_FULL_FLUSH, constants.Z_FINISH),
});

/**
 * A message compressed by zlib in parts, each in its own way, with what was said before as a dictionary. After
 * Z_FINISH comes an empty stored block, RFC 7692 §7.2.3.5.
 */
export function zlibDeflateParts(
  message: Uint8Array,
  lengths: readonly number[],
  ways: readonly ZlibPart[],
  window: Uint8Array,
  windowBits: number,
): Uint8Array {
  let history = window;
  const parts = cut(message, lengths).map((part, i) => {
    const { flush, ...way } = ways[i % ways.length]!;
    const dictionary = history.length > 0 ? { dictionary: history } : {};
    const compressed = deflateRawSync(part, { ...way, ...dictionary, windowBits, finishFlush: flush });
    history = concat([history, part]).slice(-(2 ** windowBits));
    return flush === constants.Z_FINISH ? concat([compressed, Uint8Array.of(0), TAIL]) : compressed;
  });
  const whole = concat(parts);
  return whole.slice(0, whole.length - TAIL.length);
}
