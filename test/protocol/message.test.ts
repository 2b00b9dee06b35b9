import { describe, expect, test } from 'vitest';
import { Connection } from '../../src/protocol/connection.ts';
import type { ViolationId } from '../../src/protocol/errors.ts';
import type { FrameParser } from '../../src/protocol/frame-parser.ts';
import { decoded, type Message, type MessageForm, type MessageReader } from '../../src/protocol/message.ts';
import { readings } from '../../src/protocol/reading-pool.ts';
import { fromHex, toHex } from '../support/vectors.ts';

/** A reader with a parser before it that takes unmasked data frames: what it makes of these chunks. */
class Reading {
  readonly messages: Message[] = [];
  readonly #parser: FrameParser;
  readonly #reader: MessageReader;

  constructor(maxMessageBytes = 1000, wanted: MessageForm = {}) {
    const { parser, messages } = readings.borrow('client', maxMessageBytes, undefined, wanted);
    this.#parser = parser;
    this.#reader = messages;
  }

  take(...chunks: (string | Uint8Array)[]): this {
    for (const given of chunks) {
      const chunk = typeof given === 'string' ? fromHex(given) : given;
      for (
        let offset = 0;
        offset < chunk.length && this.#parser.step(chunk, offset);
        offset = this.#parser.end
      ) {
        const message = this.#reader.read(chunk, this.#parser);
        if (message !== undefined) this.messages.push(message);
      }
    }
    return this;
  }

  get byteLength(): number {
    return this.#reader.byteLength;
  }
}

const read = (...chunks: string[]) => new Reading().take(...chunks).messages;
const violation = (id: ViolationId) => expect.objectContaining({ violation: id });
const bytes = (hex: string) => fromHex(hex);

describe('the memory of messages', () => {
  const whole = '82 03 010203';
  const inPieces = ['82 03 01', '0203'];
  const inFragments = ['02 01 01', '80 02 0203'];
  test.each([[[whole]], [inPieces], [inFragments]])(
    'comes from a function, if there is one: %s',
    (chunks) => {
      const pool = new Uint8Array(64);
      const allocate = (byteLength: number) => pool.subarray(8, 8 + byteLength);
      const { messages } = new Reading(1000, { allocate }).take(...chunks);
      expect(messages).toEqual([bytes('010203')]);
      expect((messages[0] as Uint8Array).buffer).toBe(pool.buffer);
    },
  );

  test('also that of text that is kept', () => {
    const pool = new Uint8Array(64);
    const { messages } = new Reading(1000, {
      keepsText: true,
      allocate: (length) => pool.subarray(0, length),
    }).take('81 01 61');
    expect((messages[0] as Uint8Array).buffer).toBe(pool.buffer);
  });

  test('not that of strings', () => {
    const { messages } = new Reading(1000, { allocate: () => expect.fail('was called') }).take('81 01 61');
    expect(messages).toEqual(['a']);
  });

  test.each([[[whole]], [inPieces], [inFragments]])('else each has its own: %s', (chunks) => {
    const [message] = new Reading().take(...chunks).messages;
    expect((message as Uint8Array).buffer.byteLength).toBe(3);
  });
});

describe('messages of one frame', () => {
  test('text is a string', () => {
    expect(read('81 05 48656c6c6f')).toEqual(['Hello']);
    expect(read('81 06 c3a9f09f918b')).toEqual(['é👋']);
  });

  test('binary is bytes', () => {
    expect(read('82 03 0102ff')).toEqual([bytes('0102ff')]);
  });

  test('either may be empty', () => {
    expect(read('81 00  82 00')).toEqual(['', new Uint8Array(0)]);
  });

  test('either may come in pieces', () => {
    expect(read('81 05', '48', '656c', '6c6f')).toEqual(['Hello']);
    expect(read('82 03 01', '02', 'ff')).toEqual([bytes('0102ff')]);
  });

  test('U+FEFF at the beginning of a text stays', () => {
    expect(read('81 04 efbbbf61')).toEqual(['\uFEFFa']);
    expect(read('81 04 ef', 'bbbf61')).toEqual(['\uFEFFa']);
  });

  test('one follows the other, of whatever type', () => {
    expect(read('81 01 61  82 01 61  81 01 62', '81 02 63', '64', '82 01 65')).toEqual([
      'a',
      bytes('61'),
      'b',
      'cd',
      bytes('65'),
    ]);
  });
});

