import { describe, expect, test } from 'vitest';
import { mayBeSent } from '../../src/protocol/close.ts';
import {
  BarewireError,
  ClosedError,
  HandshakeError,
  kindOf,
  ProtocolError,
  shown,
  UsageError,
  VIOLATIONS,
  type ViolationId,
} from '../../src/protocol/errors.ts';
import {
  cutEverywhere,
  fromHex,
  VECTOR_LIMIT,
  VIOLATION_VECTORS,
  type ViolationVector,
} from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';
import { readOutput } from './reference.ts';

const ids = Object.keys(VIOLATIONS) as ViolationId[];
const vectors = ids.flatMap((id) => VIOLATION_VECTORS[id].map((vector) => ({ id, ...vector })));

function receiverOf({ receiver, compressed = false }: ViolationVector): Endpoint {
  const direction = { windowBits: 15, contextTakeover: true };
  const compression = { outgoing: direction, incoming: direction, thresholdBytes: 0 };
  return new Endpoint(receiver, { maxMessageBytes: VECTOR_LIMIT, ...(compressed && { compression }) });
}

/** The end that every violation comes to. */
function expectFailed({ connection, violation }: Endpoint, id: ViolationId): void {
  const { closeCode, message } = VIOLATIONS[id];
  expect(violation).toBe(id);
  expect(connection.state).toBe('draining');
  expect(connection.sent).toEqual({ code: closeCode, reason: message });
  expect(connection.received).toBeUndefined();
  expect(connection.closedBy).toBe('this side');
}

describe('every rule that a peer can break', () => {
  test.each(ids)('%s has a byte vector', (id) => {
    expect(VIOLATION_VECTORS[id].length).toBeGreaterThan(0);
  });

  test.each(ids)('%s has a sentence that fits a Close frame, and a code that may be sent in one', (id) => {
    const { message, closeCode, section } = VIOLATIONS[id];
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(123);
    expect(mayBeSent(closeCode)).toBe(true);
    expect(section).toMatch(/^RFC (6455|7692) §\d+(\.\d+)*$/);
  });

  test('no two rules say the same', () => {
    expect(new Set(ids.map((id) => VIOLATIONS[id].message)).size).toBe(ids.length);
  });
});

describe('a connection that receives', () => {
  describe.each(vectors)('$id, as $receiver: $comment', ({ id, ...vector }) => {
    const wire = fromHex(vector.wire);

    test('is failed with that rule and says so in a Close frame', () => {
      const endpoint = receiverOf(vector).receive(wire);
      expectFailed(endpoint, id);
      const frames = readOutput(endpoint.connection.takeOutput(), vector.receiver);
      const { closeCode, message } = VIOLATIONS[id];
      const close = Buffer.concat([Uint8Array.of(closeCode >>> 8, closeCode), Buffer.from(message)]);
      expect(frames.at(-1)).toEqual({ opcode: 8, payload: close.toString('hex').replace(/..(?=.)/g, '$& ') });
      expect(frames.slice(0, -1).filter(({ opcode }) => opcode !== 10)).toEqual([]);
    });

    test('is failed by the last byte and not before', () => {
      const endpoint = receiverOf(vector).receive(wire.subarray(0, -1));
      expect(endpoint.connection.state).toBe('open');
      endpoint.receive(wire.subarray(-1));
      expectFailed(endpoint, id);
    });

    test('is failed the same however the bytes are cut', () => {
      const whole = receiverOf(vector).receive(wire);
      const output = whole.output();
      for (let at = 0; at <= wire.length; at++) {
        const parts = receiverOf(vector).receive(wire.subarray(0, at), wire.subarray(at));
        if (parts.violation !== id || parts.output() !== output) expect.fail(`cut at byte ${at}`);
        if (parts.events.join() !== whole.events.join()) expect.fail(`other events, cut at byte ${at}`);
      }
      const bytes = receiverOf(vector).receive(...cutEverywhere(wire));
      expectFailed(bytes, id);
      expect(bytes.output()).toBe(output);
    });

    test('reads nothing that follows', () => {
      const good = vector.receiver === 'server' ? '89 81 00000000 61' : '89 01 61';
      const endpoint = receiverOf(vector).receive(wire);
      const eventsBefore = endpoint.events.length;
      endpoint.output();
      endpoint.receive(good, good);
      expect(endpoint.events.length).toBe(eventsBefore);
      expect(endpoint.output()).toBe('');
      expectFailed(endpoint, id);
    });
  });
});

