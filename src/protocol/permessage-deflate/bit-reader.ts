/** Bits from bytes that come in pieces, least significant first: RFC 1951 §3.1.1. */
import { EMPTY } from '../empty.ts';

/** The fields are public, so that a loop can keep them in local variables while it runs. */
export class BitReader {
  /** Bits that were taken from the bytes and are not read yet, the next one lowest; the bits above them are 0. It is never negative. */
  hold = 0;
  /** How many such bits there are, at most 30. */
  count = 0;
  /** What is left of the piece: `bytes[position, end)`. */
  bytes: Uint8Array = EMPTY;
  position = 0;
  end = 0;

  /** Begins a piece; the bits left from the last one come first. */
  attach(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** Drops the reference to the piece, which may be part of a bigger chunk. */
  detach(): void {
    this.bytes = EMPTY;
  }

  /** Goes on where a loop with local variables has stopped. */
  goTo(position: number, hold: number, count: number): void {
    this.position = position;
    this.hold = hold;
    this.count = count;
  }

  /** Takes bytes until the next `bitCount` bits, at most 23, are there. @returns whether they are */
  has(bitCount: number): boolean {
    while (this.count < bitCount) {
      if (this.position === this.end) return false;
      this.hold |= this.bytes[this.position++]! << this.count;
      this.count += 8;
    }
    return true;
  }

  /** The next `bitCount` bits as a number, without reading them; they must be there. */
  peek(bitCount: number): number {
    return this.hold & ((1 << bitCount) - 1);
  }

  /** Reads the next `bitCount` bits, at most 23; they must be there. */
  take(bitCount: number): number {
    const value = this.peek(bitCount);
    this.hold >>>= bitCount;
    this.count -= bitCount;
    return value;
  }

  /** Skips to the next byte boundary. */
  align(): void {
    this.take(this.count & 7);
  }
}
