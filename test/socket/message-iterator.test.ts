import { describe, expect, test } from 'vitest';
import { MessageIterator } from '../../src/socket/message-iterator.ts';

/** An iterator, and what its source was told. */
function iterate() {
  const told: (boolean | 'release')[] = [];
  const iterator = new MessageIterator({
    demand: (isWanted) => told.push(isWanted),
    release: () => told.push('release'),
  });
  return { iterator, told };
}

const END = { done: true, value: undefined };

describe('demand', () => {
  test('there is none before a message is asked for', () => {
    expect(iterate().told).toEqual([]);
  });

  test('ends with the message that was asked for', async () => {
    const { iterator, told } = iterate();
    const next = iterator.next();
    iterator.deliver('a');
    expect(told).toEqual([true, false]);
    expect(await next).toEqual({ done: false, value: 'a' });
  });

  test('lasts while more was asked for, and the answers keep their order', async () => {
    const { iterator, told } = iterate();
    const results = [iterator.next(), iterator.next()];
    iterator.deliver('a');
    iterator.deliver('b');
    expect(told).toEqual([true, true, true, false]);
    expect((await Promise.all(results)).map(({ value }) => value)).toEqual(['a', 'b']);
  });

  test('a message that nobody has asked for is dropped', () => {
    const { iterator, told } = iterate();
    iterator.deliver('a');
    expect(told).toEqual([false]);
  });
});

describe('the end', () => {
  test('answers everything that was asked for, and all that is asked for later', async () => {
    const { iterator, told } = iterate();
    const results = [iterator.next(), iterator.next()];
    iterator.end();
    results.push(iterator.next());
    expect(await Promise.all(results)).toEqual([END, END, END]);
    expect(told).toEqual([true, true]);
  });

  test('when the loop is left the source is released, once', async () => {
    const { iterator, told } = iterate();
    const next = iterator.next();
    expect(await iterator.return()).toEqual(END);
    expect(await iterator.return()).toEqual(END);
    expect(await next).toEqual(END);
    expect(await iterator.next()).toEqual(END);
    expect(told).toEqual([true, 'release']);
  });

  test('a source that has ended is not released', async () => {
    const { iterator, told } = iterate();
    iterator.end();
    expect(await iterator.return()).toEqual(END);
    expect(told).toEqual([]);
  });
});

test('it is its own iterable', () => {
  const { iterator } = iterate();
  expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
});
