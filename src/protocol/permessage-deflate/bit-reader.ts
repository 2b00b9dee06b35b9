/** Bits out of bytes that come in pieces, least significant first: §3.1.1. */
import { EMPTY } from '../empty.ts';

/** The fields are open, so that a loop may keep them in variables of its own while it runs. */
export class BitReader {
  /** Bits that were taken from the bytes and not yet read, the next one lowest; above them all is 0. */
  hold = 0;
  /** How many there are, at most 32. */
  count = 0;
  /** The piece: `bytes[position, end)` is still to be read. */
  bytes: Uint8Array = EMPTY;
  position = 0;
  end = 0;

  /** Begins a piece; the bits that are left of the last one come first. */
  attach(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** Lets go of the piece, which may be part of a bigger chunk. */
  detach(): void {
    this.bytes = EMPTY;
  }

  /** Whether the next `bitCount` bits are there, at most 25; takes bytes until they are. */
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

  /** Reads the next `bitCount` bits, at most 25; they must be there. */
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
