import { describe, expect, test } from 'vitest';
import { Ending } from '../../src/protocol/ending.ts';
import type { State } from '../../src/protocol/state.ts';

const CLOSE = { code: 1000, reason: '' };
const error = new Error('of this side');

const closing = Ending.NONE.after('sendClose').withSent(CLOSE);
const drained = Ending.NONE.withReceived(CLOSE).after('receiveClose').withSent(CLOSE);
const failed = Ending.NONE.withError(error).after('fail').withSent(CLOSE);
const closed = drained.after('transportEnd');

test('NONE is that of an open connection', () => {
  expect({ ...Ending.NONE }).toEqual({
    state: 'open',
    sent: undefined,
    received: undefined,
    closedBy: 'network',
    error: undefined,
    peerHasEnded: false,
    canSend: true,
  });
});

test('a step changes no ending but makes another', () => {
  expect(Ending.NONE.withPeerEnded()).not.toBe(Ending.NONE);
  expect(Ending.NONE.peerHasEnded).toBe(false);
});

test('a trigger that means nothing in a state changes nothing', () => {
  expect(drained.after('receiveClose')).toBe(drained);
});

test('the side that sends a Close frame first has begun', () => {
  expect(closing.closedBy).toBe('this side');
  expect(closing.withReceived(CLOSE).closedBy).toBe('this side');
  expect(drained.closedBy).toBe('peer');
});

describe.each<[State, Ending, { canSend: boolean; isReading: boolean }]>([
  ['open', Ending.NONE, { canSend: true, isReading: true }],
  ['closing', closing, { canSend: false, isReading: true }],
  ['draining', drained, { canSend: false, isReading: false }],
  ['closed', closed, { canSend: false, isReading: false }],
])('%s', (state, ending, { canSend, isReading }) => {
  test('is the state', () => expect(ending.state).toBe(state));

  test(`${canSend ? 'messages' : 'no messages'} can be sent, none when the peer has ended its half`, () => {
    expect(ending.canSend).toBe(canSend);
    expect(ending.withPeerEnded().canSend).toBe(false);
  });

  test(`${isReading ? 'is' : 'is not'} reading, though the peer has ended its half`, () => {
    expect(ending.isReading).toBe(isReading);
    expect(ending.withPeerEnded().isReading).toBe(isReading);
  });
});

test.each<[string, Ending, { server: boolean; client: boolean }]>([
  ['while it is open', Ending.NONE, { server: false, client: false }],
  ['before the peer has answered', closing, { server: false, client: false }],
  ['after the closing handshake', drained, { server: true, client: false }],
  ['after it was failed', failed, { server: true, client: true }],
  ['when the peer has ended its half', Ending.NONE.withPeerEnded(), { server: true, client: true }],
  ['when it has done so instead of an answer', closing.withPeerEnded(), { server: true, client: true }],
  ['when both have happened', drained.withPeerEnded(), { server: true, client: true }],
  ['when it is closed', closed.withPeerEnded(), { server: false, client: false }],
])(
  '%s, a server or a client ends its half of the transport as §7.1.1 and §7.1.7 say',
  (_, ending, expected) => {
    expect(ending.endsTransport('server')).toBe(expected.server);
    expect(ending.endsTransport('client')).toBe(expected.client);
  },
);
