import { describe, expect, test } from 'vitest';
import { acceptKey, isHandshakeKey, randomHandshakeKey } from '../../../src/protocol/handshake/accept-key.ts';

describe('Sec-WebSocket-Accept', () => {
  test('answers the key of the example in §1.3', () => {
    expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  test('is another for every other key', () => {
    expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ=A')).not.toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });
});

describe('Sec-WebSocket-Key', () => {
  test.each([
    ['the example of §1.3', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['16 zero bytes', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ['bytes that take the two letters that are none', '++++////++++////++++/w=='],
  ])('has the form of 16 bytes in base64: %s', (_, key) => {
    expect(isHandshakeKey(key)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['15 bytes', 'AAAAAAAAAAAAAAAAAAAA'],
    ['17 bytes', 'AAAAAAAAAAAAAAAAAAAAAAA='],
    ['no padding', 'dGhlIHNhbXBsZSBub25jZQ'],
    ['the other base64', 'dGhlIHNhbXBsZSBub25j_-=='],
    ['white space before', ' dGhlIHNhbXBsZSBub25jZQ=='],
    ['a line feed behind', 'dGhlIHNhbXBsZSBub25jZQ==\n'],
    ['two of them', 'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=='],
  ])('has no other form: %s', (_, key) => {
    expect(isHandshakeKey(key)).toBe(false);
  });

  test('is 16 fresh random bytes', () => {
    const keys = Array.from({ length: 1000 }, randomHandshakeKey);
    expect(keys.every(isHandshakeKey)).toBe(true);
    expect(keys.every((key) => Buffer.from(key, 'base64').length === 16)).toBe(true);
    expect(new Set(keys).size).toBe(1000);
  });
});
