import { describe, expect, test } from 'vitest';
import { Decision, watchClient } from '../../src/server/decision.ts';
import { Transport } from './transport.ts';

describe('a decision', () => {
  test('is what is said first', async () => {
    const decision = new Decision<string>();
    decision.make('first');
    decision.make('second');
    expect(await decision.made).toBe('first');
  });

  test.each<[string, string | Promise<string>]>([
    ['a value', 'followed'],
    ['a promise', Promise.resolve('followed')],
  ])('follows %s', async (_name, outcome) => {
    const decision = new Decision<string>();
    decision.follow(outcome);
    expect(await decision.made).toBe('followed');
  });

  test('is rejected as what it follows', async () => {
    const decision = new Decision<string>();
    decision.follow(Promise.reject('why'));
    await expect(decision.made).rejects.toBe('why');
  });

  test('that is made does not care how what it follows ends', async () => {
    const decision = new Decision<string>();
    decision.follow(Promise.reject('late'));
    decision.make('made');
    expect(await decision.made).toBe('made');
    await new Promise(setImmediate); // an unhandled rejection would fail the test
  });
});

describe('watchClient', () => {
  function watched(transport = new Transport()) {
    let gone = 0;
    const stop = watchClient(transport, () => gone++);
    return { transport, stop, isGone: () => gone > 0 };
  }

  test.each<[string, (transport: Transport) => void, boolean]>([
    ['that says nothing is there', () => {}, false],
    ['that has sent something is there', (transport) => void transport.push('x'), false],
    [
      'that has ended behind something unread is there',
      (transport) => {
        transport.push('x');
        transport.push(null);
      },
      false,
    ],
    ['that has ended is gone', (transport) => void transport.push(null), true],
    ['whose transport is closed is gone', (transport) => void transport.destroy(), true],
  ])('a client %s', async (_name, act, gone) => {
    const { transport, stop, isGone } = watched();
    act(transport);
    await new Promise(setImmediate);
    expect(isGone()).toBe(gone);
    await stop();
    for (const event of ['readable', 'end']) expect(transport.listenerCount(event)).toBe(0);
  });

  test('what was not read is read by data later, paused or not', async () => {
    const { transport, stop } = watched();
    transport.push('early');
    await new Promise(setImmediate);
    await stop();
    let received = '';
    transport.on('data', (chunk) => {
      received += chunk;
    });
    transport.pause();
    await new Promise(setImmediate);
    expect(received).toBe('');
    transport.resume();
    await new Promise(setImmediate);
    expect(received).toBe('early');
  });
});
