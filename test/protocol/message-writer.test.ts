import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import { MessageWriter } from '../../src/protocol/message-writer.ts';
import { MessageCompression } from '../../src/protocol/permessage-deflate/message-compression.ts';
import { PreparedBatch } from '../../src/protocol/prepared-batch.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import type { TracedFrame } from '../../src/protocol/traced-frame.ts';
import { fromHex, toHex } from '../support/vectors.ts';

const KEY = 0x37fa213d;
const direction = { windowBits: 15, contextTakeover: true };

function compression(thresholdBytes: number): MessageCompression {
  return new MessageCompression({ outgoing: direction, incoming: direction, thresholdBytes });
}

/** A server's writer, or with a masking key a client's. */
function writer({
  maskingKey,
  compress,
  trace,
}: {
  maskingKey?: number;
  compress?: MessageCompression;
  trace?: (frame: TracedFrame) => void;
} = {}): MessageWriter {
  const key = maskingKey === undefined ? undefined : () => maskingKey;
  return new MessageWriter(key, compress, { frame: trace });
}

const output = (from: MessageWriter) => toHex(from.output.take());

describe('frames', () => {
  test('of a server are not masked, of a client they are', () => {
    const [server, client] = [writer(), writer({ maskingKey: KEY })];
    for (const one of [server, client]) one.writeText('Hello', {});
    expect(output(server)).toBe('81 05 48 65 6c 6c 6f');
    expect(output(client)).toBe('81 85 37 fa 21 3d 7f 9f 4d 51 58');
  });

  test('lie one behind the other until they are taken', () => {
    const one = writer();
    one.writeText('a', {});
    one.writeBytes(Uint8Array.of(1), {});
    one.writeFrame(9, Uint8Array.of(2));
    expect(output(one)).toBe('81 01 61 82 01 01 89 01 02');
  });
});

describe('fragments', () => {
  test('begin with the opcode, continue without it, and end with FIN (§5.4)', () => {
    const one = writer();
    one.writeFragment('é', false);
    one.writeFrame(9, Uint8Array.of(2));
    one.writeFragment('', false);
    one.writeFragment('b', true);
    one.writeBytes(Uint8Array.of(3), {});
    expect(output(one)).toBe('01 02 c3 a9 89 01 02 00 00 80 01 62 82 01 03');
    expect([one.messages, one.payloadBytes]).toEqual([2, 4]);
  });

  test('a message of one fragment is a frame like any other', () => {
    const one = writer({ maskingKey: KEY });
    one.writeFragment(fromHex('00 00'), true);
    expect(output(one)).toBe('82 82 37 fa 21 3d 37 fa');
  });

  test('are traced', () => {
    const frames: TracedFrame[] = [];
    const one = writer({ trace: (frame) => frames.push(frame) });
    one.writeFragment('a', false);
    one.writeFragment('b', true);
    expect(frames.map(({ fin, opcode }) => [fin, opcode])).toEqual([
      [false, 1],
      [true, 0],
    ]);
  });

  test('of one message have one type, and nothing else is a message before the last one', () => {
    const one = writer();
    one.writeFragment('a', false);
    const prepared = new PreparedMessage('x');
    for (const write of [
      () => one.writeFragment(fromHex('01'), false),
      () => one.writeText('x', {}),
      () => one.writeBytes(fromHex('01'), {}),
      () => one.writePrepared(prepared, true),
      () => one.writeBatch(new PreparedBatch(), [], false),
    ]) {
      expect(write).toThrow(UsageError);
    }
    one.writeFragment('b', true);
    expect(output(one)).toBe('01 01 61 80 01 62');
  });
});

describe('text', () => {
  test.each([
    ['nothing', '', '81 00'],
    ['two bytes a character', 'é', '81 02 c3 a9'],
    ['a lone surrogate', 'a\ud800', '81 04 61 ef bf bd'],
  ])('of %s', (_, text, wire) => {
    const one = writer();
    one.writeText(text, {});
    expect(output(one)).toBe(wire);
  });

  test.each([
    ['125 characters that are 126 bytes', `${'a'.repeat(124)}é`, '81 7e 00 7e'],
    ['126 characters that are 126 bytes', 'a'.repeat(126), '81 7e 00 7e'],
    ['65,535 characters that are 65,536 bytes', `${'a'.repeat(65_534)}é`, '81 7f 00 00 00 00 00 01 00 00'],
  ])('gets the header that its bytes need: %s', (_, text, header) => {
    const one = writer();
    one.writeText(text, {});
    const wire = one.output.take();
    expect(toHex(wire.subarray(0, header.split(' ').length))).toBe(header);
    expect(Buffer.from(wire.subarray(header.split(' ').length)).toString()).toBe(text);
  });
});

