import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  handshakeRequest,
  ignoreError,
  isSecure,
  pathOf,
  resourceNameOf,
} from '../../src/server/node-http.ts';

const request = (fields: object) => fields as IncomingMessage;

describe('handshakeRequest', () => {
  test('has the method, the version and the headers', () => {
    const { method, httpVersion, header } = handshakeRequest(
      request({ method: 'PUT', url: '/', httpVersion: '1.0', headers: { a: '1', b: ['2', '3'] } }),
    );
    expect([method, httpVersion, header('a'), header('b'), header('c')]).toEqual([
      'PUT',
      '1.0',
      '1',
      '2,3',
      undefined,
    ]);
  });

  test('without a method has an empty one', () => {
    expect(handshakeRequest(request({ headers: {} }))).toMatchObject({ method: '', target: '' });
  });

  test.each([
    [['Host', 'a', 'X', 'Host'], 'a'],
    [['Host', 'a', 'X', 'y', 'HOST', 'b'], 'a, b'],
    [['host', '', 'hOST', ''], ', '],
    [['Hose', 'a', 'Hosts', 'b', 'X', 'host', 'Y', 'c'], undefined],
  ])('has all lines of a header, and makes no object of all headers: of %j %s', (rawHeaders, host) => {
    const made = {
      rawHeaders,
      get headers() {
        throw new Error('was asked for');
      },
    };
    expect(handshakeRequest(request(made)).header('host')).toBe(host);
  });
});

test.each([
  [{ encrypted: true }, true],
  [{ encrypted: false }, false],
  [{ encrypted: 'yes' }, false],
  [{}, false],
])('a request on %o is secure: %s', (socket, is) => {
  expect(isSecure(request({ socket }))).toBe(is);
});

describe('the resource name and the path', () => {
  test.each<[string | undefined, string, string]>([
    ['/', '/', '/'],
    ['/a/b', '/a/b', '/a/b'],
    ['/a?b=/c?d', '/a?b=/c?d', '/a'],
    ['/a#b', '/a#b', '/a'],
    ['//a/b', '//a/b', '//a/b'],
    ['http://host', '/', '/'],
    ['HTTP://host:80/a?b', '/a?b', '/a'],
    ['ws+unix.1-2://host/a', '/a', '/a'],
    ['http://host?b', '/?b', '/'],
    ['http://host#b', '/#b', '/'],
    ['http:///a', '/a', '/a'],
    ['1http://host/a', '/1http://host/a', '/1http://host/a'],
    ['*', '/*', '/*'],
    ['host:443', '/host:443', '/host:443'],
    ['?b', '/?b', '/'],
    ['', '/', '/'],
    [undefined, '/', '/'],
  ])('of %s are %s and %s', (url, name, path) => {
    const fields = url === undefined ? {} : { url };
    expect(resourceNameOf(request(fields))).toBe(name);
    expect(pathOf(request(fields))).toBe(path);
  });
});

test('ignoreError does nothing', () => {
  expect(ignoreError()).toBeUndefined();
});
