import { OPCODE } from 'barewire/protocol';
import { describe, expect, test, vi } from 'vitest';
import { ClosedError, ProtocolError, UsageError } from '../../src/protocol/errors.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { Publisher } from '../../src/publish/publisher.ts';
import { Topics } from '../../src/publish/topics.ts';
import { sendPing } from '../../src/socket/control-frames.ts';
import { iterate } from '../../src/socket/message-iterator.ts';
import { NO_RARE_STATE } from '../../src/socket/rare-state.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { frame, textFrame } from '../support/raw-client.ts';
import { connected, type Inner, started, turn, unconnected } from './inner.ts';

const hex = (text: string) => Buffer.from(text).toString('hex');

/** A Blob that is never read. */
class Unread extends Blob {
  override arrayBuffer = () => new Promise<ArrayBuffer>(() => {});
}

describe('without a connection', () => {
  test('everything is as after the end', async () => {
    const { inner } = unconnected();
    expect(inner).toMatchObject({
      readyState: 3,
      bufferedAmount: 0,
      roundTripMs: undefined,
      traffic: undefined,
      hasMessageHandler: false,
    });
    await inner.waitForRoom(5);
    inner.terminate();
    inner.close(1000, '');
    inner.pong(new Uint8Array(0));
    expect(inner.send('abc')).toBe(false);
    await expect(sendPing(inner, undefined)).rejects.toThrow(ClosedError);
  });

  test('a Ping with a payload that is not bytes throws all the same', () => {
    expect(() => sendPing(unconnected().inner, 'x' as never)).toThrow(TypeError);
  });
});

describe('the beginning', () => {
  test('nothing is read before start, and the head comes first', async () => {
    const messages: unknown[] = [];
    const { inner, transport } = connected({ message: (_socket, data) => messages.push(data) });
    transport.push(textFrame('second'));
    await turn();
    expect(transport.readableLength).toBe(textFrame('second').length);
    inner.start(textFrame('first'));
    inner.endWaitForConsumer();
    await turn();
    expect(messages).toEqual(['first', 'second']);
  });

  test('start tells open listeners at once', () => {
    const { inner, socket } = connected();
    const opened = vi.fn();
    socket.onopen = opened;
    inner.start(new Uint8Array(0));
    expect(opened).toHaveBeenCalledOnce();
  });

  test('an open socket has resolved `opened`, whenever one asks', async () => {
    const { inner, socket } = connected();
    expect(await inner.opened()).toBe(socket);
  });

  test('the shared rare state is never changed', () => {
    const { inner } = connected();
    const own = inner.ownRareState();
    expect(own).not.toBe(NO_RARE_STATE);
    expect(inner.ownRareState()).toBe(own);
  });
});

describe('binaryType', () => {
  test('is uint8array on a server, and blob on a client', () => {
    expect(unconnected().inner.binaryType).toBe('uint8array');
    expect(unconnected({ role: 'client' }).inner.binaryType).toBe('blob');
  });

  test('takes the three types and ignores others', () => {
    const { inner } = unconnected();
    for (const type of ['blob', 'arraybuffer', 'uint8array', 'text', 'BLOB'] as const) {
      inner.binaryType = type as 'blob';
    }
    expect(inner.binaryType).toBe('uint8array');
    inner.binaryType = 'blob';
    expect(inner.binaryType).toBe('blob');
  });
});

