/** Frames from a byte stream that TCP has cut anywhere, §5.2 and §6.2. Unmasks in place. */
import { type FrameHeader, MAX_HEADER_BYTES, OPCODE_BITS, parseFrameHeader, type Role } from './frame.ts';
import { applyMask, rotateKey } from './mask.ts';

/**
 * Steps through chunks one piece of a frame at a time: the whole frame if the chunk holds all of it, otherwise the part that
 * it holds. Nothing is allocated for a frame; the fields describe the piece that the last step found.
 */
export class FrameParser {
  /** The header of the frame that the piece belongs to. */
  readonly header: FrameHeader = { fin: false, rsv1: false, opcode: 0, maskingKey: 0, payloadLength: 0 };
  /** The piece, unmasked: `chunk[start, end)`. The next step begins at `end`. */
  start = 0;
  end = 0;
  /** The piece begins its frame's payload. */
  isFirst = false;
  /** The piece ends its frame's payload. */
  isLast = true;
  /** The piece was part of the one before, and was put back. */
  wasPutBack = false;

  #receiver: Role;
  #allowsRsv1: boolean;
  /** How many bytes of the frame's payload have not come yet. */
  #remaining = 0;
  /** How many bytes that come next were put back: they are unmasked. */
  #putBackBytes = 0;
  /** The masking key, rotated for the next byte. */
  #maskingKey = 0;
  /** The beginning of a header that is not complete; allocated when a chunk first ends within one. */
  #partialHeader: Uint8Array | undefined;
  #partialLength = 0;

  /**
   * @param receiver the role of the endpoint that reads
   * @param allowsRsv1 whether an extension was negotiated that defines RSV1
   */
  constructor(receiver: Role, allowsRsv1 = false) {
    this.#receiver = receiver;
    this.#allowsRsv1 = allowsRsv1;
  }

  /** Whether the next byte begins a frame. */
  get isBetweenFrames(): boolean {
    return this.isLast && this.#partialLength === 0;
  }

  /** Begins to read for another connection, at the beginning of a frame. The parameters are those of the constructor. */
  serve(receiver: Role, allowsRsv1: boolean): void {
    this.#receiver = receiver;
    this.#allowsRsv1 = allowsRsv1;
  }

  /** The opcode of the frame that `chunk[offset]` belongs to, without taking a step. */
  opcodeAt(chunk: Uint8Array, offset: number): number {
    if (!this.isLast) return this.header.opcode;
    const firstByte = this.#partialLength > 0 ? this.#partialHeader![0]! : chunk[offset]!;
    return firstByte & OPCODE_BITS;
  }

  /**
   * Takes one step in `chunk[offset, end)`. A frame without payload is an empty piece.
   * @returns false if the chunk ends within a header: then it is used up, and there is no piece
   * @throws {ProtocolError} if the header of the frame breaks a rule
   */
  step(chunk: Uint8Array, offset: number, end: number = chunk.length): boolean {
    this.isFirst = this.isLast;
    if (this.isFirst) {
      const payloadAt = this.#readHeader(chunk, offset, end);
      if (payloadAt === 0) return false;
      this.start = payloadAt;
      this.#remaining = this.header.payloadLength;
      this.#maskingKey = this.header.maskingKey;
    } else {
      this.start = offset;
    }
    this.wasPutBack = this.#putBackBytes > 0;
    if (this.wasPutBack) this.#takePutBack(end);
    else this.#takePayload(chunk, end);
    return true;
  }

  /** Ends the piece at `position`, within it. The rest is the beginning of the bytes of the next step. */
  putBack(position: number): void {
    this.#putBackBytes += this.end - position;
    this.end = position;
    this.isLast = false;
  }

  #takePutBack(end: number): void {
    this.end = Math.min(this.start + this.#putBackBytes, end);
    this.#putBackBytes -= this.end - this.start;
    this.isLast = this.#remaining === 0 && this.#putBackBytes === 0;
  }

  #takePayload(chunk: Uint8Array, end: number): void {
    const available = Math.min(this.#remaining, end - this.start);
    this.end = this.start + available;
    if (this.#maskingKey !== 0) {
      applyMask(chunk, this.start, this.end, this.#maskingKey);
      this.#maskingKey = rotateKey(this.#maskingKey, available);
    }
    this.#remaining -= available;
    this.isLast = this.#remaining === 0;
  }

  /** @returns where in the chunk the payload begins, or 0 if the header is not complete */
  #readHeader(chunk: Uint8Array, offset: number, end: number): number {
    if (this.#partialLength > 0) return this.#completeHeader(chunk, offset, end);
    const headerLength = this.#parse(chunk, offset, end);
    if (headerLength > 0) return offset + headerLength;
    this.#partialHeader ??= new Uint8Array(MAX_HEADER_BYTES);
    this.#partialHeader.set(chunk.subarray(offset, end));
    this.#partialLength = end - offset;
    return 0;
  }

  /** Continues, byte by byte, with a header that began in an earlier chunk. */
  #completeHeader(chunk: Uint8Array, offset: number, end: number): number {
    const partial = this.#partialHeader!;
    for (let next = offset; next < end; ) {
      partial[this.#partialLength++] = chunk[next++]!;
      if (this.#parse(partial, 0, this.#partialLength) > 0) {
        this.#partialLength = 0;
        return next;
      }
    }
    return 0;
  }

  #parse(bytes: Uint8Array, start: number, end: number): number {
    return parseFrameHeader(bytes, start, end, this.#receiver, this.header, this.#allowsRsv1);
  }
}
