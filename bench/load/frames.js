/** Frames, §5.2, as loads need them: made in advance, and parsed as little as possible. */
import { randomBytes } from 'node:crypto';

export const TEXT = 0x81;
export const BINARY = 0x82;
/** Compressed text: RSV1 is set. */
export const COMPRESSED_TEXT = 0xc1;

/** @returns the bytes of the length, with or without the masking bit */
function lengthBytes(/** @type {number} */ length, /** @type {0 | 0x80} */ maskingBit) {
  if (length < 126) return Buffer.from([maskingBit | length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = maskingBit | (length < 65_536 ? 126 : 127);
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeUInt32BE(length, 5);
  return bytes;
}

function mask(/** @type {Buffer} */ bytes, /** @type {Buffer} */ key) {
  return Buffer.from(bytes.map((byte, i) => byte ^ /** @type {number} */ (key[i & 3])));
}

export function clientFrame(/** @type {number} */ firstByte, /** @type {Buffer} */ payload) {
  const key = randomBytes(4);
  return Buffer.concat([Buffer.of(firstByte), lengthBytes(payload.length, 0x80), key, mask(payload, key)]);
}

export function serverFrame(/** @type {number} */ firstByte, /** @type {Buffer} */ payload) {
  return Buffer.concat([Buffer.of(firstByte), lengthBytes(payload.length, 0), payload]);
}

/** @returns where the payload of the frame at `at` begins and ends, or undefined if its header is incomplete */
function extent(/** @type {Buffer} */ bytes, /** @type {number} */ at) {
  if (bytes.length < at + 2) return undefined;
  const second = /** @type {number} */ (bytes[at + 1]);
  const short = second & 0x7f;
  const begin = at + 2 + (short < 126 ? 0 : short === 126 ? 2 : 8) + (second & 0x80 ? 4 : 0);
  if (bytes.length < begin) return undefined;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
  return { begin, end: begin + length };
}

/** @returns the payload of the first frame, unmasked, and where the frame ends; undefined if it is incomplete */
export function unmasked(/** @type {Buffer} */ bytes) {
  const frame = extent(bytes, 0);
  if (frame === undefined || bytes.length < frame.end) return undefined;
  const { begin, end } = frame;
  return { payload: mask(bytes.subarray(begin, end), bytes.subarray(begin - 4, begin)), end };
}

/**
 * Splits what a server sends into frames.
 * @param onFrame called with each complete frame; the payload is valid until it returns
 */
export function frameReader(/** @type {(firstByte: number, payload: Buffer) => void} */ onFrame = () => {}) {
  let rest = Buffer.alloc(0);
  /** @returns how many frames the chunk has completed */
  return (/** @type {Buffer} */ chunk) => {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    let count = 0;
    for (
      let frame = extent(all, 0);
      frame !== undefined && frame.end <= all.length;
      frame = extent(all, at)
    ) {
      onFrame(/** @type {number} */ (all[at]), all.subarray(frame.begin, frame.end));
      at = frame.end;
      count++;
    }
    rest = Buffer.from(all.subarray(at));
    return count;
  };
}
