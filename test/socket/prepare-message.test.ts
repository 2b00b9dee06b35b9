/** A message that is made once and sent many times: what it is, and how it is queued. */
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import type { SendOptions } from '../../src/protocol/send-options.ts';
import { prepareMessage } from '../../src/socket/prepare-message.ts';
import { connected, started, turn, unconnected } from './inner.ts';

describe('a message that is made once', () => {
  test('is text or binary, and is sent as often as one likes', async () => {
    const { socket, transport } = started();
    const [text, binary] = [prepareMessage('é'), prepareMessage(Uint8Array.of(1, 2))];
    expect([text.byteLength, binary.byteLength]).toEqual([2, 2]);
    for (const message of [text, binary, text]) expect(socket.send(message)).toBe(true);
    await turn();
    expect(transport.written).toBe('8102c3a9' + '82020102' + '8102c3a9');
  });

  test.each([
    ['an ArrayBuffer', Uint8Array.of(1, 2).buffer],
    ['a DataView', new DataView(Uint8Array.of(0, 1, 2).buffer, 1)],
    ['a wider array', Uint16Array.of(0x0201)],
  ])('is made of %s too', async (_what, data) => {
    const { socket, transport } = started();
    socket.send(prepareMessage(data));
    await turn();
    expect(transport.written).toBe('82020102');
  });

  test('copies bytes, unless that is said', async () => {
    const { socket, transport } = started();
    const bytes = Buffer.from('ab');
    const [copied, own] = [prepareMessage(bytes), prepareMessage(bytes, { copy: false, text: true })];
    bytes.fill('c');
    socket.send(copied);
    socket.send(own);
    await turn();
    expect(transport.written).toBe('82026162' + '81026363');
  });

  test('says at once what is wrong', () => {
    expect(() => prepareMessage(5 as never)).toThrow(TypeError);
    expect(() => prepareMessage(new Blob(['x']) as never)).toThrow(TypeError);
    expect(() => prepareMessage(Uint8Array.of(0xff), { text: true })).toThrow(UsageError);
    expect(() => prepareMessage('x', { fin: false } as SendOptions)).toThrow(UsageError);
  });
});

describe('what cannot be sent', () => {
  test('is refused where the queue is full, and counts for it', () => {
    const { socket, transport } = connected({}, { maxQueuedBytes: 100, whenQueueIsFull: 'drop' });
    transport.isStuck = true;
    const message = prepareMessage('x'.repeat(60));
    expect([socket.send(message), socket.send(message)]).toEqual([true, false]);
    expect(socket.bufferedAmount).toBe(60);
    expect(socket.readyState).toBe(1);
  });

  test('closes the connection with 1008, if that is wanted', () => {
    const { socket, transport, inner } = connected({}, { maxQueuedBytes: 100 });
    transport.isStuck = true;
    const message = prepareMessage('x'.repeat(60));
    expect([socket.send(message), socket.send(message)]).toEqual([true, false]);
    expect(inner.wire!.connection.sent?.code).toBe(1008);
  });

  test('is counted when the connection is over, or never was', () => {
    const { socket } = started();
    socket.terminate();
    expect(socket.send(prepareMessage('abc'))).toBe(false);
    expect(socket.bufferedAmount).toBe(3);
    const without = unconnected();
    expect(without.socket.send(prepareMessage('abc'))).toBe(false);
    expect(without.socket.bufferedAmount).toBe(3);
  });
});

describe('the order', () => {
  test('is kept behind a Blob, and behind a message in parts', async () => {
    const { socket, transport } = started();
    socket.send(new Blob(['1']));
    expect(socket.send(prepareMessage('2'))).toBe(true);
    const writer = socket.sendStream('text').getWriter();
    await writer.write('3');
    expect(socket.send(prepareMessage('4'))).toBe(true);
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    await writer.close();
    await socket.flushed();
    expect(transport.written).toBe('820131' + '810132' + '010133' + '8000' + '810134');
  });

  test('behind a Blob a message that has no room is refused', () => {
    const { socket } = started({}, { maxQueuedBytes: 300, whenQueueIsFull: 'drop' });
    socket.send(Object.assign(new Blob(['b']), { arrayBuffer: () => new Promise<never>(() => {}) }));
    expect(socket.send(prepareMessage('x'.repeat(300)))).toBe(false);
    expect(socket.readyState).toBe(1);
  });
});
