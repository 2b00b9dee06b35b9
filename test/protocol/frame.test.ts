import { describe, expect, test } from 'vitest';
import { ProtocolError, type ViolationId } from '../../src/protocol/errors.ts';
import {
  type FrameHeader,
  frameHeaderLength,
  isControl,
  MAX_CONTROL_PAYLOAD,
  MAX_HEADER_BYTES,
  OPCODE,
  parseFrameHeader,
  type Role,
  serializeFrame,
  serializeFrameHeader,
} from '../../src/protocol/frame.ts';
import { fromHex, toHex } from '../support/vectors.ts';

const KEY = 0x37fa213d; // the masking key of RFC 6455 §5.7

/** Parses a header that stands at the beginning of these bytes; undefined while it is not complete. */
function parse(hex: string, receiver: Role): FrameHeader | undefined {
  const bytes = fromHex(hex);
  const header: FrameHeader = { fin: false, rsv1: false, opcode: -1, maskingKey: -1, payloadLength: -1 };
  return parseFrameHeader(bytes, 0, bytes.length, receiver, header) > 0 ? header : undefined;
}

/** The rule that the header breaks, or how long it is. */
function judge(bytes: Uint8Array, receiver: Role, allowsRsv1 = false): ViolationId | number {
  const header = { fin: false, rsv1: false, opcode: 0, maskingKey: 0, payloadLength: 0 };
  try {
    return parseFrameHeader(bytes, 0, bytes.length, receiver, header, allowsRsv1);
  } catch (error) {
    return (error as ProtocolError).violation;
  }
}

/** The lengths where the encoding changes, with their encoding in an unmasked binary frame. */
const LENGTHS: readonly [length: number, header: string][] = [
  [0, '82 00'],
  [1, '82 01'],
  [125, '82 7d'],
  [126, '82 7e 00 7e'],
  [127, '82 7e 00 7f'],
  [256, '82 7e 01 00'],
  [65_535, '82 7e ff ff'],
  [65_536, '82 7f 00 00 00 00 00 01 00 00'],
  [2 ** 31, '82 7f 00 00 00 00 80 00 00 00'],
  [2 ** 32 - 1, '82 7f 00 00 00 00 ff ff ff ff'],
  [2 ** 32 + 5, '82 7f 00 00 00 01 00 00 00 05'],
  [Number.MAX_SAFE_INTEGER, '82 7f 00 1f ff ff ff ff ff ff'],
];

