import { OPCODE } from 'barewire/protocol';
import { describe, expect, test } from 'vitest';
import { Connection } from '../../src/protocol/connection.ts';
import { ClosedError, ProtocolError } from '../../src/protocol/errors.ts';
import { closeInfo, failedOpening } from '../../src/socket/close-info.ts';
import { NO_RARE_STATE, RareState } from '../../src/socket/rare-state.ts';
import { frame } from '../support/raw-client.ts';

const RESET = new Error('reset');

function connection(): Connection {
  return new Connection({ role: 'server', maxMessageBytes: 100 }, { message() {} });
}

const closeFrame = (...payload: number[]) => frame(OPCODE.close, Uint8Array.from(payload));

describe('closeInfo', () => {
  test('without a Close frame it is 1006 by the network, with the error of the transport', () => {
    expect(closeInfo(connection(), NO_RARE_STATE, RESET)).toEqual({
      code: 1006,
      reason: '',
      wasClean: false,
      closedBy: 'network',
      sent: undefined,
      received: undefined,
      error: RESET,
      unclaimedMessages: 0,
    });
  });

  test('without any error there is none', () => {
    expect(closeInfo(connection(), NO_RARE_STATE, undefined).error).toBeUndefined();
  });

  test('after the Close frame of the peer it is clean, and an error of the transport means nothing', () => {
    const closed = connection();
    closed.receive(closeFrame(0x0f, 0xa0, 0x61));
    expect(closeInfo(closed, NO_RARE_STATE, RESET)).toEqual({
      code: 4000,
      reason: 'a',
      wasClean: true,
      closedBy: 'peer',
      sent: { code: 4000, reason: 'a' },
      received: { code: 4000, reason: 'a' },
      error: undefined,
      unclaimedMessages: 0,
    });
  });

  test('a Close frame without a code is 1005', () => {
    const closed = connection();
    closed.receive(closeFrame());
    expect(closeInfo(closed, NO_RARE_STATE, undefined)).toMatchObject({ code: 1005, wasClean: true });
  });

  test('a Close frame without an answer is not clean', () => {
    const closed = connection();
    closed.close(1000, 'bye');
    expect(closeInfo(closed, NO_RARE_STATE, RESET)).toEqual({
      code: 1006,
      reason: '',
      wasClean: false,
      closedBy: 'this side',
      sent: { code: 1000, reason: 'bye' },
      received: undefined,
      error: RESET,
      unclaimedMessages: 0,
    });
  });

  test('a broken rule comes before an error of the transport', () => {
    const closed = connection();
    closed.receive(frame(OPCODE.continuation));
    const { error, sent } = closeInfo(closed, NO_RARE_STATE, RESET);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(sent?.code).toBe(1002);
  });

  test('the error of a handler comes first, also after a clean end', () => {
    const failed = new Error('handler');
    const state = Object.assign(new RareState(), { userError: failed });
    const closed = connection();
    closed.fail(new Error('limit'));
    expect(closeInfo(closed, state, RESET).error).toBe(failed);
    const clean = connection();
    clean.receive(closeFrame());
    expect(closeInfo(clean, state, undefined)).toMatchObject({ wasClean: true, error: failed });
  });
});

test('a client that loses its transport has an error, unless it has terminated it itself', () => {
  const client = () => new Connection({ role: 'client', maxMessageBytes: 100 }, { message() {} });
  expect(closeInfo(client(), NO_RARE_STATE, undefined).error).toBeInstanceOf(ClosedError);
  expect(closeInfo(client(), NO_RARE_STATE, RESET).error).toBe(RESET);
  const terminated = Object.assign(new RareState(), { isTerminated: true });
  expect(closeInfo(client(), terminated, undefined).error).toBeUndefined();
});

test('messages that nothing took are told', () => {
  const state = Object.assign(new RareState(), { unclaimedMessages: 3 });
  expect(closeInfo(connection(), state, undefined).unclaimedMessages).toBe(3);
});

test.each(['this side', 'peer', 'network'] as const)('failedOpening by %s is 1006 with its error', (by) => {
  expect(failedOpening(RESET, by)).toEqual({
    code: 1006,
    reason: '',
    wasClean: false,
    closedBy: by,
    sent: undefined,
    received: undefined,
    error: RESET,
    unclaimedMessages: 0,
  });
});
