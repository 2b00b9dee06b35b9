/** A message in parts: what its parts are, when they come, where they stop, and its limits. */
import { describe, expect, test } from 'vitest';
import type { ConnectionOptions } from '../../src/protocol/connection-options.ts';
import { UsageError } from '../../src/protocol/errors.ts';
import { OPCODE, serializeFrame } from '../../src/protocol/frame.ts';
import type { Message } from '../../src/protocol/message.ts';
import { Deflater } from '../../src/protocol/permessage-deflate/deflate.ts';
import { fromHex, toHex } from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';
import { newBuffer } from './permessage-deflate/codec.ts';

/** An endpoint whose next message is read in parts. */
class PartsEndpoint extends Endpoint {
  readonly parts: Message[] = [];
  constructor(options: Partial<ConnectionOptions> = {}, maxBytes?: number) {
    super('client', options);
    this.connection.readInParts(maxBytes);
  }
  part(data: Message, isLast: boolean): void {
    this.parts.push(data);
    const shown = typeof data === 'string' ? JSON.stringify(data) : `[${toHex(data.subarray(0, 20))}]`;
    this.events.push(isLast ? `${shown} last` : shown);
    this.onEvent(shown);
  }
}

const CODEC = { windowBits: 8, contextTakeover: false };

/** The payload of a compressed message. */
function deflated(message: Uint8Array, codec = CODEC, deflater = new Deflater(codec)): Uint8Array {
  const payload = newBuffer();
  deflater.deflate(message, 0, message.length, payload);
  return payload.take();
}

/** A frame with RSV1 (RFC 7692 §6). */
function compressedFrame(fin: boolean, opcode: number, payload: Uint8Array): Uint8Array {
  const frame = serializeFrame(fin, opcode, payload);
  frame[0]! |= 0x40;
  return frame;
}

function compressing(codec = CODEC): Partial<ConnectionOptions> {
  return { compression: { outgoing: codec, incoming: codec, thresholdBytes: 0 } };
}

describe('the parts', () => {
  test('come as the bytes do, the first with the header', () => {
    const { events } = new PartsEndpoint().receive('02 03', '', '61', '62 63', '00 00', '80 01', '64');
    expect(events).toEqual(['[]', '[61]', '[62 63]', '[]', '[]', '[64] last']);
  });

  test('of a message that comes at once are one', () => {
    expect(new PartsEndpoint().receive('81 02 61 62').events).toEqual(['"ab" last']);
    expect(new PartsEndpoint().receive('82 00').events).toEqual(['[] last']);
  });

  test('hold whole characters, however they are cut', () => {
    const { events } = new PartsEndpoint().receive('01 02 f0 9f', '00 01 98', '80 04 80 61', 'c3 a9');
    expect(events).toEqual(['""', '""', '"😀a"', '"é" last']);
  });

  test('of bytes have memory of their own', () => {
    const { parts } = new PartsEndpoint().receive('02 03 61 62', '63');
    for (const part of parts as Uint8Array[]) expect(part.buffer.byteLength).toBe(part.length);
  });

  test('have at most 64 KiB, however much comes at once', () => {
    const { parts } = new PartsEndpoint().receive(
      serializeFrame(true, OPCODE.binary, new Uint8Array(200_000)),
    );
    expect(parts.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 3_392]);
  });

  test('are of one message: the next is whole again', () => {
    const endpoint = new PartsEndpoint().receive('81 01 61', '81 01 62');
    endpoint.connection.readInParts();
    endpoint.receive('81 01 63');
    expect(endpoint.events).toEqual(['"a" last', 'text "b"', '"c" last']);
    expect(endpoint.connection.traffic).toMatchObject({ messagesReceived: 3, payloadBytesReceived: 3 });
  });

  test('are not of a message that has begun before: that is the next one, and comes as a whole', () => {
    const endpoint = new Endpoint('client').receive('01 01 61');
    endpoint.connection.readInParts();
    expect(endpoint.receive('80 01 62', '81 01 63').events).toEqual(['text "ab"', 'text "c"']);
  });

  test('are counted as they come, and the message is under way until the last', () => {
    const { connection } = new PartsEndpoint();
    expect(connection.isMidMessage).toBe(false);
    connection.receive(fromHex('01 02 61'));
    expect(connection.isMidMessage).toBe(true);
    expect(connection.traffic).toMatchObject({ messagesReceived: 0, payloadBytesReceived: 1 });
    connection.receive(fromHex('62 80 00'));
    expect(connection.isMidMessage).toBe(false);
    expect(connection.traffic).toMatchObject({ messagesReceived: 1, payloadBytesReceived: 2 });
  });
});

