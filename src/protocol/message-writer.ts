/**
 * Messages to frames, §6.1: headers §5.2, masking §5.3, compression RFC 7692 §6.1. Each message is one frame, unless it is given
 * in fragments (§5.4).
 */
import { encodeUtf8, utf8Length } from '#platform';
import { lengthOf, viewOf } from './bytes.ts';
import { EMPTY } from './empty.ts';
import { UsageError } from './errors.ts';
import { frameHeaderLength, OPCODE, serializeFrameHeader } from './frame.ts';
import { applyMask } from './mask.ts';
import { OutputBuffer } from './output-buffer.ts';
import { MAX_SPARE_BYTES } from './output-memory.ts';
import { MAX_UTF8_PER_UNIT, type NextPart, partsOfBytes, partsOfText } from './payload-parts.ts';
import type { MessageCompression } from './permessage-deflate/message-compression.ts';
import type { PreparedBatch } from './prepared-batch.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { WriterReceiver } from './receiver.ts';
import { scratch } from './scratch.ts';
import type { SendOptions } from './send-options.ts';
import { sentFrame } from './traced-frame.ts';

/** Up to this length the room for a string is estimated from its length; longer strings are measured. */
const WORTH_MEASURING = 1024;
/** A longer message is written in parts of this size, which use the same memory while the transport takes each at once. */
const PART_BYTES = MAX_SPARE_BYTES;
/** Up to this length a copy takes less than the parts of a write that it saves. */
const WORTH_NO_COPY = 64 * 1024;

export class MessageWriter {
  /** Made when something is written, dropped when that is taken. */
  #output: OutputBuffer | undefined;
  /** How many messages were written, and how many bytes they have before compression. */
  messages = 0;
  payloadBytes = 0;
  /** How many bytes all frames have. */
  wireBytes = 0;

  /** The opcode of the message whose fragments are being written; 0 between two messages. */
  #fragmented = 0;
  /** The payload of a Pong that is written when the output is taken. */
  #owedPong: Uint8Array | undefined;
  /** The counts when the output was taken last, and the time before that. */
  #payloadTaken = 0;
  #wireTaken = 0;
  #payloadBefore = 0;
  #wireBefore = 0;
  readonly #maskingKey: (() => number) | undefined;
  readonly #compression: MessageCompression | undefined;
  readonly #receiver: WriterReceiver;

  /**
   * @param maskingKey the source of keys on a client; a server does not mask (§5.1)
   * @param compression if permessage-deflate was negotiated
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

  /** Whether there is something to take. */
  get hasOutput(): boolean {
    return this.outputLength > 0 || this.#owedPong !== undefined;
  }

  /** How many bytes wait, without a Pong that is owed. */
  get outputLength(): number {
    return this.#output === undefined ? 0 : this.#output.length;
  }