describe('compression', () => {
  test('compresses text and bytes, with RSV1, as in the example of RFC 7692 §7.2.3.1', () => {
    const one = writer({ compress: compression(0) });
    one.writeText('Hello', {});
    expect(output(one)).toBe('c1 07 f2 48 cd c9 c9 07 00');
    one.writeBytes(Buffer.from('Hello'), {});
    expect(output(one)).toBe('c2 04 02 13 00 00'); // what was said before: one match, five bytes back
  });

  test('leaves alone what is short, or is not to be compressed', () => {
    const one = writer({ compress: compression(6) });
    one.writeText('Hello', {});
    one.writeText('Hello!', { compress: false });
    one.writeBytes(Uint8Array.of(1), {});
    one.writeBytes(new Uint8Array(6), { compress: false });
    expect(output(one)).toBe('81 05 48 65 6c 6c 6f 81 06 48 65 6c 6c 6f 21 82 01 01 82 06 00 00 00 00 00 00');
  });

  test('takes texts of any size', () => {
    const one = writer({ compress: compression(0) });
    for (const length of [20_000, 30_000, 10]) {
      one.writeText('é'.repeat(length), {});
      expect(one.output.take().length).toBeLessThan(300);
    }
    expect(one.payloadBytes).toBe(2 * 50_010);
  });
});

describe('a message for many', () => {
  test('goes out as it was made', () => {
    const one = writer();
    one.writePrepared(new PreparedMessage('Hello'), true);
    expect(output(one)).toBe('81 05 48 65 6c 6c 6f');
  });

  test('goes out compressed where that was agreed on, it is worth it and wished', () => {
    const one = writer({ compress: compression(5) });
    one.writePrepared(new PreparedMessage('Hello'), true);
    one.writePrepared(new PreparedMessage('Hello'), false);
    one.writePrepared(new PreparedMessage('Hell'), true);
    expect(output(one)).toBe('c1 07 f2 48 cd c9 c9 07 00 81 05 48 65 6c 6c 6f 81 04 48 65 6c 6c');
  });

  test('what comes after it does not refer to what was before it', () => {
    const one = writer({ compress: compression(0) });
    one.writeText('Hello', {});
    one.writePrepared(new PreparedMessage('something else'), true);
    one.output.take();
    one.writeText('Hello', {});
    expect(output(one)).toBe('c1 07 f2 48 cd c9 c9 07 00');
  });
});

test('messages and bytes are counted, before compression and on the wire', () => {
  const one = writer({ compress: compression(5) });
  one.writeText('Hello', {});
  one.writeBytes(Uint8Array.of(1, 2), {});
  one.writePrepared(new PreparedMessage('é'), true);
  one.writeFrame(9, Uint8Array.of(1));
  expect(one.messages).toBe(3);
  expect(one.payloadBytes).toBe(5 + 2 + 2);
  expect(one.wireBytes).toBe(9 + 4 + 4 + 3);
  expect(one.output.length).toBe(one.wireBytes);
});

test('a trace sees what is written, unmasked, and may write', () => {
  const seen: TracedFrame[] = [];
  const client = writer({ maskingKey: KEY, trace: (frame) => seen.push(frame) });
  client.writeText('Hello', {});
  expect(output(client)).toBe('81 85 37 fa 21 3d 7f 9f 4d 51 58');
  const server: MessageWriter = writer({
    compress: compression(0),
    trace: (frame) => {
      seen.push(frame);
      if (seen.length < 3) server.writeFrame(9, Uint8Array.of(1));
    },
  });
  server.writePrepared(new PreparedMessage('Hello'), true);
  expect(output(server)).toBe('c1 07 f2 48 cd c9 c9 07 00 89 01 01');
  const sent = { direction: 'sent', fin: true } as const;
  expect(seen.map((frame) => ({ ...frame, payload: toHex(frame.payload!) }))).toEqual([
    { ...sent, rsv1: false, opcode: 1, payloadLength: 5, payload: '48 65 6c 6c 6f' },
    { ...sent, rsv1: true, opcode: 1, payloadLength: 7, payload: toHex(fromHex('f2 48 cd c9 c9 07 00')) },
    { ...sent, rsv1: false, opcode: 9, payloadLength: 1, payload: '01' },
  ]);
});

