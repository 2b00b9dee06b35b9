import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { asError, callUser } from '../../src/socket/call-user.ts';

/** Calls a function, and gives everything that happened, in order. */
async function called(userFunction: (...args: unknown[]) => unknown): Promise<unknown[]> {
  const events: unknown[] = [];
  const errors = { userFailed: (error: unknown) => events.push(error) };
  callUser(userFunction, 1, 2, errors, () => events.push('done'));
  events.push('returned');
  await new Promise(setImmediate);
  return events;
}

describe('callUser', () => {
  test('passes both arguments', () => {
    const userFunction = vi.fn();
    callUser(userFunction, 'first', 'second', { userFailed: vi.fn() });
    expect(userFunction.mock.calls).toEqual([['first', 'second']]);
  });

  test.each([
    undefined,
    null,
    0,
    'text',
    {},
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    { then: 5 },
  ])('a result of %o is done at once', async (result) => {
    expect(await called(() => result)).toEqual(['done', 'returned']);
  });

  test.each<[string, () => unknown]>([
    ['a promise', async () => {}],
    ['a promise of another realm', () => runInNewContext('Promise.resolve()')],
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    ['a thenable', () => ({ then: (resolve: () => void) => resolve() })],
  ])('%s is done when it is fulfilled', async (_name, userFunction) => {
    expect(await called(userFunction)).toEqual(['returned', 'done']);
  });

  test('is not done while a promise is pending', async () => {
    expect(await called(() => new Promise(() => {}))).toEqual(['returned']);
  });

  test.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject('why')],
    [
      'is a thenable that rejects',
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      () => ({ then: (_: unknown, reject: (e: string) => void) => reject('why') }),
    ],
    [
      'is a thenable that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: that is what is tested
        then: () => {
          throw 'why';
        },
      }),
    ],
  ])('a result that %s is told once, and is never done', async (_name, userFunction) => {
    expect(await called(userFunction)).toEqual(['returned', 'why']);
  });

  test('what is thrown is told at once, and is never done', async () => {
    const throws = () => {
      throw undefined;
    };
    expect(await called(throws)).toEqual([undefined, 'returned']);
  });

  test('a getter of `then` that throws is told once', async () => {
    const result = {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      get then() {
        throw 'why';
      },
    };
    expect(await called(() => result)).toEqual(['why', 'returned']);
  });

  test('works without a function for the end', async () => {
    const userFailed = vi.fn();
    callUser(() => {}, 1, 2, { userFailed });
    callUser(async () => {}, 1, 2, { userFailed });
    await new Promise(setImmediate);
    expect(userFailed).not.toHaveBeenCalled();
  });
});

describe('asError', () => {
  test('an Error stays as it is', () => {
    const error = new RangeError('no');
    expect(asError(error)).toBe(error);
  });

  test('a string becomes the message, and the cause', () => {
    const error = asError('no');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ message: 'no', cause: 'no' });
  });

  test.each([undefined, null, 5, { message: 'no' }])('%o becomes the cause', (thrown) => {
    const error = asError(thrown);
    expect(error.message).toBe('something was thrown that is not an Error');
    expect(Object.hasOwn(error, 'cause')).toBe(true);
    expect(error.cause).toBe(thrown);
  });
});
