import { setImmediate as endOfTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Publisher } from '../../src/publish/publisher.ts';
import { Member, messageOf } from './member.ts';

const MIB = 1024 * 1024;

function setUp({ maxQueuedBytes = MIB, isTraced = false, count = 2 } = {}) {
  const publisher = new Publisher(maxQueuedBytes, isTraced);
  const members = Array.from({ length: count }, () => new Member());
  const publish = (text: string, sockets: readonly Member[] = members, except?: Member) =>
    publisher.publish(sockets, messageOf(text), true, except);
  return { publisher, members, publish };
}

const got = (members: readonly Member[]) => members.map((member) => member.got);

describe('what is published in one turn', () => {
  test('goes out together at its end', async () => {
    const { members, publish } = setUp();
    expect(publish('a')).toBe(2);
    await Promise.resolve().then(() => publish('b'));
    expect(got(members)).toEqual([[], []]);
    await endOfTurn();
    expect(got(members)).toEqual([['batch a b at the end'], ['batch a b at the end']]);
  });

  test('is apart from that of the next turn', async () => {
    const { members, publish } = setUp({ count: 1 });
    for (const text of ['a', 'b']) {
      publish(text);
      await endOfTurn();
    }
    expect(members[0]!.got).toEqual(['batch a at the end', 'batch b at the end']);
  });

  test('does not go to the one that is left out', async () => {
    const { members, publish } = setUp();
    expect(publish('a', members, members[0])).toBe(1);
    expect(publish('b')).toBe(2);
    await endOfTurn();
    expect(got(members)).toEqual([['batch b at the end'], ['batch a b at the end']]);
  });

  test('to other sockets ends what is put together', async () => {
    const { members, publish } = setUp();
    const [first] = members;
    publish('a');
    publish('b', [first!]);
    expect(got(members)).toEqual([['batch a'], ['batch a']]);
    publish('c');
    expect(got(members)).toEqual([['batch a', 'batch b'], ['batch a']]);
    await endOfTurn();
    expect(got(members)).toEqual([
      ['batch a', 'batch b', 'batch c at the end'],
      ['batch a', 'batch c at the end'],
    ]);
  });

  test('to the same sockets in another array does too', () => {
    const { members, publish } = setUp();
    publish('a');
    publish('b', [...members]);
    expect(got(members)).toEqual([['batch a'], ['batch a']]);
  });

  test('to nobody is to 0', async () => {
    const { publish } = setUp({ count: 0 });
    expect(publish('a')).toBe(0);
    await endOfTurn();
  });
});

