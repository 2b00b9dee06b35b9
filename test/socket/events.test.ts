import { describe, expect, test } from 'vitest';
import { CloseEvent, ErrorEvent, messageEvent } from '../../src/socket/events.ts';

describe.each([
  ['CloseEvent', CloseEvent],
  ['ErrorEvent', ErrorEvent],
] as const)('%s', (name, EventClass) => {
  test('is an interface that inherits from Event', () => {
    expect(Object.getPrototypeOf(EventClass)).toBe(Event);
    expect(Object.getPrototypeOf(EventClass.prototype)).toBe(Event.prototype);
    expect(EventClass.length).toBe(1);
    expect(String(new EventClass('x'))).toBe(`[object ${name}]`);
  });

  test('is an Event that cannot be cancelled and does not bubble, unless it is told to', () => {
    const event = new EventClass('x');
    expect(event).toBeInstanceOf(Event);
    expect(event).toMatchObject({ type: 'x', cancelable: false, bubbles: false });
    expect(new EventClass('x', { cancelable: true, bubbles: true })).toMatchObject({
      cancelable: true,
      bubbles: true,
    });
  });

  test('needs a type, and an object as its second argument', () => {
    expect(() => Reflect.construct(EventClass, [])).toThrow(TypeError);
    expect(() => new EventClass('x', 5 as never)).toThrow(TypeError);
    for (const nothing of [undefined, null]) expect(new EventClass('x', nothing as never).type).toBe('x');
  });

  test('has its values behind accessors of the prototype, which are enumerable and brand-checked', () => {
    const event = new EventClass('x');
    expect(Reflect.ownKeys(event).filter((key) => typeof key === 'string' && key !== 'isTrusted')).toEqual(
      [],
    );
    const own = Object.getOwnPropertyNames(EventClass.prototype).filter((key) => key !== 'constructor');
    expect(own.length).toBeGreaterThanOrEqual(3);
    for (const key of own) {
      const descriptor = Object.getOwnPropertyDescriptor(EventClass.prototype, key)!;
      expect(descriptor).toMatchObject({ enumerable: true, configurable: true, set: undefined });
      expect(() => descriptor.get!.call(new Event('x'))).toThrow(TypeError);
    }
  });
});

describe('CloseEvent', () => {
  test('has the defaults of the standard', () => {
    for (const event of [new CloseEvent('close'), new CloseEvent('close', {})])
      expect([event.code, event.reason, event.wasClean]).toEqual([0, '', false]);
  });

  test('has what it is made with, and nothing else', () => {
    const init = { code: 1000, reason: 'bye', wasClean: true, error: new Error('no') };
    const event = new CloseEvent('close', init);
    expect([event.code, event.reason, event.wasClean]).toEqual([1000, 'bye', true]);
    expect(event).not.toHaveProperty('error');
  });

  test('converts what it is made with', () => {
    const init = { code: '65537', reason: '\ud800x', wasClean: 'yes' } as never;
    const event = new CloseEvent('close', init);
    expect([event.code, event.reason, event.wasClean]).toEqual([1, '\ufffdx', true]);
    expect(new CloseEvent('close', { reason: null } as never).reason).toBe('null');
    expect(() => new CloseEvent('close', { code: 1n } as never)).toThrow(TypeError);
    expect(() => new CloseEvent('close', { reason: Symbol('x') } as never)).toThrow(TypeError);
  });
});

describe('ErrorEvent', () => {
  test('has the defaults of the standard', () => {
    const { message, filename, lineno, colno, error } = new ErrorEvent('error');
    expect([message, filename, lineno, colno, error]).toEqual(['', '', 0, 0, undefined]);
  });

  test('has what it is made with', () => {
    const init = { error: new RangeError('why'), message: 'why', filename: 'a.js', lineno: 3, colno: 5 };
    const { message, filename, lineno, colno, error } = new ErrorEvent('error', init);
    expect({ message, filename, lineno, colno, error }).toEqual(init);
    expect(error).toBe(init.error);
  });

  test('converts what it is made with', () => {
    const init = { lineno: -1, colno: 2 ** 32 + 1, message: 5 } as never;
    const { lineno, colno, message } = new ErrorEvent('error', init);
    expect([lineno, colno, message]).toEqual([2 ** 32 - 1, 1, '5']);
  });
});

describe('messageEvent', () => {
  const bytes = Uint8Array.of(1, 2, 3);

  test.each(['blob', 'arraybuffer', 'uint8array'] as const)('text is a string with %s', (type) => {
    const event = messageEvent('text', type, 'ws://a');
    expect(event).toBeInstanceOf(MessageEvent);
    expect(event).toMatchObject({ type: 'message', data: 'text', origin: 'ws://a' });
  });

  test('has the class string of the standard, which on Node 20 the class of Node lacks', () => {
    const event = messageEvent('text', 'blob', '');
    expect(String(event)).toBe('[object MessageEvent]');
    expect(event.constructor).toBe(MessageEvent);
    expect(Object.keys(event)).toEqual(Object.keys(new MessageEvent('message')));
  });

  test('bytes are a Blob without a type', async () => {
    const { data, origin } = messageEvent(bytes, 'blob', 'ws://a');
    expect(data).toBeInstanceOf(Blob);
    expect(data.type).toBe('');
    expect(new Uint8Array(await data.arrayBuffer())).toEqual(bytes);
    expect(origin).toBe('ws://a');
  });

  test('bytes are their ArrayBuffer', () => {
    const { data, origin } = messageEvent(bytes, 'arraybuffer', '');
    expect(data).toBe(bytes.buffer);
    expect(origin).toBe('');
  });

  test('bytes are the Uint8Array itself', () => {
    expect(messageEvent(bytes, 'uint8array', '').data).toBe(bytes);
  });
});
