import { describe, expect, test } from 'vitest';
import { closeArguments, errorOfEnd, WebSocketError } from '../../src/socket/websocket-error.ts';

describe('WebSocketError', () => {
  test('is a DOMException of that name, with nothing to say by default', () => {
    const error = new WebSocketError();
    expect(error).toBeInstanceOf(DOMException);
    expect(Object.getPrototypeOf(WebSocketError)).toBe(DOMException);
    const { name, code, message, closeCode, reason } = error;
    expect({ name, code, message, closeCode, reason }).toEqual({
      name: 'WebSocketError',
      code: 0,
      message: '',
      closeCode: null,
      reason: '',
    });
    expect(String(new WebSocketError('why'))).toBe('WebSocketError: why');
    expect(Object.prototype.toString.call(error)).toBe('[object WebSocketError]');
  });

  test.each([
    [
      { closeCode: 3456, reason: 'x' },
      { closeCode: 3456, reason: 'x' },
    ],
    [{ closeCode: 3456 }, { closeCode: 3456, reason: '' }],
    [{ reason: 'x' }, { closeCode: 1000, reason: 'x' }],
    [{ reason: '' }, { closeCode: null, reason: '' }],
    [null, { closeCode: null, reason: '' }],
  ])('of %o has %o', (init, { closeCode, reason }) => {
    const error = new WebSocketError('', init as never);
    expect([error.closeCode, error.reason]).toEqual([closeCode, reason]);
  });

  test.each([
    [{ closeCode: 999 }, 'InvalidAccessError'],
    [{ closeCode: 1001 }, 'InvalidAccessError'],
    [{ closeCode: 5000 }, 'InvalidAccessError'],
    [{ reason: 'x'.repeat(124) }, 'SyntaxError'],
    [{ closeCode: Number.NaN }, 'TypeError'],
    [5, 'TypeError'],
  ])('of %o throws a %s', (init, name) => {
    expect(() => new WebSocketError('', init as never)).toThrow(expect.objectContaining({ name }));
  });

  test('has its values behind accessors of the prototype', () => {
    for (const name of ['closeCode', 'reason']) {
      const get: unknown = expect.any(Function);
      const descriptor = Object.getOwnPropertyDescriptor(WebSocketError.prototype, name);
      expect(descriptor).toEqual({ get, set: undefined, enumerable: true, configurable: true });
    }
    expect(() => WebSocketError.prototype.closeCode).toThrow(TypeError);
  });
});

test('the error of an end has codes that may not be sent, and a cause that is not enumerable', () => {
  const cause = new Error('why');
  const error = errorOfEnd('gone', 1006, 'x', cause);
  expect(error.constructor).toBe(WebSocketError);
  expect([error.message, error.closeCode, error.reason, error.cause]).toEqual(['gone', 1006, 'x', cause]);
  expect(Object.keys(error)).not.toContain('cause');
});

test('arguments of a close are converted', () => {
  expect(closeArguments(undefined)).toEqual({ code: undefined, reason: '' });
  expect(closeArguments({ closeCode: '3000', reason: 5 } as never)).toEqual({ code: 3000, reason: '5' });
  expect(closeArguments({ closeCode: 3000.9 })).toEqual({ code: 3000, reason: '' });
});
