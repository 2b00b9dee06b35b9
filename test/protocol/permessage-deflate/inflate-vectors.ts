/** Compressed messages that break a rule, bit by bit: for every row of INFLATE_RULES at least one, or it is a type error. */
import type { InflateReason } from '../../../src/protocol/permessage-deflate/inflate-error.ts';
import { BitString } from '../../support/bit-string.ts';
import { bytesOf } from './codec.ts';

export interface InflateVector {
  readonly comment: string;
  /** The message, without the 00 00 ff ff that its receiver adds. */
  readonly message: Uint8Array;
  /** What is said before the rule is broken. */
  readonly said?: string;
}

/** The most that the vectors may say. */
export const VECTOR_LIMIT = 300;
/** The window that they may go back in, 2^8 bytes. */
export const VECTOR_WINDOW_BITS = 8;

/** A code for the code lengths 0, 1 and 2, and for long runs of zeros. */
const SMALL_LENGTHS = { 0: 2, 1: 2, 2: 2, 18: 2 };
const SMALL_CODES: Readonly<Record<number, string>> = { 0: '00', 1: '01', 2: '10', 18: '11' };

/** The beginning of a dynamic block in which the symbols have codes of these lengths, at most 2. */
export function dynamicHeader(
  literals: Readonly<Record<number, number>>,
  distances: Readonly<Record<number, number>>,
  literalCount = 260,
  distanceCount = 2,
): BitString {
  const bits = new BitString().header(2).codeCounts(literalCount, distanceCount, SMALL_LENGTHS);
  for (let i = 0; i < literalCount; i++) bits.code(SMALL_CODES[literals[i] ?? 0]!);
  for (let i = 0; i < distanceCount; i++) bits.code(SMALL_CODES[distances[i] ?? 0]!);
  return bits;
}

const A = 0x61;
const END = 256;
/** 258 bytes. */
const LONGEST = 285;

