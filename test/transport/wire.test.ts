import { once } from 'node:events';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ClosedError, UsageError } from '../../src/protocol/errors.ts';
import { OPCODE, type Role } from '../../src/protocol/frame.ts';
import type { CompressionOptions } from '../../src/protocol/permessage-deflate/message-compression.ts';
import { PreparedBatch } from '../../src/protocol/prepared-batch.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { Publisher } from '../../src/publish/publisher.ts';
import { type SocketOptions, socketLimits } from '../../src/transport/socket-options.ts';
import { Wire } from '../../src/transport/wire.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { closeFrame, frame, textFrame } from '../support/raw-client.ts';
import { fakeTime, pass, turnsEnd } from './fake-time.ts';
import { HandMadeTransport } from './hand-made-transport.ts';
import { socketPair } from './socket-pair.ts';

interface SetUp extends SocketOptions {
  role?: Role;
  highWaterMark?: number;
  isStuck?: boolean;
  compression?: CompressionOptions;
  /** Bytes that came behind the opening handshake. */
  head?: Uint8Array;
}

const EMPTY = new Uint8Array(0);
const hex = (text: string) => Buffer.from(text).toString('hex');
const frameOf = (text: string) => `81${Buffer.of(text.length).toString('hex')}${hex(text)}`;
const texts = (...all: string[]) => Buffer.concat(all.map((text) => textFrame(text)));
const eventsOf = (...all: string[]) => all.map((text) => `text "${text}"`);
const peerClose = () => frame(OPCODE.close, Buffer.from('03e8', 'hex'));

/** A wire on a transport without a system, and what its listener is told. */
function notStarted({
  role = 'server',
  highWaterMark,
  isStuck = false,
  compression,
  ...options
}: SetUp = {}) {
  const transport = new HandMadeTransport(highWaterMark);
  transport.isStuck = isStuck;
  const endpoint = new Endpoint(role, { compression });
  const { connection, events } = endpoint;
  const limits = socketLimits(options);
  const publisher = role === 'server' ? new Publisher(limits.maxQueuedBytes, false) : undefined;
  const ends: (Error | undefined)[] = [];
  const listener = {
    wantsOnlyTheEnd: false,
    endWaitForConsumer: () => wire.setPaused(false, false),
    onTransportGone: (error: Error | undefined) => void ends.push(error),
  };
  const wire: Wire = new Wire(transport, connection, { limits, publisher }, listener);
  endpoint.pong = (payload) => wire.onPong(payload);
  onTestFinished(async () => {
    wire.terminate();
    await turnsEnd();
    expect(ends).toHaveLength(1);
  });
  return { transport, endpoint, events, connection, publisher, listener, wire, ends };
}

function setUp(options: SetUp = {}) {
  const made = notStarted(options);
  made.wire.start(options.head ?? EMPTY);
  return made;
}

describe('reading', () => {
  test('begins with what came behind the opening handshake, at once', async () => {
    const { transport, events, wire } = notStarted();
    transport.push(texts('c'));
    await turnsEnd();
    expect(events).toEqual([]);
    wire.start(texts('a', 'b'));
    expect(events).toEqual(eventsOf('a', 'b'));
    await turnsEnd();
    expect(events).toEqual(eventsOf('a', 'b', 'c'));
  });

  test('holds the transport back from the start, if much came behind the opening handshake and has to wait', async () => {
    const { transport, events, wire } = notStarted();
    const long = 'x'.repeat(65_536);
    wire.setPaused(true, true);
    wire.start(texts(long));
    transport.push(texts('b'));
    await turnsEnd();
    expect(transport.isPaused()).toBe(true);
    expect(transport.readableLength).toBe(texts('b').length);
    wire.setPaused(false, false);
    await turnsEnd();
    expect(events).toEqual(eventsOf(long, 'b'));
  });

  test('takes chunks as they come, wherever they are cut', async () => {
    const { transport, events } = setUp();
    for (const byte of texts('abc', 'def')) transport.push(Uint8Array.of(byte));
    await turnsEnd();
    expect(events).toEqual(eventsOf('abc', 'def'));
  });

  test('does not begin again in the middle of itself: what comes meanwhile is read behind', () => {
    const { transport, endpoint, events, wire } = setUp();
    endpoint.onEvent = () => {
      endpoint.onEvent = () => {};
      transport.emit('data', texts('c'));
      wire.onTurn();
      expect(events).toEqual(eventsOf('a'));
    };
    transport.emit('data', texts('a', 'b'));
    expect(events).toEqual(eventsOf('a', 'b', 'c'));
  });

  test('answers everything in a chunk with one write, at its end', () => {
    const { transport, endpoint, wire } = setUp();
    endpoint.onEvent = (event) => {
      if (event.startsWith('text')) wire.send('!');
      expect(transport.writes).toEqual([]);
    };
    transport.emit('data', Buffer.concat([texts('a'), frame(OPCODE.ping), texts('b')]));
    expect(transport.writes).toHaveLength(1);
    expect(transport.written).toBe(`${frameOf('!')}8a00${frameOf('!')}`);
  });
});

