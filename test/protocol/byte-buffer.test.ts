import { describe, expect, test } from 'vitest';
import { ByteBuffer } from '../../src/protocol/byte-buffer.ts';
import { fromHex, toHex } from '../support/vectors.ts';

/** A buffer, and the sizes of what it has allocated. */
function buffer(): { bytes: ByteBuffer; allocated: number[] } {
  const allocated: number[] = [];
  const bytes = new ByteBuffer((byteLength) => {
    allocated.push(byteLength);
    return new Uint8Array(byteLength);
  });
  return { bytes, allocated };
}

const append = (to: ByteBuffer, hex: string, expected?: number) => {
  const source = fromHex(hex);
  to.append(source, 0, source.length, expected);
};

describe('ByteBuffer', () => {
  test('hands over memory of exactly the length of what was written, where that is asked for', () => {
    const { bytes, allocated } = buffer();
    append(bytes, '01 02 03', 4);
    const copy = bytes.takeOwned();
    expect(toHex(copy)).toBe('01 02 03');
    expect(copy.buffer.byteLength).toBe(3);
    expect(allocated).toEqual([4, 3]);
    append(bytes, '04 05 06 07', 4);
    const same = bytes.takeOwned();
    expect(toHex(same)).toBe('04 05 06 07');
    expect(allocated).toEqual([4, 3, 4]); // no copy
    expect(bytes.takeOwned()).toEqual(new Uint8Array(0));
    expect(bytes.length).toBe(0);
  });

  test('holds nothing and has allocated nothing before it is written to', () => {
    const { bytes, allocated } = buffer();
    expect(bytes.length).toBe(0);
    expect(bytes.take()).toEqual(new Uint8Array(0));
    expect(allocated).toEqual([]);
  });

  test('appends a part of its source behind what it holds', () => {
    const { bytes } = buffer();
    bytes.append(fromHex('00 01 02 03'), 1, 3);
    bytes.append(fromHex('00 01 02 03'), 3, 4);
    expect(toHex(bytes.take())).toBe('01 02 03');
  });

  test('copies: the source may change afterwards', () => {
    const { bytes } = buffer();
    const source = fromHex('01 02');
    bytes.append(source, 0, 2);
    source.fill(0xff);
    expect(toHex(bytes.take())).toBe('01 02');
  });

  test('shows what is written before it is taken', () => {
    const { bytes } = buffer();
    append(bytes, '0a 0b 0c');
    expect(toHex(bytes.bytes.subarray(0, bytes.length))).toBe('0a 0b 0c');
  });

  test('counts what was reserved only when it is advanced over', () => {
    const { bytes } = buffer();
    append(bytes, '01');
    const room = bytes.reserve(4);
    expect(room.length).toBeGreaterThanOrEqual(5);
    room.set(fromHex('02 03'), bytes.length);
    expect(bytes.length).toBe(1);
    bytes.advance(2);
    expect(toHex(bytes.take())).toBe('01 02 03');
  });

  test('gives away what it held and starts anew: what comes next does not touch what was taken', () => {
    const { bytes } = buffer();
    append(bytes, '01 02');
    const taken = bytes.take();
    append(bytes, 'ff ff');
    expect(toHex(taken)).toBe('01 02');
    expect(toHex(bytes.take())).toBe('ff ff');
    expect(bytes.length).toBe(0);
  });

  test('starts anew in the same memory when it is cleared', () => {
    const { bytes, allocated } = buffer();
    append(bytes, '01 02');
    bytes.clear();
    expect(bytes.length).toBe(0);
    append(bytes, '03');
    expect(toHex(bytes.take())).toBe('03');
    expect(allocated).toEqual([2]);
  });

  test('allocates no more than it needs at first', () => {
    const { bytes, allocated } = buffer();
    append(bytes, '01 02 03');
    expect(allocated).toEqual([3]);
  });

  test('doubles when it is full, so that many small pieces are copied about once each', () => {
    const { bytes, allocated } = buffer();
    for (let i = 0; i < 100_000; i++) append(bytes, '2a');
    expect(bytes.length).toBe(100_000);
    expect(allocated).toEqual(Array.from({ length: 18 }, (_, i) => 2 ** i));
  });

  test('goes to what is expected at once when that is near', () => {
    const { bytes, allocated } = buffer();
    append(bytes, '01 02 03 04', 8);
    append(bytes, '05 06 07 08', 8);
    expect(allocated).toEqual([8]);
  });

  test('believes no claim that is far from what has come', () => {
    const { bytes, allocated } = buffer();
    append(bytes, '01 02 03 04', 100_000_000);
    expect(allocated).toEqual([4]);
  });

  test('never takes more than eight times what has come, whatever is expected', () => {
    const { bytes, allocated } = buffer();
    append(bytes, '01 02 03 04', 33);
    append(bytes, '05', 41);
    append(bytes, '06 07 08 09', 72);
    expect(allocated).toEqual([4, 8, 72]);
  });

  test('takes no notice of an expectation that is less than what has come', () => {
    const { bytes, allocated } = buffer();
    append(bytes, '01 02 03 04', 2);
    expect(allocated).toEqual([4]);
  });

  test('hands over its memory itself when it is full, and a view of it when it is not', () => {
    const { bytes } = buffer();
    append(bytes, '01 02');
    expect(bytes.take().buffer.byteLength).toBe(2);
    append(bytes, '01 02');
    append(bytes, '03');
    const taken = bytes.take();
    expect(taken.length).toBe(3);
    expect(taken.buffer.byteLength).toBe(4);
  });
});