describe('messages', () => {
  test('wait until there is a consumer', async () => {
    const messages: unknown[] = [];
    const { inner, transport } = started({ message: (_socket, data) => messages.push(data) });
    transport.push(textFrame('a'));
    await turn();
    expect(messages).toEqual([]);
    inner.endWaitForConsumer();
    await turn();
    expect(messages).toEqual(['a']);
  });

  test('go to the handler, then the loop, then the listeners', async () => {
    const order: unknown[] = [];
    const { inner, socket, transport } = started({
      message: (socket, data) => order.push(['handler', socket, data]),
    });
    socket.onmessage = ({ data }) => order.push(['listener', data]);
    const next = iterate(inner).next();
    transport.push(textFrame('a'));
    await turn();
    expect(order).toEqual([
      ['handler', socket, 'a'],
      ['listener', 'a'],
    ]);
    expect(await next).toEqual({ done: false, value: 'a' });
  });

  test('a listener that the handler adds gets the next message first', async () => {
    const heard: unknown[] = [];
    const { inner, transport } = started({
      message(socket) {
        socket.onmessage ??= ({ data }) => heard.push(data);
      },
    });
    inner.endWaitForConsumer();
    transport.push(Buffer.concat([textFrame('a'), textFrame('b')]));
    await turn();
    expect(heard).toEqual(['b']);
  });

  test('have the origin of the rare state', async () => {
    const { inner, socket, transport } = started();
    inner.ownRareState().origin = 'wss://example.com';
    const origins: string[] = [];
    socket.onmessage = ({ origin }) => origins.push(origin);
    transport.push(textFrame('a'));
    await turn();
    expect(origins).toEqual(['wss://example.com']);
  });

  test('no longer come when the Close frame waits for a Blob', async () => {
    const messages: unknown[] = [];
    const { inner, transport } = started({ message: (_socket, data) => messages.push(data) });
    inner.endWaitForConsumer();
    inner.send(new Unread(['x']));
    inner.close(1000, '');
    expect(inner.readyState).toBe(2);
    transport.push(textFrame('a'));
    await turn();
    expect(messages).toEqual([]);
  });

  test('an ArrayBuffer has the bytes of its own message only', async () => {
    const { inner, socket, transport } = started();
    inner.binaryType = 'arraybuffer';
    const buffers: ArrayBuffer[] = [];
    socket.onmessage = ({ data }) => buffers.push(data);
    transport.push(
      Buffer.concat([frame(OPCODE.binary, Uint8Array.of(1)), frame(OPCODE.binary, Uint8Array.of(2, 3))]),
    );
    await turn();
    expect(buffers.map((buffer) => [...new Uint8Array(buffer)])).toEqual([[1], [2, 3]]);
  });
});

describe('pausing', () => {
  test('by the user and because nothing takes messages: each alone is enough', async () => {
    const messages: unknown[] = [];
    const { inner, transport } = started({ message: (_socket, data) => messages.push(data) });
    inner.pause();
    inner.endWaitForConsumer();
    transport.push(textFrame('a'));
    await turn();
    expect(messages).toEqual([]);
    inner.resume();
    await turn();
    expect(messages).toEqual(['a']);
  });

  test('resume also ends the wait for a consumer', async () => {
    const { inner, transport } = started();
    transport.push(textFrame('dropped'));
    await turn();
    inner.resume();
    await turn();
    expect(inner.traffic?.messagesReceived).toBe(1);
  });

  test('a listener for messages ends the wait, others do not', async () => {
    const { inner, socket, transport } = started();
    transport.push(textFrame('a'));
    for (const type of ['close', 'error', 'open', 'x']) socket.addEventListener(type, () => {});
    await turn();
    expect(inner.traffic?.messagesReceived).toBe(0);
    socket.addEventListener('message', () => {});
    await turn();
    expect(inner.traffic?.messagesReceived).toBe(1);
  });
});

describe('a loop', () => {
  test('reads one message at a time', async () => {
    const { inner, transport } = started();
    const iterator = iterate(inner);
    transport.push(Buffer.concat([textFrame('a'), textFrame('b')]));
    await turn();
    expect(inner.traffic?.messagesReceived).toBe(0);
    expect(await iterator.next()).toEqual({ done: false, value: 'a' });
    await turn();
    expect(inner.traffic?.messagesReceived).toBe(1);
    expect(await iterator.next()).toEqual({ done: false, value: 'b' });
  });

  test('is the only one', () => {
    const { inner } = started();
    iterate(inner);
    expect(() => iterate(inner)).toThrow(UsageError);
  });

  test.each<[string, (inner: Inner, socket: WebSocket<undefined>) => void, boolean]>([
    ['nothing else takes messages: they wait', () => {}, false],
    [
      'a listener takes messages: they go on',
      (_inner, socket) => socket.addEventListener('message', () => {}),
      true,
    ],
    ['the user has resumed: they still wait for the next loop', (inner) => inner.resume(), false],
  ])('that is left where %s', async (_name, prepare, isDelivered) => {
    const { inner, socket, transport } = started();
    const iterator = iterate(inner);
    prepare(inner, socket);
    await iterator.return();
    transport.push(textFrame('a'));
    await turn();
    expect(inner.traffic?.messagesReceived).toBe(isDelivered ? 1 : 0);
    const next = iterate(inner).next();
    if (!isDelivered) expect((await next).value).toBe('a');
  });

  test('that is left where a handler takes messages: they go on', async () => {
    const messages: unknown[] = [];
    const { inner, transport } = started({ message: (_socket, data) => messages.push(data) });
    await iterate(inner).return();
    transport.push(textFrame('a'));
    await turn();
    expect(messages).toEqual(['a']);
  });

  test('ends with the connection, and one that begins later ends at once', async () => {
    const { inner } = started();
    const next = iterate(inner).next();
    inner.terminate();
    expect((await next).done).toBe(true);
    expect((await iterate(inner).next()).done).toBe(true);
    expect((await iterate(inner).next()).done).toBe(true); // not one that is left behind
  });
});