describe('parsing a frame header', () => {
  test.each<[string, Role, string, FrameHeader]>([
    [
      'a text message',
      'client',
      '81 05',
      { fin: true, rsv1: false, opcode: 1, maskingKey: 0, payloadLength: 5 },
    ],
    [
      'a masked one',
      'server',
      '81 85 37fa213d',
      { fin: true, rsv1: false, opcode: 1, maskingKey: KEY, payloadLength: 5 },
    ],
    [
      'its first fragment',
      'client',
      '01 03',
      { fin: false, rsv1: false, opcode: 1, maskingKey: 0, payloadLength: 3 },
    ],
    [
      'its last fragment',
      'client',
      '80 02',
      { fin: true, rsv1: false, opcode: 0, maskingKey: 0, payloadLength: 2 },
    ],
    ['a Ping', 'client', '89 05', { fin: true, rsv1: false, opcode: 9, maskingKey: 0, payloadLength: 5 }],
    [
      '256 bytes',
      'client',
      '82 7e0100',
      { fin: true, rsv1: false, opcode: 2, maskingKey: 0, payloadLength: 256 },
    ],
  ])('reads the examples of §5.7: %s', (_, receiver, hex, header) => {
    expect(parse(hex, receiver)).toEqual(header);
  });

  test.each(LENGTHS)('reads a payload length of %i from %s', (payloadLength, hex) => {
    expect(parse(hex, 'client')?.payloadLength).toBe(payloadLength);
  });

  test('tells how long the header is', () => {
    const lengths = ['81 05', '81 7e 0100', '81 7f 0000000000010000'].map((hex) =>
      judge(fromHex(hex), 'client'),
    );
    expect(lengths).toEqual([2, 4, 10]);
    const masked = ['81 85', '81 fe 0100', '81 ff 0000000000010000'].map((hex) =>
      judge(fromHex(`${hex} 37fa213d`), 'server'),
    );
    expect(masked).toEqual([6, 8, MAX_HEADER_BYTES]);
  });

  test('reads nothing while a byte of the header is missing', () => {
    const header = fromHex('81 ff 0000000000010000 37fa213d');
    for (let end = 0; end < header.length; end++) expect(judge(header.subarray(0, end), 'server')).toBe(0);
    expect(judge(header, 'server')).toBe(header.length);
  });

  test('reads in the middle of a chunk, and takes no byte beyond the end for a part of the header', () => {
    const chunk = fromHex('ff ff 82 7e 01 00 ff ff');
    const header = { fin: false, rsv1: false, opcode: 0, maskingKey: 0, payloadLength: 0 };
    expect(parseFrameHeader(chunk, 2, 5, 'client', header)).toBe(0);
    expect(parseFrameHeader(chunk, 2, 6, 'client', header)).toBe(4);
    expect(header.payloadLength).toBe(256);
  });

  test('reads a masking key whose first bit is set', () => {
    expect(parse('81 80 ff000001', 'server')?.maskingKey).toBe(0xff000001 | 0);
  });

  test.each([
    ['without an extension', false],
    ['with one that defines RSV1', true],
  ])(
    'judges every first byte, with every kind of second byte, as §5.1, §5.2 and §5.5 say: %s',
    (_, allowsRsv1) => {
      const expected = (first: number, second: number, receiver: Role): ViolationId | number => {
        const opcode = first & 0x0f;
        const control = opcode >= 8;
        const mayBeCompressed = allowsRsv1 && (opcode === 1 || opcode === 2);
        if ((first & (mayBeCompressed ? 0x30 : 0x70)) !== 0) return 'reserved-bit-set';
        if ((opcode >= 3 && opcode <= 7) || opcode >= 0xb) return 'reserved-opcode';
        if (control && first < 0x80) return 'fragmented-control-frame';
        if (control && (second & 0x7f) > 125) return 'control-frame-too-long';
        if (receiver === 'server') return second < 0x80 ? 'unmasked-frame' : 0;
        if (second >= 0x80) return 'masked-frame';
        return second > 125 ? 0 : 2;
      };
      for (const receiver of ['client', 'server'] as const) {
        for (let first = 0; first < 0x100; first++) {
          for (const second of [0, 1, 125, 126, 127, 128, 129, 253, 254, 255]) {
            const judged = judge(Uint8Array.of(first, second), receiver, allowsRsv1);
            if (judged !== expected(first, second, receiver))
              expect.fail(`${first} ${second}: ${judged} for a ${receiver}`);
          }
        }
      }
    },
  );

  test.each<[string, string]>([
    ['0 in 16 bits', '82 7e 0000'],
    ['125 in 16 bits', '82 7e 007d'],
    ['125 in 64 bits', '82 7f 000000000000007d'],
    ['65,535 in 64 bits', '82 7f 000000000000ffff'],
  ])('refuses a length that is not minimal: %s', (_, hex) => {
    expect(judge(fromHex(hex), 'client')).toBe('length-not-minimal');
  });

  test('refuses a 64-bit length with the most significant bit set, and no other', () => {
    expect(judge(fromHex('82 7f 8000000000000000'), 'client')).toBe('length-out-of-range');
    expect(judge(fromHex('82 7f 7fffffffffffffff'), 'client')).toBe(10);
  });

  test('throws a ProtocolError', () => {
    expect(() => parse('83 00', 'client')).toThrow(ProtocolError);
  });
});

