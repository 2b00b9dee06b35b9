/** What has gone wrong in other implementations of permessage-deflate, line by line. */
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteBuffer } from '../../src/protocol/byte-buffer.ts';
import { OPCODE, serializeFrame } from '../../src/protocol/frame.ts';
import { parseExtensions } from '../../src/protocol/handshake/headers.ts';
import { Deflater } from '../../src/protocol/permessage-deflate/deflate.ts';
import { Inflater } from '../../src/protocol/permessage-deflate/inflate.ts';
import { InflateError } from '../../src/protocol/permessage-deflate/inflate-error.ts';
import { acceptOffer, verifyAnswer } from '../../src/protocol/permessage-deflate/negotiation.ts';
import { concat, fromHex } from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';
import { heldArrayBufferBytes, heldBytes } from './memory.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** An endpoint with which permessage-deflate was negotiated. */
function deflating(maxMessageBytes = MIB, windowBits = 15): Endpoint {
  const compression = { windowBits, contextTakeover: true };
  return new Endpoint('client', {
    maxMessageBytes,
    compression: { incoming: compression, outgoing: compression, thresholdBytes: 0 },
  });
}

/** What goes on the wire for a message, made by zlib (RFC 7692 §7.2.1). */
function deflated(message: Uint8Array): Uint8Array {
  const bytes = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, level: 9 });
  return new Uint8Array(bytes.subarray(0, -4));
}

/** A compressed message in fragments of so many bytes. */
function fragments(payload: Uint8Array, bytesPerFragment: number): Uint8Array[] {
  const count = Math.ceil(payload.length / bytesPerFragment);
  return Array.from({ length: count }, (_, i) => {
    const part = payload.subarray(i * bytesPerFragment, (i + 1) * bytesPerFragment);
    const opcode = i === 0 ? OPCODE.binary : OPCODE.continuation;
    return serializeFrame(i === count - 1, opcode, part, undefined, i === 0);
  });
}

/** So many frames of a message that goes on: the first compressed, all with the same payload. */
function unendingFlood(count: number, payload: string): Uint8Array {
  const bytes = fromHex(payload);
  const first = serializeFrame(false, OPCODE.binary, bytes, undefined, true);
  const next = serializeFrame(false, OPCODE.continuation, bytes);
  return concat([first, ...Array.from({ length: count }, () => next)]);
}

/** Bytes in which nothing is ever the same: the squares are random enough to hold no match. */
function incompressible(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}

function newBuffer(): ByteBuffer {
  return new ByteBuffer((byteLength) => new Uint8Array(byteLength));
}

const bomb = deflated(new Uint8Array(10_000_000));

describe('inflating is limited by what comes out', () => {
  test('10 MB of zeros in 10 KB are refused in the middle, and nothing of it stays', () => {
    expect(bomb.length).toBeLessThan(10 * KIB);
    const endpoint = deflating();
    const before = heldArrayBufferBytes();
    endpoint.receive(serializeFrame(true, OPCODE.binary, bomb, undefined, true));
    expect(endpoint.violation).toBe('message-too-big');
    expect(endpoint.events).toEqual([]);
    expect(heldArrayBufferBytes() - before).toBeLessThan(128 * KIB);
  });

  test('the same in fragments of 16 bytes never holds more than the limit, and the room to grow to it', () => {
    const endpoint = deflating();
    const before = heldArrayBufferBytes();
    let most = 0;
    fragments(bomb, 16).forEach((fragment, i) => {
      endpoint.receive(fragment);
      if (i < 64 && i % 8 === 0) most = Math.max(most, heldArrayBufferBytes() - before);
    });
    expect(endpoint.violation).toBe('message-too-big');
    expect(most).toBeGreaterThan(256 * KIB); // else it was no trial
    expect(most).toBeLessThan(2 * MIB);
  });

  test.each([
    ['one frame', MIB],
    ['fragments', 7],
  ])('exactly maxMessageBytes pass, and one byte more does not, in %s', (_, bytesPerFragment) => {
    const fitting = deflating().receive(...fragments(deflated(new Uint8Array(MIB)), bytesPerFragment));
    expect(fitting.events[0]?.length).toBe('binary'.length + 3 * MIB);
    const tooBig = deflating().receive(...fragments(deflated(new Uint8Array(MIB + 1)), bytesPerFragment));
    expect(tooBig.violation).toBe('message-too-big');
  });

  test('a header that claims 100 MiB of compressed bytes makes us allocate nothing', () => {
    const endpoint = deflating(200 * MIB);
    const before = heldArrayBufferBytes();
    endpoint.receive('c2 7f 0000000006400000', '00');
    expect(endpoint.connection.state).toBe('open');
    expect(heldArrayBufferBytes() - before).toBeLessThan(64 * KIB);
  });
});

