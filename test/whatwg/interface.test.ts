/** WHATWG WebSockets §3.1 and §6: the interfaces themselves, without a connection. */
import { CloseEvent, ErrorEvent, WebSocket } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectNowhere } from './client.ts';

const CONSTANTS = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

describe.each(Object.entries(CONSTANTS))('the constant %s', (name, value) => {
  const holders = () => ({
    class: WebSocket,
    prototype: WebSocket.prototype,
    instance: connectNowhere('ws://localhost/'),
  });

  test(`is ${value} on the class, its prototype and its instances`, () => {
    for (const holder of Object.values(holders())) expect(Reflect.get(holder, name)).toBe(value);
  });

  test('can be neither changed nor deleted', () => {
    for (const holder of Object.values(holders())) {
      Reflect.set(holder, name, 9);
      Reflect.deleteProperty(holder, name);
      expect(Reflect.get(holder, name)).toBe(value);
    }
  });

  test('is enumerable on the class and its prototype', () => {
    expect(Object.keys(WebSocket)).toContain(name);
    expect(Object.keys(WebSocket.prototype)).toContain(name);
  });
});

describe('a WebSocket', () => {
  test('is an EventTarget, and calls itself WebSocket', () => {
    const socket = connectNowhere('ws://localhost/');
    expect(socket).toBeInstanceOf(EventTarget);
    expect(Object.prototype.toString.call(socket)).toBe('[object WebSocket]');
  });

  test.each(['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'])('%s is read-only', (name) => {
    const socket = connectNowhere('ws://localhost/');
    const before: unknown = Reflect.get(socket, name);
    expect(Reflect.set(socket, name, 'other')).toBe(false);
    expect(Reflect.get(socket, name)).toBe(before);
  });

  test('has every member that the standard has', () => {
    const members = ['url', 'readyState', 'bufferedAmount', 'onopen', 'onerror', 'onclose', 'extensions'];
    for (const name of [...members, 'protocol', 'close', 'onmessage', 'binaryType', 'send']) {
      expect(name in WebSocket.prototype).toBe(true);
    }
  });
});

describe('the interface object', () => {
  test('inherits from EventTarget, and so does its prototype', () => {
    expect(Object.getPrototypeOf(WebSocket)).toBe(EventTarget);
    expect(Object.getPrototypeOf(WebSocket.prototype)).toBe(EventTarget.prototype);
    expect([WebSocket.name, WebSocket.length]).toEqual(['WebSocket', 1]);
  });

  test.each(['onopen', 'onmessage', 'onerror', 'onclose', 'binaryType'])(
    '%s is an accessor of the prototype',
    (name) => {
      const descriptor = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
      const accessor: unknown = expect.any(Function);
      expect(descriptor).toEqual({ get: accessor, set: accessor, enumerable: true, configurable: true });
      expect(() => Reflect.get(WebSocket.prototype, name)).toThrow(TypeError);
      expect(() => Reflect.set(WebSocket.prototype, name, null)).toThrow(TypeError);
    },
  );

  test.each(['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'])(
    '%s is a getter of the prototype',
    (name) => {
      const descriptor = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
      const get: unknown = expect.any(Function);
      expect(descriptor).toEqual({ get, set: undefined, enumerable: true, configurable: true });
      expect(() => Reflect.get(WebSocket.prototype, name)).toThrow(TypeError);
    },
  );

  test.each([
    ['send', 1],
    ['close', 0],
  ])('%s has %i required arguments, and belongs to a WebSocket', (name, length) => {
    const descriptor = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)!;
    expect(descriptor).toMatchObject({ enumerable: true, configurable: true, writable: true });
    expect(descriptor.value.length).toBe(length);
    expect(() => descriptor.value.call({}, 'x')).toThrow(TypeError);
  });

  test('the class string is a property that cannot be written', () => {
    expect(Object.getOwnPropertyDescriptor(WebSocket.prototype, Symbol.toStringTag)).toEqual({
      value: 'WebSocket',
      writable: false,
      enumerable: false,
      configurable: true,
    });
  });

  test('a missing argument is a TypeError before anything else', () => {
    expect(() => Reflect.construct(WebSocket, [])).toThrow(TypeError);
    const socket = connectNowhere('ws://localhost/');
    expect(() => Reflect.apply(socket.send, socket, [])).toThrow(TypeError);
  });

  test('a subclass is made, and has its own members', () => {
    class Mine extends WebSocket {
      hello() {
        return `hello ${this.url}`;
      }
    }
    const options = { createConnection: () => new Promise<never>(() => {}) };
    const socket = new Mine('ws://localhost/', [], options);
    onTestFinished(() => socket.terminate());
    expect(socket.hello()).toBe('hello ws://localhost/');
    expect(socket).toBeInstanceOf(WebSocket);
  });
});

describe.each(['onopen', 'onmessage', 'onerror', 'onclose'] as const)('%s', (name) => {
  test('is null at first, and again when something is set that is no object', () => {
    const socket = connectNowhere('ws://localhost/');
    const set = (value: unknown) => Reflect.set(socket, name, value);
    expect(socket[name]).toBeNull();
    const handler = () => {};
    for (const nothing of [null, undefined, 5, 'alert(1)', Symbol('x')]) {
      set(handler);
      expect(socket[name]).toBe(handler);
      set(nothing);
      expect(socket[name]).toBeNull();
    }
  });
});

describe('events', () => {
  test('a CloseEvent has 0, nothing and false by default', () => {
    const event = new CloseEvent('close');
    expect(event).toMatchObject({ type: 'close', code: 0, reason: '', wasClean: false });
    expect([event.bubbles, event.cancelable, event.composed]).toEqual([false, false, false]);
    expect(event).toBeInstanceOf(Event);
  });

  test('a CloseEvent has what it is made with', () => {
    const init = { code: 4000, reason: 'done', wasClean: true };
    expect(new CloseEvent('close', init)).toMatchObject(init);
    expect(new CloseEvent('close', { code: 1000 })).toMatchObject({
      code: 1000,
      reason: '',
      wasClean: false,
    });
  });

  test('beyond the standard, where an error event says nothing, an ErrorEvent has the error', () => {
    const error = new Error('no');
    expect(new ErrorEvent('error', { error, message: 'no' })).toMatchObject({
      type: 'error',
      error,
      message: 'no',
    });
  });
});