describe('send', () => {
  test('counts what was not sent because the connection is over', () => {
    const { inner } = started();
    inner.close(1000, '');
    expect(inner.send('héllo')).toBe(false);
    expect(inner.send(new Uint8Array(3))).toBe(false);
    expect(inner.send(new Blob(['ab']))).toBe(false);
    expect(inner.bufferedAmount).toBe(6 + 3 + 2);
  });

  test('does not count what was dropped because the queue was full', () => {
    const { inner, transport } = started({}, { maxQueuedBytes: 1000, whenQueueIsFull: 'drop' });
    transport.isStuck = true;
    expect(inner.send('x'.repeat(900))).toBe(true);
    expect(inner.send('x'.repeat(900))).toBe(false);
    expect(inner.send(new Blob(['x'.repeat(900)]))).toBe(false);
    expect(inner.bufferedAmount).toBe(900);
    expect(inner.readyState).toBe(1);
  });

  test('of a Blob that is bigger than the limit works where nothing waits', async () => {
    const { inner, transport } = started({}, { maxQueuedBytes: 100, whenQueueIsFull: 'drop' });
    expect(inner.send(new Blob(['x'.repeat(200)]))).toBe(true);
    expect(inner.send('y')).toBe(false);
    await inner.waitForRoom();
    await turn();
    expect(transport.written).toBe(`827e00c8${hex('x'.repeat(200))}`);
  });

  test('behind a Blob keeps the order, also for published messages', async () => {
    const { inner, transport } = started();
    inner.send(new Blob(['blob']));
    expect(inner.sendPrepared(new PreparedMessage('mid'), true)).toBe(true);
    inner.send('text');
    expect(inner.bufferedAmount).toBe(4 + 3 + 4);
    await inner.waitForRoom();
    await turn();
    expect(transport.written).toBe(`8204${hex('blob')}8103${hex('mid')}8104${hex('text')}`);
    expect(inner.bufferedAmount).toBe(0);
  });

  test('when the Blob is sent, messages go out directly again', async () => {
    const { inner, transport } = started();
    inner.send(new Blob(['blob']));
    await inner.waitForRoom();
    expect(inner.isReadyFor(10)).toBe(true);
    inner.send('a');
    inner.sendPrepared(new PreparedMessage('b'), true);
    inner.close(1000, '');
    await turn();
    expect(transport.written).toBe(`8204${hex('blob')}810161810162880203e8`);
  });

  test('what is published behind a Blob needs room too', () => {
    const { inner } = started({}, { maxQueuedBytes: 1000, whenQueueIsFull: 'drop' });
    inner.send(new Unread(['x']));
    expect(inner.isReadyFor(1)).toBe(false);
    expect(inner.sendPrepared(new PreparedMessage('x'.repeat(700)), true)).toBe(true);
    expect(inner.sendPrepared(new PreparedMessage('x'.repeat(700)), true)).toBe(false);
    expect(inner.bufferedAmount).toBe(701);
  });

  test('what is published to a socket that closes behind a Blob is not sent', () => {
    const { inner } = started();
    inner.send(new Unread(['x']));
    inner.close(1000, '');
    expect(inner.sendPrepared(new PreparedMessage('x'), true)).toBe(false);
  });
});

describe('close', () => {
  test('verifies its arguments, also when there is nothing to close', () => {
    const { inner } = unconnected();
    expect(() => inner.close(1005, '')).toThrow(DOMException);
    expect(() => inner.close(1000, 'x'.repeat(124))).toThrow(DOMException);
  });

  test.each<[number | undefined, string, string]>([
    [undefined, '', '8800'],
    [undefined, 'a', '880303e861'],
    [4000, 'a', '88030fa061'],
  ])('with %s and %j sends %s', async (code, reason, wire) => {
    const { inner, transport } = started();
    inner.close(code, reason);
    await turn();
    expect(transport.written).toBe(wire);
    expect(inner.readyState).toBe(2);
  });

  test('twice behind a Blob sends one Close frame, the first', async () => {
    const { inner, transport } = started();
    inner.send(new Blob(['b']));
    inner.close(4000, '');
    const { roomNeeded } = inner.ownRareState().outgoing!;
    inner.close(4001, '');
    expect(inner.ownRareState().outgoing!.roomNeeded).toBe(roomNeeded);
    await inner.waitForRoom();
    await turn();
    expect(transport.written).toBe('820162' + '88020fa0');
  });
});

