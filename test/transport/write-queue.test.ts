import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { BarewireError } from '../../src/protocol/errors.ts';
import type { Role } from '../../src/protocol/frame.ts';
import { outputMemory } from '../../src/protocol/output-memory.ts';
import { type SocketOptions, socketLimits } from '../../src/transport/socket-options.ts';
import { MAX_WRITE_BYTES, WriteQueue } from '../../src/transport/write-queue.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import { HandMadeTransport } from './hand-made-transport.ts';
import { socketPair } from './socket-pair.ts';

const KIB = 1024;

function queueOn<T extends Duplex>(transport: T, options: SocketOptions = {}, role: Role = 'server') {
  const endpoint = new Endpoint(role);
  const { connection } = endpoint;
  const queue = new WriteQueue(transport, connection, socketLimits(options));
  // As a wire does it.
  transport.on('drain', () => {
    queue.onDrain();
    queue.flush();
    if (!connection.congested) queue.release();
  });
  transport.on('error', () => {});
  return { transport, endpoint, connection, queue };
}

interface SetUp extends SocketOptions {
  highWaterMark?: number;
  isStuck?: boolean;
}

/** A queue on a transport without a system. */
function setUp({ highWaterMark, isStuck = false, ...options }: SetUp = {}) {
  const transport = new HandMadeTransport(highWaterMark);
  transport.isStuck = isStuck;
  return queueOn(transport, options);
}

/** A binary message that takes this many bytes with the header of its frame. */
const framed = (byteLength: number) => {
  const header = byteLength > 65_535 + 4 ? 10 : byteLength > 125 + 2 ? 4 : 2;
  return new Uint8Array(byteLength - header);
};

/** Whether a promise has resolved by now, without a step of I/O. */
async function hasResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => {
    resolved = true;
  });
  await endOfTurn();
  return resolved;
}

const lengthsOf = ({ writes }: HandMadeTransport) => writes.map(({ length }) => length);

describe('what waits', () => {
  test('is counted in the connection, in the queue and in the transport', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 10, isStuck: true });
    expect(queue.queuedBytes).toBe(0);
    connection.send(framed(300 * KIB));
    expect(queue.queuedBytes).toBe(300 * KIB);
    queue.flush();
    expect(transport.writableLength).toBe(256 * KIB);
    expect(connection.outputLength).toBe(0);
    expect(queue.queuedBytes).toBe(300 * KIB);
    connection.send(framed(50));
    expect(queue.queuedBytes).toBe(300 * KIB + 50);
    transport.takeOne(); // then the rest is written
    await endOfTurn();
    expect(queue.queuedBytes).toBe(44 * KIB + 50);
    transport.takeAll();
    await endOfTurn();
    expect(queue.queuedBytes).toBe(0);
  });

  test('is counted without headers too, in proportion once it is in the transport', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 10, isStuck: true });
    expect(queue.queuedPayloadBytes).toBe(0);
    connection.send(new Uint8Array(20));
    expect(queue.queuedPayloadBytes).toBe(20);
    queue.flush();
    expect(queue.queuedPayloadBytes).toBe(20);
    connection.send(new Uint8Array(5));
    expect(queue.queuedPayloadBytes).toBe(25);
    transport.takeAll();
    await endOfTurn();
    expect(queue.queuedPayloadBytes).toBe(0);
  });

  test('counts a part that is left over as the share that it is, rounded up', () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 1000 * KIB, isStuck: true });
    connection.send(new Uint8Array(300 * KIB));
    queue.flush();
    transport.takeOne();
    const wireBytes = 300 * KIB + 10;
    const left = wireBytes - MAX_WRITE_BYTES;
    expect(queue.queuedBytes).toBe(left);
    expect(queue.queuedPayloadBytes).toBe(Math.ceil((left * 300 * KIB) / wireBytes));
  });

  test('no Ping counts as payload', () => {
    const { connection, queue } = setUp({ isStuck: true });
    connection.ping(new Uint8Array(10));
    expect(queue.queuedBytes).toBe(12);
    expect(queue.queuedPayloadBytes).toBe(0);
    queue.flush();
    expect(queue.queuedBytes).toBe(12);
    expect(queue.queuedPayloadBytes).toBe(0);
  });
});

