/** The tokens of a message, RFC 1951 §2: literal bytes, and matches (a length and a distance). Each is one number. */
import { DISTANCE_BASES, DISTANCE_EXTRA_BITS, LENGTH_BASES, LENGTH_EXTRA_BITS, MAX_MATCH } from './format.ts';

/** A literal is its byte; a match is this number or more. */
export const FIRST_MATCH = 256;

/** A match of `length` bytes, from 3 to 258, that are `distance` bytes back, from 1 to 32,768. */
export function matchToken(length: number, distance: number): number {
  return (length << 16) | distance;
}

export function lengthOf(token: number): number {
  return token >>> 16;
}

export function distanceOf(token: number): number {
  return token & 0xffff;
}

/** RFC 1951 §3.2.5: the tables of {@link LENGTH_BASES} and {@link DISTANCE_BASES} as arrays of small integers. */
export const LENGTH_EXTRA: Uint8Array = Uint8Array.from(LENGTH_EXTRA_BITS);
export const LENGTH_BASE: Uint16Array = Uint16Array.from(LENGTH_BASES);
export const DISTANCE_EXTRA: Uint8Array = Uint8Array.from(DISTANCE_EXTRA_BITS);
export const DISTANCE_BASE: Uint16Array = Uint16Array.from(DISTANCE_BASES);

/** The index of the symbol of each length from 0 to 258, where 0 stands for the symbol 257. */
const LENGTH_INDEX = Uint8Array.from({ length: MAX_MATCH + 1 }, (_, length) =>
  lastNotAbove(LENGTH_BASES, length),
);
/** The symbol of each distance up to 256; above that, the symbol of each 128 distances, which is the same for all of them. */
const NEAR_SYMBOL = Uint8Array.from({ length: 257 }, (_, distance) => lastNotAbove(DISTANCE_BASES, distance));
const FAR_SYMBOL = Uint8Array.from({ length: 256 }, (_, i) => lastNotAbove(DISTANCE_BASES, 128 * i + 1));

/** The index of the symbol of a length. */
export function lengthIndex(length: number): number {
  return LENGTH_INDEX[length]!;
}

export function distanceSymbol(distance: number): number {
  return distance <= 256 ? NEAR_SYMBOL[distance]! : FAR_SYMBOL[(distance - 1) >>> 7]!;
}

function lastNotAbove(bases: readonly number[], value: number): number {
  return Math.max(
    0,
    bases.findLastIndex((base) => base <= value),
  );
}
