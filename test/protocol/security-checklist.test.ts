/** What has gone wrong in other implementations of WebSocket, line by line, as far as the protocol's core is concerned. */
import { describe, expect, test } from 'vitest';
import { UsageError, VIOLATIONS } from '../../src/protocol/errors.ts';
import { OPCODE, serializeFrame } from '../../src/protocol/frame.ts';
import { requestHeaders, serializeRequest, verifyResponse } from '../../src/protocol/handshake/client.ts';
import { hasToken, parseExtensions, parseTokenList } from '../../src/protocol/handshake/headers.ts';
import { Refusal, serializeRefusal } from '../../src/protocol/handshake/refusal.ts';
import { serializeAcceptance, verifyRequest } from '../../src/protocol/handshake/server.ts';
import {
  concat,
  edited,
  fromHex,
  GOOD_REQUEST,
  GOOD_RESPONSE,
  parseRequest,
  parseResponse,
  toHex,
} from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';
import { heldArrayBufferBytes, heldBytes } from './memory.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const offer = { host: 'server.example.com', key: KEY, subprotocols: ['chat', 'superchat'] };

/** What Object.prototype has, and what a plain object would trip over. */
const OBJECT_MEMBERS = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];

/** A message in fragments of so many bytes each, unmasked. */
function fragmented(opcode: number, byteLength: number, bytesPerFragment: number): Uint8Array {
  const count = byteLength / bytesPerFragment;
  const payload = new Uint8Array(bytesPerFragment).fill(0x61);
  return concat(
    Array.from({ length: count }, (_, i) => serializeFrame(i === count - 1, i === 0 ? opcode : 0, payload)),
  );
}

describe('Parsers: names like members of Object.prototype', () => {
  test.each(OBJECT_MEMBERS)(
    '"%s" is a token, an extension, a parameter and a subprotocol like any other',
    (name) => {
      expect(parseTokenList(name)).toEqual([name]);
      expect(hasToken(name, 'upgrade')).toBe(false);
      expect(parseExtensions(`${name}; ${name}; ${name}=${name}`)).toEqual([
        {
          name,
          parameters: [
            [name, true],
            [name, name],
          ],
        },
      ]);
      const head = edited(
        GOOD_REQUEST,
        'Sec-WebSocket-Protocol: chat, superchat',
        `Sec-WebSocket-Protocol: ${name}\nSec-WebSocket-Extensions: ${name}; ${name}`,
      );
      expect(verifyRequest(parseRequest(head))).toMatchObject({
        subprotocols: [name],
        extensions: [{ name, parameters: [[name, true]] }],
      });
    },
  );

  test.each(OBJECT_MEMBERS)(
    'a server that grants the extension or subprotocol "%s" unasked is refused',
    (name) => {
      const granting = (header: string) =>
        parseResponse(edited(GOOD_RESPONSE, 'Sec-WebSocket-Protocol: chat', `${header}: ${name}`));
      expect(() => verifyResponse(granting('Sec-WebSocket-Protocol'), offer)).toThrow('not offered');
      expect(() => verifyResponse(granting('Sec-WebSocket-Extensions'), offer)).toThrow('not offered');
    },
  );
});

describe('Parsers: quadratic or exponential header parsing', () => {
  // A mebibyte each, 64 times what node:http lets in: linear they take milliseconds, quadratic many minutes.
  const hostile: readonly [what: string, unit: string, prefix: string][] = [
    ['spaces', ' ', ''],
    ['tabs', '\t', ''],
    ['commas', ',', ''],
    ['spaces and commas', ' ,', ''],
    ['backslashes', '\\', ''],
    ['quotes', '"', ''],
    ['semicolons', ';', ''],
    ['equals signs', '=', ''],
    ['parameters', 'a;', ''],
    ['extensions', 'a,', ''],
    ['one long token', 'a', ''],
    ['an unclosed quoted parameter of backslashes', '\\', 'a; b="'],
    ['an unclosed quoted parameter of escaped quotes', '\\"', 'a; b="'],
    ['an unclosed quoted parameter of letters', 'c', 'a; b="'],
    ['quoted parameters', 'b="c";', 'a; '],
    ['a token and spaces', ' ', 'a'],
    ['spaces before a parameter', ' ', 'a;'],
    ['spaces before a value', ' ', 'a; b='],
  ];

  test.each(hostile)('a mebibyte of %s', (_, unit, prefix) => {
    const value = prefix + unit.repeat(MIB / unit.length);
    const tokens = parseTokenList(value);
    expect(tokens === undefined || tokens.length > 0).toBe(true);
    const extensions = parseExtensions(value);
    expect(extensions === undefined || extensions.length > 0).toBe(true);
    expect(hasToken(value, 'websocket')).toBe(false);
  });

  test('a mebibyte of quoted value is read whole', () => {
    const long = 'c'.repeat(MIB);
    expect(parseExtensions(`a; b="${long}"`)).toEqual([{ name: 'a', parameters: [['b', long]] }]);
  });

  test('a request with a mebibyte of spaces in every header is refused', () => {
    const spaces = ' '.repeat(MIB);
    const header = (name: string) => (name === 'host' ? 'a' : `x${spaces}x`);
    const hostileRequest = { method: 'GET', target: '/', httpVersion: '1.1', header };
    expect(verifyRequest(hostileRequest)).toMatchObject({ id: 'no-upgrade' });
    const hostileHost = edited(GOOD_REQUEST, 'Host: server.example.com', `Host: x${spaces}x`);
    expect(verifyRequest(parseRequest(hostileHost))).toMatchObject({ id: 'bad-host' });
    const hostileOrigin = edited(
      GOOD_REQUEST,
      'Origin: http://server.example.com',
      `Origin: http://x${spaces}x`,
    );
    expect(verifyRequest(parseRequest(hostileOrigin))).toMatchObject({ id: 'foreign-origin' });
  });
});