describe('a message fits', () => {
  test.each([
    [2, 0],
    [127, 125],
    [128, 125],
    [129, 125],
    [130, 126],
    [65_539, 65_535],
    [65_545, 65_535],
    [65_546, 65_536],
  ])('into %i bytes, header of its frame included, with %i and no more', (room, byteLength) => {
    const { connection, queue } = setUp({ maxQueuedBytes: 10 + room, isStuck: true });
    connection.send(framed(10));
    expect(queue.fits(byteLength)).toBe(true);
    expect(queue.fits(byteLength + 1)).toBe(false);
  });

  test('of any size into an empty queue, unless something waits elsewhere', () => {
    const { queue } = setUp({ maxQueuedBytes: 100 });
    expect(queue.fits(2 ** 40)).toBe(true);
    expect(queue.fits(97, 1)).toBe(true);
    expect(queue.fits(98, 1)).toBe(false);
  });

  test('behind what waits already, to the byte', () => {
    const { connection, queue } = setUp({ maxQueuedBytes: 100, isStuck: true });
    connection.send(framed(40));
    queue.flush();
    connection.send(framed(20));
    expect(queue.fits(38)).toBe(true);
    expect(queue.fits(39)).toBe(false);
  });

  test('with a header that is not masked, on a client too', () => {
    const { queue } = queueOn(new HandMadeTransport(), { maxQueuedBytes: 101 }, 'client');
    expect(queue.fits(98, 1)).toBe(true);
    expect(queue.fits(99, 1)).toBe(false);
  });
});

describe('there is room for a message', () => {
  test('where it fits, and nothing is written for that', () => {
    const { transport, connection, queue } = setUp({ maxQueuedBytes: 100 });
    connection.send(framed(50));
    expect(queue.hasRoomFor(48, 0)).toBe(true);
    expect(transport.writes).toEqual([]);
  });

  test('where it fits after the transport has taken what waits', () => {
    const { transport, connection, queue } = setUp({ maxQueuedBytes: 100 });
    connection.send(framed(50));
    expect(queue.hasRoomFor(49, 0)).toBe(true);
    expect(lengthsOf(transport)).toEqual([50]);
    expect(connection.state).toBe('open');
  });

  test.each(['close', 'drop'] as const)(
    'where nothing waits, however big it is, and the next one has none, with %s',
    (whenQueueIsFull) => {
      const { connection, queue } = setUp({ maxQueuedBytes: 100, whenQueueIsFull, isStuck: true });
      expect(queue.hasRoomFor(500, 0)).toBe(true);
      expect(connection.state).toBe('open');
      connection.send(framed(500));
      expect(queue.hasRoomFor(1, 0)).toBe(false);
    },
  );

  test("not where the queue is full; with 'drop' nothing else happens", () => {
    const { connection, queue } = setUp({
      maxQueuedBytes: 100,
      whenQueueIsFull: 'drop',
      isStuck: true,
    });
    connection.send(framed(50));
    queue.flush();
    expect(queue.hasRoomFor(49, 0)).toBe(false);
    expect(connection.state).toBe('open');
    expect(queue.queuedBytes).toBe(50);
    expect(queue.hasRoomFor(48, 0)).toBe(true);
  });

  test("not where the queue is full; with 'close' the connection fails with 1008", () => {
    const { connection, queue } = setUp({ maxQueuedBytes: 100, isStuck: true });
    connection.send(framed(50));
    expect(queue.hasRoomFor(49, 0)).toBe(false);
    expect(connection.state).toBe('draining');
    expect(connection.sent).toEqual({ code: 1008, reason: '' });
    expect(connection.error).toEqual(
      new BarewireError('the peer reads too slowly: 50 bytes wait for it, maxQueuedBytes is 100'),
    );
    expect(queue.queuedBytes).toBe(54); // the Close frame is queued beyond the limit
  });

  test('behind what waits elsewhere, to the byte', () => {
    const { connection, queue } = setUp({ maxQueuedBytes: 100, isStuck: true });
    connection.send(framed(10));
    expect(queue.hasRoomFor(28, 60)).toBe(true);
    expect(queue.hasRoomFor(29, 60)).toBe(false);
    expect(connection.error?.message).toBe(
      'the peer reads too slowly: 70 bytes wait for it, maxQueuedBytes is 100',
    );
  });

  test('not where what waits elsewhere is too much, though the message alone would fit', () => {
    const { connection, queue } = setUp({ maxQueuedBytes: 100, whenQueueIsFull: 'drop' });
    expect(queue.hasRoomFor(10, 1000)).toBe(false);
    expect(connection.state).toBe('open');
  });
});

