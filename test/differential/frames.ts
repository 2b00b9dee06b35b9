/** The frames of a stream, as far as they have come; ways to finish and to repair it. No code in common with src. */
import { concat } from '../support/vectors.ts';

export interface Frame {
  readonly at: number;
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  /** How many bytes the extended length has. */
  readonly lengthBytes: number;
  readonly length: bigint;
  readonly maskingKey: Uint8Array | undefined;
  readonly payloadAt: number;
  /** Where it ends; beyond the stream where bytes are missing. */
  readonly end: number;
  /** What of the payload has come, unmasked. */
  readonly payload: Uint8Array;
}

/** The frames whose header has come. */
export function framesOf(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; ; ) {
    const frame = frameAt(bytes, at);
    if (frame === undefined) return frames;
    frames.push(frame);
    if (frame.end > bytes.length) return frames;
    at = frame.end;
  }
}

/** How many bytes a header has that begins like this; 2 while that is not known. */
function headerLength(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1] ?? 0;
  return 2 + ({ 126: 2, 127: 8 }[second & 0x7f] ?? 0) + (second >= 0x80 ? 4 : 0);
}

function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  const payloadAt = at + headerLength(bytes, at);
  if (bytes.length < at + 2 || bytes.length < payloadAt) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [first, second] = [view.getUint8(at), view.getUint8(at + 1)];
  const lengthBytes = { 126: 2, 127: 8 }[second & 0x7f] ?? 0;
  const length =
    lengthBytes === 8
      ? view.getBigUint64(at + 2)
      : BigInt(lengthBytes === 2 ? view.getUint16(at + 2) : second & 0x7f);
  const maskingKey = second >= 0x80 ? bytes.slice(payloadAt - 4, payloadAt) : undefined;
  const end = payloadAt + Number(length);
  const payload = bytes.slice(payloadAt, end);
  if (maskingKey !== undefined) {
    for (let i = 0; i < payload.length; i++) payload[i]! ^= maskingKey[i % 4]!;
  }
  return {
    at,
    fin: first >= 0x80,
    rsv1: (first & 0x40) !== 0,
    opcode: first & 0x0f,
    lengthBytes,
    length,
    maskingKey,
    payloadAt,
    end,
    payload,
  };
}

/** The stream with the missing bytes of its last frame, all of them 0. Headers that claim very much are left alone. */
export function withWholeFrame(bytes: Uint8Array): Uint8Array {
  let whole = bytes;
  for (;;) {
    const last = framesOf(whole).at(-1);
    const end = last?.end ?? 0;
    const missing = end > whole.length ? end - whole.length : whole.length > end ? 1 : 0;
    if (missing === 0 || missing > 100_000) return whole;
    whole = concat([whole, new Uint8Array(missing)]);
  }
}

/** Only the data frames of the stream, the last one whole; and if its message goes on, a last fragment of so many zeros. */
export function withWholeMessage(bytes: Uint8Array, isMasked: boolean, zeros: number): Uint8Array {
  const whole = withWholeFrame(bytes);
  const frames = framesOf(whole).filter(({ opcode }) => opcode < 8);
  const data = frames.map(({ at, end }) => whole.subarray(at, end));
  if (frames.at(-1)?.fin !== false) return concat(data);
  const last = isMasked ? [0x80, 0x80 | zeros, 0, 0, 0, 0] : [0x80, zeros];
  return concat([...data, Uint8Array.from(last), new Uint8Array(zeros)]);
}

/** The stream with a length in the fewest bytes where the frame at `at` had it in more. */
export function withMinimalLength(bytes: Uint8Array, { at, length, lengthBytes }: Frame): Uint8Array {
  const mask = bytes[at + 1]! & 0x80;
  const minimal =
    length < 126n ? [mask | Number(length)] : [mask | 126, Number(length >> 8n), Number(length & 255n)];
  return concat([bytes.subarray(0, at + 1), Uint8Array.from(minimal), bytes.subarray(at + 2 + lengthBytes)]);
}

/** A message as its frames have it, whole or not. */
export interface RawMessage {
  readonly isCompressed: boolean;
  readonly isText: boolean;
  /** What its frames claim, and what has come. */
  readonly claimed: bigint;
  readonly payload: Uint8Array;
}

/** The messages of a stream that breaks no rule of §5.4. */
export function messagesOf(bytes: Uint8Array): RawMessage[] {
  const messages: RawMessage[] = [];
  let isUnderWay = false;
  for (const { fin, rsv1, opcode, length, payload } of framesOf(bytes)) {
    if (opcode >= 8) continue;
    const before = isUnderWay ? messages.pop() : undefined;
    messages.push({
      isCompressed: before?.isCompressed ?? rsv1,
      isText: before?.isText ?? opcode === 1,
      claimed: (before?.claimed ?? 0n) + length,
      payload: concat([before?.payload ?? new Uint8Array(0), payload]),
    });
    isUnderWay = !fin;
  }
  return messages;
}
