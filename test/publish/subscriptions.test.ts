import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import { Subscriptions } from '../../src/publish/subscriptions.ts';
import { Topics } from '../../src/publish/topics.ts';

/** Two sockets of one server. */
function onAServer() {
  const topics = new Topics<string>();
  const [a, b] = [new Subscriptions(topics, 'a'), new Subscriptions(topics, 'b')];
  return { topics, a, b };
}

describe('the subscriptions of a socket', () => {
  test('are its topics by name, and the socket is in each', () => {
    const { topics, a, b } = onAServer();
    a.add('x', true);
    a.add('y', true);
    b.add('x', true);
    expect(a.names).toEqual(new Set(['x', 'y']));
    expect(b.names).toEqual(new Set(['x']));
    expect(topics.get('x')?.list).toEqual(['a', 'b']);
    expect(topics.get('y')?.list).toEqual(['a']);
  });

  test('have each topic once', () => {
    const { topics, a } = onAServer();
    for (let i = 0; i < 2; i++) a.add('x', true);
    expect([...a.names]).toEqual(['x']);
    expect(topics.get('x')?.list).toEqual(['a']);
    a.delete('x');
    expect(a.names.size).toBe(0);
    expect(topics.get('x')).toBeUndefined();
  });

  test('end one by one, and only its own', () => {
    const { topics, a, b } = onAServer();
    for (const topic of ['x', 'y']) a.add(topic, true);
    b.add('x', true);
    a.delete('x');
    expect(a.names).toEqual(new Set(['y']));
    expect(topics.get('x')?.list).toEqual(['b']);
    a.delete('x');
    a.delete('never');
    expect(a.names).toEqual(new Set(['y']));
    expect(b.names).toEqual(new Set(['x']));
  });

  test('stay as they are where the socket is not open, and a topic is verified all the same', () => {
    const { topics, a } = onAServer();
    a.add('x', false);
    expect(a.names.size).toBe(0);
    expect(topics.get('x')).toBeUndefined();
    expect(() => a.add(5 as never, false)).toThrow(TypeError);
  });

  test('can be ended where the socket is not open', () => {
    const { topics, a } = onAServer();
    a.add('x', true);
    a.add('x', false);
    a.delete('x');
    expect(topics.get('x')).toBeUndefined();
  });

  test('are one set all the time', () => {
    const { a } = onAServer();
    const { names } = a;
    a.add('x', true);
    a.delete('x');
    a.leaveAll();
    expect(a.names).toBe(names);
  });

  test.each([undefined, null, 5, {}])('cannot have the topic %o', (topic) => {
    const { a } = onAServer();
    expect(() => a.add(topic as never, true)).toThrow(TypeError);
    expect(() => a.delete(topic as never)).toThrow(TypeError);
    expect(a.names.size).toBe(0);
  });
});

describe('to leave all', () => {
  test('takes the socket out of its topics, and its names stay', () => {
    const { topics, a, b } = onAServer();
    for (const topic of ['x', 'y']) a.add(topic, true);
    b.add('x', true);
    a.leaveAll();
    expect(a.names).toEqual(new Set(['x', 'y']));
    expect(topics.get('x')?.list).toEqual(['b']);
    expect(topics.get('y')).toBeUndefined();
    a.leaveAll();
    expect(topics.get('x')?.list).toEqual(['b']);
  });

  test('does nothing where there are none, on a client too', () => {
    const { a } = onAServer();
    a.leaveAll();
    new Subscriptions(undefined, 'a').leaveAll();
  });
});

describe('a client', () => {
  test('has no topics: to say so is its mistake, open or not', () => {
    const subscriptions = new Subscriptions(undefined, 'a');
    const error = new UsageError('a client has no topics: it is the server that publishes');
    expect(() => subscriptions.add('x', true)).toThrow(error);
    expect(() => subscriptions.add('x', false)).toThrow(error);
    expect(() => subscriptions.delete('x')).toThrow(error);
    expect(subscriptions.names.size).toBe(0);
  });

  test('is told first that a topic is a string', () => {
    const subscriptions = new Subscriptions(undefined, 'a');
    expect(() => subscriptions.add(5 as never, true)).toThrow(TypeError);
    expect(() => subscriptions.delete(5 as never)).toThrow(TypeError);
  });
});
