import { describe, expect, test } from 'vitest';
import { OutputMemory } from '../../src/protocol/output-memory.ts';

const KIB = 1024;

/** Lends room for an output that then fills it, and takes all of it. */
function taken(memory: OutputMemory, byteLength: number, value = 0): Uint8Array {
  const bytes = memory.lend(byteLength);
  const { start } = memory;
  const end = start + byteLength;
  bytes.fill(value, start, end);
  return memory.take(bytes, start, end, end);
}

describe('a block', () => {
  test('has room for one small output behind another', () => {
    const memory = new OutputMemory();
    const [one, two] = [taken(memory, 10), taken(memory, 20)];
    expect(two.buffer).toBe(one.buffer);
    expect([one.byteOffset, two.byteOffset]).toEqual([0, 10]);
  });

  test('is followed by another when it is full', () => {
    const memory = new OutputMemory();
    const outputs = Array.from({ length: 5 }, () => taken(memory, 4 * KIB));
    expect(new Set(outputs.map(({ buffer }) => buffer)).size).toBe(2);
  });

  test('lends room again that was not needed', () => {
    const memory = new OutputMemory();
    const bytes = memory.lend(100);
    memory.take(bytes, 0, 3, 100);
    expect(taken(memory, 10).byteOffset).toBe(3);
  });

  test('but not if something else lies behind it', () => {
    const memory = new OutputMemory();
    const bytes = memory.lend(100);
    taken(memory, 10);
    memory.take(bytes, 0, 3, 100);
    expect(taken(memory, 10).byteOffset).toBe(110);
  });
});

describe('room', () => {
  test('is made longer where nothing lies behind it, up to the end of the block', () => {
    const memory = new OutputMemory();
    const bytes = memory.lend(100);
    expect(memory.extend(bytes, 100, 16 * KIB)).toBe(true);
    expect(memory.extend(bytes, 16 * KIB, 16 * KIB + 1)).toBe(false);
  });

  test('is not made longer where something lies behind it', () => {
    const memory = new OutputMemory();
    const bytes = memory.lend(100);
    memory.lend(1);
    expect(memory.extend(bytes, 100, 101)).toBe(false);
  });

  test('of its own begins at its beginning, and stays as long as it is', () => {
    const memory = new OutputMemory();
    memory.lend(10);
    const bytes = memory.lend(4 * KIB + 1);
    expect(memory.start).toBe(0);
    expect(bytes.length).toBe(4 * KIB + 1);
    expect(memory.extend(bytes, bytes.length, bytes.length + 1)).toBe(false);
  });
});

describe('what is given back', () => {
  test('makes room in the block if it was taken last', () => {
    const memory = new OutputMemory();
    taken(memory, 10);
    memory.giveBack(taken(memory, 20));
    expect(taken(memory, 30).byteOffset).toBe(10);
  });

  test.each<[string, (memory: OutputMemory) => void]>([
    ['taken', (memory) => void taken(memory, 1)],
    ['lent', (memory) => void memory.lend(1)],
  ])('stays where it is if something else was %s since', (_, then) => {
    const memory = new OutputMemory();
    const one = taken(memory, 20);
    then(memory);
    memory.giveBack(one);
    expect(taken(memory, 30).byteOffset).toBe(21);
  });

  test('makes no room twice', () => {
    const memory = new OutputMemory();
    const one = taken(memory, 20);
    memory.giveBack(one);
    const two = taken(memory, 20);
    memory.giveBack(one);
    expect(taken(memory, 20).byteOffset).toBe(two.byteOffset + 20);
  });

  test('is lent once more if it is more than a block, to an output that is', () => {
    const memory = new OutputMemory();
    const one = taken(memory, 64 * KIB);
    memory.giveBack(one);
    expect(taken(memory, 16 * KIB).buffer).not.toBe(one.buffer);
    expect(taken(memory, 16 * KIB + 1).buffer).toBe(one.buffer);
    expect(taken(memory, 16 * KIB + 1).buffer).not.toBe(one.buffer);
  });

  test.each([
    ['no more than a block', 16 * KIB],
    ['more than 256 KiB', 256 * KIB + 1],
  ])('is not kept if it is %s', (_, byteLength) => {
    const memory = new OutputMemory();
    const one = taken(memory, byteLength);
    memory.giveBack(one);
    expect(taken(memory, 16 * KIB + 1).buffer).not.toBe(one.buffer);
  });

  test('is not kept where it is too short for the next one, which does not lose it', () => {
    const memory = new OutputMemory();
    const one = taken(memory, 20 * KIB);
    memory.giveBack(one);
    expect(taken(memory, 30 * KIB).buffer).not.toBe(one.buffer);
    expect(taken(memory, 20 * KIB).buffer).toBe(one.buffer);
  });
});
