import { expect, test } from 'vitest';
import { Scratch } from '../../src/protocol/scratch.ts';

test('short calls get the same memory, a longer one its own', () => {
  const scratch = new Scratch();
  const bytes = scratch.bytes(10);
  expect(scratch.bytes(64 * 1024)).toBe(bytes);
  const long = scratch.bytes(64 * 1024 + 1);
  expect(long.length).toBe(64 * 1024 + 1);
  expect(scratch.bytes(1)).toBe(bytes);
});

test('the buffer is empty each time, and in other memory than the bytes', () => {
  const scratch = new Scratch();
  scratch.buffer().append(Uint8Array.of(1, 2), 0, 2);
  const buffer = scratch.buffer();
  expect(buffer.length).toBe(0);
  buffer.append(Uint8Array.of(3), 0, 1);
  scratch.bytes(10).fill(0xff);
  expect(buffer.bytes[0]).toBe(3);
});

test.each([
  [64 * 1024, true],
  [64 * 1024 + 1, false],
])('a buffer of %i bytes keeps its memory when it is released: %s', (byteLength, isKept) => {
  const scratch = new Scratch();
  scratch.buffer().append(new Uint8Array(byteLength), 0, byteLength);
  scratch.release();
  expect(scratch.buffer().bytes.length).toBe(isKept ? byteLength : 0);
});
