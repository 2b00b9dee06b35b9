/** Messages to frames, §6.1: headers §5.2, masking §5.3, compression RFC 7692 §6.1. One frame a message. */
import { encodeUtf8, utf8Length } from '#platform';
import { EMPTY } from './empty.ts';
import { frameHeaderLength, OPCODE, serializeFrameHeader } from './frame.ts';
import { applyMask } from './mask.ts';
import { OutputBuffer } from './output-buffer.ts';
import { MAX_SPARE_BYTES } from './output-memory.ts';
import { MAX_UTF8_PER_UNIT, type NextPart, partsOfBytes, partsOfText } from './payload-parts.ts';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import type { PreparedBatch } from './prepared-batch.ts';
import type { PreparedMessage } from './prepared-message.ts';
import { scratch } from './scratch.ts';
import { sentFrame, type TracedFrame } from './traced-frame.ts';

/** Up to this length a string's room is guessed with that; above, it is measured first. */
const WORTH_MEASURING = 1024;
/** A longer message is written in parts that fit memory which is used again, as long as the transport takes them at once. */
const PART_BYTES = MAX_SPARE_BYTES;

/** Whom a writer serves. */
export interface WriterReceiver {
  /** Is told of every frame, if it asks for that. */
  readonly frame?: ((frame: TracedFrame) => void) | undefined;
  /**
   * Called on a server while a long message is being written: takes what is in the output, if it goes on to the system at once.
   * It must not send anything itself. @returns whether it was taken
   */
  takeAtOnce?(): boolean;
}

export class MessageWriter {
  /** Set while something may wait. */
  #output: OutputBuffer | undefined;
  /** How many messages were written, and how many bytes were in them before compression. */
  messages = 0;
  payloadBytes = 0;
  /** How many bytes all frames had. */
  wireBytes = 0;

  /** What the counts were when the output was taken last, and the time before. */
  #payloadTaken = 0;
  #wireTaken = 0;
  #payloadBefore = 0;
  #wireBefore = 0;
  readonly #maskingKey: (() => number) | undefined;
  readonly #compression: MessageCompression | undefined;
  readonly #receiver: WriterReceiver;

  /**
   * @param maskingKey where the keys come from, on a client; a server masks nothing (§5.1)
   * @param compression where permessage-deflate was negotiated
   * @param receiver whom it tells of frames, and who may take a long message in parts
   */
  constructor(
    maskingKey: (() => number) | undefined,
    compression: MessageCompression | undefined,
    receiver: WriterReceiver,
  ) {
    this.#maskingKey = maskingKey;
    this.#compression = compression;
    this.#receiver = receiver;
  }

  /** What waits to be written to the transport. */
  get output(): OutputBuffer {
    this.#output ??= new OutputBuffer();
    return this.#output;
  }

  /** How many bytes of that there are. */
  get outputLength(): number {
    return this.#output === undefined ? 0 : this.#output.length;
  }

  /** How many bytes the messages have that wait in the output, before compression. */
  get outputPayloadBytes(): number {
    return this.payloadBytes - this.#payloadTaken;
  }