describe('Parsers: any header may be missing, or come twice', () => {
  const lines = GOOD_REQUEST.trim().split('\n').slice(1);
  const needed = lines.filter((line) => !/^(Origin|Sec-WebSocket-Protocol):/.test(line));

  test.each(needed)('a request without "%s" is refused and nothing throws', (line) => {
    expect(verifyRequest(parseRequest(edited(GOOD_REQUEST, line)))).toBeInstanceOf(Refusal);
  });

  test('a request without any header is refused', () => {
    const request = { method: 'GET', target: '/', httpVersion: '1.1', header: () => undefined };
    expect(verifyRequest(request)).toBeInstanceOf(Refusal);
  });

  test.each(['Host', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version'])(
    'a request with two of %s is refused',
    (name) => {
      const line = lines.find((one) => one.startsWith(name))!;
      expect(verifyRequest(parseRequest(edited(GOOD_REQUEST, line, `${line}\n${line}`)))).toBeInstanceOf(
        Refusal,
      );
    },
  );

  test('an answer without any header is refused', () => {
    expect(() => verifyResponse({ status: 101, header: () => undefined }, offer)).toThrow('no Upgrade');
  });
});

describe('Parsers: a bad extension offer never costs the client its connection', () => {
  test.each([';', 'a;', 'a=b', 'a; b="', 'a; b="c d"', '\\', '"', ' ', ',', 'a b'])(
    '%s is declined',
    (value) => {
      const head = `${GOOD_REQUEST}Sec-WebSocket-Extensions: ${value}\n`;
      expect(verifyRequest(parseRequest(head))).toMatchObject({ key: KEY, extensions: [] });
    },
  );
});

describe('Memory disclosure: never send a byte that was not written', () => {
  /** Leaves recognisable bytes where the next small allocations come from. */
  function dirtyMemory(): void {
    for (let i = 0; i < 64; i++) Buffer.allocUnsafe(4000).fill(0xdd);
  }

  test('text whose room was guessed too big, pings, pongs and Close frames hold exactly what was said', () => {
    dirtyMemory();
    const endpoint = new Endpoint('server');
    endpoint.connection.send('aaaa');
    endpoint.connection.send('é'.repeat(63)); // the guess of the header's length was wrong
    endpoint.connection.send(new Uint8Array(3));
    endpoint.connection.ping(new Uint8Array(2));
    endpoint.receive('89 81 00000000 61');
    endpoint.connection.close(1000, 'ok');
    expect(endpoint.output()).toBe(
      `81 04 61 61 61 61 81 7e 00 7e ${'c3 a9 '.repeat(63)}82 03 00 00 00 89 02 00 00 8a 01 61 88 04 03 e8 6f 6b`,
    );
  });

  test.each<[string, (endpoint: Endpoint) => unknown]>([
    ['ping(100)', ({ connection }) => connection.ping(100 as never)],
    ['ping with a list', ({ connection }) => connection.ping([1, 2] as never)],
    ['ping with a string', ({ connection }) => connection.ping('ab' as never)],
    ['close(1000, TypedArray)', ({ connection }) => connection.close(1000, new Uint8Array(100) as never)],
    ['close(1000, number)', ({ connection }) => connection.close(1000, 100 as never)],
    ['send(100)', ({ connection }) => connection.send(100 as never)],
    ['send with what has a length alone', ({ connection }) => connection.send({ length: 100 } as never)],
  ])('%s is a mistake, and nothing is sent', (_, act) => {
    dirtyMemory();
    const endpoint = new Endpoint('server');
    endpoint.connection.send('before');
    expect(() => act(endpoint)).toThrow(UsageError);
    endpoint.connection.send('after');
    expect(endpoint.output()).toBe('81 06 62 65 66 6f 72 65 81 05 61 66 74 65 72');
    expect(endpoint.connection.state).toBe('open');
  });

  test('the payload of a control frame that came in pieces is what came', () => {
    dirtyMemory();
    const endpoint = new Endpoint('client').receive('89 03 61', '62', '63');
    expect(endpoint.events).toEqual(['ping 61 62 63']);
    expect(endpoint.output()).toBe('8a 83 00 00 00 00 61 62 63');
  });
});

describe('Counts, not only bytes', () => {
  test('131,000 one-byte fragments: what a message under way holds is its bytes, not a list of views', () => {
    const fragments = 131_000;
    const wire = fragmented(OPCODE.binary, fragments, 1);
    const withoutLast = wire.subarray(0, -3);
    const endpoint = new Endpoint('client', { maxMessageBytes: 16 * fragments });
    const before = heldBytes();
    // Each chunk is a buffer of its own, as from a socket: a view into it would keep it.
    for (let at = 0; at < withoutLast.length; at += 64 * KIB)
      endpoint.receive(withoutLast.subarray(at, at + 64 * KIB));
    expect(heldBytes() - before).toBeLessThan(2 * fragments + 256 * KIB);
    endpoint.receive(wire.subarray(-3));
    expect(endpoint.events[0]?.length).toBe('binary'.length + 3 * fragments);
  });

  test('131,000 chunks of one byte: the same', () => {
    const bytes = 131_000;
    const endpoint = new Endpoint('client');
    endpoint.receive(serializeFrame(true, OPCODE.binary, new Uint8Array(bytes)).subarray(0, -bytes));
    const before = heldBytes();
    for (let i = 1; i < bytes; i++) endpoint.receive(new Uint8Array(64).subarray(0, 1));
    expect(heldBytes() - before).toBeLessThan(4 * bytes + 256 * KIB);
    endpoint.receive('00');
    expect(endpoint.events[0]?.length).toBe('binary'.length + 3 * bytes);
  });

  test.each([OPCODE.text, OPCODE.binary])(
    'a flood of empty fragments (opcode %i) ends in too-many-fragments',
    (opcode) => {
      const endpoint = new Endpoint('client', { maxMessageBytes: 1000 });
      endpoint.receive(Uint8Array.of(opcode, 0));
      const flood = new Uint8Array(2 * 10_000); // continuations without FIN and without payload
      endpoint.receive(flood);
      expect(endpoint.violation).toBe('too-many-fragments');
      expect(endpoint.connection.sent?.code).toBe(VIOLATIONS['too-many-fragments'].closeCode);
    },
  );

  test('a message of 4 MiB in fragments of 64 bytes passes a limit of exactly 4 MiB', () => {
    const wire = fragmented(OPCODE.text, 4 * MIB, 64);
    const endpoint = new Endpoint('client', { maxMessageBytes: 4 * MIB });
    for (let at = 0; at < wire.length; at += 64 * KIB) endpoint.receive(wire.subarray(at, at + 64 * KIB));
    expect(endpoint.violation).toBeUndefined();
    expect(endpoint.events).toEqual([`text "${'a'.repeat(4 * MIB)}"`]);
  });

  test('a message of 4 MiB and one byte in fragments of 64 bytes does not', () => {
    const wire = fragmented(OPCODE.text, 4 * MIB + 64, 64);
    const endpoint = new Endpoint('client', { maxMessageBytes: 4 * MIB + 63 }).receive(wire);
    expect(endpoint.violation).toBe('message-too-big');
  });

  test('16 MiB in fragments of 64 bytes are copied a few times, not once a fragment: that would take minutes', () => {
    const wire = fragmented(OPCODE.binary, 16 * MIB, 64);
    const endpoint = new Endpoint('client', { maxMessageBytes: 16 * MIB });
    let received = 0;
    endpoint.message = (data) => {
      received += data.length;
    };
    for (let at = 0; at < wire.length; at += 64 * KIB) endpoint.receive(wire.subarray(at, at + 64 * KIB));
    expect(received).toBe(16 * MIB);
  });

  test.each([
    ['text', '81 7f 0000000006400000'],
    ['binary', '82 7f 0000000006400000'],
    ['a fragment', '02 7f 0000000006400000'],
  ])('a header that claims 100 MiB makes us allocate nothing before the bytes come: %s', (_, header) => {
    const endpoint = new Endpoint('client', { maxMessageBytes: 200 * MIB });
    const before = heldArrayBufferBytes();
    endpoint.receive(header);
    endpoint.receive('61');
    expect(endpoint.connection.state).toBe('open');
    expect(heldArrayBufferBytes() - before).toBeLessThan(64 * KIB);
    endpoint.receive(new Uint8Array(100 * KIB).fill(0x61));
    expect(heldArrayBufferBytes() - before).toBeLessThan(4 * 100 * KIB + 64 * KIB);
  });

  test('a flood of pings to a peer that never reads keeps one Pong at most', () => {
    const endpoint = new Endpoint('server');
    endpoint.connection.congested = true;
    const ping = serializeFrame(true, OPCODE.ping, new Uint8Array(125), 1);
    const flood = concat(Array.from({ length: 1000 }, () => ping));
    for (let i = 0; i < 10; i++) endpoint.receive(flood);
    expect(endpoint.events.length).toBe(10_000);
    expect(endpoint.connection.outputLength).toBe(0);
    expect(endpoint.connection.takeOutput().length).toBe(2 + 125);
  });
});

describe('A limit that is missing is not no limit', () => {
  test.each([undefined, null, Number.NaN, '1000', -1])('%s', (maxMessageBytes) => {
    const make = () => new Endpoint('client', { maxMessageBytes: maxMessageBytes as never });
    expect(make).toThrow('maxMessageBytes must be a number');
  });
});

describe('Small views do not keep a chunk alive', () => {
  /** Everything handed over, as it was handed over. */
  function received(...chunks: Uint8Array[]): Uint8Array[] {
    const all: Uint8Array[] = [];
    const endpoint = new Endpoint('client');
    endpoint.message = (data) => void (typeof data === 'string' || all.push(data));
    endpoint.ping = (payload) => void all.push(payload);
    endpoint.pong = (payload) => void all.push(payload);
    for (const chunk of chunks) endpoint.connection.receive(chunk);
    return all;
  }

  /** A chunk as a socket reads it, 64 KiB, with these bytes at its end. */
  function chunkEndingIn(hex: string): Uint8Array {
    const bytes = fromHex(hex);
    const memory = new Uint8Array(64 * KIB);
    memory.set(bytes, memory.length - bytes.length);
    return memory.subarray(memory.length - bytes.length);
  }

  test.each([
    ['a binary message', ['82 01 61']],
    ['a Ping', ['89 01 61']],
    ['a Pong', ['8a 01 61']],
    ['a binary message in two chunks', ['82 02 61', '62']],
    ['a binary message in two fragments', ['02 01 61  80 01 62']],
    ['a Ping in two chunks', ['89 02 61', '62']],
    ['a Pong in two chunks', ['8a 02 61', '62']],
  ])('the payload of %s has a small ArrayBuffer of its own', (_, chunks) => {
    const payloads = received(...chunks.map(chunkEndingIn));
    expect(payloads).toHaveLength(1);
    expect(payloads[0]?.buffer.byteLength).toBe(payloads[0]?.length);
  });

  test('a thousand connections that have read half a header, a Ping, a Close reason hold no chunk', () => {
    const MASKED_PING_CLOSE_AND_HALF_A_HEADER = '89 81 00000000 61  81 fe 00';
    const before = heldBytes();
    const endpoints = Array.from({ length: 1000 }, (_, i) => {
      const endpoint = new Endpoint('server');
      endpoint.connection.congested = true;
      const closes = i % 2 === 0;
      endpoint.connection.receive(
        chunkEndingIn(closes ? '88 84 00000000 03e8 6f6b' : MASKED_PING_CLOSE_AND_HALF_A_HEADER),
      );
      return endpoint;
    });
    expect(heldBytes() - before).toBeLessThan(1000 * 8 * KIB);
    expect(endpoints.filter(({ connection }) => connection.received?.reason === 'ok')).toHaveLength(500);
  });
});

describe('Lengths', () => {
  const receiver = () => new Endpoint('client', { maxMessageBytes: Number.MAX_SAFE_INTEGER });

  test('64 bits with the most significant one set are refused', () => {
    expect(receiver().receive('82 7f 8000000000000000').violation).toBe('length-out-of-range');
    expect(receiver().receive('82 7f ffffffffffffffff').violation).toBe('length-out-of-range');
  });

  test('64 bits beyond 2^53 are too big, however big a message may be', () => {
    expect(receiver().receive('82 7f 0020000000000000').violation).toBe('message-too-big');
    expect(receiver().receive('82 7f 7fffffffffffffff').violation).toBe('message-too-big');
    expect(receiver().receive('82 7f 001fffffffffffff').violation).toBeUndefined();
  });

  test('64 bits are not taken for their lower 32', () => {
    const endpoint = new Endpoint('client', { maxMessageBytes: 100 });
    expect(endpoint.receive('82 7f 0000000100000001 61').violation).toBe('message-too-big');
  });

  test('sums across fragments do not overflow 32, 53 or 63 bits', () => {
    for (const length of ['00000000ffffffff', '001fffffffffffff', '7fffffffffffffff']) {
      const endpoint = new Endpoint('client', { maxMessageBytes: 100 });
      expect(endpoint.receive(`02 01 61  00 7f ${length}`).violation).toBe('message-too-big');
    }
    expect(receiver().receive('02 01 61  00 7f 001fffffffffffff').violation).toBe('message-too-big');
  });

  test.each(['82 7e 0000', '82 7e 007d', '82 7f 000000000000007d', '82 7f 000000000000ffff'])(
    '%s, which is not minimally encoded, fails the connection',
    (hex) => {
      expect(receiver().receive(hex).violation).toBe('length-not-minimal');
    },
  );
});

describe('permessage-deflate: a bit that no extension has defined', () => {
  test.each([
    ['a message', 'c1 00'],
    ['a continuation', '01 00 40 00'],
    ['a control frame', 'c9 00'],
  ])('RSV1 on %s fails the connection', (_, hex) => {
    expect(new Endpoint('client').receive(hex).violation).toBe('reserved-bit-set');
  });
});

describe('Handshake and origin', () => {
  const opening = {
    host: 'a',
    key: KEY,
    origin: undefined,
    subprotocols: ['a\r\nSet-Cookie: b'],
    extensions: [],
  };

  test.each<[string, () => unknown]>([
    ['a subprotocol', () => serializeAcceptance(opening, { subprotocol: 'a\r\nSet-Cookie: b' })],
    [
      'an extension',
      () => serializeAcceptance(opening, { extensions: [{ name: 'a\r\nb: c', parameters: [] }] }),
    ],
    [
      'a parameter',
      () => serializeAcceptance(opening, { extensions: [{ name: 'a', parameters: [['b', '\n']] }] }),
    ],
    [
      'the value of a header',
      () => serializeRefusal(new Refusal(401, 'no', [['WWW-Authenticate', 'a\r\nb: c']])),
    ],
    ['the name of a header', () => serializeRefusal(new Refusal(401, 'no', [['A: b\r\nC', 'd']]))],
    ['the host of a request', () => serializeRequest({ host: 'a\r\nb: c', key: KEY })],
    [
      'the target of a request',
      () => serializeRequest({ host: 'a', key: KEY, target: '/ HTTP/1.1\r\nb: c' }),
    ],
    ['the origin of a request', () => requestHeaders({ host: 'a', key: KEY, origin: 'b\nc: d' })],
    [
      'a subprotocol of a request',
      () => requestHeaders({ host: 'a', key: KEY, subprotocols: ['b\r\nc: d'] }),
    ],
    ['the key of a request', () => requestHeaders({ host: 'a', key: `${KEY}\r\n` })],
    [
      'an extension of a request',
      () => requestHeaders({ host: 'a', key: KEY, extensions: [{ name: 'b\r\nc: d', parameters: [] }] }),
    ],
  ])('CR or LF in %s is not written', (_, write) => {
    expect(write).toThrow();
  });

  test('a page of another origin is refused with 403, unless it is allowed', () => {
    const head = edited(GOOD_REQUEST, 'Origin: http://server.example.com', 'Origin: https://evil.example');
    expect(verifyRequest(parseRequest(head))).toMatchObject({ id: 'foreign-origin', status: 403 });
    expect(verifyRequest(parseRequest(head), { allowedOrigins: ['https://evil.example'] })).toMatchObject({
      key: KEY,
    });
  });
});

describe('the reader of these tests can trust their tools', () => {
  test('held memory is seen', () => {
    const before = heldArrayBufferBytes();
    const held = new Uint8Array(MIB);
    expect(heldArrayBufferBytes() - before).toBeGreaterThanOrEqual(MIB);
    expect(toHex(held.subarray(0, 1))).toBe('00');
  });
});