describe('what is put together', () => {
  test.each([
    [1000, 500],
    [1001, 500],
    [2 * 64 * 1024 - 1, 64 * 1024 - 1],
    [2 * 64 * 1024, 64 * 1024],
    [100 * MIB, 64 * 1024],
  ])('with room for %i bytes in a queue has %i at most', (maxQueuedBytes, maxBytes) => {
    const { members, publish } = setUp({ maxQueuedBytes });
    publish('a');
    expect(members[0]!.asked).toEqual([maxBytes]);
  });

  test('is never more than the limit: what has no room begins anew', async () => {
    // A short message counts as 64 bytes, so two have room.
    const { members, publish } = setUp({ maxQueuedBytes: 2 * 128, count: 1 });
    for (const text of ['a', 'b', 'c', 'd', 'e']) publish(text);
    expect(members[0]!.got).toEqual(['batch a b', 'batch c d']);
    await endOfTurn();
    expect(members[0]!.got).toEqual(['batch a b', 'batch c d', 'batch e at the end']);
  });

  test('may be one message that takes all of the room', async () => {
    const { members, publish } = setUp({ maxQueuedBytes: 2 * 100, count: 1 });
    publish('x'.repeat(82)); // 2 bytes of header, and 16 more
    expect(members[0]!.got).toEqual([]);
    await endOfTurn();
    expect(members[0]!.got).toEqual([`batch ${'x'.repeat(82)} at the end`]);
  });

  test('is not a message that needs more: that goes out at once, behind what came before it', async () => {
    const { members, publish } = setUp({ maxQueuedBytes: 2 * 100, count: 1 });
    const long = 'x'.repeat(83);
    publish('a');
    expect(publish(long)).toBe(1);
    expect(members[0]!.got).toEqual(['batch a', `one ${long}`]);
    publish('b');
    await endOfTurn();
    expect(members[0]!.got).toEqual(['batch a', `one ${long}`, 'batch b at the end']);
  });

  test('is not a message that needs more: it is compressed and left out as any other', () => {
    const { publisher, members } = setUp({ maxQueuedBytes: 10 });
    members[1]!.takes = false;
    expect(publisher.publish(members, messageOf('a'), false, undefined)).toBe(1);
    expect(publisher.publish(members, messageOf('b'), true, members[0])).toBe(0);
    expect(got(members)).toEqual([['one a plain'], []]);
  });

  test('is nothing where frames are traced: each goes out at once', async () => {
    const { members, publish } = setUp({ isTraced: true });
    publish('a');
    publish('b', members, members[0]);
    expect(got(members)).toEqual([['one a'], ['one a', 'one b']]);
    await endOfTurn();
    expect(got(members)).toEqual([['one a'], ['one a', 'one b']]);
  });

  test('is counted without the members that have no room for it', async () => {
    const { members, publish } = setUp();
    members[0]!.room = 0;
    members[0]!.takes = false;
    expect(publish('a')).toBe(1);
    await endOfTurn();
    expect(got(members)).toEqual([[], ['batch a at the end']]);
  });
});

describe('to settle', () => {
  test('gives out what was published so far, for the end of the turn', async () => {
    const { publisher, members, publish } = setUp({ count: 1 });
    publish('a');
    publish('b');
    publisher.settle();
    expect(members[0]!.got).toEqual(['batch a b']);
    publisher.settle();
    publish('c');
    await endOfTurn();
    expect(members[0]!.got).toEqual(['batch a b', 'batch c at the end']);
  });

  test('leaves nothing for the end of the turn', async () => {
    const { publisher, members, publish } = setUp({ count: 1 });
    publish('a');
    publisher.settle();
    await endOfTurn();
    expect(members[0]!.got).toEqual(['batch a']);
  });

  test('does nothing where nothing was published', () => {
    const { publisher, members } = setUp();
    publisher.settle();
    expect(got(members)).toEqual([[], []]);
  });
});

describe('to publish while what was published goes out', () => {
  /** Publishes `second` once, when the first member gets the first message. */
  function publishingAgain() {
    const made = setUp();
    made.members[0]!.onGet = () => {
      made.members[0]!.onGet = () => {};
      expect(made.publish('second')).toBe(2);
    };
    return made;
  }

  test('at the end of the turn is for the end of the next: nobody gets anything twice', async () => {
    const { members, publish } = publishingAgain();
    publish('first');
    await endOfTurn();
    expect(got(members)).toEqual([['batch first at the end'], ['batch first at the end']]);
    await endOfTurn();
    for (const { got } of members) expect(got).toEqual(['batch first at the end', 'batch second at the end']);
  });

  test('in the middle of a turn is for its end', async () => {
    const { publisher, members, publish } = publishingAgain();
    publish('first');
    publisher.settle();
    expect(got(members)).toEqual([['batch first'], ['batch first']]);
    await endOfTurn();
    for (const { got } of members) expect(got).toEqual(['batch first', 'batch second at the end']);
  });

  test('to settle then gives out the second, and the first goes on', async () => {
    const { publisher, members, publish } = setUp();
    members[0]!.onGet = () => {
      members[0]!.onGet = () => {};
      publish('second', [members[0]!]);
      publisher.settle();
    };
    publish('first');
    await endOfTurn();
    await endOfTurn();
    expect(got(members)).toEqual([['batch first at the end', 'batch second'], ['batch first at the end']]);
  });
});