describe('pausing', () => {
  test('stops between two parts of one frame, and control frames between fragments are read', () => {
    const endpoint = new PartsEndpoint();
    const { connection, events } = endpoint;
    endpoint.onEvent = () => {
      connection.paused = true;
    };
    const bytes = Buffer.concat([
      serializeFrame(false, OPCODE.binary, new Uint8Array(70_000)),
      fromHex('89 00 80 01 61'),
    ]);
    let offset = connection.receive(bytes);
    expect(offset).toBe(10 + 65_536);
    expect(connection.receive(bytes, offset)).toBe(offset);
    connection.paused = false;
    offset = connection.receive(bytes, offset);
    expect(events.slice(1)).toEqual([expect.any(String), 'ping']);
    connection.paused = false;
    expect(connection.receive(bytes, offset)).toBe(bytes.length);
    expect(events.at(-1)).toBe('[61] last');
  });

  test('stops between two steps of a long inflation', () => {
    const endpoint = new PartsEndpoint(compressing(), 1_000_000);
    const { connection, parts } = endpoint;
    endpoint.onEvent = () => {
      connection.paused = true;
    };
    const bytes = compressedFrame(true, OPCODE.binary, deflated(new Uint8Array(500_000)));
    for (let offset = 0; offset < bytes.length; ) {
      const before = parts.length;
      connection.paused = false;
      offset = connection.receive(bytes, offset);
      expect(parts.length).toBe(before + 1);
    }
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(96 * 1024);
    expect(Buffer.concat(parts as Uint8Array[]).equals(Buffer.alloc(500_000))).toBe(true);
  });

  test('workAllowed counts parts', () => {
    const endpoint = new PartsEndpoint();
    endpoint.connection.workAllowed = 1;
    const frame = serializeFrame(true, OPCODE.binary, new Uint8Array(100_000));
    expect(endpoint.connection.receive(frame)).toBe(10 + 65_536);
    expect(endpoint.connection.workAllowed).toBe(1 - 1024 - 2 * 65_536);
  });
});

describe('compressed', () => {
  test('parts may refer to those before, and the next message to all of them, with context takeover', () => {
    const codec = { windowBits: 15, contextTakeover: true };
    const message = Buffer.from('one part and another '.repeat(10_000));
    const deflater = new Deflater(codec);
    const [first, second] = [deflated(message, codec, deflater), deflated(message, codec, deflater)];
    const endpoint = new PartsEndpoint({ ...compressing(codec), maxMessageBytes: message.length });
    for (const byte of compressedFrame(true, OPCODE.text, first)) endpoint.receive(Uint8Array.of(byte));
    expect(endpoint.parts.join('')).toBe(message.toString());
    endpoint.receive(compressedFrame(true, OPCODE.text, second));
    expect(endpoint.events.at(-1)).toBe(`text ${JSON.stringify(message.toString())}`);
  });

  test('without it, the next message may refer to none', () => {
    const endpoint = new PartsEndpoint(compressing(CODEC));
    // RFC 7692 §7.2.3.2: the second Hello refers to the first.
    endpoint.receive('41 07 f2 48 cd c9 c9 07 00', '80 00').receive('c1 05 f2 00 11 00 00');
    expect(endpoint.parts.join('')).toBe('Hello');
    expect(endpoint.violation).toBe('invalid-compressed-data');
  });
});

