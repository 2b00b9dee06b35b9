import { describe, expect, test } from 'vitest';
import { MessageCompression } from '../../src/protocol/permessage-deflate/message-compression.ts';
import { PreparedBatch } from '../../src/protocol/prepared-batch.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { toHex } from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';

const direction = { contextTakeover: true, windowBits: 12 };
const compressionOptions = { outgoing: direction, incoming: direction, thresholdBytes: 4 };

function batchOf(...messages: (string | [text: string, compress: boolean])[]): PreparedBatch {
  const batch = new PreparedBatch();
  for (const message of messages) {
    const [text, compress] = typeof message === 'string' ? [message, true] : message;
    batch.add(new PreparedMessage(text), compress);
  }
  return batch;
}

describe('a batch of messages for many', () => {
  test('is their frames one behind another', () => {
    const batch = batchOf('a', 'é');
    expect(toHex(batch.frames(undefined).bytes)).toBe('81 01 61 81 02 c3 a9');
    expect([batch.length, batch.payloadBytes]).toEqual([2, 3]);
  });

  test('is put together once for all whose frames are the same', () => {
    const batch = batchOf('aaaa', 'bbbb');
    const windows = [9, 12, 12].map(
      (windowBits) =>
        new MessageCompression({ ...compressionOptions, outgoing: { ...direction, windowBits } }),
    );
    const [small, big, alsoBig] = windows.map((compression) => batch.frames(compression));
    expect(alsoBig).toBe(big);
    expect(small).not.toBe(big);
    expect(batch.frames(undefined)).toBe(batch.frames(undefined));
  });

  test('has compressed what is long enough and may be, and says whether anything is', () => {
    const compression = new MessageCompression(compressionOptions);
    const { bytes, areCompressed } = batchOf('abc', 'aaaaaaaa', ['bbbb', false]).frames(compression);
    expect(areCompressed).toBe(true);
    expect(toHex(bytes)).toMatch(/^81 03 61 62 63 c1 .* 81 04 62 62 62 62$/);
    expect(batchOf('abc').frames(compression).areCompressed).toBe(false);
  });
});

describe('a connection that is given a batch', () => {
  test('shares its bytes where nothing waits, and counts them as written', () => {
    const server = new Endpoint('server');
    const batch = batchOf('ab', 'c');
    expect(server.connection.sendBatch(batch, [], true)).toBe(batch.frames(undefined).bytes);
    expect(server.connection.hasOutput).toBe(false);
    expect(server.connection.traffic).toMatchObject({
      messagesSent: 2,
      payloadBytesSent: 3,
      wireBytesSent: 7,
    });
    expect([0, 7].map((byteCount) => server.connection.payloadBytesOf(byteCount))).toEqual([0, 3]);
  });

  test('queues a copy behind what waits, and where it may not share', () => {
    const server = new Endpoint('server');
    server.connection.send('x');
    expect(server.connection.sendBatch(batchOf('a'), [], true)).toBeUndefined();
    expect(server.connection.payloadBytesOf(server.connection.outputLength)).toBe(2);
    expect(server.output()).toBe('81 01 78 81 01 61');
    expect(server.connection.sendBatch(batchOf('a'), [], false)).toBeUndefined();
    expect(server.output()).toBe('81 01 61');
  });

  test('leaves out what is not for its peer, and counts the rest', () => {
    const texts = ['a', 'bb', 'ccc', 'dddd'];
    for (const skipped of [[], [0], [1], [3], [0, 1], [1, 3], [0, 1, 2]]) {
      const server = new Endpoint('server');
      const client = new Endpoint('client');
      server.connection.sendBatch(batchOf(...texts), skipped, false);
      const left = texts.filter((_, i) => !skipped.includes(i));
      const payloadBytesSent = left.join('').length;
      const wireBytesSent = payloadBytesSent + 2 * left.length;
      expect(server.connection.traffic).toMatchObject({
        messagesSent: left.length,
        payloadBytesSent,
        wireBytesSent,
      });
      client.receive(server.connection.takeOutput());
      expect(client.events).toEqual(left.map((text) => `text "${text}"`));
    }
  });

  test('is not given shared bytes where something is left out', () => {
    const server = new Endpoint('server');
    expect(server.connection.sendBatch(batchOf('a', 'b'), [0], true)).toBeUndefined();
    expect(server.output()).toBe('81 01 62');
  });

  test('refers to nothing before it in what is compressed next', () => {
    const texts = ['what was said before', 'what was said to all', 'what was said before, and to all'];
    const server = new Endpoint('server', { compression: compressionOptions });
    const client = new Endpoint('client', { compression: compressionOptions });
    server.connection.send(texts[0]!);
    client.receive(server.connection.takeOutput());
    client.receive(server.connection.sendBatch(batchOf(texts[1]!), [], true)!);
    server.connection.send(texts[2]!);
    client.receive(server.connection.takeOutput());
    expect(client.events).toEqual(texts.map((text) => `text "${text}"`));
  });

  test('sends nothing when it is not open', () => {
    const server = new Endpoint('server');
    server.connection.close();
    server.output();
    expect(server.connection.sendBatch(batchOf('a'), [], true)).toBeUndefined();
    expect(server.output()).toBe('');
  });
});