describe('a share of the turn', () => {
  /** More messages than a share allows, by far. */
  const flood = (count: number) => Buffer.concat(Array(count).fill(texts('flood')));
  /** How many of them a share allows, if it does not end earlier by time. */
  const MAX_SHARE = 1 + (65 * 64 * 1024) / 1024;

  test('ends: the rest waits for the next turn, and the transport is held back', async () => {
    const { transport, events, connection } = setUp();
    transport.emit('data', flood(20_000));
    const atOnce = events.length;
    expect(atOnce).toBeGreaterThan(0);
    expect(atOnce).toBeLessThanOrEqual(MAX_SHARE);
    expect(transport.isPaused()).toBe(true);
    await endOfTurn();
    expect(events.length).toBeGreaterThan(atOnce);
    expect(events.length).toBeLessThanOrEqual(2 * MAX_SHARE);
    await eventually(() => expect(events).toHaveLength(20_000));
    await turnsEnd();
    expect(transport.isPaused()).toBe(false);
    expect(connection.state).toBe('open');
  });

  test('is one for all chunks of a turn', async () => {
    const { transport, events } = setUp();
    for (let i = 0; i < 20; i++) transport.emit('data', flood(1_000));
    expect(events.length).toBeLessThanOrEqual(MAX_SHARE);
    await eventually(() => expect(events).toHaveLength(20_000));
  });

  test('ends in good time, if a handler takes long', () => {
    const { transport, endpoint, events } = setUp();
    endpoint.onEvent = () => {
      for (const from = performance.now(); performance.now() - from < 1; );
    };
    transport.emit('data', flood(1_000));
    expect(events.length).toBeLessThan(200);
  });

  test('is not given to a peer alone: another one is read meanwhile, and both take turns', async () => {
    const [one, two, quiet] = [setUp(), setUp(), setUp()];
    one.transport.emit('data', flood(20_000));
    two.transport.emit('data', flood(20_000));
    quiet.transport.emit('data', texts('a'));
    expect(quiet.events).toEqual(eventsOf('a'));
    await turnsEnd();
    expect(one.events.length).toBeLessThan(20_000);
    expect(two.events.length).toBeGreaterThan(0);
    quiet.transport.emit('data', texts('b'));
    expect(quiet.events).toEqual(eventsOf('a', 'b'));
    await eventually(() => expect([one.events.length, two.events.length]).toEqual([20_000, 20_000]));
  });

  test('is renewed for a reader that has nothing left', async () => {
    const { transport, events } = setUp();
    for (let i = 1; i <= 100; i++) {
      transport.emit('data', flood(60)); // nearly a slice: one is always to be had
      expect(events).toHaveLength(60 * i);
      await endOfTurn();
    }
  });

  test('that has ended does not read on when a pause ends, nor lose the pause', async () => {
    const { transport, endpoint, events, wire } = setUp();
    transport.emit('data', flood(20_000));
    wire.setPaused(true, true);
    wire.setPaused(false, false);
    const atOnce = events.length;
    await Promise.resolve();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(events.length).toBe(atOnce);
    endpoint.onEvent = () => wire.setPaused(true, true);
    await turnsEnd();
    expect(events.length).toBe(atOnce + 1);
    endpoint.onEvent = () => {};
    wire.setPaused(false, false);
    await eventually(() => expect(events).toHaveLength(20_000));
  });

  test('that has ended keeps nothing from being read before the end', async () => {
    const { transport, connection, events, ends } = setUp();
    transport.emit('data', Buffer.concat([flood(20_000), peerClose()]));
    transport.emit('end');
    transport.emit('close');
    await eventually(() => expect(ends).toEqual([undefined]));
    expect(events).toHaveLength(20_000);
    expect(connection.received).toEqual({ code: 1000, reason: '' });
  });

  test('that has ended loses nothing that a destroyed transport read ahead', async () => {
    const { transport, connection, events, ends } = setUp();
    transport.emit('data', flood(20_000));
    transport.push(Buffer.concat([texts('last'), peerClose()]));
    transport.destroy();
    await eventually(() => expect(ends).toEqual([undefined]));
    expect(events).toContain('text "last"');
    expect(connection.received).toEqual({ code: 1000, reason: '' });
  });

  test('that has ended reads nothing more after terminate', async () => {
    const { transport, events, wire, ends } = setUp();
    transport.emit('data', flood(20_000));
    const atOnce = events.length;
    wire.terminate();
    await turnsEnd();
    expect(events).toHaveLength(atOnce);
    expect(ends).toEqual([undefined]);
  });

  test('that has ended lets a closing handshake end', async () => {
    const { transport, connection, events, wire } = setUp();
    transport.emit('data', Buffer.concat([flood(20_000), peerClose()]));
    const atOnce = events.length;
    wire.close(1000);
    await eventually(() => expect(connection.state).toBe('draining'));
    expect(events).toHaveLength(atOnce);
  });
});

describe('pausing', () => {
  test('keeps messages back, and the transport too, when 64 KiB wait', async () => {
    const { transport, events, wire } = setUp();
    const long = 'x'.repeat(65_536);
    wire.setPaused(true, true);
    expect(transport.isPaused()).toBe(false);
    transport.push(texts('a', 'b'));
    await turnsEnd();
    expect(transport.isPaused()).toBe(false); // so that the end of the peer would be seen
    transport.push(texts(long));
    await turnsEnd();
    expect(events).toEqual([]);
    expect(transport.isPaused()).toBe(true);
    transport.push(texts('c'));
    await turnsEnd();
    expect(transport.readableLength).toBe(texts('c').length);
    wire.setPaused(false, false);
    expect(events).toEqual([]); // not within the call
    await turnsEnd();
    expect(events).toEqual(eventsOf('a', 'b', long, 'c'));
    expect(transport.isPaused()).toBe(false);
  });

  test('lets control frames through until a message waits', async () => {
    const { transport, events, wire } = setUp();
    wire.setPaused(true, true);
    transport.push(frame(OPCODE.ping));
    await turnsEnd();
    expect(transport.written).toBe('8a00');
    transport.push(Buffer.concat([texts('a'), frame(OPCODE.ping)]));
    await turnsEnd();
    expect(transport.written).toBe('8a00');
    expect(events).toEqual(['ping']);
  });

  test('in a handler holds the rest of the chunk back', async () => {
    const { transport, endpoint, events, wire } = setUp();
    endpoint.onEvent = () => wire.setPaused(true, true);
    transport.push(texts('a', 'b', 'c'));
    for (const count of [1, 2, 3]) {
      await turnsEnd();
      expect(events).toHaveLength(count);
      wire.setPaused(false, false);
    }
    await turnsEnd();
    expect(events).toEqual(eventsOf('a', 'b', 'c'));
  });

  test('and resuming in a handler changes nothing', () => {
    const { transport, endpoint, events, wire } = setUp();
    endpoint.onEvent = () => {
      wire.setPaused(true, true);
      wire.setPaused(false, false);
    };
    transport.emit('data', texts('a', 'b'));
    expect(events).toEqual(eventsOf('a', 'b'));
  });

  test('before the start holds back what came behind the opening handshake', async () => {
    const { events, wire } = notStarted();
    wire.setPaused(true, false);
    wire.start(texts('a'));
    await turnsEnd();
    expect(events).toEqual([]);
    wire.setPaused(false, false);
    await turnsEnd();
    expect(events).toEqual(eventsOf('a'));
  });

  test('and resuming between two turns ends where it was last', async () => {
    const { transport, events, wire } = setUp();
    wire.setPaused(true, true);
    transport.push(texts('a'));
    await turnsEnd();
    wire.setPaused(false, false);
    wire.setPaused(true, true);
    await turnsEnd();
    expect(events).toEqual([]);
  });
});

