/** A message that is delivered in parts, as its bytes come, and not as a whole. */
import { decodeUtf8 } from '#platform';
import { verifyLimit } from './connection-options.ts';
import { EMPTY } from './empty.ts';
import { ProtocolError } from './errors.ts';
import { allocateOwned, ownedCopy } from './owned-bytes.ts';
import { startOfLastCharacter, Utf8Validator } from './utf8.ts';

/** The longest part of a message that is not compressed, without the beginning of a character that the last part ended in. */
export const MAX_PART_BYTES: number = 64 * 1024;

export class MessageParts {
  /** The most bytes that the message may have. */
  readonly maxBytes: number;
  /** Whether the header of the message's first frame has come. */
  hasBegun = false;
  /** How many bytes of the message have come. */
  byteLength = 0;
  readonly #utf8 = new Utf8Validator();
  /** The beginning of a character, at most 3 bytes: the rest comes with the next part. */
  #cut: Uint8Array = EMPTY;

  /** @throws {UsageError} for a limit that is no number, or less than 0 */
  constructor(maxBytes: number) {
    verifyLimit(maxBytes, 'maxBytes');
    // Beyond this, numbers are not exact.
    this.maxBytes = Math.min(maxBytes, Number.MAX_SAFE_INTEGER);
  }

  /** The bytes as a part of a binary message, with memory of their own. */
  bytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
    this.byteLength += end - start;
    return ownedCopy(bytes, start, end);
  }

  /**
   * The bytes as a part of a text message: whole characters. The beginning of one is kept for the next part.
   * @param isLast whether the text must end here
   * @throws {ProtocolError} at the first byte that no valid text can have there (§8.1)
   */
  text(bytes: Uint8Array, start: number, end: number, isLast: boolean): string {
    this.byteLength += end - start;
    const utf8 = this.#utf8;
    if (!utf8.accept(bytes, start, end) || (isLast && !utf8.isComplete))
      throw new ProtocolError('invalid-utf8');
    if (this.#cut.length === 0) return this.#decode(bytes, start, end);
    const joined = this.#afterCut(bytes, start, end);
    return this.#decode(joined, 0, joined.length);
  }

  #decode(bytes: Uint8Array, start: number, end: number): string {
    const boundary = this.#utf8.isComplete ? end : startOfLastCharacter(bytes, end);
    this.#cut = boundary === end ? EMPTY : ownedCopy(bytes, boundary, end);
    return decodeUtf8(bytes, start, boundary);
  }

  /** What was cut off before, and the bytes after it. */
  #afterCut(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const joined = allocateOwned(this.#cut.length + end - start);
    joined.set(this.#cut);
    joined.set(bytes.subarray(start, end), this.#cut.length);
    return joined;
  }
}
