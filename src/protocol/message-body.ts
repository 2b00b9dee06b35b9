/** What has come of a message that arrives in several pieces, and what it becomes when it is whole. */
import { allocate } from '#platform';
import { ByteBuffer } from './byte-buffer.ts';

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

/** A copy: a view would keep the whole chunk alive, and would not be the receiver's own. */
export function copied(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = allocateOwned(end - start);
  if (end - start >= WORTH_A_CALL) copy.set(bytes.subarray(start, end));
  else for (let from = start, to = 0; from < end; ) copy[to++] = bytes[from++]!;
  return copy;
}

/** From here on a call to copy pays, and the view that it needs. */
const WORTH_A_CALL = 64;

/** The same bytes in memory that holds nothing else. */
export function alone(bytes: Uint8Array): Uint8Array {
  const areAlone = bytes.length > 0 && bytes.length === bytes.buffer.byteLength;
  return areAlone ? bytes : copied(bytes, 0, bytes.length);
}

/** From here on it pays not to have memory set to 0 that is written to at once. */
const WORTH_SAVING_ZEROS = 4 * 1024;

/** Memory of its own, because the bytes of a message are the receiver's alone, and a plain `Uint8Array`. */
export function allocateOwned(byteLength: number): Uint8Array {
  return byteLength < WORTH_SAVING_ZEROS
    ? new Uint8Array(byteLength)
    : new Uint8Array(allocate(byteLength).buffer);
}