describe('messages in fragments', () => {
  test('are put together', () => {
    expect(read('01 03 48656c  80 02 6c6f')).toEqual(['Hello']);
    expect(read('02 01 01  00 01 02  80 01 03')).toEqual([bytes('010203')]);
  });

  test('may have empty fragments anywhere, or only those', () => {
    expect(read('01 00  00 01 61  00 00  80 00')).toEqual(['a']);
    expect(read('01 00  80 00')).toEqual(['']);
    expect(read('02 00  00 00  80 00')).toEqual([new Uint8Array(0)]);
  });

  test('may be cut within a character', () => {
    expect(read('01 01 f0  00 01 9f  00 01 91  80 01 8b')).toEqual(['👋']);
  });

  test('have the type of the first fragment', () => {
    expect(read('02 01 c3  80 01 28')).toEqual([bytes('c328')]);
  });

  test('leave nothing behind for the next message', () => {
    expect(read('01 01 61  80 01 62  01 01 63  80 01 64  82 01 65  81 01 66')).toEqual([
      'ab',
      'cd',
      bytes('65'),
      'f',
    ]);
  });
});

describe('the rules of fragmentation', () => {
  test('a continuation needs a message that was begun', () => {
    expect(() => read('80 00')).toThrow(violation('nothing-to-continue'));
    expect(() => read('01 00  80 00  80 00')).toThrow(violation('nothing-to-continue'));
    expect(() => read('81 01', '61', '00 00')).toThrow(violation('nothing-to-continue'));
  });

  test('a message must be finished before the next one', () => {
    expect(() => read('01 00  81 00')).toThrow(violation('message-not-finished'));
    expect(() => read('02 00  00 00  02 00')).toThrow(violation('message-not-finished'));
  });
});

describe('text', () => {
  test('that is not UTF-8 is refused where the message is whole', () => {
    expect(() => read('81 02 c328')).toThrow(violation('invalid-utf8'));
    expect(() => read('81 01 c3')).toThrow(violation('invalid-utf8'));
  });

  test('that is not UTF-8 is refused at the byte that shows it, while the frame is still arriving', () => {
    const reading = new Reading().take('81 7d 61');
    reading.take('e0');
    expect(() => reading.take('9f')).toThrow(violation('invalid-utf8'));
  });

  test('that is not UTF-8 is refused at the byte that shows it, while fragments are still to come', () => {
    const reading = new Reading().take('01 02 61c3');
    expect(() => reading.take('00 7d 28')).toThrow(violation('invalid-utf8'));
  });

  test('that ends within a character is refused at its end, wherever that was cut', () => {
    expect(() => read('81 02 61', 'c3')).toThrow(violation('invalid-utf8'));
    expect(() => read('01 02 61c3  80 00')).toThrow(violation('invalid-utf8'));
  });

  test('begins anew with each message', () => {
    const reading = new Reading().take('01 01 c3  80 01 a9');
    expect(() => reading.take('01 01 a9')).toThrow(violation('invalid-utf8'));
  });
});

describe('the limit of bytes', () => {
  test('lets a message of exactly that many pass, in any form', () => {
    const reading = new Reading(4).take('82 04 01020304', '82 04 01', '020304', '02 02 0102  80 02 0304');
    expect(reading.messages).toEqual(Array.from({ length: 3 }, () => bytes('01020304')));
  });

  test('refuses one more when the header claims it', () => {
    expect(() => new Reading(4).take('82 05')).toThrow(violation('message-too-big'));
    expect(() => new Reading(4).take('81 05')).toThrow(violation('message-too-big'));
  });

  test('counts all fragments of a message together', () => {
    const reading = new Reading(4).take('02 03 010203  00 01 04');
    expect(() => reading.take('80 01')).toThrow(violation('message-too-big'));
  });

  test('counts each message alone', () => {
    expect(new Reading(2).take('02 01 01  80 01 02  82 02 0304  82 02 0506').messages).toHaveLength(3);
  });

  test('of 0 lets empty messages pass', () => {
    expect(new Reading(0).take('81 00').messages).toEqual(['']);
    expect(() => new Reading(0).take('81 01')).toThrow(violation('message-too-big'));
  });

  test('is never above what a string can hold, for text', () => {
    const longestText = '1fffffe8';
    const unlimited = () => new Reading(Number.MAX_SAFE_INTEGER);
    expect(unlimited().take(`81 7f 00000000${longestText}`).messages).toEqual([]);
    expect(() => unlimited().take('81 7f 000000001fffffe9')).toThrow(violation('message-too-big'));
    expect(() => unlimited().take(`01 01 61  80 7f 00000000${longestText}`)).toThrow(
      violation('message-too-big'),
    );
    expect(unlimited().take('82 7f 000000001fffffe9').messages).toEqual([]);
  });
});

