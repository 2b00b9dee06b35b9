/** What the tests of the codec share: messages through the inflater and the deflater, and zlib as it would do them. */
import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { ByteBuffer } from '../../../src/protocol/byte-buffer.ts';
import { Deflater } from '../../../src/protocol/permessage-deflate/deflate.ts';
import { Inflater } from '../../../src/protocol/permessage-deflate/inflate.ts';
import { InflateError, type InflateReason } from '../../../src/protocol/permessage-deflate/inflate-error.ts';
import type { CodecOptions } from '../../../src/protocol/permessage-deflate/window.ts';
import { concat } from '../../support/vectors.ts';

/** The biggest window, kept from message to message: what zlib does when nobody asks. */
export const DEFAULTS: CodecOptions = { windowBits: 15, contextTakeover: true };
export const LIMIT = 1 << 24;
/** RFC 7692 §7.2.1: what a sender removes. */
export const TAIL: Uint8Array = Uint8Array.of(0, 0, 0xff, 0xff);

export function newBuffer(): ByteBuffer {
  return new ByteBuffer((byteLength) => new Uint8Array(byteLength));
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** One message through an inflater, in pieces. @returns its bytes; what it throws is thrown */
export function inflateMessage(
  inflater: Inflater,
  pieces: readonly Uint8Array[],
  limit: number = LIMIT,
): Uint8Array {
  const output = newBuffer();
  for (const piece of pieces) inflater.inflate(piece, 0, piece.length, output, limit);
  inflater.finish(output, limit);
  return new Uint8Array(output.take());
}

/** One message through an inflater, which stops soon after so much work each time. @returns its bytes, and the most at once */
export function inflateInSteps(
  inflater: Inflater,
  message: Uint8Array,
  maxWork: number,
): { bytes: Uint8Array; longestStep: number; steps: number } {
  const output = newBuffer();
  let longestStep = 0;
  let steps = 0;
  for (let at = 0; at < message.length; steps++) {
    const before = output.length;
    at = inflater.inflate(message, at, message.length, output, LIMIT, maxWork);
    longestStep = Math.max(longestStep, output.length - before);
  }
  inflater.finish(output, LIMIT);
  return { bytes: new Uint8Array(output.take()), longestStep, steps };
}

/** What becomes of one message: its bytes, or why not, and what was said until then. */
export interface Outcome {
  readonly bytes: Uint8Array;
  readonly reason: InflateReason | undefined;
}

/** As {@link inflateMessage}, but an InflateError is an outcome. Anything else that is thrown fails the test. */
export function outcomeOf(inflater: Inflater, pieces: readonly Uint8Array[], limit: number = LIMIT): Outcome {
  const output = newBuffer();
  let reason: InflateReason | undefined;
  try {
    for (const piece of pieces) inflater.inflate(piece, 0, piece.length, output, limit);
    inflater.finish(output, limit);
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    reason = error.reason;
  }
  return { bytes: new Uint8Array(output.take()), reason };
}

/** One message through a deflater. */
export function deflateMessage(deflater: Deflater, message: Uint8Array): Uint8Array {
  const output = newBuffer();
  deflater.deflate(message, 0, message.length, output);
  return new Uint8Array(output.take());
}

/** Messages through one deflater after the other. */
export function deflateAll(messages: readonly Uint8Array[], options: CodecOptions = DEFAULTS): Uint8Array[] {
  const deflater = new Deflater(options);
  return messages.map((message) => deflateMessage(deflater, message));
}

/** Messages through one inflater. */
export function inflateAll(messages: readonly Uint8Array[], options: CodecOptions = DEFAULTS): Uint8Array[] {
  const inflater = new Inflater(options);
  return messages.map((message) => inflateMessage(inflater, [message]));
}

/** The last bytes that were said: what a distance may go back to. */
function windowAfter(window: Uint8Array, message: Uint8Array, windowBits: number): Uint8Array {
  return concat([window, message]).slice(-(2 ** windowBits));
}

/** An empty stored block, and one with BFINAL set: what may follow a message in which nothing is missing. */
const EMPTY_BLOCK = Uint8Array.of(0, 0, 0, 0xff, 0xff);
const LAST_BLOCK = Uint8Array.of(1, 0, 0, 0xff, 0xff);

interface Info {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * A message as zlib inflates it, with `window` before it.
 * @returns undefined when zlib does not accept it, or when it does not end between two blocks at a byte boundary: then
 * what comes next is not read as what it is
 */
export function zlibInflate(
  message: Uint8Array,
  window: Uint8Array,
  windowBits = 15,
): Uint8Array | undefined {
  const whole = concat([message, TAIL]);
  const one = zlibInflateStreams(whole, LAST_BLOCK, window, windowBits);
  if (one === undefined) return undefined;
  const other = zlibInflateStreams(whole, concat([EMPTY_BLOCK, LAST_BLOCK]), window, windowBits);
  return other !== undefined && Buffer.compare(one, other) === 0 ? one : undefined;
}

/** After a block with BFINAL set zlib stops; RFC 7692 §7.2.3.5 goes on at the next byte. */
function zlibInflateStreams(
  message: Uint8Array,
  end: Uint8Array,
  window: Uint8Array,
  windowBits: number,
): Uint8Array | undefined {
  const input = concat([message, end]);
  const parts: Uint8Array[] = [];
  let history = window;
  for (let at = 0; at < input.length; ) {
    if (at > message.length) return undefined;
    const options = { windowBits, info: true, ...(history.length > 0 && { dictionary: history }) };
    try {
      const { buffer, engine } = inflateRawSync(
        input.subarray(at),
        options as ZlibOptions,
      ) as unknown as Info;
      parts.push(new Uint8Array(buffer));
      history = windowAfter(history, buffer, windowBits);
      at += engine.bytesWritten;
    } catch {
      return undefined;
    }
  }
  return concat(parts);
}

/** A message as zlib deflates it at one go, with `window` before it. */
export function zlibDeflate(message: Uint8Array, window: Uint8Array, options: ZlibOptions = {}): Uint8Array {
  const dictionary = window.length > 0 ? { dictionary: window } : {};
  const flushed = deflateRawSync(message, { ...options, ...dictionary, finishFlush: constants.Z_SYNC_FLUSH });
  return new Uint8Array(flushed.subarray(0, flushed.length - TAIL.length));
}