describe('sending', () => {
  test('writes once, when the code that sends is done', async () => {
    const { transport, wire } = setUp();
    expect(wire.send('a')).toBe(true);
    expect(wire.send(Uint8Array.of(1))).toBe(true);
    expect(transport.writes).toEqual([]);
    await Promise.resolve().then(() => wire.send('b'));
    await turnsEnd();
    expect(transport.writes).toHaveLength(1);
    expect(transport.written).toBe(`${frameOf('a')}820101${frameOf('b')}`);
    wire.send('c');
    await turnsEnd();
    expect(transport.writes).toHaveLength(2);
  });

  test('is by bytes, not characters: only near the limit are they counted exactly', () => {
    const { wire } = setUp({ maxQueuedBytes: 102, isStuck: true, whenQueueIsFull: 'drop' });
    expect(wire.send('é'.repeat(25))).toBe(true); // 52 bytes
    expect(wire.send('é'.repeat(25))).toBe(false);
    expect(wire.send('x'.repeat(49))).toBe(false);
    expect(wire.send(new Uint8Array(49))).toBe(false);
    expect(wire.send(new Uint8Array(23))).toBe(true); // 77 bytes
    expect(wire.send('x'.repeat(23))).toBe(true); // 102 bytes
    expect(wire.queue.queuedBytes).toBe(102);
  });

  test('compresses where that was negotiated, unless it is told not to', async () => {
    const window = { windowBits: 12, contextTakeover: false };
    const compression = { outgoing: window, incoming: window, thresholdBytes: 1 };
    const { transport, wire } = setUp({ compression });
    const text = 'x'.repeat(100);
    for (const compress of [undefined, true, false]) {
      wire.send(text, compress === undefined ? undefined : { compress });
      wire.sendPrepared(new PreparedMessage(text), compress ?? true);
      await turnsEnd();
    }
    const [byDefault, compressed, plain] = transport.writes.map((bytes) => bytes.toString('hex'));
    expect(byDefault).toMatch(/^c1/);
    expect(compressed).toBe(byDefault);
    expect(plain).toBe(frameOf(text) + frameOf(text));
  });

  test('is refused, and closes the connection, where the queue is full', async () => {
    const { transport, wire, connection } = setUp({ maxQueuedBytes: 100, highWaterMark: 1, isStuck: true });
    expect(wire.send(new Uint8Array(98))).toBe(true);
    expect(wire.send('x')).toBe(false);
    expect(connection.sent?.code).toBe(1008);
    expect(wire.send('')).toBe(false);
    transport.takeAll();
    await turnsEnd();
    expect(transport.written.slice(200)).toBe('880203f0');
    expect(transport.hasEnded).toBe(true);
  });

  test('is refused, and the Close frame goes out without a drain where the transport takes more', async () => {
    const { transport, wire } = setUp({ maxQueuedBytes: 100, isStuck: true });
    wire.send(new Uint8Array(90));
    await turnsEnd();
    expect(transport.writableLength).toBe(92);
    expect(wire.hasRoomFor(90)).toBe(false);
    await turnsEnd();
    expect(transport.writableLength).toBe(96);
  });

  test("is refused with 'drop', and goes on when there is room", async () => {
    const options = { maxQueuedBytes: 100, whenQueueIsFull: 'drop' } as const;
    const { transport, wire, connection } = setUp({ ...options, highWaterMark: 1, isStuck: true });
    wire.send(new Uint8Array(98));
    expect(wire.send('x')).toBe(false);
    expect(wire.hasRoomFor(1)).toBe(false);
    expect(connection.state).toBe('open');
    const room = wire.waitForRoom();
    transport.takeAll();
    await room;
    expect(wire.hasRoomFor(98)).toBe(true);
    expect(wire.hasRoomFor(98, 1)).toBe(false);
    expect(wire.send('x')).toBe(true);
  });

  test('returns false when the connection closes', () => {
    const { wire } = setUp();
    wire.close(1000);
    expect(wire.send('a')).toBe(false);
    expect(wire.sendPrepared(new PreparedMessage('a'), true)).toBe(false);
    expect(wire.isReadyFor(1)).toBe(false);
  });

  test('waits for the drain of a transport that is full, and then goes on', async () => {
    const { transport, wire } = setUp({ highWaterMark: 1, isStuck: true });
    wire.send('a');
    await turnsEnd();
    wire.send('b');
    await turnsEnd();
    expect(transport.written).toBe(frameOf('a'));
    transport.takeOne();
    await turnsEnd();
    expect(transport.written).toBe(frameOf('a') + frameOf('b'));
  });

  test('a wait for room goes on while a drain is followed by more', async () => {
    const { transport, wire } = setUp({ highWaterMark: 1, isStuck: true });
    wire.send('a');
    await turnsEnd();
    wire.send('b');
    const resolved = vi.fn();
    const room = wire.waitForRoom(1).then(resolved);
    transport.takeOne();
    await turnsEnd();
    expect(resolved).not.toHaveBeenCalled();
    transport.takeOne();
    await room;
  });

  test('over TCP brings the bytes to the other end', async () => {
    const [near, far] = await socketPair();
    const connection = new Endpoint('server').connection;
    const ended = vi.fn();
    const listener = { wantsOnlyTheEnd: false, endWaitForConsumer() {}, onTransportGone: ended };
    const wire = new Wire(near, connection, { limits: socketLimits({}) }, listener);
    wire.start(EMPTY);
    wire.send('hello');
    const [bytes] = await once(far, 'data');
    expect(bytes.toString('hex')).toBe(frameOf('hello'));
    wire.terminate();
    await once(near, 'close');
    expect(ended).toHaveBeenCalledExactlyOnceWith(undefined);
  });
});