describe('a long message', () => {
  const bytes = Uint8Array.from({ length: 800_000 }, (_, i) => i * 7);
  /** 262,144 bytes at most go out at once, which here would cut a character, and a surrogate pair, whatever the header. */
  const texts = ['x', 'xy', 'xyz', 'é'].map((first) => first + '😀'.repeat(160_000));
  /** The first part has room for 87,378 code units of three bytes. */
  const lone = (before: number) => `${'a'.repeat(before)}\ud800${'b'.repeat(240_000)}é`;
  const messages: [string, string | Uint8Array][] = [
    ['bytes', bytes],
    ['ASCII', 'abcdefg'.repeat(120_000)],
    ['text with a lone surrogate before the end of a part', lone(87_376)],
    ['text with a lone surrogate at the end of a part', lone(87_377)],
    ['text with a lone surrogate behind the end of a part', lone(87_378)],
    ...texts.map((text): [string, string] => [`text that begins with ${text.slice(0, 4)}`, text]),
  ];

  /** All that a server writes, and the most that was in its output at once, if the transport takes so many parts. */
  function written(message: string | Uint8Array, takes: number) {
    const taken: Uint8Array[] = [];
    let most = 0;
    const takeAtOnce = () => {
      most = Math.max(most, one.output.length);
      if (taken.length >= takes) return false;
      taken.push(new Uint8Array(one.take()));
      return true;
    };
    const one = new MessageWriter(undefined, undefined, {
      sink: { takeAtOnce, takeFrame() {} },
    });
    one.writeText('before', { compress: false });
    if (typeof message === 'string') one.writeText(message, { compress: false });
    else one.writeBytes(message, { compress: false });
    const isCounted = one.messages === 2 && one.payloadBytesOf(one.outputLength) <= one.outputLength;
    taken.push(one.take());
    return {
      wire: Buffer.concat(taken),
      most,
      payloadBytes: one.payloadBytes,
      wireBytes: one.wireBytes,
      isCounted,
    };
  }

  test.each(messages)('is the same frame in parts as at once: %s', (_, message) => {
    const whole = written(message, 0);
    for (const takes of [1, 2, 3, Number.POSITIVE_INFINITY]) {
      const { wire, payloadBytes, wireBytes, isCounted } = written(message, takes);
      expect(wire.equals(whole.wire)).toBe(true);
      expect({ payloadBytes, wireBytes }).toEqual({
        payloadBytes: whole.payloadBytes,
        wireBytes: whole.wireBytes,
      });
      expect(isCounted).toBe(true);
    }
  });

  test('is written all the same where somebody says that it was taken, and it was not', () => {
    const sink = { takeAtOnce: () => true, takeFrame() {} };
    const one = new MessageWriter(undefined, undefined, { sink });
    one.writeBytes(bytes, { compress: false });
    expect(one.take().length).toBe(10 + bytes.length);
  });

  test('of a client waits as a whole, masked', () => {
    let asked = 0;
    const take = () => {
      asked++;
      return true;
    };
    const one = new MessageWriter(() => KEY, undefined, {
      sink: { takeAtOnce: take, takeFrame: take },
    });
    one.writeBytes(bytes, { compress: false, copy: false });
    one.writeText('a'.repeat(400_000), { compress: false });
    expect(asked).toBe(0);
    expect(one.outputLength).toBe(14 + bytes.length + 14 + 400_000);
  });

  test('is what it was before, when it is put together again', () => {
    for (const [, message] of messages) {
      const { wire } = written(message, Number.POSITIVE_INFINITY);
      const payload = wire.subarray(8 + 10); // a frame with "before", and a header with 64 bits of length
      expect(payload.equals(Buffer.from(message as string))).toBe(true);
    }
  });

  test('needs the memory of one part while the transport takes all', () => {
    expect(written(bytes, Number.POSITIVE_INFINITY).most).toBe(256 * 1024);
  });

  test('is given away itself, behind its header, where it is not to be copied', () => {
    const taken: Uint8Array[] = [];
    const takeAtOnce = () => taken.push(new Uint8Array(one.take())) > 0;
    const takeFrame = (header: Uint8Array, payload: Uint8Array) => {
      taken.push(header, payload);
      one.writeText('answer', {}); // a transport of this process may bring what is answered at once
    };
    const sink = { takeAtOnce, takeFrame };
    const one = new MessageWriter(undefined, undefined, { sink });
    one.writeText('before', {});
    one.writeBytes(bytes, { copy: false, text: true });
    expect(taken.map((part) => part.length)).toEqual([8, 10, bytes.length]);
    expect(taken[1]![0]).toBe(0x81);
    expect(taken[2]!.buffer).toBe(bytes.buffer);
    expect(one.outputLength).toBe(8);
    expect([one.messages, one.payloadBytes]).toEqual([3, 12 + bytes.length]);
    expect(one.wireBytes).toBe(26 + bytes.length);
    // Of the output, and of what was taken last.
    expect(one.payloadBytesOf(8 + 10 + bytes.length)).toBe(6 + bytes.length);
    one.writeBytes(bytes.subarray(0, 65_536), { copy: false }); // too short to be worth it
    expect(one.outputLength).toBe(8 + 65_546);
  });

  test('is copied where it cannot be given away', () => {
    for (const sink of [undefined, { takeAtOnce: () => false, takeFrame() {} }]) {
      const one = new MessageWriter(undefined, undefined, { sink });
      one.writeBytes(bytes, { copy: false });
      expect(one.take().buffer).not.toBe(bytes.buffer);
    }
  });

  test('is written at once where frames are traced', () => {
    const frames: TracedFrame[] = [];
    const one = writer({ trace: (frame) => frames.push(frame) });
    one.writeBytes(bytes, { compress: false });
    one.writeText('a'.repeat(400_000), { compress: false });
    expect(frames.map(({ payload }) => payload?.length)).toEqual([800_000, 400_000]);
  });
});