describe('serializing a frame header', () => {
  const serialize = (
    payloadLength: number,
    maskingKey?: number,
    fin = true,
    opcode: number = OPCODE.binary,
  ) => {
    const into = new Uint8Array(MAX_HEADER_BYTES);
    const length = serializeFrameHeader(into, 0, fin, opcode, payloadLength, maskingKey);
    return toHex(into.subarray(0, length));
  };

  test.each(LENGTHS)('writes a payload length of %i in the fewest bytes', (payloadLength, hex) => {
    expect(serialize(payloadLength)).toBe(hex);
  });

  test.each(LENGTHS)('knows beforehand how long the header for %i bytes is', (payloadLength, hex) => {
    expect(frameHeaderLength(payloadLength, false)).toBe(fromHex(hex).length);
    expect(frameHeaderLength(payloadLength, true)).toBe(fromHex(hex).length + 4);
  });

  test('writes the mask bit and the masking key behind every kind of length', () => {
    expect(serialize(5, KEY)).toBe('82 85 37 fa 21 3d');
    expect(serialize(256, KEY)).toBe('82 fe 01 00 37 fa 21 3d');
    expect(serialize(65_536, KEY)).toBe('82 ff 00 00 00 00 00 01 00 00 37 fa 21 3d');
  });

  test('masks with a key of 0 too, for a client masks all frames', () => {
    expect(serialize(5, 0)).toBe('82 85 00 00 00 00');
  });

  test('writes a key above 2^31 the same, signed or not', () => {
    expect(serialize(0, 0xff000001)).toBe('82 80 ff 00 00 01');
    expect(serialize(0, 0xff000001 | 0)).toBe('82 80 ff 00 00 01');
  });

  test('writes fragments without FIN', () => {
    expect(serialize(3, undefined, false, OPCODE.text)).toBe('01 03');
    expect(serialize(3, undefined, false, OPCODE.continuation)).toBe('00 03');
  });

  test('writes where it is told, and nowhere else', () => {
    const into = new Uint8Array(8).fill(0xee);
    expect(serializeFrameHeader(into, 2, true, OPCODE.text, 256, undefined)).toBe(4);
    expect(toHex(into)).toBe('ee ee 81 7e 01 00 ee ee');
  });
});

describe('serializing a whole frame', () => {
  const hello = new TextEncoder().encode('Hello');

  test('writes the examples of §5.7', () => {
    expect(toHex(serializeFrame(true, OPCODE.text, hello))).toBe('81 05 48 65 6c 6c 6f');
    expect(toHex(serializeFrame(true, OPCODE.text, hello, KEY))).toBe('81 85 37 fa 21 3d 7f 9f 4d 51 58');
    expect(toHex(serializeFrame(false, OPCODE.text, hello.subarray(0, 3)))).toBe('01 03 48 65 6c');
    expect(toHex(serializeFrame(true, OPCODE.continuation, hello.subarray(3)))).toBe('80 02 6c 6f');
    expect(toHex(serializeFrame(true, OPCODE.ping, hello))).toBe('89 05 48 65 6c 6c 6f');
    expect(toHex(serializeFrame(true, OPCODE.pong, hello, KEY))).toBe('8a 85 37 fa 21 3d 7f 9f 4d 51 58');
  });

  test('marks a compressed message by RSV1 on its first frame, as in the example of RFC 7692 §7.2.3.1', () => {
    const compressed = fromHex('f2 48 cd c9 c9 07 00');
    const frame = serializeFrame(true, OPCODE.text, compressed, undefined, true);
    expect(toHex(frame)).toBe('c1 07 f2 48 cd c9 c9 07 00');
  });

  test('leaves the payload as it was', () => {
    const payload = hello.slice();
    serializeFrame(true, OPCODE.text, payload, KEY);
    expect(payload).toEqual(hello);
  });
});

describe('opcodes', () => {
  test('those from 8 on are control frames', () => {
    const opcodes = Array.from({ length: 16 }, (_, opcode) => opcode);
    expect(opcodes.filter(isControl)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  });

  test('are the ones of §5.2', () => {
    expect(OPCODE).toEqual({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });
    expect(MAX_CONTROL_PAYLOAD).toBe(125);
  });
});