  /** How much of what was taken last was payload, as a fraction. */
  get takenPayloadShare(): number {
    const wire = this.#wireTaken - this.#wireBefore;
    return wire === 0 ? 0 : (this.#payloadTaken - this.#payloadBefore) / wire;
  }

  /** Gives the output away. */
  take(): Uint8Array {
    this.#payloadBefore = this.#payloadTaken;
    this.#wireBefore = this.#wireTaken;
    this.#payloadTaken = this.payloadBytes;
    this.#wireTaken = this.wireBytes;
    const output = this.#output;
    this.#output = undefined;
    return output === undefined ? EMPTY : output.take();
  }

  /** A text message; lone surrogates become U+FFFD. @param compress false for a message that is not to be compressed */
  writeText(text: string, compress: boolean): void {
    if (compress && this.#compression?.isWorth(text.length)) {
      const bytes = scratch.bytes(text.length * MAX_UTF8_PER_UNIT);
      this.#writeCompressed(OPCODE.text, bytes, encodeUtf8(text, bytes, 0));
    } else if (text.length > PART_BYTES && this.#writesInParts()) {
      const byteLength = utf8Length(text);
      this.#writeLong(OPCODE.text, byteLength, partsOfText(text, byteLength));
    } else {
      this.#countMessage(this.#writeEncoded(text));
    }
  }

  /** A binary message; the bytes are copied. @param compress as for {@link writeText} */
  writeBinary(data: Uint8Array, compress: boolean): void {
    if (compress && this.#compression?.isWorth(data.length)) {
      this.#writeCompressed(OPCODE.binary, data, data.length);
    } else if (data.length > PART_BYTES && this.#writesInParts()) {
      this.#writeLong(OPCODE.binary, data.length, partsOfBytes(data));
    } else {
      this.writeFrame(OPCODE.binary, data);
      this.#countMessage(data.length);
    }
  }

  /** A message that was made for many. @param compress as for {@link writeText} */
  writePrepared(message: PreparedMessage, compress: boolean): void {
    const compression =
      compress && this.#compression?.isWorth(message.byteLength) ? this.#compression : undefined;
    const rsv1 = compression !== undefined;
    const { bytes, payloadAt } = rsv1 ? message.compressedFrame(compression.windowBits) : message.plainFrame;
    compression?.forget();
    this.#writeBytes(bytes, 0, bytes.length);
    this.#receiver.frame?.(sentFrame(rsv1, message.opcode, new Uint8Array(bytes.subarray(payloadAt))));
    this.#countMessage(message.byteLength);
  }

  /**
   * Messages that were made for many, behind what waits in the output.
   * @param skipped those that are not for this peer, by their place in the batch, which rises
   * @param mayShare whether nothing waits anywhere, so that they can go out as they are
   * @returns the bytes to write where they can; otherwise they wait in the output
   */
  writeBatch(batch: PreparedBatch, skipped: readonly number[], mayShare: boolean): Uint8Array | undefined {
    const { bytes, ends, areCompressed } = batch.frames(this.#compression);
    if (areCompressed) this.#compression?.forget();
    this.messages += batch.length - skipped.length;
    this.payloadBytes += batch.payloadBytes;
    for (const index of skipped) this.payloadBytes -= batch.payloadBytesOf(index);
    if (mayShare && skipped.length === 0) {
      this.wireBytes += bytes.length;
      this.take(); // nothing, but it counts what is written as taken
      return bytes;
    }
    this.output.reserve(bytes.length); // once for all
    let from = 0;
    for (const index of skipped) {
      this.#writeBytes(bytes, from, index === 0 ? 0 : ends[index - 1]!);
      from = ends[index]!;
    }
    this.#writeBytes(bytes, from, bytes.length);
    return undefined;
  }

  /** A frame of any kind that is a whole message or a control frame. @param rsv1 whether the payload is compressed */
  writeFrame(opcode: number, payload: Uint8Array, rsv1 = false): void {
    const headerLength = frameHeaderLength(payload.length, this.#maskingKey !== undefined);
    const bytes = this.output.reserve(headerLength + payload.length);
    bytes.set(payload, this.output.end + headerLength);
    this.#finishFrame(bytes, opcode, payload.length, rsv1);
  }

  /** Not on a client, where what was sent in a turn has to wait for its end (`bufferedAmount`), nor for a trace. */
  #writesInParts(): boolean {
    return this.#maskingKey === undefined && this.#receiver.frame === undefined;
  }

  /** A message in one frame, whose parts use the same memory one after another while the transport takes each at once. */
  #writeLong(opcode: number, payloadLength: number, nextPart: NextPart): void {
    let isTaken = this.#isTakenAtOnce(); // what is before it
    const headerLength = frameHeaderLength(payloadLength, false);
    const first = this.output.reserve(isTaken ? PART_BYTES : headerLength + payloadLength);
    serializeFrameHeader(first, this.output.end, true, opcode, payloadLength, undefined, false);
    this.#advance(headerLength);
    for (let rest = payloadLength; rest > 0; ) {
      const { output } = this; // a new one, where the last part was taken
      const room = isTaken ? Math.min(rest, PART_BYTES - output.length) : rest;
      const length = nextPart(output.reserve(room), output.end, room);
      this.payloadBytes += length;
      this.#advance(length);
      rest -= length;
      isTaken = isTaken && this.#isTakenAtOnce();
    }
    this.messages++;
  }

  /** Whoever says so and has not taken it costs a copy: the next part needs the room. */
  #isTakenAtOnce(): boolean {
    return this.#receiver.takeAtOnce?.() === true && this.outputLength === 0;
  }

  /** Encodes a text where it goes out. @returns how many bytes it has */
  #writeEncoded(text: string): number {
    const { output } = this;
    const { length } = text;
    const measured = length > WORTH_MEASURING ? utf8Length(text) : undefined;
    const room = measured ?? length * MAX_UTF8_PER_UNIT;
    const masked = this.#maskingKey !== undefined;
    // The header's length depends on the payload's, which is known only afterwards: guess ASCII, move if wrong.
    const guess = frameHeaderLength(length, masked);
    const bytes = output.reserve(frameHeaderLength(room, masked) + room);
    const payloadLength = encodeUtf8(text, bytes, output.end + guess, measured);
    const headerLength = frameHeaderLength(payloadLength, masked);
    if (headerLength !== guess) {
      const from = output.end + guess;
      bytes.copyWithin(output.end + headerLength, from, from + payloadLength);
    }
    this.#finishFrame(bytes, OPCODE.text, payloadLength, false);
    return payloadLength;
  }

  /** RFC 7692 §6.1: the message `bytes[0, length)`, compressed. */
  #writeCompressed(opcode: number, bytes: Uint8Array, length: number): void {
    const compressed = scratch.buffer();
    this.#compression!.deflate(bytes, 0, length, compressed);
    this.writeFrame(opcode, compressed.bytes.subarray(0, compressed.length), true);
    scratch.release();
    this.#countMessage(length);
  }

  /** Frames that are made already: `bytes[start, end)`. */
  #writeBytes(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.output
      .reserve(length)
      .set(length === bytes.length ? bytes : bytes.subarray(start, end), this.output.end);
    this.#advance(length);
  }

  /** Counts bytes in that stand in the output. */
  #advance(byteCount: number): void {
    this.output.advance(byteCount);
    this.wireBytes += byteCount;
  }

  #countMessage(payloadLength: number): void {
    this.messages++;
    this.payloadBytes += payloadLength;
  }

  /** Puts the header before a payload that stands at its place in the output, and masks where a client must. */
  #finishFrame(bytes: Uint8Array, opcode: number, payloadLength: number, rsv1: boolean): void {
    const at = this.output.end;
    const maskingKey = this.#maskingKey?.(); // §5.3: fresh for every frame
    const headerLength = serializeFrameHeader(bytes, at, true, opcode, payloadLength, maskingKey, rsv1);
    const end = at + headerLength + payloadLength;
    const traced =
      this.#receiver.frame && sentFrame(rsv1, opcode, new Uint8Array(bytes.subarray(at + headerLength, end)));
    if (maskingKey !== undefined) applyMask(bytes, at + headerLength, end, maskingKey);
    this.#advance(headerLength + payloadLength);
    if (traced !== undefined) this.#receiver.frame?.(traced); // at last: who traces may send
  }
}
