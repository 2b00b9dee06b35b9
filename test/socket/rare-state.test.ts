import { describe, expect, test } from 'vitest';
import { failedOpening } from '../../src/socket/close-info.ts';
import { NO_RARE_STATE, RareState } from '../../src/socket/rare-state.ts';

const error = new Error('why');
const info = failedOpening(error, 'network');

const later = () => new Promise((resolve) => setImmediate(resolve, 'pending'));
const stateOf = (promise: Promise<unknown>) => Promise.race([promise, later()]);

test('a new state has nothing', () => {
  expect(new RareState()).toMatchObject({
    handshake: undefined,
    origin: '',
    binaryType: undefined,
    reader: undefined,
    outgoing: undefined,
    unsentBytes: 0,
    unclaimedMessages: 0,
    isEndAwaited: false,
    isTerminated: false,
    userError: undefined,
    info: undefined,
  });
});

test('the shared state cannot be changed', () => {
  expect(NO_RARE_STATE).toEqual(new RareState());
  expect(() => {
    (NO_RARE_STATE as RareState<never>).origin = 'ws://a';
  }).toThrow(TypeError);
});

describe('opened', () => {
  test('is one promise, which resolves later', async () => {
    const state = new RareState<string>();
    const promise = state.opened(undefined);
    expect(state.opened(undefined)).toBe(promise);
    expect(await stateOf(promise)).toBe('pending');
    state.resolveOpened('socket');
    expect(await promise).toBe('socket');
  });

  test('resolves at once for an open socket, also after its end', async () => {
    expect(await new RareState<string>().opened('socket')).toBe('socket');
    const ended = new RareState<string>();
    ended.info = info;
    expect(await ended.opened('socket')).toBe('socket');
  });

  test('rejects later', async () => {
    const state = new RareState<string>();
    const promise = state.opened(undefined);
    state.rejectOpened(error);
    await expect(promise).rejects.toBe(error);
  });

  test('rejects at once when the opening has failed', async () => {
    const state = new RareState<string>();
    state.info = info;
    await expect(state.opened(undefined)).rejects.toBe(error);
  });

  test('a rejection that nobody waits for is not unhandled', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const state = new RareState<string>();
    void state.opened(undefined);
    state.rejectOpened(error);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  test('nothing is made when nobody asks', async () => {
    const state = new RareState<string>();
    state.resolveOpened('first');
    state.rejectOpened(error);
    expect(await stateOf(state.opened(undefined))).toBe('pending');
  });
});

describe('closed', () => {
  test('is one promise, which resolves later', async () => {
    const state = new RareState();
    const promise = state.closed();
    expect(state.closed()).toBe(promise);
    expect(await stateOf(promise)).toBe('pending');
    state.resolveClosed(info);
    expect(await promise).toBe(info);
  });

  test('resolves at once after the end', async () => {
    const state = new RareState();
    state.resolveClosed(info);
    state.info = info;
    expect(await state.closed()).toBe(info);
  });
});