describe('publishing', () => {
  const batchOf = (...all: string[]) => {
    const batch = new PreparedBatch();
    for (const text of all) batch.add(new PreparedMessage(text), true);
    return batch;
  };

  test('a prepared message goes out at the end of the turn, with all others', async () => {
    const { transport, wire } = setUp();
    expect(wire.sendPrepared(new PreparedMessage('a'), true)).toBe(true);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(transport.writes).toEqual([]);
    expect(wire.sendPrepared(new PreparedMessage('b'), true)).toBe(true);
    await endOfTurn();
    expect(transport.writes).toHaveLength(1);
    expect(transport.written).toBe(frameOf('a') + frameOf('b'));
    wire.sendPrepared(new PreparedMessage('c'), true);
    await endOfTurn();
    expect(transport.writes).toHaveLength(2);
  });

  test('what was sent and what was published in one turn goes out in one write, in the order of the calls', async () => {
    const { transport, wire } = setUp();
    wire.send('a');
    wire.sendPrepared(new PreparedMessage('b'), true);
    wire.send('c');
    await new Promise((resolve) => process.nextTick(resolve));
    expect(transport.writes).toEqual([]);
    await endOfTurn();
    expect(transport.writes).toHaveLength(1);
    expect(transport.written).toBe(frameOf('a') + frameOf('b') + frameOf('c'));
    await turnsEnd();
    expect(transport.writes).toHaveLength(1);
  });

  test('what a handler publishes goes out with the answers to the chunk', () => {
    const { transport, endpoint, wire } = setUp();
    endpoint.onEvent = () => wire.sendPrepared(new PreparedMessage('!'), true);
    transport.emit('data', texts('a', 'b'));
    expect(transport.written).toBe(frameOf('!') + frameOf('!'));
  });

  test('a prepared message is refused as any other where the queue is full', async () => {
    const { transport, connection, wire } = setUp({ maxQueuedBytes: 100, isStuck: true });
    wire.send(new Uint8Array(50));
    expect(wire.isReadyFor(46)).toBe(true);
    expect(wire.isReadyFor(47)).toBe(false);
    expect(wire.sendPrepared(new PreparedMessage('x'.repeat(47)), true)).toBe(false);
    expect(connection.sent?.code).toBe(1008);
    transport.takeAll();
    await turnsEnd();
    expect(transport.written.slice(-8)).toBe('880203f0');
  });

  test('a batch at the end of a turn is written at once, and is not copied', () => {
    const { transport, wire } = setUp();
    const write = vi.spyOn(transport, 'write');
    const batch = batchOf('a', 'b');
    wire.sendBatch(batch, [], true);
    expect(write).toHaveBeenCalledOnce();
    expect(write.mock.calls[0]![0]).toBe(batch.frames(undefined).bytes);
    expect(transport.written).toBe(frameOf('a') + frameOf('b'));
  });

  test('a batch at the end of a turn is written at once without what is skipped', () => {
    const { transport, wire } = setUp();
    wire.sendBatch(batchOf('a', 'b', 'c'), [1], true);
    expect(transport.written).toBe(frameOf('a') + frameOf('c'));
  });

  test('a batch stays behind what is queued', () => {
    const { transport, wire } = setUp();
    wire.send('a');
    wire.sendBatch(batchOf('b'), [], true);
    expect(transport.writes).toHaveLength(1);
    expect(transport.written).toBe(frameOf('a') + frameOf('b'));
  });

  test('a batch waits for a transport that is full', async () => {
    const { transport, wire } = setUp({ highWaterMark: 1, isStuck: true });
    wire.send('a');
    await turnsEnd();
    wire.sendBatch(batchOf('b'), [], true);
    expect(transport.writableLength).toBe(3);
    transport.takeOne();
    await turnsEnd();
    expect(transport.written).toBe(frameOf('a') + frameOf('b'));
  });

  test('a batch stays behind the rest of a long message', async () => {
    const { transport, wire } = setUp({ highWaterMark: 1, isStuck: true });
    wire.send(new Uint8Array(300 * 1024));
    await turnsEnd();
    wire.sendBatch(batchOf('b'), [], true);
    transport.takeAll();
    await turnsEnd();
    expect(transport.writes.map(({ length }) => length)).toEqual([256 * 1024, 44 * 1024 + 10, 3]);
    expect(transport.writes.at(-1)?.toString('hex')).toBe(frameOf('b'));
  });

  test('a batch in the middle of a turn is written at its end', async () => {
    const { transport, wire } = setUp();
    wire.sendBatch(batchOf('a'), [], false);
    wire.sendBatch(batchOf('b'), [], false);
    expect(transport.writes).toEqual([]);
    await endOfTurn();
    expect(transport.writes).toHaveLength(1);
    expect(transport.written).toBe(frameOf('a') + frameOf('b'));
  });

  test('a batch for a connection that closes is dropped', async () => {
    const { transport, wire } = setUp();
    wire.close(1000);
    wire.sendBatch(batchOf('a'), [], true);
    await turnsEnd();
    expect(transport.written).toBe('880203e8');
  });
});

describe('a ping', () => {
  test('goes out when the code that sends is done, and resolves with the round trip', async () => {
    const { transport, wire } = setUp();
    expect(wire.roundTripMs).toBeUndefined();
    const answer = wire.ping(Uint8Array.of(5));
    expect(transport.writes).toEqual([]);
    await turnsEnd();
    expect(transport.written).toBe('890105');
    transport.push(frame(OPCODE.pong, Uint8Array.of(5)));
    expect(await answer).toBe(wire.roundTripMs);
  });

  test('is rejected when the transport is gone first', async () => {
    const { transport, wire } = setUp();
    const answer = wire.ping(undefined);
    transport.destroy();
    await expect(answer).rejects.toBeInstanceOf(ClosedError);
  });
});

