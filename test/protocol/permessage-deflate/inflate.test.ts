import { constants } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/protocol/errors.ts';
import { MAX_MATCH } from '../../../src/protocol/permessage-deflate/format.ts';
import { Inflater } from '../../../src/protocol/permessage-deflate/inflate.ts';
import {
  INFLATE_RULES,
  InflateError,
  type InflateReason,
} from '../../../src/protocol/permessage-deflate/inflate-error.ts';
import { BitString } from '../../support/bit-string.ts';
import { cutEverywhere, fromHex, toHex } from '../../support/vectors.ts';
import { heldArrayBufferBytes } from '../memory.ts';
import {
  bytesOf,
  DEFAULTS,
  inflateInSteps,
  inflateMessage,
  LIMIT,
  newBuffer,
  outcomeOf,
  zlibDeflate,
} from './codec.ts';
import { dynamicHeader, INFLATE_VECTORS, VECTOR_LIMIT, VECTOR_WINDOW_BITS } from './inflate-vectors.ts';

const NOTHING = new Uint8Array(0);
const reasons = Object.keys(INFLATE_RULES) as InflateReason[];

function inflate(...messages: Uint8Array[]): string[] {
  const inflater = new Inflater(DEFAULTS);
  return messages.map((message) => Buffer.from(inflateMessage(inflater, [message])).toString('latin1'));
}