describe('flush', () => {
  test('writes everything at once, and says that it did', () => {
    const { transport, connection, queue } = setUp();
    expect(queue.flush()).toBe(true);
    expect(transport.writes).toEqual([]);
    connection.send('a');
    connection.send('b');
    expect(queue.flush()).toBe(true);
    expect(transport.writes).toHaveLength(1);
    expect(transport.written).toBe('810161810162');
  });

  test.each([
    [MAX_WRITE_BYTES, [MAX_WRITE_BYTES]],
    [MAX_WRITE_BYTES + 1, [MAX_WRITE_BYTES, 1]],
    [600 * KIB, [256 * KIB, 256 * KIB, 88 * KIB]],
  ])('writes %i bytes in parts of 256 KiB', (byteLength, parts) => {
    const { transport, connection, queue } = setUp({ highWaterMark: 1000 * KIB });
    const message = framed(byteLength);
    for (let i = 0; i < message.length; i++) message[i] = i ^ (i >>> 8) ^ (i >>> 16);
    connection.send(message);
    expect(queue.flush()).toBe(true);
    expect(lengthsOf(transport)).toEqual(parts);
    const payload = Buffer.concat(transport.writes).subarray(-message.length);
    expect(payload.equals(message)).toBe(true);
  });

  test('stops where the transport is full, and goes on after its drain, in order', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 100, isStuck: true });
    connection.send(framed(600 * KIB));
    expect(queue.flush()).toBe(false);
    expect(connection.congested).toBe(true);
    connection.send('behind it');
    expect(queue.flush()).toBe(false);
    expect(lengthsOf(transport)).toEqual([256 * KIB]);
    transport.takeOne();
    await endOfTurn();
    expect(lengthsOf(transport)).toEqual([256 * KIB, 256 * KIB]);
    transport.takeAll();
    await endOfTurn();
    expect(connection.congested).toBe(false);
    expect(lengthsOf(transport)).toEqual([256 * KIB, 256 * KIB, 88 * KIB, 11]);
    expect(transport.writes.at(-1)?.toString()).toContain('behind it');
  });

  test('writes the Pong that is owed, with what waits', async () => {
    const { transport, endpoint, connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send('a');
    queue.flush();
    endpoint.receive('89 81 00 00 00 00 31', '89 81 00 00 00 00 32');
    transport.takeAll();
    await endOfTurn();
    expect(transport.written).toBe('8101618a0132');
  });

  test.each([
    ['ended', (transport: Duplex) => void transport.end()],
    ['destroyed', (transport: Duplex) => void transport.destroy()],
  ])('writes nothing to a transport that is %s', (_, end) => {
    const { transport, connection, queue } = setUp();
    end(transport);
    connection.send('a');
    queue.flush();
    expect(transport.writes).toEqual([]);
    expect(queue.queuedBytes).toBe(3);
  });

  test('a sender that waits is set free where the transport throws', async () => {
    const { transport, connection, queue } = setUp({
      highWaterMark: 64 * KIB,
      isStuck: true,
      maxQueuedBytes: KIB,
    });
    connection.send(framed(KIB));
    queue.flush();
    transport.write = () => {
      throw new Error('of a transport');
    };
    await queue.waitForRoom(KIB);
    expect(transport.destroyed).toBe(true);
  });

  test('treats a transport whose write throws as one that has failed', () => {
    const { transport, connection, queue } = setUp();
    const error = new Error('of the transport');
    transport.write = () => {
      throw error;
    };
    connection.send('a');
    expect(queue.flush()).toBe(false);
    expect(connection.congested).toBe(true);
    expect(transport.destroyed).toBe(true);
    expect(transport.errored).toBe(error);
  });
});

