/** What the property tests draw from: bytes, texts, frames, whole conversations, and ways to spoil and to cut them. */
import fc from 'fast-check';
import { OPCODE, type Role, serializeFrame } from '../../src/protocol/frame.ts';
import { concat, cut, UTF8_BORDERS } from './vectors.ts';

/**
 * How often a property is tried: as often as the environment variable FUZZ_RUNS says, else `defaultRuns` times,
 * which keeps the suite quick.
 */
export function runs(defaultRuns: number): number {
  const wanted = process.env['FUZZ_RUNS'];
  if (wanted === undefined) return defaultRuns;
  if (!/^[1-9]\d*$/.test(wanted)) throw new Error(`FUZZ_RUNS must be a positive number, not "${wanted}"`);
  return Number(wanted);
}

/** How long a test with {@link runs} may take, in milliseconds: generous, for it is there to end a hang. */
export const fuzzTimeoutMs: number = 20_000 + 20 * runs(0);

export const anyRole: fc.Arbitrary<Role> = fc.constantFrom('client', 'server');

/** The role at the other end. */
export function peerOf(role: Role): Role {
  return role === 'client' ? 'server' : 'client';
}

/** Bytes, few as a rule. */
export function anyBytes(maxLength = 40): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength });
}

/** Well-formed text of all kinds of characters, short as a rule. */
export function anyText(maxLength = 40): fc.Arbitrary<string> {
  const rare = fc.constantFrom(
    '\uFEFF',
    '\u0000',
    '\u007f',
    '\u0080',
    '\u07ff',
    '\u0800',
    '\uffff',
    '\u{10000}',
  );
  const unit = fc.oneof(fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }), rare);
  return fc.oneof(
    fc.string({ maxLength }),
    fc.array(unit, { maxLength }).map((units) => units.join('')),
  );
}

/** Text as a program may hold it, lone surrogates among it. */
export function anyUtf16(maxLength = 40): fc.Arbitrary<string> {
  const surrogate = fc.constantFrom(0xd800, 0xdbff, 0xdc00, 0xdfff);
  const unit = fc.oneof(fc.nat(0xffff), fc.nat(0x7f), surrogate);
  return fc.array(unit, { maxLength }).map((units) => String.fromCharCode(...units));
}

/** Bytes that are almost UTF-8: each class of lead and continuation bytes, with its first and last. */
export function almostUtf8(maxLength = 8): fc.Arbitrary<Uint8Array> {
  const byte = fc.constantFrom(...UTF8_BORDERS);
  const whole = anyText(3).map((text) => [...new TextEncoder().encode(text)]);
  const parts = fc.array(fc.oneof({ weight: 3, arbitrary: byte.map((one) => [one]) }, whole), { maxLength });
  return parts.map((all) => Uint8Array.from(all.flat()));
}

export const anyMaskingKey: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, -1, 1, 0x0100_0000, -0x8000_0000),
);

/** How TCP cuts a stream: the lengths of its chunks, empty ones too, bytes one by one as often as not. */
export const anyCuts: fc.Arbitrary<number[]> = fc.oneof(
  fc.array(fc.nat(3), { maxLength: 60 }),
  fc.array(fc.nat(30), { maxLength: 30 }),
  fc.array(fc.nat(300), { maxLength: 6 }),
);

/** A frame before it is bytes. */
export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** A control frame that may come anywhere, also between fragments. */
export const anyPingOrPong: fc.Arbitrary<Frame> = fc.record({
  fin: fc.constant(true),
  opcode: fc.constantFrom(OPCODE.ping, OPCODE.pong),
  payload: fc.oneof(anyBytes(4), anyBytes(125)),
});

/** A message as its sender has it: text is a string, binary are bytes. */
export function anyMessage(maxLength = 40): fc.Arbitrary<string | Uint8Array> {
  return fc.oneof(anyText(maxLength), anyBytes(maxLength));
}

/** A message as fragments cut anywhere, in characters too, with control frames between them. */
export function anyFragments(message: string | Uint8Array): fc.Arbitrary<Frame[]> {
  const isText = typeof message === 'string';
  const payload = isText ? new TextEncoder().encode(message) : message;
  const between = fc.array(anyPingOrPong, { maxLength: 2 });
  return fc.array(fc.tuple(fc.nat(8), between), { maxLength: 5 }).map((pieces) => {
    const parts = cut(
      payload,
      pieces.map(([length]) => length),
    );
    return parts.flatMap((part, i) => {
      const opcode = i > 0 ? OPCODE.continuation : isText ? OPCODE.text : OPCODE.binary;
      return [{ fin: i === parts.length - 1, opcode, payload: part }, ...(pieces[i]?.[1] ?? [])];
    });
  });
}

