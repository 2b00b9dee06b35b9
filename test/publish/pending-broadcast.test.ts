import { describe, expect, test, vi } from 'vitest';
import { MessageCompression } from '../../src/protocol/permessage-deflate/message-compression.ts';
import type { PreparedBatch } from '../../src/protocol/prepared-batch.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { maxBytesOf, PendingBroadcast, sendToEach } from '../../src/publish/pending-broadcast.ts';
import { Member, messageOf } from './member.ts';

const of = (byteLength: number) => new PreparedMessage(new Uint8Array(byteLength));

describe('the most bytes that a message takes', () => {
  test.each([
    [0, 64],
    [46, 64],
    [47, 65],
    [125, 125 + 2 + 16],
    [126, 126 + 4 + 16],
    [65_535, 65_535 + 4 + 16],
    [65_536, 65_536 + 10 + 16],
  ])('of %i bytes are %i: its frame, 16 more, and 64 at least', (byteLength, maxBytes) => {
    expect(maxBytesOf(of(byteLength))).toBe(maxBytes);
  });

  test('are counted in bytes, not in characters', () => {
    expect(maxBytesOf(messageOf('é'.repeat(50)))).toBe(100 + 2 + 16);
  });
});

describe('a pending broadcast', () => {
  test('asks each socket once whether it has room for all that may come', () => {
    const members = [new Member(), new Member(10)];
    const pending = new PendingBroadcast(members, 1000);
    expect(pending.sockets).toBe(members);
    for (const text of ['a', 'b']) pending.add(messageOf(text), true, undefined);
    pending.deliver(true);
    for (const { asked } of members) expect(asked).toEqual([1000]);
  });

  test('has room for so many bytes, and no more', () => {
    const pending = new PendingBroadcast([], 64 + 65);
    expect(pending.hasRoomFor(of(129 - 16 - 2))).toBe(true);
    expect(pending.hasRoomFor(of(129 - 16 - 2 + 1))).toBe(false);
    pending.add(of(1), true, undefined); // counts as 64
    expect(pending.hasRoomFor(of(47))).toBe(true);
    expect(pending.hasRoomFor(of(48))).toBe(false);
    pending.add(of(47), true, undefined);
    expect(pending.hasRoomFor(of(0))).toBe(false);
  });

  test('gives each socket all messages together, when it is delivered', () => {
    const members = [new Member(), new Member()];
    const pending = new PendingBroadcast(members, 1000);
    expect(pending.add(messageOf('a'), true, undefined)).toBe(2);
    expect(pending.add(messageOf('b'), true, undefined)).toBe(2);
    for (const { got } of members) expect(got).toEqual([]);
    pending.deliver(false);
    for (const { got } of members) expect(got).toEqual(['batch a b']);
  });

  test('says whether the turn ends', () => {
    const member = new Member();
    const pending = new PendingBroadcast([member], 1000);
    pending.add(messageOf('a'), true, undefined);
    pending.deliver(true);
    expect(member.got).toEqual(['batch a at the end']);
  });

  test('gives a socket without that much room each message at once, and counts those that it takes', () => {
    const [slow, ready] = [new Member(999), new Member(1000)];
    const pending = new PendingBroadcast([slow, ready], 1000);
    expect(pending.add(messageOf('a'), true, undefined)).toBe(2);
    expect(slow.got).toEqual(['one a']);
    expect(pending.add(messageOf('b'), false, undefined)).toBe(2);
    slow.takes = false;
    expect(pending.add(messageOf('c'), true, undefined)).toBe(1);
    expect(slow.got).toEqual(['one a', 'one b plain']);
    expect(ready.got).toEqual([]);
    pending.deliver(true);
    expect(slow.got).toHaveLength(2);
    expect(ready.got).toEqual(['batch a b c at the end']);
  });

  test('leaves a socket out of a message that is not for it', () => {
    const [a, b] = [new Member(), new Member()];
    const pending = new PendingBroadcast([a, b], 1000);
    expect(pending.add(messageOf('1'), true, a)).toBe(1);
    expect(pending.add(messageOf('2'), true, undefined)).toBe(2);
    expect(pending.add(messageOf('3'), true, b)).toBe(1);
    expect(pending.add(messageOf('4'), true, a)).toBe(1);
    pending.deliver(true);
    expect(a.got).toEqual(['batch 2 3 at the end']);
    expect(b.got).toEqual(['batch 1 2 4 at the end']);
  });

  test('tells the indexes of what is skipped in rising order', () => {
    const [a, b] = [new Member(), new Member()];
    const [ofA, ofB] = [vi.spyOn(a, 'sendBatch'), vi.spyOn(b, 'sendBatch')];
    const pending = new PendingBroadcast([a, b], 1000);
    for (const except of [undefined, a, b, a]) pending.add(messageOf('x'), true, except);
    pending.deliver(true);
    expect(ofA.mock.calls[0]?.[1]).toEqual([1, 3]);
    expect(ofB.mock.calls[0]?.[1]).toEqual([2]);
  });

  test('gives nothing to a socket that is left out of everything', () => {
    const [a, b] = [new Member(), new Member()];
    const pending = new PendingBroadcast([a, b], 1000);
    for (const text of ['1', '2']) expect(pending.add(messageOf(text), true, a)).toBe(1);
    pending.deliver(true);
    expect(a.got).toEqual([]);
    expect(b.got).toEqual(['batch 1 2 at the end']);
  });

  test('leaves out a socket that gets its messages one by one', () => {
    const [slow, ready] = [new Member(0), new Member()];
    const pending = new PendingBroadcast([slow, ready], 1000);
    expect(pending.add(messageOf('1'), true, slow)).toBe(1);
    expect(slow.got).toEqual([]);
    pending.deliver(true);
    expect(ready.got).toEqual(['batch 1 at the end']);
  });

  test('counts all where the one that is left out is not among the sockets', () => {
    const members = [new Member(), new Member(0)];
    const pending = new PendingBroadcast(members, 1000);
    expect(pending.add(messageOf('1'), true, new Member())).toBe(2);
    pending.deliver(true);
    expect(members[0]!.got).toEqual(['batch 1 at the end']);
  });

  test('to nobody is to 0', () => {
    const pending = new PendingBroadcast([], 1000);
    expect(pending.add(messageOf('1'), true, undefined)).toBe(0);
    pending.deliver(true);
  });

  test('gives nothing where nothing was added', () => {
    const member = new Member();
    new PendingBroadcast([member], 1000).deliver(true);
    expect(member.got).toEqual([]);
  });

  test('compresses each message or not, as it is asked', () => {
    const member = new Member();
    let given: PreparedBatch | undefined;
    member.sendBatch = (batch) => {
      given = batch;
    };
    const pending = new PendingBroadcast([member], 1000);
    const text = 'x'.repeat(100);
    pending.add(messageOf(text), true, undefined);
    pending.add(messageOf(text), false, undefined);
    pending.deliver(true);
    const window = { windowBits: 12, contextTakeover: false };
    const compression = new MessageCompression({ outgoing: window, incoming: window, thresholdBytes: 1 });
    const { bytes, ends } = given!.frames(compression);
    expect(bytes[0]).toBe(0xc1);
    expect(ends[0]).toBeLessThan(20);
    expect(bytes[ends[0]!]).toBe(0x81);
    expect(ends[1]! - ends[0]!).toBe(102);
  });
});

describe('to send to each', () => {
  test('sends to all in order but one, and counts those that took it', () => {
    const order: string[] = [];
    const members = ['a', 'b', 'c', 'd'].map((name) => {
      const member = new Member();
      member.onGet = (what) => order.push(`${name}: ${what}`);
      return member;
    });
    members[2]!.takes = false;
    expect(sendToEach(members, messageOf('x'), true, members[1])).toBe(2);
    expect(sendToEach(members, messageOf('y'), false, undefined)).toBe(3);
    expect(order).toEqual(['a: one x', 'd: one x', 'a: one y plain', 'b: one y plain', 'd: one y plain']);
  });

  test('asks nobody for room, and to nobody is to 0', () => {
    const member = new Member();
    sendToEach([member], messageOf('x'), true, undefined);
    expect(member.asked).toEqual([]);
    expect(sendToEach([], messageOf('x'), true, undefined)).toBe(0);
  });
});