describe('the queue is idle', () => {
  test('where nothing waits in it and the transport takes more', () => {
    const { connection, queue } = setUp();
    expect(queue.isIdle).toBe(true);
    connection.send('a'); // waits in the connection
    expect(queue.isIdle).toBe(true);
    queue.flush();
    expect(queue.isIdle).toBe(true);
  });

  test('not while the transport is full', () => {
    const { connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send('a');
    queue.flush();
    expect(queue.isIdle).toBe(false);
    queue.onDrain();
    expect(queue.isIdle).toBe(true);
  });

  test('not while a part waits', () => {
    const { connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send(framed(MAX_WRITE_BYTES + 1));
    queue.flush();
    queue.onDrain();
    expect(queue.isIdle).toBe(false);
    queue.flush();
    queue.onDrain();
    expect(queue.isIdle).toBe(true);
  });

  test('not where the transport has ended', () => {
    const { transport, queue } = setUp();
    transport.end();
    expect(queue.isIdle).toBe(false);
  });

  test('writes alone what is not of the connection', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 4, isStuck: true });
    queue.writeAlone(Buffer.from('abc'));
    expect(connection.congested).toBe(false);
    queue.writeAlone(Buffer.from('d'));
    expect(connection.congested).toBe(true);
    transport.takeAll();
    await endOfTurn();
    expect(Buffer.concat(transport.writes).toString()).toBe('abcd');
    expect(connection.congested).toBe(false);
  });
});

describe('to wait for room', () => {
  test('takes no time where nothing waits', async () => {
    const { queue } = setUp({ maxQueuedBytes: 100 });
    expect(await hasResolved(queue.waitForRoom())).toBe(true);
    expect(await hasResolved(queue.waitForRoom(98))).toBe(true);
  });

  test('takes no time while little waits for the end of the turn, and writes nothing', async () => {
    const { transport, connection, queue } = setUp();
    connection.send(framed(64 * KIB - 1));
    expect(await hasResolved(queue.waitForRoom())).toBe(true);
    expect(transport.writes).toEqual([]);
  });

  test('writes what waits where that is more', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 100 * KIB });
    connection.send(framed(64 * KIB));
    expect(await hasResolved(queue.waitForRoom())).toBe(true);
    expect(lengthsOf(transport)).toEqual([64 * KIB]);
  });

  test('does not wait for a transport that has bytes and takes more', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 100 * KIB, isStuck: true });
    connection.send(framed(64 * KIB));
    expect(await hasResolved(queue.waitForRoom())).toBe(true);
    expect(transport.writableLength).toBe(64 * KIB);
  });

  test('waits for the drain of a transport that is full', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send('a');
    queue.flush();
    const waits = [queue.waitForRoom(), queue.waitForRoom()];
    for (const wait of waits) expect(await hasResolved(wait)).toBe(false);
    transport.takeAll();
    await Promise.all(waits);
    expect(connection.congested).toBe(false);
  });

  test('waits on while a drain is followed by more that fills the transport', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send(framed(MAX_WRITE_BYTES + 1));
    queue.flush();
    const wait = queue.waitForRoom();
    transport.takeOne();
    expect(await hasResolved(wait)).toBe(false);
    expect(transport.writes).toHaveLength(2);
    transport.takeOne();
    await wait;
  });

  test('waits on where it is released and the transport is full again', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send('a');
    queue.flush();
    const wait = queue.waitForRoom();
    queue.release();
    expect(await hasResolved(wait)).toBe(false);
    transport.takeAll();
    await wait;
  });

  test('waits for so much room, though the transport takes more and emits no drain', async () => {
    const { transport, connection, queue } = setUp({ maxQueuedBytes: 100, isStuck: true });
    connection.send(framed(50));
    queue.flush();
    expect(await hasResolved(queue.waitForRoom(48))).toBe(true);
    const wait = queue.waitForRoom(49);
    expect(await hasResolved(wait)).toBe(false);
    transport.takeAll();
    await wait;
    expect(queue.fits(49)).toBe(true);
  });

  test('waits for the message that was refused last, where no size is given', async () => {
    const { transport, connection, queue } = setUp({
      maxQueuedBytes: 100,
      whenQueueIsFull: 'drop',
      isStuck: true,
    });
    connection.send(framed(50));
    queue.flush();
    expect(queue.hasRoomFor(49, 0)).toBe(false);
    expect(await hasResolved(queue.waitForRoom(0))).toBe(true);
    const wait = queue.waitForRoom();
    expect(await hasResolved(wait)).toBe(false);
    expect(queue.hasRoomFor(10, 0)).toBe(true); // the last one is not refused
    expect(await hasResolved(queue.waitForRoom())).toBe(true);
    transport.takeAll();
    await wait;
  });

  test('ends where a message can never fit: the queue is empty', async () => {
    const { transport, connection, queue } = setUp({ maxQueuedBytes: 100, isStuck: true });
    connection.send(framed(50));
    queue.flush();
    const wait = queue.waitForRoom(1000);
    expect(await hasResolved(wait)).toBe(false);
    transport.takeAll();
    await wait;
  });

  test.each([
    ['has ended', (transport: Duplex) => void transport.end()],
    ['is destroyed', (transport: Duplex) => void transport.destroy()],
  ])('ends at once where the transport %s', async (_, end) => {
    const { transport, connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send('a');
    queue.flush();
    end(transport);
    expect(await hasResolved(queue.waitForRoom())).toBe(true);
  });

  test('ends when what waits is discarded', async () => {
    const { connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send('a');
    queue.flush();
    const wait = queue.waitForRoom();
    queue.discard();
    await wait;
    expect(await hasResolved(queue.waitForRoom())).toBe(true);
  });

  test('ends where the transport is destroyed while it has bytes and takes more', async () => {
    const { transport, connection, queue } = setUp({ maxQueuedBytes: 100, isStuck: true });
    connection.send(framed(50));
    queue.flush();
    const wait = queue.waitForRoom(90);
    expect(await hasResolved(wait)).toBe(false);
    transport.destroy();
    transport.takeOne(); // as a socket does, which reports its writes as failed
    await wait;
  });

  test('releasing is all right where nobody waits', () => {
    setUp().queue.release();
  });
});

