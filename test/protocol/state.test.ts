import { describe, expect, test } from 'vitest';
import { type State, TRANSITIONS, type Trigger, transition } from '../../src/protocol/state.ts';

const states = ['open', 'closing', 'draining', 'closed'] as const satisfies readonly State[];
const triggers = ['sendClose', 'receiveClose', 'fail', 'transportEnd'] as const satisfies readonly Trigger[];

describe('the life of a connection', () => {
  test.each<[State, Trigger, State]>([
    ['open', 'sendClose', 'closing'],
    ['open', 'receiveClose', 'draining'],
    ['open', 'fail', 'draining'],
    ['open', 'transportEnd', 'closed'],
    ['closing', 'receiveClose', 'draining'],
    ['closing', 'fail', 'draining'],
    ['closing', 'transportEnd', 'closed'],
    ['draining', 'transportEnd', 'closed'],
  ])('%s moves on %s to %s', (from, trigger, to) => {
    expect(transition(from, trigger)).toBe(to);
  });

  test.each<[State, Trigger]>([
    ['closing', 'sendClose'],
    ['draining', 'sendClose'],
    ['draining', 'receiveClose'],
    ['draining', 'fail'],
    ['closed', 'sendClose'],
    ['closed', 'receiveClose'],
    ['closed', 'fail'],
    ['closed', 'transportEnd'],
  ])('%s takes no notice of %s', (from, trigger) => {
    expect(transition(from, trigger)).toBeUndefined();
  });

  test('only goes forward, so that every connection ends', () => {
    for (const from of states) {
      for (const trigger of triggers) {
        const to = transition(from, trigger);
        if (to !== undefined) expect(states.indexOf(to)).toBeGreaterThan(states.indexOf(from));
      }
    }
  });

  test('ends from every state when the transport ends', () => {
    for (const from of states) expect(transition(from, 'transportEnd') ?? from).toBe('closed');
  });

  test('has a row for each state and no others', () => {
    expect(Object.keys(TRANSITIONS)).toEqual(states);
  });
});