  /** As `Connection.payloadBytesOf`. */
  payloadBytesOf(byteCount: number): number {
    const wire = this.#wireTaken - this.#wireBefore;
    const share = wire === 0 ? 0 : (this.#payloadTaken - this.#payloadBefore) / wire;
    return this.payloadBytes - this.#payloadTaken + Math.ceil((byteCount - this.outputLength) * share);
  }

  /** Hands over the output, and before that writes the Pong that is owed. */
  take(): Uint8Array {
    if (this.#owedPong !== undefined) this.writeFrame(OPCODE.pong, this.#owedPong);
    this.#owedPong = undefined;
    this.#payloadBefore = this.#payloadTaken;
    this.#wireBefore = this.#wireTaken;
    this.#payloadTaken = this.payloadBytes;
    this.#wireTaken = this.wireBytes;
    const output = this.#output;
    this.#output = undefined;
    return output === undefined ? EMPTY : output.take();
  }

  /**
   * The answer to a Ping, §5.5.3, with the identical payload.
   * @param isOwed whether it is written only when the output is taken: then one Pong answers the latest Ping and those before it
   */
  writePong(payload: Uint8Array, isOwed: boolean): void {
    this.#owedPong = isOwed ? payload : undefined;
    if (!isOwed) this.writeFrame(OPCODE.pong, payload);
  }

  /** Nothing is owed any more: the connection ends. */
  dropOwedPong(): void {
    this.#owedPong = undefined;
  }

  /** A text message; lone surrogates become U+FFFD. */
  writeText(text: string, { compress }: SendOptions): void {
    this.#beginMessage();
    if (compress !== false && this.#compression?.reachesThreshold(text.length)) {
      const bytes = scratch.bytes(text.length * MAX_UTF8_PER_UNIT);
      this.#writeCompressed(OPCODE.text, bytes, encodeUtf8(text, bytes, 0));
    } else if (text.length > PART_BYTES && this.#writesInParts()) {
      const byteLength = utf8Length(text);
      this.#writeLong(OPCODE.text, byteLength, partsOfText(text, byteLength));
    } else {
      this.#countMessage(this.#writeEncoded(text));
    }
  }

  /** A message of bytes. */
  writeBytes(data: Uint8Array, { compress, text, copy }: SendOptions): void {
    this.#beginMessage();
    const opcode = text === true ? OPCODE.text : OPCODE.binary;
    const byteLength = lengthOf(data);
    if (compress !== false && this.#compression?.reachesThreshold(byteLength)) {
      this.#writeCompressed(opcode, viewOf(data), byteLength);
    } else if (copy === false && byteLength > WORTH_NO_COPY && this.#writeUncopied(opcode, viewOf(data))) {
      // It is given away.
    } else if (byteLength > PART_BYTES && this.#writesInParts()) {
      this.#writeLong(opcode, byteLength, partsOfBytes(viewOf(data)));
    } else {
      this.writeFrame(opcode, data, byteLength);
      this.#countMessage(byteLength);
    }
  }

  /** A message prepared for many connections. @param compress false for one that is not to be compressed */
  writePrepared(message: PreparedMessage, compress: boolean): void {
    if (this.#maskingKey !== undefined) {
      this.writeBytes(message.payload, { compress, text: message.opcode === OPCODE.text });
      return;
    }
    this.#beginMessage();
    const compression =
      compress && this.#compression?.reachesThreshold(message.byteLength) ? this.#compression : undefined;
    const rsv1 = compression !== undefined;
    const { bytes, payloadAt } = rsv1 ? message.compressedFrame(compression.windowBits) : message.plainFrame;
    compression?.resetContext();
    this.#writeBytes(bytes, 0, bytes.length);
    this.#receiver.frame?.(sentFrame(rsv1, message.opcode, new Uint8Array(bytes.subarray(payloadAt))));
    this.#countMessage(message.byteLength);
  }

  /**
   * Messages prepared for many connections.
   * @param skipped the messages that are not for this peer, by their index in the batch, in ascending order
   * @param mayShare whether nothing waits to be written, so that the frames of the batch can be written without a copy
   * @returns those frames; undefined if they were copied into the output
   */
  writeBatch(batch: PreparedBatch, skipped: readonly number[], mayShare: boolean): Uint8Array | undefined {
    this.#beginMessage();
    const { bytes, ends, areCompressed } = batch.frames(this.#compression);
    if (areCompressed) this.#compression?.resetContext();
    this.messages += batch.length - skipped.length;
    this.payloadBytes += batch.payloadBytes;
    for (const index of skipped) this.payloadBytes -= batch.payloadBytesOf(index);
    if (mayShare && skipped.length === 0) {
      this.wireBytes += bytes.length;
      this.take(); // takes nothing, but counts these frames as taken
      return bytes;
    }
    this.output.reserve(bytes.length); // once for all parts
    let from = 0;
    for (const index of skipped) {
      this.#writeBytes(bytes, from, index === 0 ? 0 : ends[index - 1]!);
      from = ends[index]!;
    }
    this.#writeBytes(bytes, from, bytes.length);
    return undefined;
  }

  /**
   * A fragment of a message, §5.4: the first one has the opcode, the others continue it. Not compressed.
   * @throws {UsageError} for a string among bytes, or bytes among strings
   */
  writeFragment(data: string | Uint8Array, isLast: boolean): void {
    const opcode = typeof data === 'string' ? OPCODE.text : OPCODE.binary;
    const isFirst = this.#fragmented === 0;
    if (!isFirst && this.#fragmented !== opcode)
      throw new UsageError('all fragments of a message must have one type');
    this.#fragmented = isLast ? 0 : opcode; // first: a trace may send
    let bytes = data;
    if (typeof bytes === 'string') {
      const encoded = new Uint8Array(utf8Length(bytes));
      encodeUtf8(bytes, encoded, 0, encoded.length);
      bytes = encoded;
    }
    const byteLength = lengthOf(bytes);
    if (isLast) this.messages++;
    this.payloadBytes += byteLength;
    this.writeFrame(isFirst ? opcode : OPCODE.continuation, bytes, byteLength, false, isLast);
  }

  /** A frame: a whole message, a fragment or a control frame. @param rsv1 whether the payload is compressed */
  writeFrame(
    opcode: number,
    payload: Uint8Array,
    byteLength: number = lengthOf(payload),
    rsv1 = false,
    fin = true,
  ): void {
    const headerLength = frameHeaderLength(byteLength, this.#maskingKey !== undefined);
    const bytes = this.output.reserve(headerLength + byteLength);
    copyInto(bytes, this.output.end + headerLength, payload, byteLength);
    this.#finishFrame(bytes, opcode, byteLength, rsv1, fin);
  }

  /** §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message" */
  #beginMessage(): void {
    if (this.#fragmented !== 0) throw new UsageError('the message that is sent in fragments is not complete');
  }

  /** Not on a client, where the output of a turn must wait for its end (`bufferedAmount`), nor for a trace. */
  #writesInParts(): boolean {
    return this.#maskingKey === undefined && this.#receiver.frame === undefined;
  }

  /** Gives a long payload itself to the system, behind its header. @returns false, and nothing is written, where that cannot be */
  #writeUncopied(opcode: number, payload: Uint8Array): boolean {
    if (!this.#writesInParts() || !this.#isTakenAtOnce()) return false;
    const header = new Uint8Array(frameHeaderLength(payload.length, false));
    serializeFrameHeader(header, 0, true, opcode, payload.length, undefined, false);
    this.wireBytes += header.length + payload.length;
    this.#countMessage(payload.length);
    this.take(); // takes nothing, but counts this frame as taken; before a transport of this process can bring an answer
    this.#receiver.sink!.takeFrame(header, payload);
    return true;
  }

  /** A long message in one frame. Its parts use the same memory while the transport takes each at once. */
  #writeLong(opcode: number, payloadLength: number, nextPart: NextPart): void {
    let isTaken = this.#isTakenAtOnce(); // the output before it
    const headerLength = frameHeaderLength(payloadLength, false);
    const first = this.output.reserve(isTaken ? PART_BYTES : headerLength + payloadLength);
    serializeFrameHeader(first, this.output.end, true, opcode, payloadLength, undefined, false);
    this.#advance(headerLength);
    for (let rest = payloadLength; rest > 0; ) {
      const { output } = this; // a new one, if the last part was taken
      const room = isTaken ? Math.min(rest, PART_BYTES - output.length) : rest;
      const length = nextPart(output.reserve(room), output.end, room);
      this.payloadBytes += length;
      this.#advance(length);
      rest -= length;
      isTaken = isTaken && this.#isTakenAtOnce();
    }
    this.messages++;
  }

  /** Output that was not taken, although the receiver says so, is kept; the next part is then appended to it. */
  #isTakenAtOnce(): boolean {
    return this.#receiver.sink?.takeAtOnce() === true && this.outputLength === 0;
  }

  /** Encodes a text directly into the output. @returns how many bytes it has */
  #writeEncoded(text: string): number {
    const { output } = this;
    const { length } = text;
    const measured = length > WORTH_MEASURING ? utf8Length(text) : undefined;
    const room = measured ?? length * MAX_UTF8_PER_UNIT;
    const masked = this.#maskingKey !== undefined;
    // The length of the header depends on that of the payload, which is not known yet: guess ASCII, and move if wrong.
    const guess = frameHeaderLength(length, masked);
    const bytes = output.reserve(frameHeaderLength(room, masked) + room);
    const payloadLength = encodeUtf8(text, bytes, output.end + guess, measured);
    const headerLength = frameHeaderLength(payloadLength, masked);
    if (headerLength !== guess) {
      const from = output.end + guess;
      bytes.copyWithin(output.end + headerLength, from, from + payloadLength);
    }
    this.#finishFrame(bytes, OPCODE.text, payloadLength, false, true);
    return payloadLength;
  }

  /** RFC 7692 §6.1: compresses and writes the message `bytes[0, length)`. */
  #writeCompressed(opcode: number, bytes: Uint8Array, length: number): void {
    const compressed = scratch.buffer();
    this.#compression!.deflate(bytes, 0, length, compressed);
    this.writeFrame(opcode, compressed.bytes.subarray(0, compressed.length), compressed.length, true);
    scratch.release();
    this.#countMessage(length);
  }

