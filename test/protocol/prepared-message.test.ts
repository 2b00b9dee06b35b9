import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { toHex } from '../support/vectors.ts';

describe('a prepared message', () => {
  test('is a text frame or a binary one, not masked', () => {
    expect(toHex(new PreparedMessage('é').plainFrame.bytes)).toBe('81 02 c3 a9');
    expect(toHex(new PreparedMessage(Uint8Array.of(1, 2)).plainFrame.bytes)).toBe('82 02 01 02');
  });

  test('knows how many bytes it has, and where they begin in its frame', () => {
    const message = new PreparedMessage('é'.repeat(100));
    expect(message.byteLength).toBe(200);
    expect(message.plainFrame.payloadAt).toBe(4);
  });

  test('is encoded once', () => {
    const message = new PreparedMessage('x');
    expect(message.plainFrame).toBe(message.plainFrame);
  });

  test('is compressed once for each window, with RSV1, and refers to nothing before it', () => {
    const text = 'round and round and round '.repeat(400);
    const message = new PreparedMessage(text);
    const frames = [9, 15].map((windowBits) => message.compressedFrame(windowBits));
    expect(message.compressedFrame(9)).toBe(frames[0]);
    expect(message.compressedFrame(15)).toBe(frames[1]);
    for (const { bytes, payloadAt } of frames) {
      expect(bytes[0]).toBe(0xc1);
      const whole = Buffer.concat([bytes.subarray(payloadAt), Uint8Array.of(0, 0, 0xff, 0xff, 3, 0)]);
      expect(inflateRawSync(whole).toString()).toBe(text);
    }
  });
});
