import { describe, expect, test } from 'vitest';
import {
  POSITION_MASK,
  PositionTable,
  wordAt,
} from '../../../src/protocol/permessage-deflate/position-table.ts';
import { bytesOf } from './codec.ts';

const bytes = bytesOf('Here it is, Here it is, Here it is');
const PERIOD = 12;

const shortIndex = (table: PositionTable, at: number) => table.shortIndex(wordAt(bytes, at));
const longIndex = (table: PositionTable, at: number) =>
  table.longIndex(wordAt(bytes, at), wordAt(bytes, at + 4));

describe('PositionTable', () => {
  test('is as big as it must be, and grows only', () => {
    const table = new PositionTable();
    expect(table.shorts.length).toBe(0);
    expect([256, 128, 1024, 256].map((count) => table.fit(count))).toEqual([true, false, true, false]);
    expect([table.shorts.length, table.longs.length]).toEqual([256, 512]);
  });

  test('keeps the last two positions of what is the same, the later one lower', () => {
    const table = new PositionTable();
    table.fit(4096);
    table.insert(bytes, 0, bytes.length, 100, bytes.length);
    const both = ((100 + PERIOD) << 16) | (100 + 2 * PERIOD);
    expect(table.shorts[shortIndex(table, 0)]).toBe(both);
    expect(table.longs[longIndex(table, 0)]).toBe(both);
  });

  test('keeps two more positions of eight bytes', () => {
    const table = new PositionTable();
    table.fit(4096);
    for (const first of [100, 200, 300]) table.insert(bytes, 0, PERIOD + 1, first, bytes.length);
    const long = longIndex(table, 0);
    expect(table.longs[long]).toBe((300 << 16) | (300 + PERIOD));
    expect(table.longs[long + 1]).toBe((200 << 16) | (200 + PERIOD));
  });

  test('inserts no position after which there are too few bytes', () => {
    const table = new PositionTable();
    table.fit(4096);
    table.insert(bytes, 24, 34, 24, 34);
    const inserted = (positions: Int32Array) => positions.filter((both) => both !== 0).sort();
    expect([...inserted(table.longs)]).toEqual([24, 25, 26]);
    expect([...inserted(table.shorts)]).toEqual([24, 25, 26, 27, 28, 29, 30]);
  });

  test('counts positions modulo 2^16', () => {
    const table = new PositionTable();
    table.fit(4096);
    table.insert(bytes, 0, 3, POSITION_MASK, bytes.length);
    expect(table.shorts[shortIndex(table, 0)]).toBe(POSITION_MASK);
    expect(table.shorts[shortIndex(table, 2)]).toBe(1);
    table.clear(4096);
    table.insert(bytes, 28, 30, POSITION_MASK, bytes.length);
    expect(table.shorts[shortIndex(table, 28)]).toBe(POSITION_MASK);
  });

  test('forgets', () => {
    const table = new PositionTable();
    table.fit(256);
    table.insert(bytes, 0, 20, 5, bytes.length);
    table.clear(256);
    expect(table.shorts.every((both) => both === 0) && table.longs.every((both) => both === 0)).toBe(true);
  });
});