describe('counts, not only bytes', () => {
  test.each([
    ['empty', ''],
    ['an empty stored block', '00 00 00 ff ff'],
  ])('a flood of compressed fragments that hold nothing (%s) ends in too-many-fragments', (_, payload) => {
    expect(deflating(16 * KIB).receive(unendingFlood(1_000, payload)).violation).toBeUndefined();
    const endpoint = deflating(16 * KIB).receive(unendingFlood(10_000, payload));
    expect(endpoint.violation).toBe('too-many-fragments');
  });

  test('blocks that hold nothing, in one frame that goes on and on, end in message-too-big', () => {
    const endpoint = deflating(1000);
    const blocks = concat(Array.from({ length: 1_000 }, () => fromHex('00 00 00 ff ff')));
    expect(endpoint.receive(serializeFrame(true, OPCODE.binary, blocks, undefined, true)).violation).toBe(
      'message-too-big',
    );
  });

  test('131,000 compressed fragments of one byte hold what they inflate to, not a list of views', () => {
    const message = incompressible(131_000);
    const wire = concat(fragments(deflated(message), 1));
    const endpoint = deflating(16 * 131_100);
    const before = heldBytes();
    for (let at = 0; at < wire.length - 3; at += 64 * KIB) {
      endpoint.receive(wire.subarray(at, Math.min(at + 64 * KIB, wire.length - 3)));
    }
    expect(endpoint.connection.state).toBe('open');
    expect(heldBytes() - before).toBeLessThan(2 * message.length + 512 * KIB);
    endpoint.receive(wire.subarray(-3));
    expect(endpoint.events[0]?.length).toBe('binary'.length + 3 * message.length);
  });
});