describe('discarding', () => {
  test('lets go of what waits in the connection and in the queue', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send(framed(300 * KIB));
    queue.flush();
    connection.send(framed(100));
    queue.discard();
    expect(connection.outputLength).toBe(0);
    expect(queue.queuedBytes).toBe(256 * KIB);
    transport.takeAll();
    await endOfTurn();
    expect(lengthsOf(transport)).toEqual([256 * KIB]);
  });

  test('keeps the count of the payload that was lost', async () => {
    const { transport, connection, queue } = setUp({ highWaterMark: 1, isStuck: true });
    connection.send(new Uint8Array(20));
    queue.flush();
    connection.send(new Uint8Array(5));
    queue.discard();
    expect(queue.queuedPayloadBytes).toBe(25);
    transport.takeAll();
    await endOfTurn();
    expect(queue.queuedPayloadBytes).toBe(25);
  });
});

/** Where in its block the next small output will lie. */
function nextPlace(): number {
  const block = outputMemory.lend(1);
  const { start } = outputMemory;
  outputMemory.take(block, start, start, start + 1);
  return start;
}

/** Makes `write` return false, though it was done at once. */
function sayFull(transport: Duplex): void {
  const write = transport.write.bind(transport) as (bytes: Uint8Array) => boolean;
  transport.write = ((bytes: Uint8Array) => {
    write(bytes);
    return false;
  }) as typeof transport.write;
}

describe('a plain socket', () => {
  test('has copied what was written, so that the next output uses the same memory', async () => {
    const [near] = await socketPair();
    const { connection, queue } = queueOn(near);
    const before = nextPlace();
    for (const text of ['a', 'b']) {
      connection.send(text);
      queue.flush();
      expect(nextPlace()).toBe(before);
    }
    expect(near.bytesWritten).toBe(6);
  });

  test('that has not written yet keeps its memory', () => {
    const socket = new Socket();
    onTestFinished(() => void socket.destroy());
    socket.connect({ host: '127.0.0.1', port: 1 }); // bytes wait until that is known
    const { connection, queue } = queueOn(socket);
    const before = nextPlace();
    for (const text of ['a', 'b']) {
      connection.send(text);
      queue.flush();
    }
    expect(nextPlace()).toBe(before + 6);
    expect(queue.queuedBytes).toBe(6);
  });

  test('takes more though write says that it is full, if the system has copied everything', async () => {
    const [near, far] = await socketPair();
    far.resume();
    const { connection, queue } = queueOn(near);
    connection.send(framed(near.writableHighWaterMark + 100)); // some versions of Node say for that length that it is full
    expect(queue.flush()).toBe(true);
    expect(near.writableLength).toBe(0);
    expect(connection.congested).toBe(false);
  });

  test('is full while the system has not copied everything', () => {
    const socket = new Socket();
    onTestFinished(() => void socket.destroy());
    socket.connect({ host: '127.0.0.1', port: 1 });
    const { connection, queue } = queueOn(socket);
    connection.send(framed(socket.writableHighWaterMark));
    expect(queue.flush()).toBe(false);
    expect(connection.congested).toBe(true);
  });

  test('takes output at once', async () => {
    const [near] = await socketPair();
    const { connection, queue } = queueOn(near);
    connection.send('a');
    expect(queue.takeAtOnce()).toBe(true);
    expect(queue.queuedBytes).toBe(0);
    expect(near.bytesWritten).toBe(3);
  });

  test('does not take output at once that the system has not copied', () => {
    const socket = new Socket();
    onTestFinished(() => void socket.destroy());
    socket.connect({ host: '127.0.0.1', port: 1 });
    const { connection, queue } = queueOn(socket);
    connection.send('a');
    expect(queue.takeAtOnce()).toBe(false);
    expect(queue.queuedBytes).toBe(3);
  });

  test('does not take output at once while it is full, and after it has ended', async () => {
    const [near] = await socketPair();
    const { connection, queue } = queueOn(near);
    connection.send('a');
    connection.congested = true;
    expect(queue.takeAtOnce()).toBe(false);
    connection.congested = false;
    near.end();
    expect(queue.takeAtOnce()).toBe(false);
    expect(queue.queuedBytes).toBe(3);
  });
});

