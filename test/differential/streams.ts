/** Streams with compressed messages in them, by our codec and by zlib, in one frame and in fragments. */
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { ByteBuffer } from '../../src/protocol/byte-buffer.ts';
import { OPCODE, type Role, serializeFrame } from '../../src/protocol/frame.ts';
import { Deflater } from '../../src/protocol/permessage-deflate/deflate.ts';
import { anyBytes, anyMaskingKey, anyPingOrPong, anyText } from '../support/arbitraries.ts';
import { concat, cut } from '../support/vectors.ts';
import type { Incoming } from './readers.ts';

export const anyIncoming: fc.Arbitrary<Incoming> = fc.record({
  windowBits: fc.constantFrom(9, 10, 15, 15),
  contextTakeover: fc.boolean(),
});

/** Who compresses the messages of a stream: with context takeover that cannot be two. */
export type Codec = 'ours' | 'zlib';

interface Spoken {
  readonly isText: boolean;
  readonly bytes: Uint8Array;
  readonly isCompressed: boolean;
  /** zlib's level and strategy. */
  readonly level: number;
  readonly strategy: number;
  /** Where its last block says that it is the last, RFC 7692 §7.2.3.4. */
  readonly isFinal: boolean;
  readonly cuts: readonly number[];
  readonly between: readonly { opcode: number; payload: Uint8Array }[];
}

/** Words that come again, as messages have them; now and then more than a small window holds. */
const anyWords: fc.Arbitrary<Uint8Array> = fc
  .array(fc.constantFrom('{"user":', '"barewire"', ',"text":', '"é"', '}', 'aaaaaaaa', '0123456789'), {
    maxLength: 40,
  })
  .map((words) => new TextEncoder().encode(words.join('')));

const anyBody: fc.Arbitrary<Uint8Array> = fc.oneof(
  anyWords,
  anyWords,
  anyText().map((text) => new TextEncoder().encode(text)),
  fc
    .tuple(anyBytes(200), fc.integer({ min: 1, max: 6 }))
    .map(([bytes, times]) => concat(Array(times).fill(bytes))),
);

const anySpoken: fc.Arbitrary<Spoken> = fc
  .record({
    bytes: anyBody,
    isCompressed: fc.boolean().map((flag) => flag || true),
    isPlain: fc.nat(4).map((n) => n === 0),
    level: fc.constantFrom(0, 1, 6, 9),
    strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY),
    isFinal: fc.nat(30).map((n) => n === 0),
    cuts: fc.array(fc.nat(20), { maxLength: 4 }),
    between: fc.array(anyPingOrPong, { maxLength: 4 }),
    wantsText: fc.boolean(),
  })
  .map(({ wantsText, isPlain, ...spoken }) => ({
    ...spoken,
    isCompressed: !isPlain,
    isText:
      wantsText &&
      Buffer.from(spoken.bytes).toString('utf8') === new TextDecoder().decode(spoken.bytes) &&
      isUtf8(spoken.bytes),
  }));

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** What one side says that compresses. */
export function compressedStream(
  sender: Role,
  incoming: Incoming,
  codec: Codec,
  isFinalAllowed = true,
): fc.Arbitrary<Uint8Array> {
  const anyKeys = fc.array(anyMaskingKey, { minLength: 1, maxLength: 3 });
  return fc.tuple(fc.array(anySpoken, { maxLength: 5 }), anyKeys).map(([all, keys]) => {
    const compress = codec === 'ours' ? ourCompressor(incoming) : zlibCompressor(incoming);
    const frames = all.flatMap((spoken) => {
      const given = isFinalAllowed ? spoken : { ...spoken, isFinal: false };
      return framesOf(given, spoken.isCompressed ? compress(given) : spoken.bytes);
    });
    return concat(
      frames.map(({ fin, opcode, payload, rsv1 }, i) =>
        serializeFrame(fin, opcode, payload, sender === 'client' ? keys[i % keys.length] : undefined, rsv1),
      ),
    );
  });
}

/** Frames without a plan, RSV1 among them. */
export function compressedNoise(sender: Role): fc.Arbitrary<Uint8Array> {
  const frame = fc.record({
    fin: fc.boolean(),
    rsv1: fc.boolean(),
    opcode: fc.constantFrom(0, 1, 2, 0, 1, 2, 8, 9, 10),
    payload: anyBytes(30),
    key: anyMaskingKey,
  });
  return fc
    .array(frame, { maxLength: 6 })
    .map((frames) =>
      concat(
        frames.map(({ fin, rsv1, opcode, payload, key }) =>
          serializeFrame(
            fin || opcode >= 8,
            opcode,
            payload,
            sender === 'client' ? key : undefined,
            rsv1 && opcode !== 0 && opcode < 8,
          ),
        ),
      ),
    );
}

type Compressor = (spoken: Spoken) => Uint8Array;

function ourCompressor(incoming: Incoming): Compressor {
  const deflater = new Deflater(incoming);
  return ({ bytes }) => {
    const output = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
    deflater.deflate(bytes, 0, bytes.length, output);
    return output.take();
  };
}

function zlibCompressor({ windowBits, contextTakeover }: Incoming): Compressor {
  let said = Buffer.alloc(0);
  return ({ bytes, level, strategy, isFinal }) => {
    const finishFlush = isFinal ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    const dictionary =
      contextTakeover && said.length > 0 ? { dictionary: said.subarray(-(2 ** windowBits)) } : {};
    const out = deflateRawSync(bytes, { windowBits, level, strategy, finishFlush, ...dictionary });
    said = Buffer.concat([said, bytes]);
    // §7.2.3.4: a final block is followed by an empty one, of which the last four bytes go.
    return isFinal ? concat([out, Uint8Array.of(0)]) : out.subarray(0, -4);
  };
}

interface SentFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly rsv1: boolean;
}

function framesOf({ isText, isCompressed, cuts, between }: Spoken, payload: Uint8Array): SentFrame[] {
  const parts = cut(payload, cuts);
  return parts.flatMap((part, i) => {
    const opcode = i > 0 ? OPCODE.continuation : isText ? OPCODE.text : OPCODE.binary;
    const frame = { fin: i === parts.length - 1, opcode, payload: part, rsv1: isCompressed && i === 0 };
    const control = between[i];
    return [frame, ...(control === undefined ? [] : [{ ...control, fin: true, rsv1: false }])];
  });
}