describe('the end', () => {
  test('is told in order: subscriptions, channels and events, the hook, the promise', async () => {
    const topics = new Topics<Inner>();
    const order: string[] = [];
    const { inner, socket } = started({ topics, ended: () => order.push(`hook, ${topics.get('a')}`) });
    socket.subscribe('a');
    socket.onclose = () => order.push(`event, ${topics.get('a')}`);
    void inner.closed().then(() => order.push('promise'));
    inner.terminate();
    await turn();
    expect(order).toEqual(['event, undefined', 'hook, undefined', 'promise']);
    expect([...socket.subscriptions]).toEqual(['a']);
  });

  test('is told once, with the info that `closed` gives', async () => {
    const { inner, ended, transport } = started();
    transport.push(frame(OPCODE.close, Uint8Array.of(3, 0xe8)));
    transport.push(null);
    const info = await inner.closed();
    transport.destroy();
    await turn();
    expect(ended).toEqual([info]);
    expect(ended[0]).toBe(info);
    expect(info).toMatchObject({ code: 1000, wasClean: true, closedBy: 'peer' });
    expect(await inner.closed()).toBe(info);
  });

  test('bytes that wait behind a Blob stay counted', async () => {
    const { inner } = started();
    inner.send(new Unread(['x']));
    inner.send('text');
    inner.terminate();
    await inner.closed();
    expect(inner.bufferedAmount).toBe(5);
  });

  test.each<[string, 'client' | 'server', (made: ReturnType<typeof started>) => void, unknown]>([
    ['a client that loses TCP', 'client', ({ transport }) => transport.destroy(), expect.any(ClosedError)],
    ['a server that loses TCP', 'server', ({ transport }) => transport.destroy(), undefined],
    ['a client that terminates', 'client', ({ inner }) => inner.terminate(), undefined],
    [
      'an error of TCP',
      'server',
      ({ transport }) => transport.destroy(new Error('reset')),
      new Error('reset'),
    ],
    [
      'a broken rule',
      'server',
      ({ transport }) => transport.push(frame(OPCODE.continuation)),
      expect.any(ProtocolError),
    ],
  ])('the error of %s', async (_name, role, act, error) => {
    const made = started({ role });
    made.inner.endWaitForConsumer();
    act(made);
    if (!made.transport.destroyed) made.transport.push(null);
    expect((await made.inner.closed()).error).toEqual(error);
  });
});

describe('the user’s code', () => {
  test('that fails closes with 1011, and the first error is that of the end', async () => {
    const { inner, reported, transport } = started({
      message: (_socket, data) => {
        throw data;
      },
    });
    inner.endWaitForConsumer();
    transport.push(textFrame('first'));
    await turn();
    inner.userFailed('second');
    transport.push(null);
    const info = await inner.closed();
    expect(reported).toEqual(['first', 'second']);
    expect(info.error).toMatchObject({ message: 'first' });
    expect(info.sent?.code).toBe(1011);
  });

  test('that fails without a connection is reported', () => {
    const { inner, reported } = unconnected();
    inner.userFailed('why');
    expect(reported).toEqual(['why']);
  });
});

describe('what was published before', () => {
  test.each<[string, (inner: Inner) => unknown, string]>([
    ['a message', (inner) => inner.send('b'), '8101618101' + '62'],
    ['a Ping', (inner) => sendPing(inner, Uint8Array.of(1)), '810161890101'],
    ['the Close frame', (inner) => inner.close(1000, ''), '810161880203e8'],
    ['the answer of a read of traffic', (inner) => expect(inner.traffic?.messagesSent).toBe(1), '810161'],
    ['the answer of a read of bufferedAmount', (inner) => expect(inner.bufferedAmount).toBe(1), '810161'],
    ['a wait for room', (inner) => void inner.waitForRoom(), '810161'],
  ])('comes before %s', async (_name, act, wire) => {
    const publisher = new Publisher(10_000, false);
    const { inner, transport } = started({ publisher });
    publisher.publish([inner], new PreparedMessage('a'), true, undefined);
    act(inner);
    await turn();
    expect(transport.written).toBe(wire);
  });
});

test('a trace sees the frames of both directions', async () => {
  const frames: string[] = [];
  const { inner, transport } = started({
    frame: (_socket, { direction, opcode }) => frames.push(`${direction} ${opcode}`),
  });
  inner.send('a');
  transport.push(frame(OPCODE.ping));
  await turn();
  expect(frames).toEqual(['sent 1', 'received 9', 'sent 10']);
});

test('a client has no topics', () => {
  const { socket } = unconnected({ role: 'client' });
  expect(() => socket.subscribe('a')).toThrow(UsageError);
  expect(() => socket.unsubscribe('a')).toThrow(UsageError);
  expect(socket.subscriptions.size).toBe(0);
  expect(socket.subscriptions).toBe(socket.subscriptions);
});