describe('closing', () => {
  test('sends the Close frame, behind what was sent', async () => {
    const { transport, wire } = setUp();
    wire.send('a');
    wire.close(1001, 'bye');
    expect(transport.writes).toEqual([]);
    await turnsEnd();
    expect(transport.writes).toHaveLength(1);
    expect(transport.written).toBe(frameOf('a') + closeFrame(1001, 'bye'));
    expect(transport.hasEnded).toBe(false);
  });

  test('on a server ends with the end of our half, when the peer has answered', async () => {
    const { transport, wire, ends } = setUp();
    wire.close(1000);
    await turnsEnd();
    transport.push(peerClose());
    await turnsEnd();
    expect(transport.hasEnded).toBe(true);
    expect(ends).toEqual([]);
    transport.push(null);
    await turnsEnd();
    expect(ends).toEqual([undefined]);
  });

  test('on a client leaves the end to the server', async () => {
    const { transport, wire, ends } = setUp({ role: 'client' });
    wire.close(1000);
    await turnsEnd();
    transport.push(Buffer.from('880203e8', 'hex'));
    await turnsEnd();
    expect(transport.hasEnded).toBe(false);
    transport.push(null);
    await turnsEnd();
    expect(transport.hasEnded).toBe(true);
    expect(ends).toEqual([undefined]);
  });

  test('by the peer is answered, and ends our half behind the answer', async () => {
    const { transport, wire } = setUp({ highWaterMark: 1, isStuck: true });
    wire.send('a');
    await turnsEnd();
    transport.push(peerClose());
    await turnsEnd();
    expect(transport.hasEnded).toBe(false);
    transport.takeAll();
    await turnsEnd();
    expect(transport.written).toBe(`${frameOf('a')}880203e8`);
    expect(transport.hasEnded).toBe(true);
  });

  test('reads on though it is paused, until the answer has come', async () => {
    const { transport, wire, events, connection } = setUp();
    wire.setPaused(true, true);
    transport.push(Buffer.concat([texts('a'), peerClose()]));
    await turnsEnd();
    expect(connection.state).toBe('open');
    wire.close(1000);
    await turnsEnd();
    expect(connection.state).toBe('draining');
    expect(events).toEqual([]); // what came is not delivered now
    expect(transport.hasEnded).toBe(true);
  });

  test('takes no invalid code or reason, and goes on', async () => {
    const { transport, wire } = setUp();
    expect(() => wire.close(1006)).toThrow(UsageError);
    expect(() => wire.close(1000, 'x'.repeat(124))).toThrow(UsageError);
    wire.close();
    await turnsEnd();
    expect(transport.written).toBe('8800');
  });

  test('terminate ends at once, the rest of the chunk too; what was sent before goes out', async () => {
    const { transport, endpoint, events, wire, connection, ends } = setUp();
    endpoint.onEvent = () => wire.terminate();
    wire.send('sent before');
    transport.emit('data', texts('a', 'b'));
    expect(transport.destroyed).toBe(true);
    expect(connection.state).toBe('closed');
    expect(ends).toEqual([]);
    await turnsEnd();
    expect(ends).toEqual([undefined]);
    expect(events).toEqual(eventsOf('a'));
    expect(transport.written).toBe(frameOf('sent before'));
    expect(wire.queue.queuedPayloadBytes).toBe(0);
  });

  test('terminate drops what a full transport does not take', async () => {
    const { transport, wire } = setUp({ isStuck: true });
    wire.send(new Uint8Array(50_000));
    wire.flush();
    wire.send('never written');
    wire.terminate();
    await turnsEnd();
    expect(transport.writes).toHaveLength(1);
    expect(wire.queue.queuedPayloadBytes).toBeGreaterThanOrEqual('never written'.length);
  });

  test('terminate drops what waits for a paused reader', async () => {
    const { transport, events, wire, ends } = setUp();
    wire.setPaused(true, true);
    transport.push(texts('a'));
    await turnsEnd();
    wire.terminate();
    await turnsEnd();
    wire.setPaused(false, false);
    await turnsEnd();
    expect(ends).toEqual([undefined]);
    expect(events).toEqual([]);
  });

  test('terminate ends at once where the transport is gone and a message waits', async () => {
    const { transport, events, wire, ends } = setUp();
    wire.setPaused(true, true);
    transport.push(texts('a'));
    await turnsEnd();
    transport.destroy();
    await turnsEnd();
    expect(ends).toEqual([]);
    wire.terminate();
    expect(ends).toEqual([undefined]);
    wire.terminate();
    expect(ends).toHaveLength(1);
    expect(events).toEqual([]);
  });
});

