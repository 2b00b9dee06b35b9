import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Inflater } from '../../../src/protocol/permessage-deflate/inflate.ts';
import { anyBytes, anyCuts, fuzzTimeoutMs, runs } from '../../support/arbitraries.ts';
import { concat, cut } from '../../support/vectors.ts';
import { anyMessageBytes, anyMessages, anyZlibPart, zlibDeflateParts } from './arbitraries.ts';
import {
  deflateAll,
  inflateInSteps,
  inflateMessage,
  LIMIT,
  newBuffer,
  outcomeOf,
  zlibDeflate,
  zlibInflate,
} from './codec.ts';

const anyWindowBits = fc.integer({ min: 9, max: 15 });
const anyWays = fc.array(anyZlibPart, { minLength: 1, maxLength: 4 });
const NOTHING = new Uint8Array(0);

function lastBytes(bytes: Uint8Array, windowBits: number): Uint8Array {
  return bytes.slice(-(2 ** windowBits));
}

test('what zlib deflates, in whatever way and however it is cut, is inflated as it was', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(
      anyMessages,
      anyWays,
      fc.array(fc.nat(300), { maxLength: 3 }),
      anyWindowBits,
      fc.boolean(),
      anyCuts,
      (messages, ways, lengths, windowBits, contextTakeover, cuts) => {
        const inflater = new Inflater({ windowBits, contextTakeover });
        let window: Uint8Array = NOTHING;
        for (const message of messages) {
          const compressed = zlibDeflateParts(message, lengths, ways, window, windowBits);
          const inflated = inflateMessage(inflater, cut(compressed, cuts));
          expect(Buffer.compare(inflated, message)).toBe(0);
          if (contextTakeover) window = lastBytes(concat([window, message]), windowBits);
        }
      },
    ),
    { numRuns: runs(200) },
  );
});

test('inflated in steps, however short, a message is what it was', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(
      anyMessages,
      anyWays,
      fc.array(fc.nat(300), { maxLength: 3 }),
      fc.integer({ min: 1, max: 3_000 }),
      (messages, ways, lengths, maxWork) => {
        const inflater = new Inflater({ windowBits: 15, contextTakeover: true });
        let window: Uint8Array = NOTHING;
        for (const message of messages) {
          const compressed = zlibDeflateParts(message, lengths, ways, window, 15);
          expect(Buffer.compare(inflateInSteps(inflater, compressed, maxWork).bytes, message)).toBe(0);
          window = lastBytes(concat([window, message]), 15);
        }
      },
    ),
    { numRuns: runs(200) },
  );
});

test('messages that zlib compresses alone, each with codes of its own, are inflated on many connections in turn', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(
      fc.array(anyMessageBytes, { minLength: 2, maxLength: 12 }),
      fc.boolean(),
      (messages, contextTakeover) => {
        const inflaters = Array.from({ length: 3 }, () => new Inflater({ windowBits: 12, contextTakeover }));
        for (const [i, message] of messages.entries()) {
          const compressed = zlibDeflate(message, NOTHING, { level: 6, windowBits: 12 });
          // In two pieces, so that another connection may need codes while these are being read.
          const half = compressed.length >>> 1;
          const output = newBuffer();
          const inflater = inflaters[i % inflaters.length]!;
          inflater.inflate(compressed, 0, half, output, LIMIT);
          inflateMessage(inflaters[(i + 1) % inflaters.length]!, [compressed]);
          inflater.inflate(compressed, half, compressed.length, output, LIMIT);
          inflater.finish(output, LIMIT);
          expect(Buffer.compare(output.take(), message)).toBe(0);
        }
      },
    ),
    { numRuns: runs(100) },
  );
});

/** Bits and bytes of a compressed message that are other than they were. */
const anySpoiling = fc.array(
  fc.tuple(fc.constantFrom('flip', 'set', 'remove', 'insert'), fc.nat(), fc.nat(255)),
  {
    minLength: 1,
    maxLength: 3,
  },
);

