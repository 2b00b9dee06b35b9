import { describe, expect, test } from 'vitest';
import { OutputBuffer } from '../../src/protocol/output-buffer.ts';
import { outputMemory } from '../../src/protocol/output-memory.ts';
import { fromHex, toHex } from '../support/vectors.ts';

function write(to: OutputBuffer, bytes: Uint8Array, room = bytes.length): void {
  to.reserve(room).set(bytes, to.end);
  to.advance(bytes.length);
}

const filled = (byteLength: number, value: number) => new Uint8Array(byteLength).fill(value);

describe('OutputBuffer', () => {
  test('is empty before it is written to, and when all was taken', () => {
    const output = new OutputBuffer();
    expect(output.length).toBe(0);
    expect(output.take().length).toBe(0);
    write(output, fromHex('01 02'));
    expect(output.length).toBe(2);
    output.take();
    expect(output.length).toBe(0);
    expect(output.take().length).toBe(0);
  });

  test('gives away what was written, in its order', () => {
    const output = new OutputBuffer();
    write(output, fromHex('01 02'));
    write(output, fromHex('03'));
    expect(toHex(output.take())).toBe('01 02 03');
  });

  test('counts what was reserved only when it is advanced over', () => {
    const output = new OutputBuffer();
    write(output, fromHex('01'), 100);
    expect(output.length).toBe(1);
    expect(output.reserve(100).length).toBeGreaterThanOrEqual(output.end + 100);
    expect(toHex(output.take())).toBe('01');
  });

  test('what comes next does not touch what was taken', () => {
    const output = new OutputBuffer();
    write(output, fromHex('01 02'));
    const taken = output.take();
    write(output, fromHex('ff ff'));
    expect(toHex(taken)).toBe('01 02');
  });

  test('small outputs lie in one block, one right behind the other: room that was not needed is used again', () => {
    const first = new OutputBuffer();
    const second = new OutputBuffer();
    write(first, filled(4096, 1)); // may begin a new block; the two after it then fit
    first.take();
    write(first, filled(3, 1), 200);
    const one = first.take();
    write(second, filled(3, 2), 200);
    const two = second.take();
    expect(two.buffer).toBe(one.buffer);
    expect(two.byteOffset).toBe(one.byteOffset + 3);
  });

  test('two that are written to by turns do not touch each other', () => {
    const first = new OutputBuffer();
    const second = new OutputBuffer();
    for (let i = 0; i < 100; i++) {
      write(first, filled(10, 1));
      write(second, filled(10, 2));
    }
    expect(first.take()).toEqual(Buffer.from(filled(1000, 1)));
    expect(second.take()).toEqual(Buffer.from(filled(1000, 2)));
  });

  test('what is large has memory of its own, so that it keeps no block alive', () => {
    const output = new OutputBuffer();
    write(output, filled(5000, 1));
    expect(output.take().buffer.byteLength).toBeLessThan(2 * 5000);
  });

  test('grows out of the block that it began in', () => {
    const output = new OutputBuffer();
    for (let i = 0; i < 300; i++) write(output, filled(100, i & 0xff));
    const taken = output.take();
    expect(taken.length).toBe(30_000);
    for (let i = 0; i < 300; i++) expect(taken[100 * i]).toBe(i & 0xff);
  });

  test('doubles, so that many small pieces are copied about once each', () => {
    const first = new OutputBuffer();
    const second = new OutputBuffer();
    const memory = new Set<ArrayBufferLike>();
    for (let i = 0; i < 20_000; i++) {
      write(first, filled(10, 1));
      write(second, filled(10, 2));
      memory.add(first.reserve(0).buffer);
    }
    expect(first.length).toBe(200_000);
    expect(memory.size).toBeLessThan(20);
  });

  describe('given back', () => {
    const take = (byteLength: number, value: number) => {
      const output = new OutputBuffer();
      write(output, filled(byteLength, value));
      return output.take();
    };

    test('a small output makes room for the next one', () => {
      take(4096, 1);
      const one = take(5, 1);
      outputMemory.giveBack(one);
      const two = take(7, 2);
      expect([two.buffer, two.byteOffset]).toEqual([one.buffer, one.byteOffset]);
    });

    test('nothing is overwritten that lies behind it', () => {
      const one = take(5, 1);
      const two = take(6, 2);
      outputMemory.giveBack(one);
      take(11, 3);
      expect(new Uint8Array(two)).toEqual(filled(6, 2));
    });

    test('nothing is overwritten that is being written behind it', () => {
      const output = new OutputBuffer();
      const one = take(5, 1);
      write(output, filled(6, 2));
      outputMemory.giveBack(one);
      take(11, 3);
      expect(new Uint8Array(output.take())).toEqual(filled(6, 2));
    });

    test('a big output lends its memory to the next big one, once', () => {
      const one = take(20_000, 1);
      outputMemory.giveBack(one);
      const [two, three] = [take(18_000, 2), take(18_000, 3)];
      expect(two.buffer).toBe(one.buffer);
      expect(three.buffer).not.toBe(one.buffer);
      expect(new Uint8Array(two)).toEqual(filled(18_000, 2));
    });

    test('but not to one that is small, and not if it is huge', () => {
      const one = take(20_000, 1);
      outputMemory.giveBack(one);
      expect(take(10_000, 2).buffer).not.toBe(one.buffer);
      const huge = take(280_000, 1);
      outputMemory.giveBack(huge);
      expect(take(270_000, 2).buffer).not.toBe(huge.buffer);
    });

    test('a block that has grown in place is not taken for memory of its own', () => {
      const output = new OutputBuffer();
      write(output, filled(3000, 1));
      for (let i = 0; i < 3; i++) write(output, filled(2000, 1)); // more than one output of a block has at first
      const one = output.take();
      const two = take(10, 2);
      outputMemory.giveBack(one);
      take(9000, 3);
      take(17_000, 3);
      expect(new Uint8Array(two)).toEqual(filled(10, 2));
    });
  });
});