describe('the end of the transport', () => {
  test('by the peer ends our half too, behind what waits', async () => {
    const { transport, wire, connection, ends } = setUp({ highWaterMark: 1, isStuck: true });
    wire.send('a');
    wire.send('b');
    await turnsEnd();
    transport.push(null);
    await turnsEnd();
    expect(connection.canSend).toBe(false);
    expect(wire.send('c')).toBe(false);
    expect(transport.hasEnded).toBe(false);
    transport.takeAll();
    await turnsEnd();
    expect(transport.written).toBe(frameOf('a') + frameOf('b'));
    expect(transport.hasEnded).toBe(true);
    expect(ends).toEqual([undefined]);
    expect(connection.closedBy).toBe('network');
  });

  test('by an error is told with the first error, once', async () => {
    const { transport, ends } = setUp();
    const error = new Error('first');
    transport.emit('error', error);
    transport.destroy(new Error('second'));
    await turnsEnd();
    transport.emit('close');
    expect(ends).toEqual([error]);
  });

  test('before the start is told too', async () => {
    const { transport, ends } = notStarted();
    transport.destroy();
    await turnsEnd();
    expect(ends).toEqual([undefined]);
  });

  test.each(['end', 'close'])('is told after what was published has been queued: %s', async (event) => {
    const { transport, publisher, wire, connection } = setUp();
    const subscriber = {
      isReadyFor: (byteLength: number) => wire.isReadyFor(byteLength),
      sendBatch: vi.fn(() => expect(connection.canSend).toBe(true)),
      sendPrepared: () => true,
    };
    publisher!.publish([subscriber], new PreparedMessage('a'), true, undefined);
    transport.emit(event);
    expect(subscriber.sendBatch).toHaveBeenCalledOnce();
    expect(connection.canSend).toBe(false);
  });

  test('is told when a paused reader has taken what came before, in a later turn', async () => {
    const { transport, events, wire, ends } = setUp();
    wire.setPaused(true, true);
    transport.push(texts('a', 'b'));
    await turnsEnd();
    transport.destroy();
    await turnsEnd();
    expect(ends).toEqual([]);
    wire.setPaused(false, false);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(events).toEqual(eventsOf('a', 'b'));
    expect(ends).toEqual([]);
    await turnsEnd();
    expect(ends).toEqual([undefined]);
  });

  test('is told only when the reader has taken the last message', async () => {
    const { transport, endpoint, events, wire, ends } = setUp();
    endpoint.onEvent = () => wire.setPaused(true, true);
    transport.push(texts('a', 'b'));
    await turnsEnd();
    transport.destroy();
    await turnsEnd();
    expect(events).toEqual(eventsOf('a'));
    expect(ends).toEqual([]);
    wire.setPaused(false, false);
    await turnsEnd();
    expect(events).toEqual(eventsOf('a', 'b'));
    expect(ends).toEqual([undefined]);
  });

  test('is told at once where the connection closes, whatever waits for a reader', async () => {
    const { transport, endpoint, wire, ends } = setUp();
    endpoint.onEvent = () => wire.setPaused(true, true);
    transport.push(texts('a', 'b'));
    await turnsEnd();
    wire.close(1000);
    transport.destroy();
    await turnsEnd();
    expect(ends).toEqual([undefined]);
  });

  test('is told when the rest is read, where the connection closes already', async () => {
    const { transport, endpoint, wire, connection, ends } = setUp();
    endpoint.onEvent = () => wire.setPaused(true, true);
    transport.push(Buffer.concat([texts('a', 'b'), peerClose()]));
    await turnsEnd();
    wire.close(1000);
    transport.emit('close');
    expect(ends).toEqual([]);
    await turnsEnd();
    expect(ends).toEqual([undefined]);
    expect(connection.received).toEqual({ code: 1000, reason: '' });
  });

  test('ends sending, though a message waits for the reader', async () => {
    const { transport, wire, connection } = setUp();
    wire.setPaused(true, true);
    transport.push(texts('a'));
    await turnsEnd();
    transport.destroy();
    await turnsEnd();
    expect(connection.state).toBe('open');
    expect(connection.canSend).toBe(false);
    expect(wire.send('b')).toBe(false);
    await expect(wire.ping(undefined)).rejects.toBeInstanceOf(ClosedError);
    const end = vi.spyOn(transport, 'end');
    wire.setPaused(false, false);
    await turnsEnd();
    expect(end).not.toHaveBeenCalled(); // a transport that is gone has no half to end
  });

  test('frees a wait for room, and later ones take no time', async () => {
    const { transport, wire } = setUp({ highWaterMark: 1, isStuck: true });
    wire.send('a');
    await turnsEnd();
    const room = wire.waitForRoom();
    transport.destroy();
    await room;
    await wire.waitForRoom(1000);
  });

  test('frees a wait for room though a message waits for the reader', async () => {
    const { transport, wire, ends } = setUp({ highWaterMark: 1, isStuck: true });
    wire.setPaused(true, true);
    transport.push(texts('a'));
    wire.send('a');
    await turnsEnd();
    const room = wire.waitForRoom();
    transport.destroy();
    await room;
    expect(ends).toEqual([]);
  });

  test('stops the clock for this wire', async () => {
    fakeTime();
    const { transport } = setUp();
    expect(vi.getTimerCount()).toBe(1);
    transport.destroy();
    await turnsEnd();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('by a write that throws is told with its error', async () => {
    const { transport, wire, ends } = setUp();
    const error = new Error('of the transport');
    transport.write = () => {
      throw error;
    };
    wire.send('a');
    await turnsEnd();
    expect(ends).toEqual([error]);
  });
});

describe('the time to close', () => {
  // It begins at the first tick after the close, so it is up to 100 ms longer.
  test('is closeTimeoutMs for the answer of the peer', async () => {
    fakeTime();
    const { transport, wire, ends } = setUp({ closeTimeoutMs: 200 });
    wire.close(1000);
    await pass(299);
    expect(transport.destroyed).toBe(false);
    await pass(1);
    expect(transport.destroyed).toBe(true);
    expect(ends).toEqual([undefined]);
  });

  test('does not run while the connection is open', async () => {
    fakeTime();
    const { transport } = setUp({ closeTimeoutMs: 0, idleTimeoutMs: 0, pingIntervalMs: 0 });
    await pass(1000);
    expect(transport.destroyed).toBe(false);
  });

  test('goes on after the answer: the end of the transport counts too', async () => {
    fakeTime();
    const { transport, wire } = setUp({ closeTimeoutMs: 200, role: 'client' });
    wire.close(1000);
    await pass(250);
    transport.push(Buffer.from('880203e8', 'hex'));
    await pass(49);
    expect(transport.destroyed).toBe(false);
    await pass(1);
    expect(transport.destroyed).toBe(true);
  });

  test('begins with the end of the peer’s half', async () => {
    fakeTime();
    const { transport, wire } = setUp({ closeTimeoutMs: 200, highWaterMark: 1, isStuck: true });
    wire.send('a');
    await pass(100);
    transport.push(null);
    await turnsEnd();
    await pass(199);
    expect(transport.destroyed).toBe(false);
    await pass(1);
    expect(transport.destroyed).toBe(true);
  });

  test('does not begin anew with the end of the peer’s half', async () => {
    fakeTime();
    const { transport, wire } = setUp({ closeTimeoutMs: 200, highWaterMark: 1, isStuck: true });
    wire.close(1000);
    await pass(200);
    transport.push(null);
    await pass(100);
    expect(transport.destroyed).toBe(true);
  });

  test('begins anew while the peer takes what waits, as often as there are parts', async () => {
    fakeTime();
    const limits = { closeTimeoutMs: 200, maxQueuedBytes: 1024 * 1024, idleTimeoutMs: 0 };
    const { transport, wire } = setUp({ ...limits, highWaterMark: 1, isStuck: true });
    wire.send(new Uint8Array(600 * 1024)); // three parts
    wire.close(1000);
    await pass(200);
    for (let i = 0; i < 2; i++) {
      transport.takeOne();
      await pass(199);
      expect(transport.destroyed).toBe(false);
    }
    expect(transport.writes).toHaveLength(3);
    await pass(100);
    expect(transport.destroyed).toBe(true);
  });
});

describe('the time without a sign of life', () => {
  const limits = { idleTimeoutMs: 300, pingIntervalMs: 0, closeTimeoutMs: 100 };

  test('is idleTimeoutMs, then the connection fails with 1001', async () => {
    fakeTime();
    const { transport, connection } = setUp(limits);
    await pass(399);
    expect(connection.state).toBe('open');
    await pass(1);
    expect(connection.error?.message).toBe('nothing came from the peer for 300 ms');
    expect(transport.written).toBe('880203e9');
    expect(transport.hasEnded).toBe(true);
  });

  test.each<[string, (made: ReturnType<typeof setUp>) => void]>([
    ['a chunk', ({ transport }) => void transport.push(Uint8Array.of(0x81))],
    ['a drain', ({ transport }) => void transport.emit('drain')],
    ['a pause', ({ wire }) => wire.setPaused(true, false)],
  ])('begins anew with %s', async (_, live) => {
    fakeTime();
    const made = setUp(limits);
    await pass(350);
    live(made);
    await pass(349);
    expect(made.connection.state).toBe('open');
    await pass(1);
    expect(made.connection.error).toBeDefined();
  });

  test('a pause that changes nothing is no sign of life', async () => {
    fakeTime();
    const { wire, connection } = setUp(limits);
    await pass(350);
    wire.setPaused(false, false);
    await pass(50);
    expect(connection.error).toBeDefined();
  });

  test('is not counted while messages wait for a busy reader', async () => {
    fakeTime();
    const { transport, wire, connection, events } = setUp(limits);
    wire.setPaused(true, true);
    transport.push(texts('a'));
    await pass(2000);
    expect(connection.state).toBe('open');
    wire.setPaused(false, false);
    await turnsEnd();
    expect(events).toEqual(eventsOf('a'));
    await pass(400);
    expect(connection.error?.message).toBe('nothing came from the peer for 300 ms');
  });

  test('is not counted while messages wait for their turn behind others', async () => {
    fakeTime();
    const message = frame(OPCODE.binary, new Uint8Array(16 * 1024));
    const made = Array.from({ length: 40 }, () => setUp(limits));
    for (const { transport, endpoint } of made) {
      endpoint.onEvent = () => void vi.advanceTimersByTime(4); // a turn has time for one of them
      transport.emit('data', Buffer.concat(Array(10).fill(message)));
    }
    const last = made.at(-1)!;
    await pass(100);
    const { length } = last.events;
    await pass(400);
    expect(last.events).toHaveLength(length); // its turn has not come
    expect(last.connection.error).toBeUndefined();
  });

  test('is counted while a busy reader has taken everything', async () => {
    fakeTime();
    const { wire, connection } = setUp(limits);
    wire.setPaused(true, true);
    await pass(400);
    expect(connection.error?.message).toBe('nothing came from the peer for 300 ms');
  });

  test('is counted while messages wait and nobody takes them', async () => {
    fakeTime();
    const { transport, wire, connection, events } = setUp(limits);
    wire.setPaused(true, false);
    transport.push(texts('a'));
    await pass(400);
    expect(connection.error?.message).toBe('no one took the messages that came for 300 ms');
    expect(events).toEqual([]);
  });

  test('is counted from the moment in which the reader is no longer busy, though reading stays paused', async () => {
    fakeTime();
    const { transport, wire, connection } = setUp(limits);
    wire.setPaused(true, true);
    transport.push(texts('a'));
    await pass(1000);
    wire.setPaused(true, false);
    await pass(299);
    expect(connection.state).toBe('open');
    await pass(1);
    expect(connection.error?.message).toBe('no one took the messages that came for 300 ms');
  });

  test('is counted while the busy reader itself waits for the peer to take bytes', async () => {
    fakeTime();
    const { transport, wire, connection } = setUp({ ...limits, highWaterMark: 1, isStuck: true });
    wire.setPaused(true, true);
    transport.push(texts('a'));
    wire.send('a');
    await pass(400);
    expect(connection.error?.message).toBe('nothing came from the peer for 300 ms');
  });

  test('is counted while the busy reader itself waits for a Pong', async () => {
    fakeTime();
    const { transport, wire, connection } = setUp(limits);
    wire.setPaused(true, true);
    transport.push(texts('a'));
    void wire.ping(undefined);
    await pass(400);
    expect(connection.error?.message).toBe('nothing came from the peer for 300 ms');
  });

  test('is counted when the transport is gone, so that a reader that is paused for ever learns of it', async () => {
    fakeTime();
    const { transport, wire, connection, ends } = setUp(limits);
    wire.setPaused(true, true);
    transport.push(texts('a'));
    await pass(100);
    transport.destroy();
    await pass(299);
    expect(ends).toEqual([]);
    await pass(1);
    expect(connection.error).toBeDefined();
    expect(ends).toEqual([undefined]);
    expect(transport.writes).toEqual([]);
  });

  test('is for ever where idleTimeoutMs is 0', async () => {
    fakeTime();
    const { connection } = setUp({ ...limits, idleTimeoutMs: 0 });
    await pass(10_000);
    expect(connection.state).toBe('open');
  });
});

describe('messages that nothing takes, where only the end is waited for', () => {
  test('wait for a second from the first look at them, then they are dropped and the end is heard of', async () => {
    fakeTime();
    const { transport, listener, wire, connection, events } = setUp();
    wire.setPaused(true, false);
    listener.wantsOnlyTheEnd = true;
    await pass(5000);
    transport.push(Buffer.concat([texts('a'), peerClose()]));
    await pass(1000);
    expect(connection.received).toBeUndefined();
    await pass(100);
    expect(events[0]).toBe('text "a"');
    expect(connection.received).toMatchObject({ code: 1000 });
    expect(transport.written).toBe('880203e8');
  });

  test('wait for ever where someone may still take them, and the second begins anew', async () => {
    fakeTime();
    const { transport, listener, wire, events } = setUp();
    wire.setPaused(true, false);
    transport.push(texts('a'));
    await pass(5000);
    listener.wantsOnlyTheEnd = true;
    await pass(1000);
    listener.wantsOnlyTheEnd = false;
    await pass(5000);
    listener.wantsOnlyTheEnd = true;
    await pass(1000);
    expect(events).toEqual([]);
    await pass(100);
    expect(events).toEqual(eventsOf('a'));
  });
});

describe('the time for a message', () => {
  const limits = { messageTimeoutMs: 1000, idleTimeoutMs: 500, pingIntervalMs: 0 };

  /** Sends bytes one by one, 200 ms apart. */
  async function drip(transport: HandMadeTransport, bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      transport.push(Uint8Array.of(byte));
      await pass(200);
    }
  }

  test.each<[string, Uint8Array]>([
    ['a frame', texts('abcdef')],
    ['fragments', Buffer.concat([textFrame('', false), textFrame('', false, OPCODE.continuation)])],
    ['a control frame', frame(OPCODE.ping, Buffer.from('abcdef'))],
  ])('is messageTimeoutMs: %s that drips ends with 1008', async (_, bytes) => {
    fakeTime();
    const { transport, connection } = setUp(limits);
    await drip(transport, bytes.subarray(0, 5));
    expect(connection.state).toBe('open');
    await drip(transport, bytes.subarray(5, 6));
    expect(connection.error?.message).toBe('a message was not complete after 1000 ms');
    expect(transport.written).toBe('880203f0');
  });

  test('begins anew with each message, also where none ends with its chunk', async () => {
    fakeTime();
    const { transport, connection, events } = setUp(limits);
    const [head, tail] = [texts('a').subarray(0, 3), texts('a').subarray(3)];
    transport.push(head);
    for (let i = 0; i < 10; i++) {
      await pass(400);
      transport.push(Buffer.concat([tail, head]));
    }
    await pass(400);
    expect(events).toHaveLength(10);
    expect(connection.state).toBe('open');
  });

  test('does not run between messages, nor while fragments wait for a paused reader', async () => {
    fakeTime();
    const { transport, wire, connection, events } = setUp({ ...limits, idleTimeoutMs: 0 });
    transport.push(texts('a'));
    await pass(5000);
    transport.push(textFrame('b', false));
    await pass(500);
    wire.setPaused(true, true);
    transport.push(textFrame('c', true, OPCODE.continuation));
    await pass(5000);
    expect(connection.state).toBe('open');
    wire.setPaused(false, false);
    await turnsEnd();
    expect(events).toEqual(eventsOf('a', 'bc'));
  });

  test('begins anew with each 64 KiB of a message in parts: a long one may take long, and may not drip', async () => {
    fakeTime();
    const { transport, connection } = setUp(limits);
    connection.readInParts(Number.POSITIVE_INFINITY);
    const bytes = frame(OPCODE.binary, new Uint8Array(1_000_000));
    let at = 0;
    const push = (length: number) => {
      transport.push(bytes.subarray(at, at + length));
      at += length;
    };
    for (let i = 0; i < 10; i++) {
      push(33 * 1024);
      await pass(400);
    }
    expect(connection.state).toBe('open');
    expect(connection.payloadBytesReceived).toBeGreaterThan(300_000);
    for (let i = 0; i < 4; i++) {
      push(16 * 1024);
      await pass(400);
    }
    expect(connection.error?.message).toBe('a message was not complete after 1000 ms');
  });

  test('does not run while parts wait for a reader that takes its time', async () => {
    fakeTime();
    const { transport, wire, connection } = setUp({ ...limits, idleTimeoutMs: 0 });
    connection.readInParts();
    transport.push(textFrame('a', false));
    await pass(500);
    wire.setPaused(true, true);
    transport.push(textFrame('b', true, OPCODE.continuation).subarray(0, 6));
    await pass(5000);
    wire.setPaused(false, false);
    await pass(900);
    expect(connection.state).toBe('open');
    await pass(300);
    expect(connection.state).not.toBe('open');
  });

  test('is for ever where messageTimeoutMs is 0', async () => {
    fakeTime();
    const { transport, connection } = setUp({ messageTimeoutMs: 0, idleTimeoutMs: 0 });
    transport.push(texts('abc').subarray(0, 4));
    await pass(100_000);
    expect(connection.state).toBe('open');
  });
});

describe('pings by themselves', () => {
  const limits = { idleTimeoutMs: 0, pingIntervalMs: 200 };

  test('go out every pingIntervalMs, and measure the round trip', async () => {
    fakeTime();
    const { transport, wire } = setUp(limits);
    await pass(199);
    expect(transport.written).toBe('');
    await pass(1);
    expect(transport.written).toBe('890400000000');
    await pass(50);
    transport.push(frame(OPCODE.pong, Uint8Array.of(0, 0, 0, 0)));
    await pass(149);
    expect(transport.writes).toHaveLength(1);
    expect(wire.roundTripMs).toBe(50);
    await pass(1);
    expect(transport.written).toBe('890400000000890400000001');
  });

  test('do not go out while one is not answered', async () => {
    fakeTime();
    const { transport } = setUp(limits);
    await pass(1000);
    expect(transport.writes).toHaveLength(1);
  });

  test('do not go out while messages wait for the reader', async () => {
    fakeTime();
    const { transport, wire } = setUp(limits);
    wire.setPaused(true, true);
    transport.push(texts('a'));
    await pass(1000);
    expect(transport.writes).toEqual([]);
  });

  test('do not go out while the transport is full', async () => {
    fakeTime();
    const { transport, wire, connection } = setUp({ ...limits, highWaterMark: 1, isStuck: true });
    wire.send('a');
    await pass(1000);
    expect(connection.outputLength).toBe(0);
    transport.takeAll();
    await pass(200);
    expect(transport.written).toBe(`${frameOf('a')}890400000000`);
  });

  test('do not go out when the connection closes', async () => {
    fakeTime();
    const { transport, wire } = setUp({ ...limits, closeTimeoutMs: 1000 });
    wire.close(1000);
    await pass(900);
    expect(transport.written).toBe('880203e8');
  });
});

test('a wait for room ends with a transport that never finishes its last write', async () => {
  const transport = new HandMadeTransport(); // not full with 52 bytes: no drain comes
  transport.isStuck = true;
  const { connection } = new Endpoint('server');
  const limits = socketLimits({ maxQueuedBytes: 100 });
  let gone = false;
  const wire = new Wire(
    transport,
    connection,
    { limits },
    {
      wantsOnlyTheEnd: false,
      endWaitForConsumer() {},
      onTransportGone: () => {
        gone = true;
      },
    },
  );
  wire.start(new Uint8Array(0));
  wire.send(new Uint8Array(50));
  await turnsEnd();
  let resolved = false;
  void wire.waitForRoom(90).then(() => {
    resolved = true;
  });
  await turnsEnd();
  transport.destroy();
  await turnsEnd();
  expect(gone).toBe(true);
  expect(resolved).toBe(true);
});