function spoil(message: Uint8Array, spoiling: readonly [string, number, number][]): Uint8Array {
  const bytes = [...message];
  for (const [kind, where, value] of spoiling) {
    // Often at the beginning, where headers are.
    const at =
      (where & 1) === 0 ? (where >>> 1) % (bytes.length + 1) : (where >>> 1) % Math.min(bytes.length + 1, 24);
    if (kind === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << (value & 7));
    else if (kind === 'set') bytes[at] = value;
    else if (kind === 'remove') bytes.splice(at, 1 + (value & 3));
    else bytes.splice(at, 0, value);
  }
  return Uint8Array.from(bytes);
}

const anyCompressed = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyMessageBytes, anyWays)
      .map(([message, ways]) => zlibDeflateParts(message, [150], ways, NOTHING, 15)),
  },
  { weight: 2, arbitrary: anyMessageBytes.map((message) => deflateAll([message])[0]!) },
);

const anyMalformed = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(anyCompressed, anySpoiling).map(([message, spoiling]) => spoil(message, spoiling)),
  },
  { weight: 1, arbitrary: anyBytes(60) },
  // The beginning of a dynamic block, and then anything.
  {
    weight: 2,
    arbitrary: anyBytes(120).map((bytes) => concat([Uint8Array.of(4 | ((bytes[0] ?? 0) & 1)), bytes])),
  },
);

test('a message that is spoilt is accepted if zlib accepts it, with the same bytes, and however it is cut', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(anyMalformed, anyBytes(300), anyCuts, (message, said, cuts) => {
      const options = { windowBits: 15, contextTakeover: true };
      const afterSaid = () => {
        const inflater = new Inflater(options);
        inflateMessage(inflater, deflateAll([said]));
        return inflater;
      };
      const outcome = outcomeOf(afterSaid(), [message]);
      const expected = zlibInflate(message, said);
      expect(outcome.reason === undefined).toBe(expected !== undefined);
      if (expected !== undefined) expect(Buffer.compare(outcome.bytes, expected)).toBe(0);
      // The same bytes, the same rule, wherever the pieces end.
      const inPieces = outcomeOf(afterSaid(), cut(message, cuts));
      expect(inPieces.reason).toBe(outcome.reason);
      expect(Buffer.compare(inPieces.bytes, outcome.bytes)).toBe(0);
    }),
    { numRuns: runs(300) },
  );
});

test('no distance goes beyond the window that was agreed: then it is refused, and only then', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(anyCompressed, fc.integer({ min: 8, max: 14 }), (message, windowBits) => {
      const wide = outcomeOf(new Inflater({ windowBits: 15, contextTakeover: true }), [message]);
      const narrow = outcomeOf(new Inflater({ windowBits, contextTakeover: true }), [message]);
      if (narrow.reason === undefined) expect(Buffer.compare(narrow.bytes, wide.bytes)).toBe(0);
      else expect(narrow.reason).toBe('distance-too-far');
      if (wide.bytes.length <= 2 ** windowBits) expect(narrow.reason).toBeUndefined();
    }),
    { numRuns: runs(200) },
  );
});

test('a message is inflated up to its limit and never beyond', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(anyCompressed, fc.nat(), anyCuts, (compressed, some, cuts) => {
      const whole = outcomeOf(
        new Inflater({ windowBits: 15, contextTakeover: false }),
        [compressed],
        LIMIT,
      ).bytes;
      const limit = some % (2 * whole.length + 2);
      const { bytes, reason } = outcomeOf(
        new Inflater({ windowBits: 15, contextTakeover: false }),
        cut(compressed, cuts),
        limit,
      );
      expect(reason).toBe(whole.length <= limit ? undefined : 'output-limit');
      expect(bytes.length).toBeLessThanOrEqual(limit);
      expect(Buffer.compare(bytes, whole.subarray(0, bytes.length))).toBe(0);
    }),
    { numRuns: runs(200) },
  );
});
