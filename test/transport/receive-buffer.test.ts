import { describe, expect, test } from 'vitest';
import { serializeFrame } from '../../src/protocol/frame.ts';
import { ReceiveBuffer } from '../../src/transport/receive-buffer.ts';
import { Endpoint } from '../protocol/endpoint.ts';

/** A text frame of a server. */
const frame = (text: string) => serializeFrame(true, 1, Buffer.from(text));
const frames = (...texts: string[]) => new Uint8Array(Buffer.concat(texts.map(frame)));
const event = (text: string) => `text "${text}"`;

/** A client, and the buffer that it reads from. */
function reader() {
  const buffer = new ReceiveBuffer();
  const endpoint = new Endpoint('client');
  return {
    buffer,
    endpoint,
    connection: endpoint.connection,
    read: () => buffer.readInto(endpoint.connection),
  };
}

describe('a receive buffer', () => {
  test('is empty at first, and reading from it does nothing', () => {
    const { buffer, endpoint, read } = reader();
    expect(buffer.isEmpty).toBe(true);
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual([]);
  });

  test('gives everything to a connection that does not pause', () => {
    const { buffer, endpoint, read } = reader();
    buffer.add(frames('a', 'b'));
    expect(buffer.isEmpty).toBe(false);
    expect(read()).toBe(false);
    expect(buffer.isEmpty).toBe(true);
    expect(endpoint.events).toEqual(['a', 'b'].map(event));
  });

  test('keeps the order of the chunks, wherever they are cut', () => {
    const { buffer, endpoint, read } = reader();
    for (const byte of frames('abc', 'def')) buffer.add(Uint8Array.of(byte));
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual(['abc', 'def'].map(event));
  });

  test('keeps what is behind the place where the connection pauses', () => {
    const { buffer, endpoint, connection, read } = reader();
    endpoint.onEvent = () => {
      connection.paused = true;
    };
    buffer.add(frames('a', 'b', 'c'));
    for (const text of ['a', 'b']) {
      connection.paused = false;
      expect(read()).toBe(true);
      expect(endpoint.events.at(-1)).toBe(event(text));
      expect(buffer.isEmpty).toBe(false);
      expect(read()).toBe(true); // still paused: nothing happens
    }
    connection.paused = false;
    expect(read()).toBe(false); // it has paused, but nothing is left
    expect(buffer.isEmpty).toBe(true);
    expect(endpoint.events).toEqual(['a', 'b', 'c'].map(event));
  });

  test('adds behind what was not read, and not behind what was', () => {
    const { buffer, endpoint, connection, read } = reader();
    endpoint.onEvent = () => {
      connection.paused = true;
    };
    buffer.add(frames('a', 'b'));
    expect(read()).toBe(true);
    buffer.add(frames('c'));
    buffer.add(frames('d'));
    endpoint.onEvent = () => {};
    connection.paused = false;
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual(['a', 'b', 'c', 'd'].map(event));
  });

  test('reads what is added during reading after the chunk that is read', () => {
    const { buffer, endpoint, read } = reader();
    const more = ['c', 'd'];
    endpoint.onEvent = () => {
      const text = more.shift();
      if (text !== undefined) buffer.add(frames(text));
    };
    buffer.add(frames('a', 'b'));
    expect(read()).toBe(false);
    expect(buffer.isEmpty).toBe(true);
    expect(endpoint.events).toEqual(['a', 'b', 'c', 'd'].map(event));
  });

  test('puts what is not read in front of what was added during reading', () => {
    const { buffer, endpoint, connection, read } = reader();
    endpoint.onEvent = () => {
      connection.paused = true;
      buffer.add(frames('d'));
      endpoint.onEvent = () => {};
    };
    buffer.add(frames('a', 'b', 'c'));
    expect(read()).toBe(true);
    expect(endpoint.events).toEqual(['a'].map(event));
    buffer.add(frames('e'));
    connection.paused = false;
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual(['a', 'b', 'c', 'd', 'e'].map(event));
  });

  test('does not read what was added, when the connection pauses at the end of the chunk', () => {
    const { buffer, endpoint, connection, read } = reader();
    endpoint.onEvent = () => {
      connection.paused = true;
      buffer.add(frames('b'));
      endpoint.onEvent = () => {};
    };
    buffer.add(frames('a'));
    expect(read()).toBe(true);
    expect(endpoint.events).toEqual(['a'].map(event));
    connection.paused = false;
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual(['a', 'b'].map(event));
  });

  test('forgets what is cleared, also where it was read in part', () => {
    const { buffer, endpoint, connection, read } = reader();
    endpoint.onEvent = () => {
      connection.paused = true;
    };
    buffer.add(frames('aaaa', 'b'));
    expect(read()).toBe(true);
    buffer.clear();
    expect(buffer.isEmpty).toBe(true);
    expect(read()).toBe(false);
    connection.paused = false;
    buffer.add(frames('c')); // from its first byte
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual(['aaaa', 'c'].map(event));
  });

  test('gives the chunk itself, not a copy, while there is only one', () => {
    const { buffer, connection, read } = reader();
    const given: [Uint8Array, number][] = [];
    const receive = connection.receive.bind(connection);
    connection.receive = (chunk, offset = 0, end = chunk.length) => {
      given.push([chunk, offset]);
      return receive(chunk, offset, end);
    };
    connection.paused = true;
    const chunk = Buffer.concat([Buffer.from('8900', 'hex'), frames('a')]);
    buffer.add(chunk);
    expect(read()).toBe(true);
    connection.paused = false;
    expect(read()).toBe(false);
    expect(given.map(([, offset]) => offset)).toEqual([0, 2]);
    for (const [bytes] of given) expect(bytes).toBe(chunk);
  });

  test('is emptied by a connection that reads no more', () => {
    const { buffer, endpoint, connection, read } = reader();
    connection.transportEnded();
    connection.paused = true;
    buffer.add(frames('a'));
    expect(read()).toBe(false);
    expect(buffer.isEmpty).toBe(true);
    expect(endpoint.events).toEqual([]);
  });

  /** A buffer of someone else, with the frames at its beginning. */
  function lent(bytes: Uint8Array) {
    const chunk = new Uint8Array(bytes.length + 3);
    chunk.set(bytes);
    return { chunk, end: bytes.length };
  }

  test('reads what is lent up to its end', () => {
    const { buffer, endpoint, read } = reader();
    const { chunk, end } = lent(frames('a', 'b'));
    buffer.lend(chunk, end);
    expect(read()).toBe(false);
    buffer.own();
    expect(buffer.isEmpty).toBe(true);
    expect(endpoint.events).toEqual(['a', 'b'].map(event));
  });

  test('owns what is left of what was lent, which may change then', () => {
    const { buffer, endpoint, connection, read } = reader();
    endpoint.onEvent = () => {
      connection.paused = true;
    };
    const { chunk, end } = lent(frames('a', 'b'));
    buffer.lend(chunk, end);
    expect(read()).toBe(true);
    buffer.own();
    chunk.fill(0xff);
    buffer.own(); // it is the buffer's already
    connection.paused = false;
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual(['a', 'b'].map(event));
  });

  test('adds what is lent behind what is unread', () => {
    const { buffer, endpoint, connection, read } = reader();
    connection.paused = true;
    buffer.add(frames('a'));
    expect(read()).toBe(true);
    const { chunk, end } = lent(frames('b'));
    buffer.lend(chunk, end);
    chunk.fill(0xff);
    connection.paused = false;
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual(['a', 'b'].map(event));
  });

  test('puts what is left of what was lent in front of what was added during reading', () => {
    const { buffer, endpoint, connection, read } = reader();
    endpoint.onEvent = () => {
      connection.paused = true;
      buffer.add(frames('c'));
      endpoint.onEvent = () => {};
    };
    const { chunk, end } = lent(frames('a', 'b'));
    buffer.lend(chunk, end);
    expect(read()).toBe(true);
    chunk.fill(0xff);
    connection.paused = false;
    expect(read()).toBe(false);
    expect(endpoint.events).toEqual(['a', 'b', 'c'].map(event));
  });

  test('takes many small chunks without copying all of them each time, and reads ahead until it has 64 KiB', () => {
    const { buffer, endpoint, connection, read } = reader();
    const all = frames(...Array.from({ length: 700 }, (_, i) => `${i}`.padEnd(100, '.')));
    connection.paused = true;
    const memory = new Set<ArrayBufferLike>();
    const receive = connection.receive.bind(connection);
    connection.receive = (chunk, ...range) => {
      memory.add(chunk.buffer);
      return receive(chunk, ...range);
    };
    for (let i = 0; i < all.length; i += 10) {
      expect(buffer.readsAhead).toBe(i < 65_536);
      buffer.lend(all.slice(i, i + 10), 10);
      read();
      buffer.own();
    }
    connection.paused = false;
    read();
    expect(endpoint.events).toHaveLength(700);
    expect(memory.size).toBeLessThan(20);
  });
});
