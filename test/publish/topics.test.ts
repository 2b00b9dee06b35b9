import { describe, expect, test } from 'vitest';
import { Audience, Topics, verifyTopic } from '../../src/publish/topics.ts';

describe('an audience', () => {
  test('lists its members in the order in which they came', () => {
    const audience = new Audience<string>();
    expect(audience.list).toEqual([]);
    for (const socket of ['b', 'a', 'c']) audience.add(socket);
    expect(audience.list).toEqual(['b', 'a', 'c']);
    expect(audience.members).toEqual(new Set(['b', 'a', 'c']));
  });

  test('has the same list until a member joins or leaves', () => {
    const audience = new Audience<string>();
    audience.add('a');
    const { list } = audience;
    audience.add('a');
    audience.delete('b');
    expect(audience.list).toBe(list);
  });

  test('makes a new list when a member joins, and the old one stays as it is', () => {
    const audience = new Audience<string>();
    audience.add('a');
    const before = audience.list;
    audience.add('b');
    expect(audience.list).toEqual(['a', 'b']);
    expect(before).toEqual(['a']);
  });

  test('makes a new list when a member leaves, and the old one stays as it is', () => {
    const audience = new Audience<string>();
    for (const socket of ['a', 'b']) audience.add(socket);
    const before = audience.list;
    audience.delete('a');
    expect(audience.list).toEqual(['b']);
    expect(audience.members.size).toBe(1);
    expect(before).toEqual(['a', 'b']);
  });

  test('has a member that leaves and comes back at the end, once', () => {
    const audience = new Audience<string>();
    for (const socket of ['a', 'b']) audience.add(socket);
    audience.delete('a');
    audience.add('a');
    audience.add('a');
    expect(audience.list).toEqual(['b', 'a']);
  });
});

describe('topics', () => {
  test('have their own subscribers each', () => {
    const topics = new Topics<string>();
    topics.add('x', 'a');
    topics.add('x', 'b');
    topics.add('y', 'b');
    expect(topics.get('x')?.list).toEqual(['a', 'b']);
    expect(topics.get('y')?.list).toEqual(['b']);
    expect(topics.get('z')).toBeUndefined();
  });

  test('keep their audience while they have subscribers', () => {
    const topics = new Topics<string>();
    topics.add('x', 'a');
    const audience = topics.get('x');
    topics.add('x', 'b');
    topics.delete('x', 'a');
    expect(topics.get('x')).toBe(audience);
    expect(audience?.list).toEqual(['b']);
  });

  test('are gone with their last subscriber, and can come back', () => {
    const topics = new Topics<string>();
    topics.add('x', 'a');
    const audience = topics.get('x');
    topics.delete('x', 'a');
    expect(topics.get('x')).toBeUndefined();
    topics.add('x', 'b');
    expect(topics.get('x')).not.toBe(audience);
    expect(topics.get('x')?.list).toEqual(['b']);
    expect(audience?.list).toEqual([]);
  });

  test('do not change when a socket leaves that is not there, or a topic that is not', () => {
    const topics = new Topics<string>();
    topics.delete('x', 'a');
    expect(topics.get('x')).toBeUndefined();
    topics.add('x', 'a');
    topics.delete('x', 'b');
    topics.delete('y', 'a');
    expect(topics.get('x')?.list).toEqual(['a']);
  });

  test.each(['', '__proto__', 'constructor', 'toString'])('may have the name %o', (name) => {
    const topics = new Topics<string>();
    expect(topics.get(name)).toBeUndefined();
    topics.add(name, 'a');
    expect(topics.get(name)?.list).toEqual(['a']);
    topics.delete(name, 'a');
    expect(topics.get(name)).toBeUndefined();
  });
});

describe('the name of a topic', () => {
  test.each(['', 'x', '__proto__'])('can be the string %o', (topic) => {
    expect(() => verifyTopic(topic)).not.toThrow();
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, 'a number'],
    [Symbol('x'), 'a symbol'],
    [Object('x'), 'an object'],
    [() => 'x', 'a function'],
  ])('cannot be %o', (topic, type) => {
    expect(() => verifyTopic(topic as never)).toThrow(
      new TypeError(`the topic must be a string, got ${type}`),
    );
  });
});
