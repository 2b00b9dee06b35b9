import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import {
  type Handlers,
  type ServerOptions,
  serverSettings,
  verifiedHandlers,
} from '../../src/server/options.ts';

describe('serverSettings', () => {
  test('has defaults', () => {
    const options = {};
    const settings = serverSettings(options);
    expect(settings.options).toBe(options);
    expect(settings).toEqual({
      options: {},
      limits: {
        maxMessageBytes: 1024 * 1024,
        maxQueuedBytes: 4 * 1024 * 1024,
        whenQueueIsFull: 'close',
        pingIntervalMs: 30_000,
        idleTimeoutMs: 75_000,
        answersPings: true,
        messagesWhileClosing: false,
        messageMemory: 'own',
        explainsFailures: true,
        messageTimeoutMs: 300_000,
        closeTimeoutMs: 5_000,
      },
      deflate: undefined,
      handshakeTimeoutMs: 10_000,
    });
  });

  test('an option that is given as undefined has its default', () => {
    const names = [
      'path',
      'origin',
      'subprotocols',
      'allowedOrigins',
      'allowedHosts',
      'handshakeTimeoutMs',
      'perMessageDeflate',
    ];
    const options = Object.fromEntries(names.map((name) => [name, undefined])) as ServerOptions;
    expect({ ...serverSettings(options), options: {} }).toEqual(serverSettings({}));
  });

  test('compression has a small window in both directions', () => {
    expect(serverSettings({ perMessageDeflate: true }).deflate).toEqual({
      thresholdBytes: 64,
      terms: { windowBits: 12, peerWindowBits: 12, contextTakeover: true, peerContextTakeover: true },
    });
    expect(serverSettings({ perMessageDeflate: { peerWindowBits: 15 } }).deflate?.terms.peerWindowBits).toBe(
      15,
    );
    expect(serverSettings({ perMessageDeflate: false }).deflate).toBeUndefined();
  });

  test.each<ServerOptions>([
    { path: '/' },
    { path: '/a/b' },
    { origin: 'https://example.com' },
    { origin: 'http://[::1]:8080' },
    { allowedOrigins: '*' },
    { allowedOrigins: [] },
    { allowedOrigins: ['null', 'https://example.com', 'http://localhost:5173'] },
    { authorize: () => false },
    { port: undefined } as ServerOptions,
    { allowedHosts: [] },
    { subprotocols: ['a'] },
    { subprotocols: () => undefined },
    { handshakeTimeoutMs: 1 },
    { handshakeTimeoutMs: 2 ** 31 - 1 },
  ])('%o is right', (options) => {
    expect(() => serverSettings(options)).not.toThrow();
  });

  test.each<[object, string]>([
    [{ path: '' }, 'path must begin with a slash'],
    [{ path: 'a' }, 'path must begin with a slash'],
    [{ path: '/a?b' }, 'path must begin with a slash'],
    [{ path: '/a#b' }, 'path must begin with a slash'],
    [{ origin: 'example.com' }, 'origin must be written as browsers do'],
    [{ origin: 'https://example.com/' }, 'origin must be written as browsers do'],
    [{ origin: 'https://Example.com' }, 'origin must be written as browsers do'],
    [{ origin: 'https://example.com:443' }, 'origin must be written as browsers do'],
    [{ origin: 'wss://example.com' }, 'origin must be written as browsers do'],
    [{ origin: 'https:' }, 'origin must be written as browsers do'],
    [{ origin: null }, 'origin must be written as browsers do'],
    [{ allowedOrigins: 'https://a' }, 'allowedOrigins must be a list or \'*\', got "https://a"'],
    [{ allowedOrigins: null }, "allowedOrigins must be a list or '*', got null"],
    [{ allowedHosts: 'a' }, 'allowedHosts must be a list, got "a"'],
    [{ allowedHosts: '*' }, 'allowedHosts must be a list, got "*"'],
    [{ allowedHosts: null }, 'allowedHosts must be a list, got null'],
    [{ perMessageDeflate: null }, 'perMessageDeflate must be true, false or an object, got null'],
    [{ subprotocols: 'a' }, 'subprotocols must be a list or a function, got "a"'],
    [{ subprotocols: null }, 'subprotocols must be a list or a function, got null'],
    [{ authorize: true }, 'authorize must be a function, got true'],
    [
      { allowedOrigins: ['https://a', 'https://example.com/'] },
      'allowedOrigins takes what browsers send, https://example.com or null, got "https://example.com/"; did you mean https://example.com?',
    ],
    [{ allowedOrigins: ['https://a:443'] }, 'got "https://a:443"; did you mean https://a?'],
    [{ allowedOrigins: ['example.com'] }, 'https://example.com or null, got "example.com"'],
    [{ allowedOrigins: ['*'] }, 'https://example.com or null, got "*"'],
    [{ allowedOrigins: [null] }, 'https://example.com or null, got null'],
    [{ maxMessageByte: 5 }, 'there is no option maxMessageByte; did you mean maxMessageBytes?'],
    [{ port: 8080 }, 'there is no option port: pass the port to listen(port)'],
    [{ server: {} }, 'there is no option server: pass the HTTP server to attach(server)'],
    [{ message: () => {} }, 'there is no option message: handlers are the second argument'],
    [{ perMessageDeflate: { threshold: 5 } }, 'there is no perMessageDeflate option threshold'],
    [() => {}, 'options must be an object, got a function'],
    [{ idleTimeoutMs: 10_000 }, 'idleTimeoutMs (10000) must be greater than pingIntervalMs (30000)'],
    [{ handshakeTimeoutMs: 0 }, 'handshakeTimeoutMs must be a whole number'],
    [{ handshakeTimeoutMs: 2 ** 31 }, 'handshakeTimeoutMs must be a whole number'],
    [{ maxMessageBytes: 0 }, 'maxMessageBytes must be a whole number'],
    [{ perMessageDeflate: { windowBits: 16 } }, 'windowBits must be a whole number'],
  ])('%o is a UsageError', (options, message) => {
    expect(() => serverSettings(options)).toThrow(UsageError);
    expect(() => serverSettings(options)).toThrow(message);
  });
});

describe('handlers', () => {
  test('a function is the open handler', () => {
    const open = () => {};
    expect(verifiedHandlers(open)).toEqual({ open });
  });

  test('an object is taken as it is, with its data and what is undefined', () => {
    const handlers = { message() {}, count: 0, greet: undefined, close: undefined } as object as Handlers;
    expect(verifiedHandlers(handlers)).toBe(handlers);
  });

  test('an object of a class may have methods of its own', () => {
    class Room implements Handlers {
      greet = () => 'hello';
      message(): string {
        return this.greet();
      }
    }
    const room = new Room();
    expect(verifiedHandlers(room)).toBe(room);
  });

  test.each<[unknown, string]>([
    [{ mesage: () => {} }, 'there is no handler mesage; did you mean message?'],
    [{ connection: () => {} }, 'there is no handler connection: open is called with each new socket'],
    [{ authorize: () => {} }, 'there is no handler authorize: options are the first argument'],
    [{ message: 'hello' }, 'the handler message must be a function, got "hello"'],
    [{ open: null }, 'the handler open must be a function, got null'],
    [null, 'handlers must be an object, got null'],
    ['hello', 'handlers must be an object, got a string'],
  ])('%o is a UsageError', (handlers, message) => {
    expect(() => verifiedHandlers(handlers as Handlers)).toThrow(new UsageError(message));
  });
});