  /** Frames that are complete: `bytes[start, end)`. */
  #writeBytes(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.output
      .reserve(length)
      .set(length === bytes.length ? bytes : bytes.subarray(start, end), this.output.end);
    this.#advance(length);
  }

  /** Counts bytes that are in their place in the output. */
  #advance(byteCount: number): void {
    this.output.advance(byteCount);
    this.wireBytes += byteCount;
  }

  #countMessage(payloadLength: number): void {
    this.messages++;
    this.payloadBytes += payloadLength;
  }

  /** Writes the header before a payload that is in its place in the output, and masks the payload on a client. */
  #finishFrame(bytes: Uint8Array, opcode: number, payloadLength: number, rsv1: boolean, fin: boolean): void {
    const at = this.output.end;
    const maskingKey = this.#maskingKey?.(); // §5.3: fresh for every frame
    const headerLength = serializeFrameHeader(bytes, at, fin, opcode, payloadLength, maskingKey, rsv1);
    const end = at + headerLength + payloadLength;
    const traced =
      this.#receiver.frame &&
      sentFrame(rsv1, opcode, new Uint8Array(bytes.subarray(at + headerLength, end)), fin);
    if (maskingKey !== undefined) applyMask(bytes, at + headerLength, end, maskingKey);
    this.#advance(headerLength + payloadLength);
    if (traced !== undefined) this.#receiver.frame?.(traced); // last, because a trace may send
  }
}

/** From this length on a native copy is worth the call. */
const WORTH_A_CALL = 64;

/** @param byteLength the true length of the source, whose own may not be: 0 where its memory was transferred */
function copyInto(into: Uint8Array, at: number, source: Uint8Array, byteLength: number): void {
  if (byteLength >= WORTH_A_CALL) into.set(source, at);
  else for (let i = 0; i < byteLength; i++) into[at + i] = source[i]!;
}