describe('window bits', () => {
  const TERMS = { windowBits: 15, contextTakeover: true, peerWindowBits: 15, peerContextTakeover: true };
  const WRONG = [
    '7',
    '16',
    '0',
    '-1',
    '08',
    '+9',
    '9.0',
    '1e1',
    '0x9',
    '99999999999999999999',
    'constructor',
  ];
  const NAMES = ['server_max_window_bits', 'client_max_window_bits'];
  const CASES = NAMES.flatMap((name) => WRONG.map((value): [string, string] => [name, value]));

  test.each(CASES)('an offer with %s=%s is declined, and the next is tried', (name, value) => {
    const bad = parseExtensions(`permessage-deflate; ${name}=${value}`)!;
    expect(acceptOffer(bad, TERMS)).toBeUndefined();
    const good = parseExtensions('permessage-deflate')!;
    expect(acceptOffer([...bad, ...good], TERMS)?.outgoing.windowBits).toBe(15);
  });

  test.each(CASES)('an answer with %s=%s fails the connection', (name, value) => {
    expect(verifyAnswer(parseExtensions(`permessage-deflate; ${name}=${value}`)!, TERMS)).toBeUndefined();
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'a parameter named %s is unknown: declined in an offer, failed in an answer',
    (name) => {
      const extensions = parseExtensions(`permessage-deflate; ${name}`)!;
      expect(acceptOffer(extensions, TERMS)).toBeUndefined();
      expect(verifyAnswer(extensions, TERMS)).toBeUndefined();
    },
  );

  test.each([7, 16, 0, -1, 9.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'a codec for a window of %d bits cannot be made',
    (windowBits) => {
      expect(() => new Inflater({ windowBits, contextTakeover: true })).toThrow('from 8 to 15');
      expect(() => new Deflater({ windowBits, contextTakeover: true })).toThrow('from 8 to 15');
    },
  );
});

describe('the window that was agreed', () => {
  const bits = [8, 9, 10, 11, 12, 13, 14];

  test.each(bits)('of %i bits: a distance beyond it is refused within a message', (windowBits) => {
    const unique = incompressible(2 ** windowBits + 1);
    const repeated = concat([unique, unique.subarray(0, 200)]); // zlib says it with a distance of 2^bits + 1
    const frame = serializeFrame(true, OPCODE.binary, deflated(repeated), undefined, true);
    expect(deflating(MIB, windowBits).receive(frame).violation).toBe('invalid-compressed-data');
    expect(deflating(MIB, windowBits + 1).receive(frame).violation).toBeUndefined();
  });

  test.each(bits)('of %i bits: a distance of exactly it is allowed', (windowBits) => {
    const unique = incompressible(2 ** windowBits);
    const frame = serializeFrame(
      true,
      OPCODE.binary,
      deflated(concat([unique, unique.subarray(0, 200)])),
      undefined,
      true,
    );
    expect(deflating(MIB, windowBits).receive(frame).violation).toBeUndefined();
  });

  test.each(bits)('of %i bits: a distance beyond it is refused into an earlier message', (windowBits) => {
    const unique = incompressible(2 ** windowBits + 1);
    const dictionary = Buffer.from(unique);
    const second = deflateRawSync(unique.subarray(0, 200), {
      dictionary,
      finishFlush: constants.Z_SYNC_FLUSH,
    }).subarray(0, -4);
    const frames = [deflated(unique), second].map((payload) =>
      serializeFrame(true, OPCODE.binary, payload, undefined, true),
    );
    expect(deflating(MIB, windowBits).receive(...frames).violation).toBe('invalid-compressed-data');
    expect(deflating(MIB, windowBits + 1).receive(...frames).violation).toBeUndefined();
  });

  test('nothing that was never said is referred to: a distance before the first byte is refused', () => {
    // A fixed block: the length 3 at the distance 1, before anything was said.
    expect(deflating().receive('c2 03 02 02 00').violation).toBe('invalid-compressed-data');
  });

  test.each([...bits, 15])(
    'of %i bits is honoured by what we send, whatever was said before',
    (windowBits) => {
      const farthest = 2 ** windowBits;
      const material = incompressible(3 * farthest);
      const anyPart = fc.tuple(fc.nat(2 * farthest), fc.integer({ min: 1, max: farthest + 300 }));
      fc.assert(
        fc.property(
          fc.array(fc.array(anyPart, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
          fc.boolean(),
          (messages, contextTakeover) => {
            const deflater = new Deflater({ windowBits, contextTakeover });
            const inflater = new Inflater({ windowBits, contextTakeover }); // which refuses what is farther
            for (const parts of messages) {
              const message = concat(parts.map(([from, length]) => material.subarray(from, from + length)));
              const [wire, body] = [newBuffer(), newBuffer()];
              deflater.deflate(message, 0, message.length, wire);
              inflater.inflate(wire.bytes, 0, wire.length, body, MIB);
              inflater.finish(body, MIB);
              expect(Buffer.compare(body.take(), message)).toBe(0);
            }
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});

describe('RSV1 where permessage-deflate was negotiated', () => {
  test.each([
    ['a continuation of a compressed message', '42 00 c0 00'],
    ['a continuation of one that is not', '02 00 c0 00'],
    ['a Close frame', 'c8 00'],
    ['a Ping', 'c9 00'],
    ['a Pong', 'ca 00'],
    ['a Ping within a compressed message', '42 00 c9 00'],
  ])('on %s fails the connection', (_, hex) => {
    expect(deflating().receive(hex).violation).toBe('reserved-bit-set');
  });
});

describe('errors of the codec', () => {
  const message = concat([incompressible(300), new TextEncoder().encode('abcabcabcd'.repeat(30))]);
  const payload = deflated(message);

  test('every byte of a compressed message spoilt in every bit: never thrown, a failed connection or another message', () => {
    let failed = 0;
    for (let at = 0; at < payload.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const spoilt = payload.slice();
        spoilt[at]! ^= 1 << bit;
        const endpoint = deflating().receive(serializeFrame(true, OPCODE.binary, spoilt, undefined, true));
        const { connection, violation } = endpoint;
        if (violation === undefined) expect(endpoint.events).toHaveLength(1);
        else {
          failed++;
          expect(connection.sent?.code).toBe(1007);
          expect(connection.error?.cause).toBeInstanceOf(InflateError);
        }
      }
    }
    expect(failed).toBeGreaterThan(0);
  });

  test('a message that ends in the middle of a block fails, wherever it is cut', () => {
    for (let length = 0; length < payload.length; length++) {
      const cutShort = payload.subarray(0, length);
      const endpoint = deflating().receive(serializeFrame(true, OPCODE.binary, cutShort, undefined, true));
      expect(endpoint.violation).toBe('invalid-compressed-data');
    }
  });

  test('after a failure nothing more is read, and the next connection inflates as ever', () => {
    const good = serializeFrame(true, OPCODE.binary, payload, undefined, true);
    const failed = deflating().receive('c2 02 06 00', good);
    expect([failed.violation, failed.events]).toEqual(['invalid-compressed-data', []]);
    const { events } = deflating().receive(good);
    expect(events[0]?.length).toBe('binary'.length + 3 * message.length);
  });
});