export const INFLATE_VECTORS: Readonly<Record<InflateReason, readonly InflateVector[]>> = {
  'reserved-block-type': [
    { comment: 'at the beginning', message: new BitString().header(3).bytes() },
    {
      comment: 'after a block',
      message: new BitString().stored(bytesOf('ab')).header(3).bytes(),
      said: 'ab',
    },
  ],
  'stored-length-mismatch': [
    {
      comment: 'one bit wrong',
      message: new BitString().header(0).align().number(5, 16).number(0xfffb, 16).bytes(),
    },
    {
      comment: 'not a complement',
      message: new BitString().header(0).align().number(5, 16).number(5, 16).bytes(),
    },
  ],
  'too-many-codes': [
    {
      comment: '287 literals and lengths',
      message: new BitString().header(2).codeCounts(287, 1, {}).bytes(),
    },
    { comment: '31 distances', message: new BitString().header(2).codeCounts(257, 31, {}).bytes() },
  ],
  'invalid-code-length-code': [
    { comment: 'no codes', message: new BitString().header(2).codeCounts(257, 1, {}).bytes() },
    { comment: 'one code', message: new BitString().header(2).codeCounts(257, 1, { 18: 1 }).bytes() },
    { comment: 'incomplete', message: new BitString().header(2).codeCounts(257, 1, { 0: 1, 1: 2 }).bytes() },
    {
      comment: 'over-subscribed',
      message: new BitString().header(2).codeCounts(257, 1, { 0: 1, 1: 1, 2: 1 }).bytes(),
    },
  ],
  'nothing-to-repeat': [
    {
      comment: 'the first length is a repetition',
      message: new BitString().header(2).codeCounts(257, 1, { 0: 1, 16: 1 }).code('1').number(0, 2).bytes(),
    },
  ],
  'repeat-too-long': [
    {
      comment: '259 zeros for 258 codes',
      message: new BitString()
        .header(2)
        .codeCounts(257, 1, SMALL_LENGTHS)
        .code('11')
        .number(127, 7)
        .code('11')
        .number(121 - 11, 7)
        .bytes(),
    },
    {
      comment: 'the last length once too often',
      message: new BitString()
        .header(2)
        .codeCounts(257, 1, { 1: 2, 16: 2, 18: 1 })
        .code('0')
        .number(127, 7)
        .code('0')
        .number(117 - 11, 7)
        .code('10')
        .code('11')
        .number(0, 2)
        .bytes(),
    },
  ],
  'missing-end-of-block': [
    { comment: 'two literals', message: dynamicHeader({ 97: 1, 98: 1 }, {}).bytes() },
    { comment: 'no codes at all', message: dynamicHeader({}, {}).bytes() },
  ],
  'invalid-literal-code': [
    { comment: 'over-subscribed', message: dynamicHeader({ 97: 1, 98: 1, [END]: 1 }, {}).bytes() },
    { comment: 'incomplete', message: dynamicHeader({ 97: 1, [END]: 2 }, {}).bytes() },
    { comment: 'one code of two bits', message: dynamicHeader({ [END]: 2 }, {}).bytes() },
  ],
  'invalid-distance-code': [
    {
      comment: 'over-subscribed',
      message: dynamicHeader({ 97: 1, [END]: 1 }, { 0: 1, 1: 1, 2: 1 }, 260, 3).bytes(),
    },
    { comment: 'incomplete', message: dynamicHeader({ 97: 1, [END]: 1 }, { 0: 1, 1: 2 }).bytes() },
    { comment: 'one code of two bits', message: dynamicHeader({ 97: 1, [END]: 1 }, { 1: 2 }).bytes() },
  ],
  'invalid-length-symbol': [
    { comment: '286', message: new BitString().header(1).fixedText('a').fixedSymbol(286).bytes(), said: 'a' },
    { comment: '287', message: new BitString().header(1).fixedSymbol(287).bytes() },
    {
      comment: 'the unused half of a code that has one symbol',
      message: dynamicHeader({ [END]: 1 }, {})
        .code('1')
        .bytes(),
    },
  ],
  'invalid-distance-symbol': [
    {
      comment: '30',
      message: new BitString().header(1).fixedText('a').fixedSymbol(257).fixedDistance(30).bytes(),
      said: 'a',
    },
    {
      comment: '31',
      message: new BitString().header(1).fixedText('a').fixedSymbol(257).fixedDistance(31).bytes(),
      said: 'a',
    },
    {
      comment: 'the unused half of a code that has one symbol',
      message: dynamicHeader({ [A]: 2, [END]: 2, 257: 1 }, { 0: 1 })
        .code('10')
        .code('0')
        .code('1')
        .bytes(),
      said: 'a',
    },
    {
      comment: 'a length in a block without distances',
      message: dynamicHeader({ [A]: 2, [END]: 2, 257: 1 }, {})
        .code('10')
        .code('0')
        .code('0')
        .bytes(),
      said: 'a',
    },
  ],
  'distance-too-far': [
    {
      comment: 'nothing was said',
      message: new BitString().header(1).fixedSymbol(257).fixedDistance(0).bytes(),
    },
    {
      comment: 'one byte more than was said',
      message: new BitString().header(1).fixedText('ab').fixedSymbol(257).fixedDistance(2).bytes(),
      said: 'ab',
    },
    {
      comment: 'one byte more than the window',
      message: new BitString()
        .header(1)
        .fixedText('a')
        .fixedSymbol(LONGEST)
        .fixedDistance(0)
        .fixedSymbol(257)
        .fixedDistance(16)
        .number(0, 7)
        .bytes(),
      said: 'a'.repeat(259),
    },
  ],
  'output-limit': [
    {
      comment: 'by a literal',
      message: new BitString()
        .header(1)
        .fixedText('a')
        .fixedSymbol(LONGEST)
        .fixedDistance(0)
        .fixedText('b'.repeat(42))
        .bytes(),
      said: 'a'.repeat(259) + 'b'.repeat(41),
    },
    {
      comment: 'by a match',
      message: new BitString()
        .header(1)
        .fixedText('a')
        .fixedSymbol(LONGEST)
        .fixedDistance(0)
        .fixedSymbol(LONGEST)
        .fixedDistance(0)
        .bytes(),
      said: 'a'.repeat(259),
    },
    {
      comment: 'by a stored block',
      message: new BitString().stored(bytesOf('s'.repeat(301))).bytes(),
      said: 's'.repeat(300),
    },
    {
      comment: 'by a stored block right behind codes',
      message: new BitString()
        .header(1)
        .fixedText('l'.repeat(300))
        .fixedSymbol(END)
        .stored(bytesOf('s'))
        .bytes(),
      said: 'l'.repeat(300),
    },
  ],
  'unexpected-end': [
    { comment: 'nothing at all: the tail is read as a header and a length', message: new Uint8Array(0) },
    {
      comment: 'within NLEN',
      message: new BitString().header(0).align().number(0xff05, 16).number(0xfa, 8).bytes(),
      said: '\u0000\u00ff\u00ff',
    },
    {
      comment: 'within a stored block',
      message: new BitString().header(0).align().number(9, 16).number(0xfff6, 16).number(A, 8).bytes(),
      said: 'a\u0000\u0000\u00ff\u00ff',
    },
    {
      comment: 'within the code length code',
      message: new BitString().header(2).number(0, 10).number(15, 4).bytes(),
    },
    {
      comment: 'within the code lengths',
      message: new BitString().header(2).codeCounts(257, 1, SMALL_LENGTHS).bytes(),
    },
    { comment: 'within a code', message: skewedHeader(2).bytes(), said: `${'a'.repeat(20)}o` },
    { comment: 'within a byte', message: skewedHeader(15).bytes(), said: 'a'.repeat(20) },
  ],
};

/**
 * The beginning of a dynamic block whose codes have 1, 2, 3, … 14, 15 and 15 bits: `0` is the letter a, fifteen times
 * `1` the end of the block if that has 15 bits.
 */
function skewedHeader(endBits: number): BitString {
  const codeLengthLengths = Object.fromEntries(Array.from({ length: 19 }, (_, i) => [i, i < 15 ? 4 : 5]));
  const bits = new BitString().header(2).codeCounts(257, 1, { ...codeLengthLengths, 16: 0, 17: 0 });
  const code = (length: number) => bits.code(length < 15 ? length.toString(2).padStart(4, '0') : '11110');
  const zeros = (count: number) => bits.code('11111').number(count - 11, 7);
  zeros(A);
  for (let length = 1; length <= 15; length++) if (length !== endBits || length === 15) code(length);
  if (endBits < 15) code(15);
  zeros(END - A - 15 - 11);
  zeros(11);
  code(endBits);
  code(0);
  return bits;
}