describe('no other transport', () => {
  class OwnSocket extends Socket {}

  test.each<[string, () => Duplex]>([
    ['a stream of another kind', () => new HandMadeTransport()],
    ['a socket of TLS', () => new TLSSocket(new Socket())],
    ['a class of its own', () => new OwnSocket()],
  ])('takes output at once: %s', (_, make) => {
    const transport = make();
    onTestFinished(() => void transport.destroy());
    const write = vi.spyOn(transport, 'write');
    const { connection, queue } = queueOn(transport);
    connection.send('a');
    expect(queue.takeAtOnce()).toBe(false);
    expect(write).not.toHaveBeenCalled();
    expect(connection.outputLength).toBe(3);
  });

  test('gives its memory back, though it says that nothing waits', () => {
    const { transport, connection, queue } = setUp();
    const before = nextPlace();
    connection.send('a');
    queue.flush();
    expect(transport.writableLength).toBe(0);
    expect(nextPlace()).toBe(before + 3);
  });

  test('takes more where its write says that it is full', () => {
    const { transport, connection, queue } = setUp();
    sayFull(transport);
    connection.send('a');
    expect(queue.flush()).toBe(false);
    expect(transport.writableLength).toBe(0);
    expect(connection.congested).toBe(true);
  });
});

describe('a socket whose methods are not those of Node', () => {
  /** What a tracing tool does: it looks at what is written, and keeps it. */
  function keepWrites(owner: object, method: 'write' | '_write' | '_writev'): Uint8Array[] {
    const kept: Uint8Array[] = [];
    const original = Reflect.get(owner, method) as (
      this: unknown,
      data: Uint8Array,
      ...rest: unknown[]
    ) => unknown;
    const had = Object.hasOwn(owner, method);
    Reflect.set(owner, method, function (this: unknown, data: Uint8Array, ...rest: unknown[]) {
      kept.push(data);
      return original.call(this, data, ...rest);
    });
    onTestFinished(() => {
      if (had) Reflect.set(owner, method, original);
      else Reflect.deleteProperty(owner, method);
    });
    return kept;
  }

  test.each(['write', '_write'] as const)('keeps what its %s was given', async (method) => {
    const [near, far] = await socketPair();
    far.resume();
    for (const owner of [near, Socket.prototype]) {
      const { connection, queue } = queueOn(near);
      const kept = keepWrites(owner, method);
      for (const text of ['a', 'b']) {
        connection.send(text);
        expect(queue.takeAtOnce()).toBe(false);
        expect(queue.flush()).toBe(true);
      }
      expect(kept.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(['810161', '810162']);
      Reflect.deleteProperty(near, method);
    }
  });

  test('keeps it where there is a _writev of its own, which may be used at any time', async () => {
    const [near] = await socketPair();
    keepWrites(near, '_writev');
    const { connection, queue } = queueOn(near);
    const before = nextPlace();
    connection.send('a');
    queue.flush();
    expect(nextPlace()).toBe(before + 3);
  });

  test('is a plain socket again when it has them back', async () => {
    const [near] = await socketPair();
    keepWrites(near, 'write');
    Reflect.deleteProperty(near, 'write');
    const { connection, queue } = queueOn(near);
    connection.send('a');
    expect(queue.takeAtOnce()).toBe(true);
  });
});