describe('the examples of RFC 7692', () => {
  test.each([
    ['§7.2.3.1', 'f2 48 cd c9 c9 07 00'],
    ['§7.2.3.3, a stored block', '00 05 00 fa ff 48 65 6c 6c 6f 00'],
    ['§7.2.3.5, BFINAL set', 'f3 48 cd c9 c9 07 00 00'],
    ['§7.2.3.6, two blocks', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00'],
  ])('%s says Hello', (_, hex) => {
    expect(inflate(fromHex(hex))).toEqual(['Hello']);
    const bytes = inflateMessage(new Inflater(DEFAULTS), cutEverywhere(fromHex(hex)));
    expect(Buffer.from(bytes).toString()).toBe('Hello');
  });

  test('§7.2.3.2, the second Hello refers to the first', () => {
    expect(inflate(fromHex('f2 48 cd c9 c9 07 00'), fromHex('f2 00 11 00 00'))).toEqual(['Hello', 'Hello']);
  });

  test('§7.2.3.6, an empty message', () => {
    expect(inflate(fromHex('00'), fromHex('02 00'))).toEqual(['', '']);
  });
});

describe('the room for the output', () => {
  const emptyBlocks = (count: number) => Buffer.alloc(5 * count, Buffer.from('000000ffff', 'hex'));

  test('does not follow the input: one byte in front of many blocks that hold nothing takes little', () => {
    const message = Buffer.concat([
      zlibDeflate(bytesOf('a'), NOTHING),
      fromHex('00 00 ff ff'),
      emptyBlocks(12_000),
    ]);
    const output = newBuffer();
    new Inflater(DEFAULTS).inflate(message, 0, message.length, output, 1_000_000);
    expect(output.length).toBe(1);
    expect(output.bytes.length).toBeLessThanOrEqual(256);
  });

  test('is at most twice the output, apart from the first bytes', () => {
    const message = zlibDeflate(Buffer.from('abc'.repeat(200_000)), NOTHING);
    const output = newBuffer();
    const inflater = new Inflater(DEFAULTS);
    for (let at = 0; at < message.length; at++) {
      inflater.inflate(message, at, at + 1, output, 1_000_000);
      expect(output.bytes.length).toBeLessThanOrEqual(2 * output.length + 1024);
    }
    expect(output.length).toBe(600_000);
  });
});

describe('a message in steps', () => {
  test('a bomb stops soon after the work that is allowed, again and again', () => {
    const message = new Uint8Array(1_000_000);
    const bomb = zlibDeflate(message, NOTHING);
    const { bytes, longestStep, steps } = inflateInSteps(new Inflater(DEFAULTS), bomb, 10_000);
    expect(Buffer.compare(bytes, message)).toBe(0);
    expect(longestStep).toBeLessThan(10_000 + MAX_MATCH);
    expect(steps).toBeGreaterThanOrEqual(97);
  });

  test('blocks are work too, though nothing is in them', () => {
    const output = newBuffer();
    const dynamic = dynamicHeader({ 97: 1, 256: 1 }, { 0: 1 }).code('1').bytes();
    const inflater = new Inflater(DEFAULTS);
    expect(inflater.inflate(dynamic, 0, dynamic.length, output, LIMIT, 5_000)).toBe(dynamic.length);
    expect(inflater.workLeft(output)).toBe(5_000 - 1_024 - 64);

    const bits = new BitString();
    for (let i = 0; i < 1_000; i++) bits.header(1).fixedSymbol(256);
    const fixed = bits.bytes();
    const stoppedAt = new Inflater(DEFAULTS).inflate(fixed, 0, fixed.length, output, LIMIT, 100 * 64);
    expect(stoppedAt).toBeGreaterThanOrEqual(125); // 100 blocks of 10 bits
    expect(stoppedAt).toBeLessThan(130);
  });

  test('without a bound is read to its end', () => {
    const inflater = new Inflater(DEFAULTS);
    const output = newBuffer();
    const bomb = zlibDeflate(new Uint8Array(1_000_000), NOTHING);
    expect(inflater.inflate(bomb, 0, bomb.length, output, LIMIT)).toBe(bomb.length);
    expect(inflater.workLeft(output)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('every rule that compressed bytes can break', () => {
  test.each(reasons)('%s has a vector, a section, and a sentence that fits a Close frame', (reason) => {
    const { section, message } = INFLATE_RULES[reason];
    expect(INFLATE_VECTORS[reason].length).toBeGreaterThan(0);
    expect(section).toMatch(/^RFC (1951|7692|6455) §\d+(\.\d+)*$/);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(123);
  });

  const vectors = reasons.flatMap((reason) =>
    INFLATE_VECTORS[reason].map((vector) => ({ reason, ...vector })),
  );

  test.each(vectors)('$reason: $comment', ({ reason, message, said = '' }) => {
    const expected = { bytes: Uint8Array.from(Buffer.from(said, 'latin1')), reason };
    for (const pieces of [[message], cutEverywhere(message)]) {
      const inflater = new Inflater({ windowBits: VECTOR_WINDOW_BITS, contextTakeover: true });
      expect(outcomeOf(inflater, pieces, VECTOR_LIMIT)).toEqual(expected);
    }
  });

  test('is an error with its reason and section', () => {
    const error = new InflateError('distance-too-far');
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('InflateError');
    expect(error.reason).toBe('distance-too-far');
    expect(error.section).toBe('RFC 7692 §7.1.2');
    expect(error.message).toBe(INFLATE_RULES['distance-too-far'].message);
  });

  test('is noticed at the byte that breaks it', () => {
    const { message } = INFLATE_VECTORS['invalid-distance-symbol'][0]!;
    const inflater = new Inflater(DEFAULTS);
    const output = newBuffer();
    inflater.inflate(message, 0, message.length - 1, output, LIMIT);
    expect(() => inflater.inflate(message, message.length - 1, message.length, output, LIMIT)).toThrow(
      InflateError,
    );
  });
});

describe('Inflater', () => {
  test.each([7, 16, 9.5, Number.NaN])('knows no window of 2^%d bytes', (windowBits) => {
    expect(() => new Inflater({ windowBits, contextTakeover: false })).toThrow(UsageError);
  });

  test('takes a part of its input, and adds to its output as the pieces come', () => {
    const message = fromHex('ff f2 48 cd c9 c9 07 00 ff');
    const inflater = new Inflater(DEFAULTS);
    const output = newBuffer();
    inflater.inflate(message, 1, 4, output, LIMIT);
    expect(toHex(output.bytes.subarray(0, output.length))).toBe('48 65');
    inflater.inflate(message, 4, 8, output, LIMIT);
    inflater.finish(output, LIMIT);
    expect(Buffer.from(output.take()).toString()).toBe('Hello');
  });

  test('reads a code that has one symbol for the end of the block, or for the distances', () => {
    expect(
      inflate(
        dynamicHeader({ [256]: 1 }, {})
          .code('0')
          .header(0)
          .bytes(),
      ),
    ).toEqual(['']);
    const one = dynamicHeader({ 97: 2, 256: 2, 257: 1 }, { 0: 1 });
    expect(inflate(one.code('10').code('0').code('0').code('11').header(0).bytes())).toEqual(['aaaa']);
  });

  test('goes on after a block with BFINAL set at the next byte, with the same window', () => {
    const first = new BitString().header(1, true).fixedText('abc').fixedSymbol(256).align();
    const message = first.header(1).fixedSymbol(257).fixedDistance(2).fixedSymbol(256).header(0).bytes();
    expect(inflate(message)).toEqual(['abcabc']);
  });

  test('reads codes of up to 15 bits', () => {
    const skewed = Buffer.concat(
      Array.from({ length: 20 }, (_, i) => Buffer.alloc(Math.ceil(1.62 ** i), 60 + i)),
    );
    const message = zlibDeflate(skewed, NOTHING, { strategy: constants.Z_HUFFMAN_ONLY, memLevel: 9 });
    expect(inflate(message)).toEqual([skewed.toString('latin1')]);
  });

  test('forgets each message without context takeover', () => {
    const inflater = new Inflater({ windowBits: 15, contextTakeover: false });
    inflateMessage(inflater, [fromHex('f2 48 cd c9 c9 07 00')]);
    expect(outcomeOf(inflater, [fromHex('f2 00 11 00 00')])).toEqual({
      bytes: bytesOf('H'),
      reason: 'distance-too-far',
    });
  });

  test('may inflate exactly as much as the limit', () => {
    const message = fromHex('f2 48 cd c9 c9 07 00');
    expect(outcomeOf(new Inflater(DEFAULTS), [message], 5).reason).toBeUndefined();
    expect(outcomeOf(new Inflater(DEFAULTS), [message], 4).reason).toBe('output-limit');
  });

  test('allocates no more than the limit', () => {
    const bomb = zlibDeflate(new Uint8Array(10_000_000), NOTHING);
    const output = newBuffer();
    expect(() => new Inflater(DEFAULTS).inflate(bomb, 0, bomb.length, output, 100_000)).toThrow(InflateError);
    expect(output.length).toBeLessThanOrEqual(100_000);
    expect(output.bytes.length).toBeLessThanOrEqual(100_000);
  });

  test('reads two messages at once, each in the middle of a dynamic block', () => {
    const texts = ['one thing and another, ', 'quite something else! '].map((text, i) => {
      return Array.from({ length: 300 }, (_, k) => text.slice((k * (i + 3)) % 11)).join('');
    });
    const messages = texts.map((text) => zlibDeflate(bytesOf(text), NOTHING));
    expect(messages.map((message) => (message[0]! >>> 1) & 3)).toEqual([2, 2]);
    const inflaters = messages.map(() => new Inflater(DEFAULTS));
    const outputs = messages.map(() => newBuffer());
    for (let at = 0; at < Math.max(...messages.map((message) => message.length)); at++) {
      inflaters.forEach((inflater, i) => {
        if (at < messages[i]!.length) inflater.inflate(messages[i]!, at, at + 1, outputs[i]!, LIMIT);
      });
    }
    inflaters.forEach((inflater, i) => {
      inflater.finish(outputs[i]!, LIMIT);
      expect(Buffer.from(outputs[i]!.take()).toString()).toBe(texts[i]);
    });
  });
});

describe('the memory of an inflater', () => {
  const COUNT = 1000;
  const text = bytesOf('A message of some length, said again and again. '.repeat(40).slice(0, 1500));
  const message = zlibDeflate(text, NOTHING);

  function heldBy(use: (inflater: Inflater) => void, contextTakeover = true): number {
    use(new Inflater(DEFAULTS));
    const before = heldArrayBufferBytes();
    const inflaters = Array.from({ length: COUNT }, () => new Inflater({ windowBits: 15, contextTakeover }));
    for (const inflater of inflaters) use(inflater);
    const held = heldArrayBufferBytes() - before;
    expect(inflaters.length).toBe(COUNT);
    return held / COUNT;
  }

  test('is nothing before the first message', () => {
    expect(heldBy(() => {})).toBeLessThan(1);
  });

  test('is the window between messages, as big as what was said needs it', () => {
    const held = heldBy((inflater) => inflateMessage(inflater, [message]));
    expect(held).toBeGreaterThan(1500);
    expect(held).toBeLessThan(2100);
  });

  test('is nothing between messages without context takeover', () => {
    expect(heldBy((inflater) => inflateMessage(inflater, [message]), false)).toBeLessThan(10);
  });

  test('does not keep the chunk that a message came in', () => {
    const held = heldBy((inflater) => {
      const chunk = new Uint8Array(65_536);
      chunk.set(message);
      inflater.inflate(chunk, 0, 20, newBuffer(), LIMIT);
    });
    expect(held).toBeLessThan(10_000);
  });
});
