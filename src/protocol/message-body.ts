/** The body of a message that arrives in several pieces. */
import { ByteBuffer } from './byte-buffer.ts';
import { allocateOwned } from './owned-bytes.ts';

/** Shorter pieces are not worth a view each. */
const WORTH_KEEPING = 4 * 1024;

/**
 * Long pieces stay in their chunks, and are copied once, when the message is complete; short pieces are collected in a buffer.
 * Either way, memory is in proportion to the bytes that have come, not to what headers claim.
 */
export class MessageBody {
  /** The bytes after the last long piece: short pieces, or the inflated bytes of a compressed message. */
  readonly tail: ByteBuffer = new ByteBuffer(allocateOwned);
  /** The bytes before the tail. */
  readonly #pieces: Uint8Array[] = [];
  #piecesLength = 0;

  /**
   * Takes `chunk[start, end)`, which must not change from now on.
   * @param expected the final length, as far as it is known
   */
  append(chunk: Uint8Array, start: number, end: number, expected: number): void {
    const length = end - start;
    // A view keeps its whole chunk alive, so it must show at least half of it.
    if (length >= WORTH_KEEPING && 2 * length >= chunk.buffer.byteLength)
      this.#keep(chunk.subarray(start, end));
    else this.tail.append(chunk, start, end, expected - this.#piecesLength);
  }

  /** Hands over the whole body. */
  take(): Uint8Array {
    const tail = this.tail.take();
    if (this.#pieces.length === 0) return tail;
    const whole = allocateOwned(this.#piecesLength + tail.length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    whole.set(tail, at);
    return whole;
  }

  #keep(piece: Uint8Array): void {
    if (this.tail.length > 0) this.#push(this.tail.take());
    this.#push(piece);
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#piecesLength += piece.length;
  }
}
