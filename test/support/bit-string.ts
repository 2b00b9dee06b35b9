/** Writes DEFLATE streams bit by bit, valid and invalid ones, as RFC 1951 draws them: for tests. */
import { CODE_LENGTH_ORDER } from '../../src/protocol/permessage-deflate/format.ts';

/** What is put is kept as bits in the order in which they stand in the stream, §3.1.1. */
export class BitString {
  readonly #bits: number[] = [];

  /** A number, its least significant bit first: headers, extra bits. */
  number(value: number, bitCount: number): this {
    for (let i = 0; i < bitCount; i++) this.#bits.push((value >>> i) & 1);
    return this;
  }

  /** A Huffman code as it is written on paper, `0110`: its most significant bit first. */
  code(bits: string): this {
    for (const bit of bits.replaceAll(' ', '')) this.#bits.push(Number(bit));
    return this;
  }

  /** BFINAL and BTYPE. */
  header(type: number, isFinal = false): this {
    return this.number(isFinal ? 1 : 0, 1).number(type, 2);
  }

  /** Zeros to the next byte boundary. */
  align(): this {
    while (this.#bits.length % 8 > 0) this.#bits.push(0);
    return this;
  }

  /** A stored block. */
  stored(bytes: Uint8Array, isFinal = false): this {
    this.header(0, isFinal)
      .align()
      .number(bytes.length, 16)
      .number(bytes.length ^ 0xffff, 16);
    for (const byte of bytes) this.number(byte, 8);
    return this;
  }

  /** A literal or length symbol in the fixed code, §3.2.6. */
  fixedSymbol(symbol: number): this {
    const [value, bitCount] =
      symbol < 144
        ? [0x30 + symbol, 8]
        : symbol < 256
          ? [0x190 + symbol - 144, 9]
          : symbol < 280
            ? [symbol - 256, 7]
            : [0xc0 + symbol - 280, 8];
    return this.code(value.toString(2).padStart(bitCount, '0'));
  }

  /** Literals in the fixed code. */
  fixedText(text: string): this {
    for (const byte of new TextEncoder().encode(text)) this.fixedSymbol(byte);
    return this;
  }

  /** A distance symbol in the fixed code. */
  fixedDistance(symbol: number): this {
    return this.code(symbol.toString(2).padStart(5, '0'));
  }

  /**
   * HLIT, HDIST and HCLEN, and the lengths of the code length code by symbol; all 19 are sent.
   * @param literals how many literal and length codes there are, from 257
   * @param distances how many distance codes there are, from 1
   */
  codeCounts(literals: number, distances: number, codeLengthLengths: Readonly<Record<number, number>>): this {
    this.number(literals - 257, 5)
      .number(distances - 1, 5)
      .number(15, 4);
    for (const symbol of CODE_LENGTH_ORDER) this.number(codeLengthLengths[symbol] ?? 0, 3);
    return this;
  }

  /** The bits as bytes; what is missing in the last one is 0. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, i) => {
      bytes[i >>> 3]! |= bit << (i & 7);
    });
    return bytes;
  }
}
