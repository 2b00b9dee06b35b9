import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { addressesBehind } from '../../../src/chat/door/addresses.ts';

function addressOf(proxies: number, remoteAddress: string | undefined, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return addressesBehind(proxies)({ socket: { remoteAddress }, headers } as IncomingMessage);
}

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::1', '2001:db8:1:2'],
  ['2001:db8::7', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  [undefined, '0:0:0:0'],
])('%s counts as %s', (remoteAddress, expected) => {
  expect(addressOf(0, remoteAddress)).toBe(expected);
});

test.each([
  [0, '203.0.113.7', '10.0.0.1'],
  [1, undefined, '10.0.0.1'],
  [1, '203.0.113.7', '203.0.113.7'],
  [1, '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  [2, '198.51.100.1,203.0.113.7', '198.51.100.1'],
  [2, '203.0.113.7', '10.0.0.1'],
  [1, '2001:db8::1', '2001:db8:0:0'],
  [1, '::ffff:203.0.113.7', '203.0.113.7'],
  [1, '203.0.113.7:51234', '203.0.113.7'],
  [1, '[2001:db8::1]:443', '2001:db8:0:0'],
  [1, '[2001:db8::1]', '2001:db8:0:0'],
  [1, '203.0.113.7:', '10.0.0.1'],
  [1, 'unknown', '10.0.0.1'],
  [1, '203.0.113.7, <script>', '10.0.0.1'],
  [1, ',', '10.0.0.1'],
])('behind %i proxies, X-Forwarded-For: %s counts as %s', (proxies, forwarded, expected) => {
  expect(addressOf(proxies, '10.0.0.1', forwarded)).toBe(expected);
});