describe('errors', () => {
  test('all of them are WebSocketErrors, and Errors, each with its own name', () => {
    const errors = [
      new ProtocolError('invalid-utf8'),
      new HandshakeError('no'),
      new ClosedError('gone'),
      new UsageError('wrong'),
      new BarewireError('broken'),
    ];
    expect(errors.every((error) => error instanceof BarewireError && error instanceof Error)).toBe(true);
    expect(errors.map(({ name }) => name)).toEqual([
      'ProtocolError',
      'HandshakeError',
      'ClosedError',
      'UsageError',
      'BarewireError',
    ]);
  });

  test('a ProtocolError says which rule was broken, where it stands and what the peer is told', () => {
    const error = new ProtocolError('invalid-utf8');
    expect(error.violation).toBe('invalid-utf8');
    expect(error.closeCode).toBe(1007);
    expect(error.section).toBe('RFC 6455 §8.1');
    expect(error.message).toBe('text must be valid UTF-8');
  });

  test('a HandshakeError has the status of the answer, if there was an answer', () => {
    expect(new HandshakeError('the server did not answer 101', { status: 404 }).status).toBe(404);
    expect(new HandshakeError('the connection was reset').status).toBeUndefined();
  });

  test('a HandshakeError has the headers and the body of the answer, and its cause, as far as there are any', () => {
    const answer = { status: 403, headers: { server: 'x' }, body: 'not for you' };
    const cause = new Error('why');
    expect(new HandshakeError('refused', answer, { cause })).toMatchObject({ ...answer, cause });
    const bare = new HandshakeError('the connection was reset');
    expect(bare).toMatchObject({ headers: {}, body: '' });
    expect('cause' in bare).toBe(false);
  });

  test('a ClosedError has both Close frames, as far as there were any', () => {
    const sent = { code: 1001, reason: '' };
    const received = { code: 1000, reason: 'bye' };
    expect(new ClosedError('closed', sent, received)).toMatchObject({ message: 'closed', sent, received });
    expect(new ClosedError('closed')).toMatchObject({ sent: undefined, received: undefined });
  });
});

describe('a value in a message', () => {
  test.each([
    ['a', 'a string', '"a"'],
    [5, 'a number', '5'],
    [true, 'a boolean', 'true'],
    [5n, 'a bigint', 'a bigint'],
    [null, 'null', 'null'],
    [undefined, 'undefined', 'undefined'],
    [{}, 'an object', 'an object'],
    [Object.create(null), 'an object', 'an object'],
    [[], 'an array', 'an array'],
    [() => {}, 'a function', 'a function'],
    [Symbol('a'), 'a symbol', 'a symbol'],
  ])('%o is %s, or shown as %s', (value, kind, text) => {
    expect(kindOf(value)).toBe(kind);
    expect(shown(value)).toBe(text);
  });
});

test.each<[hex: string, id: ViolationId, found: number | undefined]>([
  ['91 00', 'reserved-bit-set', 0x91],
  ['85 00', 'reserved-opcode', 5],
  ['88 7e', 'control-frame-too-long', 126],
  ['01 01 61  82 01', 'message-not-finished', 2],
  ['88 02 03ed', 'invalid-close-code', 1005],
  ['80 00', 'nothing-to-continue', undefined],
])('after %s, which breaks the rule %s, the error has what was found: %s', (hex, id, found) => {
  const { connection } = new Endpoint('client', { maxMessageBytes: VECTOR_LIMIT });
  connection.receive(fromHex(hex));
  expect(connection.error).toMatchObject({ violation: id, found });
});