describe('the limit of fragments', () => {
  const empty = (count: number) => '00 00'.repeat(count);

  test('is 1,024 for small messages', () => {
    const reading = new Reading(1000).take(`01 00 ${empty(1022)} 80 00`);
    expect(reading.messages).toEqual(['']);
    expect(() => reading.take(`01 00 ${empty(1023)} 80 00`)).toThrow(violation('too-many-fragments'));
  });

  test('is one for every 16 bytes of the message limit where that is more', () => {
    const reading = new Reading(32_768).take(`02 00 ${empty(2046)} 80 00`);
    expect(reading.messages).toHaveLength(1);
    expect(() => reading.take(`02 00 ${empty(2048)}`)).toThrow(violation('too-many-fragments'));
  });
});

describe('byteLength', () => {
  test.each<[string, string[], number]>([
    ['text of one frame, as UTF-8', ['81 05 c3a9e7babf'], 5],
    ['bytes of one frame', ['82 02 0102'], 2],
    ['a frame in pieces', ['81 03 61', '6263'], 3],
    ['fragments', ['01 02 6162  00 00  80 01 63'], 3],
    ['nothing', ['82 00'], 0],
  ])('is that of the last message: %s', (_, chunks, byteLength) => {
    const reading = new Reading().take('82 07 01020304050607');
    expect(reading.byteLength).toBe(7);
    expect(reading.take(...chunks).byteLength).toBe(byteLength);
  });

  test('stays while the next message is under way', () => {
    expect(new Reading().take('82 03 010203', '02 02 0102', '00 01 03').byteLength).toBe(3);
  });
});

describe('who owns the bytes', () => {
  test.each<[string, string[]]>([
    ['of one frame', ['82 03 010203']],
    ['in two pieces', ['82 03 01', '0203']],
    ['in pieces and longer than its first allocation', ['82 05 01', '02', '03', '04', '05']],
    ['in fragments', ['02 01 01  80 02 0203']],
    ['in fragments and shorter than the room that was made', ['02 03 010203  00 01 04  80 00']],
    ['of 10,000 bytes in two pieces', [`82 7e 2710 ${'01'.repeat(9999)}`, '02']],
    ['without a byte', ['02 00  80 00']],
  ])('a binary message %s has memory of its own, no more than it needs', (_, wire) => {
    const chunks = wire.map((hex) => fromHex(hex));
    const [message] = new Reading(10_000).take(...chunks).messages as [Uint8Array];
    expect(Object.getPrototypeOf(message)).toBe(Uint8Array.prototype); // not a Buffer, in one case and not the other
    expect(chunks.some((chunk) => chunk.buffer === message.buffer)).toBe(false);
    expect(message.buffer.byteLength).toBe(message.length);
    const before = toHex(message);
    for (const chunk of chunks) chunk.fill(0xee);
    expect(toHex(message)).toBe(before);
  });

  test('two messages share no memory', () => {
    const [first, second] = read('02 01 01  80 01 02', '02 01 03  80 01 04') as [Uint8Array, Uint8Array];
    first.fill(0xee);
    expect(second).toEqual(bytes('0304'));
  });
});

describe('text that is kept as bytes', () => {
  const readBytes = (...chunks: string[]) => new Reading(1000, { keepsText: true }).take(...chunks).messages;

  test('comes as its bytes, with memory of their own', () => {
    const messages = [
      ...readBytes('81 02 c3a9  81 00'),
      ...readBytes('81 02', 'c3', 'a9'),
      ...readBytes('01 01 c3  80 01 a9'),
    ] as Uint8Array[];
    expect(messages).toEqual([bytes('c3a9'), new Uint8Array(0), bytes('c3a9'), bytes('c3a9')]);
    for (const { buffer, length } of messages) expect(buffer.byteLength).toBe(length);
  });

  test('is verified all the same', () => {
    for (const chunks of [['81 02 61ff'], ['81 02 c3', 'ff'], ['01 01 c3  80 00']])
      expect(() => readBytes(...chunks)).toThrow(violation('invalid-utf8'));
  });

  test('is a string for those who want one', () => {
    expect(decoded(bytes('c3a9'), true)).toBe('é');
    expect(decoded('é', true)).toBe('é');
    expect(decoded(bytes('c3a9'), false)).toEqual(bytes('c3a9'));
  });

  test('is told apart from binary, and kept only for the connection that asks for it', () => {
    const heard: unknown[] = [];
    const message = (...given: [Message, boolean]) => void heard.push(given);
    for (const keepsText of [true, false, undefined]) {
      const connection = new Connection({ role: 'client', maxMessageBytes: 1000 }, { message, keepsText });
      connection.receive(bytes('81 01 61  82 01 61'));
    }
    const [kept, binary] = [bytes('61'), [bytes('61'), false]];
    expect(heard).toEqual([[kept, true], binary, ['a', true], binary, ['a', true], binary]);
  });
});
