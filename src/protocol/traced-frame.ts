/** A frame as a trace sees it: for debugging, tools, and pages that teach the protocol. */
import type { FrameParser } from './frame-parser.ts';

export interface TracedFrame {
  readonly direction: 'sent' | 'received';
  readonly fin: boolean;
  /** On the first frame of a message, whether that is compressed (RFC 7692 §6). */
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly payloadLength: number;
  /**
   * A copy of the payload, unmasked but not decompressed; undefined for a frame that came in pieces.
   */
  readonly payload: Uint8Array | undefined;
}

/** The frame that ends with the piece that the parser has just found in `chunk`. */
export function receivedFrame(chunk: Uint8Array, { header, isFirst, start, end }: FrameParser): TracedFrame {
  const { fin, rsv1, opcode, payloadLength } = header;
  const payload = isFirst ? new Uint8Array(chunk.subarray(start, end)) : undefined;
  return { direction: 'received', fin, rsv1, opcode, payloadLength, payload };
}

/** A frame that was written. */
export function sentFrame(rsv1: boolean, opcode: number, payload: Uint8Array, fin = true): TracedFrame {
  return { direction: 'sent', fin, rsv1, opcode, payloadLength: payload.length, payload };
}
