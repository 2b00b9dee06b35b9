import { describe, expect, test } from 'vitest';
import { CloseEvent, ErrorEvent, messageEvent } from '../../src/socket/events.ts';

describe('CloseEvent', () => {
  test('is an Event that cannot be cancelled and does not bubble', () => {
    const event = new CloseEvent('close');
    expect(event).toBeInstanceOf(Event);
    expect(event).toMatchObject({ type: 'close', cancelable: false, bubbles: false });
  });

  test('has the defaults of the standard', () => {
    expect(new CloseEvent('close')).toMatchObject({ code: 0, reason: '', wasClean: false });
    expect(new CloseEvent('close', {})).toMatchObject({ code: 0, reason: '', wasClean: false });
  });

  test('has what it is made with, and nothing else', () => {
    const init = { code: 1000, reason: 'bye', wasClean: true, error: new Error('no') };
    const event = new CloseEvent('close', init);
    expect(event).toMatchObject({ code: 1000, reason: 'bye', wasClean: true });
    expect(event).not.toHaveProperty('error');
  });
});

test('ErrorEvent has the error and its message', () => {
  const error = new RangeError('why');
  const event = new ErrorEvent('error', error);
  expect(event).toBeInstanceOf(Event);
  expect(event).toMatchObject({ type: 'error', message: 'why', cancelable: false });
  expect(event.error).toBe(error);
});

describe('messageEvent', () => {
  const bytes = Uint8Array.of(1, 2, 3);

  test.each(['blob', 'arraybuffer', 'uint8array'] as const)('text is a string with %s', (type) => {
    const event = messageEvent('text', type, 'ws://a');
    expect(event).toBeInstanceOf(MessageEvent);
    expect(event).toMatchObject({ type: 'message', data: 'text', origin: 'ws://a' });
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