describe('a broken rule', () => {
  test.each([
    ['invalid text', '01 01 ff', [], 'invalid-utf8'],
    ['a text that ends in a character', '81 02 61 c3', [], 'invalid-utf8'],
    ['a message that is not finished', '01 01 61 81 00', ['"a"'], 'message-not-finished'],
    ['nothing to continue', '80 00', [], 'nothing-to-continue'],
  ])('%s fails the connection, with the parts before it', (_, hex, events, violation) => {
    const endpoint = new PartsEndpoint().receive(hex);
    expect(endpoint.events).toEqual(events);
    expect(endpoint.violation).toBe(violation);
  });

  test('of compressed data is told rather than that the text is cut off there', () => {
    // é cut in the middle, then a block of the reserved type.
    const endpoint = new PartsEndpoint(compressing());
    endpoint.receive(compressedFrame(true, OPCODE.text, fromHex('00 01 00 fe ff c3 06')));
    expect(endpoint.violation).toBe('invalid-compressed-data');
  });

  test('after our own Close frame fails it too, and parts are no longer delivered', () => {
    const endpoint = new PartsEndpoint().receive('01 01 61');
    endpoint.connection.close();
    endpoint.receive('00 01 62', '80 01 ff');
    expect(endpoint.events).toEqual(['"a"']);
    expect(endpoint.violation).toBe('invalid-utf8');
  });
});

describe('the limit', () => {
  test.each([undefined, 4])('is that of every message, or the given one: %s', (maxBytes) => {
    const endpoint = new PartsEndpoint({ maxMessageBytes: maxBytes ?? 5 }, maxBytes);
    endpoint.receive(`02 0${maxBytes ?? 5} 61`);
    expect(endpoint.violation).toBeUndefined();
    expect(new PartsEndpoint({ maxMessageBytes: 5 }, maxBytes).receive('02 06').violation).toBe(
      'message-too-big',
    );
  });

  test('is for the sum of all fragments, and may be Infinity', () => {
    expect(new PartsEndpoint({}, 2).receive('02 02 61 61 80 01').violation).toBe('message-too-big');
    const endpoint = new PartsEndpoint({ maxMessageBytes: 1 }, Number.POSITIVE_INFINITY);
    endpoint.receive('02 7f 00 1f ff ff ff ff ff ff 61');
    expect(endpoint.events).toEqual(['[61]']);
    endpoint.receive(new Uint8Array(100));
    expect(endpoint.violation).toBeUndefined();
    // Beyond 2^53 no length is exact.
    const beyond = new PartsEndpoint({}, Number.POSITIVE_INFINITY).receive('02 7f 00 20 00 00 00 00 00 00');
    expect(beyond.violation).toBe('message-too-big');
  });

  test('is for what a compressed message inflates to, over all parts', () => {
    const payload = deflated(new Uint8Array(100_000));
    const frame = compressedFrame(true, OPCODE.binary, payload);
    const exact = new PartsEndpoint(compressing(), 100_000).receive(frame);
    expect([exact.violation, exact.connection.payloadBytesReceived]).toEqual([undefined, 100_000]);
    expect(new PartsEndpoint(compressing(), 99_999).receive(frame).violation).toBe('message-too-big');
  });

  test('of the next message is the usual one', () => {
    const endpoint = new PartsEndpoint({ maxMessageBytes: 1 }, 10).receive('82 02 61 62', '82 02');
    expect(endpoint.events).toEqual(['[61 62] last']);
    expect(endpoint.violation).toBe('message-too-big');
  });

  test.each([-1, Number.NaN, '1'])('is a number: not %s', (limit) => {
    expect(() => new PartsEndpoint({}, limit as number)).toThrow(UsageError);
  });
});
