/** Bits to bytes, least significant first: RFC 1951 §3.1.1. */
import type { ByteBuffer } from '../byte-buffer.ts';
import { EMPTY } from '../empty.ts';

export class BitWriter {
  #output: ByteBuffer | undefined;
  #bytes: Uint8Array = EMPTY;
  #position = 0;
  /** Bits that do not fill a byte yet, the first one lowest. */
  #hold = 0;
  #count = 0;

  /** Begins at the end of `output`, which is not to be written to otherwise until {@link detach}. */
  attach(output: ByteBuffer): void {
    this.#output = output;
    this.#position = output.length;
    this.#hold = 0;
    this.#count = 0;
  }

  /** Drops the reference to the output: all bits that were put must fill bytes. */
  detach(): void {
    this.#output = undefined;
    this.#bytes = EMPTY;
  }

  /** How many bits are missing to the next byte boundary after `bitCount` more bits. */
  paddingAfter(bitCount: number): number {
    return -(this.#count + bitCount) & 7;
  }

  /** Makes room for the next `bitCount` bits, all of which must then be put. */
  reserve(bitCount: number): void {
    const output = this.#output!;
    this.#commit();
    // Two more bytes, because bits are written in pairs of bytes.
    this.#bytes = output.reserve(((this.#count + bitCount + 7) >>> 3) + 2);
  }

  /** Puts the lowest `bitCount` bits of `value`, at most 16; the bits above them must be 0. */
  put(value: number, bitCount: number): void {
    this.#hold |= value << this.#count;
    this.#count += bitCount;
    if (this.#count >= 16) {
      this.#bytes[this.#position++] = this.#hold;
      this.#bytes[this.#position++] = this.#hold >>> 8;
      this.#hold >>>= 16;
      this.#count -= 16;
    }
  }

  /** Puts 0 up to the next byte boundary. */
  align(): void {
    for (; this.#count > 0; this.#count -= 8) {
      this.#bytes[this.#position++] = this.#hold;
      this.#hold >>>= 8;
    }
    this.#count = 0;
    this.#commit();
  }

  /** Copies `source[start, end)`, at a byte boundary. */
  append(source: Uint8Array, start: number, end: number): void {
    this.#output!.append(source, start, end);
    this.#position = this.#output!.length;
  }

  #commit(): void {
    this.#output!.advance(this.#position - this.#output!.length);
  }
}
