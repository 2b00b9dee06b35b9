import { describe, expect, test } from 'vitest';
import { isOrigin, originOf } from '../../../src/protocol/handshake/origin.ts';

describe('an origin', () => {
  test.each([
    'null',
    'https://example.com',
    'http://localhost:5173',
    'http://127.0.0.1',
    'http://[::1]:8080',
    'https://xn--bcher-kva.example',
    'chrome-extension://abcdefghijklmnop',
    'capacitor://localhost',
  ])('%s is one', (text) => expect(isOrigin(text)).toBe(true));

  test.each([
    '',
    '*',
    'example.com',
    'https://',
    'https://example.com/',
    'https://example.com/path',
    'https://example.com?query',
    'https://user@example.com',
    'https://Example.com',
    'HTTPS://example.com',
    'https://example.com:443',
    'http://example.com:80',
    'http://a:b:c',
    'http://example.com:65536',
    'https://bücher.example',
    'https://*.example.com',
    ' https://example.com',
    'https://example.com\n',
    `https://${'a'.repeat(300)}`,
    'Null',
  ])('%j is none', (text) => expect(isOrigin(text)).toBe(false));
});

describe('the origin of a web address', () => {
  test.each([
    ['https://Example.com:443/path?query', 'https://example.com'],
    ['HTTP://a:81', 'http://a:81'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('%s: %s', (url, origin) => expect(originOf(url)).toBe(origin));

  test.each(['', 'example.com', 'ws://a', 'http://', 'capacitor://localhost'])('%j has none', (url) =>
    expect(originOf(url)).toBeUndefined(),
  );
});
