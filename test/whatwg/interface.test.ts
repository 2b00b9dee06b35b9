/** WHATWG WebSockets §3.1 and §6: the interfaces themselves, without a connection. */
import { CloseEvent, ErrorEvent, WebSocket } from 'barewire';
import { describe, expect, test } from 'vitest';
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

describe.each(['onopen', 'onmessage', 'onerror', 'onclose'] as const)('%s', (name) => {
  test('is null at first, and again when something is set that is no function', () => {
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
    expect(new ErrorEvent('error', error)).toMatchObject({ type: 'error', error, message: 'no' });
  });
});
