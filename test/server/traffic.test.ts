import { expect, test } from 'vitest';
import { NO_TRAFFIC, sumOf } from '../../src/server/traffic.ts';

const one = {
  messagesSent: 1,
  messagesReceived: 2,
  payloadBytesSent: 3,
  payloadBytesReceived: 4,
  wireBytesSent: 5,
  wireBytesReceived: 6,
};

test('no traffic is all zeros', () => {
  expect(NO_TRAFFIC).toEqual(Object.fromEntries(Object.keys(one).map((name) => [name, 0])));
});

test('each count is added to its own', () => {
  const other = Object.fromEntries(
    Object.keys(one).map((name, index) => [name, 10 ** (index + 1)]),
  ) as typeof one;
  expect(sumOf(one, other)).toEqual({
    messagesSent: 11,
    messagesReceived: 102,
    payloadBytesSent: 1_003,
    payloadBytesReceived: 10_004,
    wireBytesSent: 100_005,
    wireBytesReceived: 1_000_006,
  });
});

test('a connection without counts adds nothing, and nothing is changed', () => {
  expect(sumOf(one, undefined)).toEqual(one);
  expect(sumOf(one)).not.toBe(one);
  expect(NO_TRAFFIC.messagesSent).toBe(0);
});