const anyCloseFrame: fc.Arbitrary<Frame> = fc
  .tuple(fc.constantFrom(1000, 1001, 1002, 1003, 1007, 1014, 3000, 4999), anyText(20), fc.boolean())
  .map(([code, reason, hasCode]) => ({
    fin: true,
    opcode: OPCODE.close,
    payload: hasCode
      ? concat([Uint8Array.of(code >>> 8, code), new TextEncoder().encode(reason)])
      : new Uint8Array(0),
  }));

/** Everything that one side says, all of it allowed, in frames. */
export const anyFrames: fc.Arbitrary<Frame[]> = fc
  .tuple(
    fc.array(
      fc.oneof(
        anyMessage().chain(anyFragments),
        anyPingOrPong.map((frame) => [frame]),
      ),
      { maxLength: 6 },
    ),
    fc.option(anyCloseFrame, { freq: 2 }),
  )
  .map(([parts, close]) => [...parts.flat(), ...(close === null ? [] : [close])]);

/** Frames as bytes. @param sender a client masks them, with these keys in turn */
export function serializeFrames(
  frames: readonly Frame[],
  sender: Role,
  maskingKeys: readonly number[] = [0],
): Uint8Array {
  const key = (i: number) => (sender === 'client' ? (maskingKeys[i % maskingKeys.length] ?? 0) : undefined);
  return concat(frames.map(({ fin, opcode, payload }, i) => serializeFrame(fin, opcode, payload, key(i))));
}

/** Everything that one side says, all of it allowed, in bytes. */
export function validStream(sender: Role): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(anyFrames, fc.array(anyMaskingKey, { maxLength: 4 }))
    .map(([frames, keys]) => serializeFrames(frames, sender, keys));
}

/** Bytes without a plan, except that those with a meaning at the beginning of a frame are frequent. */
export function arbitraryStream(sender: Role): fc.Arbitrary<Uint8Array> {
  const masked = sender === 'client' ? 0x80 : 0;
  const first = fc.constantFrom(0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a);
  const second = fc.oneof(fc.nat(8), fc.constantFrom(125, 126, 127)).map((length) => masked | length);
  const extended = fc.constantFrom(0x00, 0x00, 0x00, 0x01, 0x7e, 0x7f, 0x80, 0xff);
  const byte = fc.oneof(first, second, extended, fc.nat(0xff));
  const frameLike = fc
    .tuple(first, second, fc.array(byte, { maxLength: 14 }))
    .map(([a, b, rest]) => [a, b, ...rest]);
  return fc.oneof(
    anyBytes(60),
    fc.array(byte, { maxLength: 60 }).map((all) => Uint8Array.from(all)),
    fc.array(frameLike, { maxLength: 8 }).map((all) => Uint8Array.from(all.flat())),
  );
}

type Mutation = (bytes: Uint8Array) => Uint8Array;

const anyMutation: fc.Arbitrary<Mutation> = fc
  .record({
    kind: fc.constantFrom('flip', 'overwrite', 'insert', 'remove', 'repeat', 'truncate'),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 20 }),
    byte: fc.nat(0xff),
  })
  .map(({ kind, at, length, byte }) => (bytes) => {
    const from = at % (bytes.length + 1);
    const to = Math.min(from + length, bytes.length);
    const splice = (removeTo: number, inserted: Uint8Array) =>
      concat([bytes.slice(0, from), inserted, bytes.slice(removeTo)]);
    if (kind === 'insert') return splice(from, new Uint8Array(length).fill(byte));
    if (kind === 'remove') return splice(to, new Uint8Array(0));
    if (kind === 'repeat') return splice(from, bytes.slice(from, to));
    if (kind === 'truncate') return bytes.slice(0, from);
    const changed = bytes.slice();
    if (kind === 'flip') changed[from]! ^= 1 << (byte & 7);
    else changed[from] = byte;
    return changed;
  });

/** What one side says, spoilt at a few places. */
export function mutatedStream(sender: Role): fc.Arbitrary<Uint8Array> {
  return mutated(validStream(sender));
}

/** Bytes, spoilt at a few places. */
export function mutated(stream: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(stream, fc.array(anyMutation, { minLength: 1, maxLength: 4 }))
    .map(([bytes, mutations]) => mutations.reduce((spoilt, mutate) => mutate(spoilt), bytes));
}
