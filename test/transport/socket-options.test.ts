import { describe, expect, test } from 'vitest';
import { shown, UsageError } from '../../src/protocol/errors.ts';
import {
  MAX_TIMEOUT_MS,
  type SocketOptions,
  socketLimits,
  wholeNumber,
} from '../../src/transport/socket-options.ts';

const DEFAULTS = {
  maxMessageBytes: 1_048_576,
  maxQueuedBytes: 4_194_304,
  whenQueueIsFull: 'close',
  pingIntervalMs: 30_000,
  answersPings: true,
  messagesWhileClosing: false,
  messageMemory: 'own',
  explainsFailures: true,
  idleTimeoutMs: 75_000,
  messageTimeoutMs: 300_000,
  closeTimeoutMs: 5_000,
};
const BYTES = ['maxMessageBytes', 'maxQueuedBytes'] as const;
const TIMEOUTS = ['pingIntervalMs', 'idleTimeoutMs', 'messageTimeoutMs', 'closeTimeoutMs'] as const;

describe('the limits of a socket', () => {
  test('have defaults, in bytes and milliseconds', () => {
    expect(socketLimits({})).toEqual(DEFAULTS);
  });

  test.each(Object.keys(DEFAULTS))('undefined is the default of %s', (name) => {
    expect(socketLimits({ [name]: undefined })).toEqual(DEFAULTS);
  });

  test('each is taken for what it is', () => {
    const options: Required<SocketOptions> = {
      maxMessageBytes: 1,
      maxQueuedBytes: 2,
      whenQueueIsFull: 'drop',
      pingIntervalMs: 3,
      answersPings: false,
      messagesWhileClosing: true,
      messageMemory: 'pool',
      explainsFailures: false,
      idleTimeoutMs: 40_000,
      messageTimeoutMs: 6,
      closeTimeoutMs: 5,
    };
    expect(socketLimits(options)).toEqual(options);
    for (const [name, value] of Object.entries(options)) {
      expect(socketLimits({ [name]: value })).toEqual({ ...DEFAULTS, [name]: value });
    }
  });

  test.each(['answersPings', 'messagesWhileClosing', 'explainsFailures'])('%s is true or false', (name) => {
    for (const value of [0, 1, 'true', null]) {
      const message = `${name} must be true or false, got ${shown(value)}`;
      expect(() => socketLimits({ [name]: value })).toThrow(new UsageError(message));
    }
  });

  test('messageMemory is one of two words', () => {
    for (const value of ['Pool', true, null]) {
      const message = `messageMemory must be 'own' or 'pool', got ${shown(value)}`;
      expect(() => socketLimits({ messageMemory: value as 'own' })).toThrow(new UsageError(message));
    }
  });

  test('other options of a server or client are not among them', () => {
    expect(socketLimits({ perMessageDeflate: true } as SocketOptions)).toEqual(DEFAULTS);
  });

  test.each(BYTES)('%s is a whole number from 1', (name) => {
    expect(socketLimits({ [name]: 1 })[name]).toBe(1);
    expect(socketLimits({ [name]: Number.MAX_SAFE_INTEGER })[name]).toBe(Number.MAX_SAFE_INTEGER);
    expect(socketLimits({ [name]: Infinity })[name]).toBe(Infinity); // switched off, by name
    for (const value of [0, -1, 1.5, Number.NaN, -Infinity, 2 ** 53, '1', null, true]) {
      const message = `${name} must be a whole number from 1 to 9007199254740991, got ${shown(value)}`;
      expect(() => socketLimits({ [name]: value })).toThrow(new UsageError(message));
    }
  });

  test.each(TIMEOUTS)('%s is a whole number from 0 to what a timer of Node can wait', (name) => {
    expect(MAX_TIMEOUT_MS).toBe(2 ** 31 - 1);
    expect(socketLimits({ [name]: 0 })[name]).toBe(0);
    const largest = { idleTimeoutMs: 0, [name]: MAX_TIMEOUT_MS };
    expect(socketLimits(largest)[name]).toBe(MAX_TIMEOUT_MS);
    for (const value of [-1, 0.5, MAX_TIMEOUT_MS + 1, Number.NaN, Number.POSITIVE_INFINITY, '5', null]) {
      const message = `${name} must be a whole number from 0 to 2147483647, got ${shown(value)}`;
      expect(() => socketLimits({ [name]: value })).toThrow(new UsageError(message));
    }
  });

  test.each([
    [{ idleTimeoutMs: 10_000 }, 10_000, 30_000],
    [{ idleTimeoutMs: 30_000 }, 30_000, 30_000],
    [{ pingIntervalMs: 75_000 }, 75_000, 75_000],
    [{ pingIntervalMs: 120_000 }, 75_000, 120_000],
  ])('%o closes living peers', (options, idle, ping) => {
    const message = `idleTimeoutMs (${idle}) must be greater than pingIntervalMs (${ping})`;
    expect(() => socketLimits(options)).toThrow(UsageError);
    expect(() => socketLimits(options)).toThrow(message);
  });

  test.each([
    { idleTimeoutMs: 10_000, pingIntervalMs: 0 },
    { idleTimeoutMs: 10_000, pingIntervalMs: 9_999 },
    { idleTimeoutMs: 0, pingIntervalMs: 120_000 },
    { idleTimeoutMs: 30_001 },
  ])('%o does not', (options) => {
    expect(socketLimits(options)).toMatchObject(options);
  });

  test.each(['Close', '', null, true, 1])('whenQueueIsFull cannot be %o', (policy) => {
    expect(() => socketLimits({ whenQueueIsFull: policy as never })).toThrow(
      new UsageError(`whenQueueIsFull must be 'close' or 'drop', got ${shown(policy)}`),
    );
  });
});

describe('a whole number', () => {
  test('is returned as it is', () => {
    expect(wholeNumber('n', 5, 5, 5)).toBe(5);
    expect(wholeNumber('n', -3, -5)).toBe(-3);
  });

  test('has no upper limit but that of exact numbers, unless one is given', () => {
    expect(wholeNumber('n', 2 ** 53 - 1, 0)).toBe(2 ** 53 - 1);
    expect(() => wholeNumber('n', 2 ** 53, 0)).toThrow(UsageError);
  });

  test.each([4, 7])('cannot be %i when it is from 5 to 6', (value) => {
    expect(() => wholeNumber('n', value, 5, 6)).toThrow(`n must be a whole number from 5 to 6, got ${value}`);
  });
});
