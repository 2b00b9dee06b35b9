import { describe, expect, test } from 'vitest';
import { copyOf, isBytes, lengthOf, verifyBytes, viewOf } from '../../src/protocol/bytes.ts';
import type { Connection } from '../../src/protocol/connection.ts';
import { kindOf, UsageError } from '../../src/protocol/errors.ts';
import { OPCODE, type Role, serializeFrame } from '../../src/protocol/frame.ts';
import type { CompressionOptions } from '../../src/protocol/permessage-deflate/message-compression.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { detached, FALSE_BYTES, NO_BYTES } from '../support/false-bytes.ts';
import { Endpoint } from './endpoint.ts';

test('a Uint8Array is bytes, and so is a Buffer', () => {
  expect(() => verifyBytes(Uint8Array.of(1))).not.toThrow();
  expect(() => verifyBytes(Buffer.from('a'))).not.toThrow();
});

test.each<[unknown, string]>([
  [1, 'a number'],
  ['a', 'a string'],
  [true, 'a boolean'],
  [{ length: 1 }, 'an object'],
  [[1], 'an array'],
  [new ArrayBuffer(1), 'an object'],
  [new Uint16Array(1), 'an object'],
  [new Int8Array(1), 'an object'],
  [new DataView(new ArrayBuffer(1)), 'an object'],
  [() => 1, 'a function'],
  [null, 'null'],
  [undefined, 'undefined'],
])('%o is none, and the error says what it is', (value, kind) => {
  expect(kindOf(value)).toBe(kind);
  expect(isBytes(value)).toBe(false);
  const act = () => verifyBytes(value as never);
  expect(act).toThrow(UsageError);
  expect(act).toThrow(`expected a Uint8Array, got ${kind}`);
});

test.each(NO_BYTES)('%s is none', (_name, make) => {
  expect(() => verifyBytes(make() as Uint8Array)).toThrow(UsageError);
});

describe.each(FALSE_BYTES)('of bytes with %s', (_name, make) => {
  test('the true length, view and copy are found', () => {
    const bytes = make();
    verifyBytes(bytes);
    expect(lengthOf(bytes)).toBe(3);
    expect(viewOf(bytes)).toEqual(Uint8Array.of(1, 2, 3));
    expect(copyOf(bytes)).toEqual(Uint8Array.of(1, 2, 3));
    expect(copyOf(bytes).buffer).not.toBe(viewOf(bytes).buffer);
    expect(viewOf(bytes).buffer.byteLength).toBe(viewOf(bytes).byteOffset + 3); // the memory itself
  });

  const compression = (thresholdBytes: number): CompressionOptions => {
    const direction = { windowBits: 15, contextTakeover: true };
    return { outgoing: direction, incoming: direction, thresholdBytes };
  };

  test.each<[string, (connection: Connection) => void]>([
    ['send', (connection) => connection.send(make())],
    ['a Ping', (connection) => connection.ping(make())],
    ['a prepared message', (connection) => connection.sendPrepared(new PreparedMessage(make()))],
  ])('%s puts these on the wire, and nothing more', (_what, act) => {
    const other = new Endpoint('server');
    other.connection.send('a secret of another connection, which was in this memory before'.repeat(9));
    other.output();
    for (const role of ['server', 'client'] as Role[]) {
      for (const options of [{}, { compression: compression(1000) }, { compression: compression(1) }]) {
        const [sender, receiver] = [new Endpoint(role, options), new Endpoint(flip(role), options)];
        if (role === 'server') act(sender.connection);
        else sender.connection.send(make());
        sender.connection.send(make()); // with the window that the first one has left
        receiver.receive(sender.connection.takeOutput());
        expect(receiver.violation).toBeUndefined();
        expect(receiver.events.map((event) => event.replace('ping', 'binary'))).toEqual([
          'binary 01 02 03',
          'binary 01 02 03',
        ]);
        expect(sender.connection.traffic.payloadBytesSent).toBeGreaterThanOrEqual(3);
        expect(sender.connection.traffic.payloadBytesSent).toBeLessThanOrEqual(6);
      }
    }
  });

  test('a frame that is serialized has these, and nothing more', () => {
    const frame = serializeFrame(true, OPCODE.binary, make());
    expect(Array.from(frame)).toEqual([0x82, 3, 1, 2, 3]);
  });
});

const flip = (role: Role): Role => (role === 'server' ? 'client' : 'server');

test('long bytes that lie are cut where they really end', () => {
  const long = Object.defineProperties(new Uint8Array(200_000).fill(7), {
    length: { value: 300_000 },
    subarray: { value: () => new Uint8Array(70_000) },
  });
  const [server, client] = [new Endpoint('server'), new Endpoint('client')];
  server.connection.send(long);
  client.receive(server.connection.takeOutput());
  expect(client.violation).toBeUndefined();
  expect(client.events).toHaveLength(1);
  expect(client.events[0]).toMatch(/^binary( ?07){200000}$/);
});

test('memory that was transferred is no bytes, compressed or not', () => {
  const direction = { windowBits: 15, contextTakeover: true };
  const compression = { outgoing: direction, incoming: direction, thresholdBytes: 0 };
  for (const options of [{}, { compression }]) {
    const [server, client] = [new Endpoint('server', options), new Endpoint('client', options)];
    server.connection.send(detached(new Uint8Array(100)));
    server.connection.ping(detached(new Uint8Array(100)));
    server.connection.sendPrepared(new PreparedMessage(detached(new Uint8Array(100))));
    client.receive(server.connection.takeOutput());
    expect(client.events).toEqual(['binary', 'ping', 'binary']);
  }
  expect(Array.from(serializeFrame(true, OPCODE.ping, detached(new Uint8Array(9))))).toEqual([0x89, 0]);
});

test('a prepared message is text or bytes', () => {
  for (const value of [5, null, undefined, {}, new ArrayBuffer(3)]) {
    expect(() => new PreparedMessage(value as never)).toThrow(UsageError);
  }
});
