/** The numbers of DEFLATE that both directions share: RFC 1951 §3.2.3 to §3.2.7. */

/** RFC 1951 §3.2.3: BFINAL has one bit, BTYPE two. */
export const HEADER_BITS = 3;
export const BLOCK_TYPE = { stored: 0, fixed: 1, dynamic: 2 } as const;

/** RFC 1951 §3.2.4: LEN has 16 bits. */
export const MAX_STORED_BYTES = 0xffff;

/** RFC 1951 §3.2.5: the symbols below this one are literal bytes, this one ends the block, and those above are lengths. */
export const END_OF_BLOCK = 256;
export const FIRST_LENGTH = 257;

/** RFC 1951 §3.2.5: the range of lengths. */
const MIN_MATCH = 3;
export const MAX_MATCH = 258;

/** RFC 1951 §3.2.7: the most codes, from the ranges of HLIT and HDIST, and the longest code. */
export const MAX_LITERALS = 286;
export const MAX_DISTANCES = 30;
export const MAX_CODE_BITS = 15;

/** RFC 1951 §3.2.7: 0 to 15 are lengths themselves; these repeat. */
export const REPEAT_LAST = 16;
export const REPEAT_ZERO = 17;
export const REPEAT_ZERO_LONG = 18;
export const CODE_LENGTH_SYMBOLS = 19;

/** RFC 1951 §3.2.7: the order in which the lengths of the code length code are sent; those that are often 0 come last. */
export const CODE_LENGTH_ORDER: readonly number[] = [
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/** The extra bits of the repeating symbols, and the smallest count that each stands for, from REPEAT_LAST on. */
export const REPEAT_EXTRA_BITS: readonly number[] = [2, 3, 7];
export const REPEAT_BASES: readonly number[] = [3, 3, 11];

/** RFC 1951 §3.2.5: how many extra bits follow each length symbol, from 257 on; 285 stands only for 258. */
export const LENGTH_EXTRA_BITS: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
/** The smallest length that each length symbol stands for. */
export const LENGTH_BASES: readonly number[] = [
  ...basesOf(MIN_MATCH, LENGTH_EXTRA_BITS.slice(0, -1)),
  MAX_MATCH,
];

/** RFC 1951 §3.2.5: how many extra bits follow each distance symbol. */
export const DISTANCE_EXTRA_BITS: readonly number[] = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** The smallest distance that each distance symbol stands for. */
export const DISTANCE_BASES: readonly number[] = basesOf(1, DISTANCE_EXTRA_BITS);

/** RFC 1951 §3.2.6: the lengths of the fixed codes. The symbols 286, 287, 30 and 31 have codes, but must not occur. */
export function fixedLiteralLengths(): Uint8Array {
  return new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
}

export function fixedDistanceLengths(): Uint8Array {
  return new Uint8Array(32).fill(5);
}

function basesOf(first: number, extraBits: readonly number[]): number[] {
  let base = first;
  return extraBits.map((bits) => {
    const own = base;
    base += 1 << bits;
    return own;
  });
}
