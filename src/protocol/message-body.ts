/** What has come of a message that arrives in several pieces, and what it becomes when it is whole. */
import { ByteBuffer } from './byte-buffer.ts';
import { allocateOwned } from './owned-bytes.ts';

/** Shorter pieces are not worth an object that keeps them. */
const WORTH_KEEPING = 4 * 1024;

/**
 * Long pieces stay in the chunk in which they came, and are copied once, when all are there; short ones are put together.
 * Either way what a message takes is in proportion to what has come of it, whatever its headers say.
 */
export class MessageBody {
  /** The bytes behind the long pieces: short pieces, or what a compressed message inflates to. */
  readonly tail: ByteBuffer = new ByteBuffer(allocateOwned);
  /** What is before the tail. */
  readonly #pieces: Uint8Array[] = [];
  #piecesLength = 0;

  /**
   * Takes `chunk[start, end)`, which must stay as it is from now on.
   * @param expected the length that there will be in the end, as far as it is known
   */
  append(chunk: Uint8Array, start: number, end: number, expected: number): void {
    const length = end - start;
    // Not a view that keeps more alive than it shows.
    if (length >= WORTH_KEEPING && 2 * length >= chunk.buffer.byteLength)
      this.#keep(chunk.subarray(start, end));
    else this.tail.append(chunk, start, end, expected - this.#piecesLength);
  }

  /** Gives everything away. */
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
