import { describe, expect, test } from 'vitest';
import { Connection } from '../../src/protocol/connection.ts';
import { ProtocolError, UsageError } from '../../src/protocol/errors.ts';
import { PreparedBatch } from '../../src/protocol/prepared-batch.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import type { Receiver } from '../../src/protocol/receiver.ts';
import type { TracedFrame } from '../../src/protocol/traced-frame.ts';
import { concat, fromHex, toHex } from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';
import { readOutput } from './reference.ts';

const client = () => new Endpoint('client');
const server = () => new Endpoint('server');
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('a connection that has just been made', () => {
  test('is open, has said nothing and heard nothing', () => {
    const { connection } = server();
    expect(connection.state).toBe('open');
    expect([connection.sent, connection.received, connection.error]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(connection.closedBy).toBe('network');
    expect(connection.takeOutput()).toEqual(new Uint8Array(0));
  });
});

test('a message is under way from its first byte to its last, also between two fragments', () => {
  const { connection } = client();
  const seen = ['01', '01 61', '89 00', '80', '00', '81 00', '8a 01', '62'].map((hex) => {
    connection.receive(fromHex(hex));
    return [connection.isMidMessage, connection.messagesReceived];
  });
  expect(seen).toEqual([
    [true, 0],
    [true, 0],
    [true, 0],
    [true, 0],
    [false, 1],
    [false, 2],
    [true, 2],
    [false, 2],
  ]);
});

describe('sending', () => {
  test('a server sends text and bytes unmasked', () => {
    const { connection } = server();
    expect(connection.send('Hello')).toBe(true);
    expect(connection.send(fromHex('01 02'))).toBe(true);
    expect(toHex(connection.takeOutput())).toBe('81 05 48 65 6c 6c 6f 82 02 01 02');
  });

  test('fragments make one message, and control frames may come between them', () => {
    const [sender, receiver] = [server(), client()];
    expect(sender.connection.sendFragment('a', false)).toBe(true);
    sender.connection.ping(fromHex('01'));
    expect(() => sender.connection.send('x')).toThrow(UsageError);
    expect(() => sender.connection.sendFragment(1 as never, true)).toThrow(UsageError);
    sender.connection.sendFragment('b', true);
    receiver.receive(sender.connection.takeOutput());
    expect(receiver.events).toEqual(['ping 01', 'text "ab"']);
    sender.connection.sendFragment('c', false);
    sender.connection.close(1000);
    expect(sender.connection.sendFragment('d', true)).toBe(false);
    expect(sender.output()).toBe('01 01 63 88 02 03 e8');
  });

  test('a client masks them, with a key that it asks for anew for every frame', () => {
    const keys = [0x37fa213d, 0, 0xffffffff];
    const endpoint = new Endpoint('client', { maskingKey: () => keys.shift()! });
    endpoint.connection.send('Hello');
    endpoint.connection.send(fromHex('01 02'));
    endpoint.connection.ping(fromHex('61'));
    expect(endpoint.output()).toBe(
      '81 85 37 fa 21 3d 7f 9f 4d 51 58 82 82 00 00 00 00 01 02 89 81 ff ff ff ff 9e',
    );
  });

  test('a client has keys of its own when it is given none', () => {
    const connection = new Connection({ role: 'client', maxMessageBytes: 10 }, { message: () => {} });
    for (let i = 0; i < 20; i++) connection.send(new Uint8Array(4));
    const output = connection.takeOutput();
    const keys = Array.from({ length: 20 }, (_, i) => toHex(output.subarray(10 * i + 2, 10 * i + 6)));
    expect(new Set(keys).size).toBe(20);
    // Zeros masked are the key itself.
    expect(Array.from({ length: 20 }, (_, i) => toHex(output.subarray(10 * i + 6, 10 * i + 10)))).toEqual(
      keys,
    );
  });

  test.each([
    ['ASCII', 'a', '81 01', '61'],
    ['two-byte characters', 'é', '81 02', 'c3 a9'],
    ['no text at all', '', '81 00', ''],
    ['a lone surrogate, as U+FFFD', '\ud800', '81 03', 'ef bf bd'],
    ['U+FEFF, which stays', '\uFEFF', '81 03', 'ef bb bf'],
    ['125 bytes in 125 characters', 'a'.repeat(125), '81 7d', '61 '.repeat(125)],
    ['126 bytes in 126 characters', 'a'.repeat(126), '81 7e 00 7e', '61 '.repeat(126)],
    ['126 bytes in 63 characters', 'é'.repeat(63), '81 7e 00 7e', 'c3 a9 '.repeat(63)],
    ['150 bytes in 50 characters', '☃'.repeat(50), '81 7e 00 96', 'e2 98 83 '.repeat(50)],
    ['1,024 characters', 'é'.repeat(1024), '81 7e 08 00', 'c3 a9 '.repeat(1024)],
    ['1,025 characters', 'é'.repeat(1025), '81 7e 08 02', 'c3 a9 '.repeat(1025)],
    ['65,535 bytes', 'a'.repeat(65_535), '81 7e ff ff', '61 '.repeat(65_535)],
    [
      '65,536 bytes in half as many',
      'é'.repeat(32_768),
      '81 7f 00 00 00 00 00 01 00 00',
      'c3 a9 '.repeat(32_768),
    ],
  ])('text of %s is written with its length in the fewest bytes', (_, text, header, payload) => {
    const endpoint = server();
    endpoint.connection.send(fromHex('ff')); // what stands before must stay
    endpoint.connection.send(text);
    expect(endpoint.output()).toBe(`82 01 ff ${header} ${payload}`.trimEnd());

    const masked = client();
    masked.connection.send(text);
    const maskedHeader = header.replace(
      /^81 (..)/,
      (_, byte) => `81 ${toHex(Uint8Array.of(Number.parseInt(byte, 16) | 0x80))}`,
    );
    expect(masked.output()).toBe(`${maskedHeader} 00 00 00 00 ${payload}`.trimEnd());
  });

  test('the bytes of a binary message are copied: they may change afterwards', () => {
    const endpoint = server();
    const data = fromHex('01 02');
    endpoint.connection.send(data);
    data.fill(0xee);
    expect(endpoint.output()).toBe('82 02 01 02');
  });

  test('everything queues up in order until it is taken, once', () => {
    const endpoint = server();
    endpoint.connection.send('a');
    endpoint.connection.ping(fromHex('62'));
    endpoint.connection.send('c');
    expect(endpoint.connection.outputLength).toBe(9);
    expect(endpoint.output()).toBe('81 01 61 89 01 62 81 01 63');
    expect(endpoint.output()).toBe('');
  });

  test('a Ping carries up to 125 bytes', () => {
    const endpoint = server();
    expect(endpoint.connection.ping(new Uint8Array(125))).toBe(true);
    expect(() => endpoint.connection.ping(new Uint8Array(126))).toThrow(UsageError);
    expect(endpoint.output()).toBe(`89 7d ${'00 '.repeat(125)}`.trimEnd());
  });

  test.each<[string, (endpoint: Endpoint) => void]>([
    ['closing', ({ connection }) => connection.close()],
    ['draining', (endpoint) => endpoint.receive('88 80 00000000')],
    ['closed', ({ connection }) => connection.transportEnded()],
  ])('nothing is sent when the connection is %s, and the caller is told', (state, bring) => {
    const endpoint = server();
    bring(endpoint);
    endpoint.output();
    expect(endpoint.connection.state).toBe(state);
    expect(endpoint.connection.send('a')).toBe(false);
    expect(endpoint.connection.send(utf8('a'))).toBe(false);
    expect(endpoint.connection.ping(utf8('a'))).toBe(false);
    expect(endpoint.output()).toBe('');
  });
});

describe('receiving', () => {
  test('hands over messages, pings and pongs in the order of the wire', () => {
    const endpoint = client().receive('81 05 48656c6c6f  89 01 61  82 02 0102  8a 01 62  8a 00');
    expect(endpoint.events).toEqual(['text "Hello"', 'ping 61', 'binary 01 02', 'pong 62', 'pong']);
  });

  test('a server takes masked frames', () => {
    expect(server().receive('81 85 37fa213d 7f9f4d5158').events).toEqual(['text "Hello"']);
  });

  test('control frames may come between the fragments of a message (§5.4)', () => {
    const endpoint = client().receive('01 03 48656c  89 01 61  80 02 6c6f');
    expect(endpoint.events).toEqual(['ping 61', 'text "Hello"']);
    expect(endpoint.output()).toBe('8a 81 00 00 00 00 61');
  });

  test('control frames may come byte by byte between fragments that come byte by byte', () => {
    const wire = fromHex('01 02 c3a9  89 02 6162  00 01 f0  8a 01 63  80 03 9f918b');
    const endpoint = client();
    for (const byte of wire) endpoint.receive(Uint8Array.of(byte));
    expect(endpoint.events).toEqual(['ping 61 62', 'pong 63', 'text "é👋"']);
  });

  test('begins in the chunk where it is told to', () => {
    const endpoint = client();
    expect(endpoint.connection.receive(fromHex('ff ff ff 89 00'), 3)).toBe(5);
    expect(endpoint.events).toEqual(['ping']);
  });

  test('does nothing with an empty chunk', () => {
    const endpoint = client().receive('81 02 61', '', '62', '');
    expect(endpoint.events).toEqual(['text "ab"']);
  });

  test('a receiver need not care for pings and pongs', () => {
    const messages: unknown[] = [];
    const receiver: Receiver = { message: (data) => messages.push(data) };
    const connection = new Connection({ role: 'client', maxMessageBytes: 10, maskingKey: () => 0 }, receiver);
    connection.receive(fromHex('89 01 61  8a 00  81 01 62'));
    expect(messages).toEqual(['b']);
    expect(toHex(connection.takeOutput())).toBe('8a 81 00 00 00 00 61');
  });

  test('what a receiver throws is its own fault and comes back to the caller', () => {
    const endpoint = client();
    endpoint.onEvent = () => {
      throw new Error('broken handler');
    };
    expect(() => endpoint.receive('81 01 61')).toThrow('broken handler');
  });
});

describe('pings and pongs', () => {
  test('a Ping is answered with the identical payload (§5.5.3), before it is handed over', () => {
    const endpoint = client();
    endpoint.onEvent = () => expect(endpoint.output()).toBe('8a 85 00 00 00 00 48 65 6c 6c 6f');
    endpoint.receive('89 05 48656c6c6f');
    expect(endpoint.events).toEqual(['ping 48 65 6c 6c 6f']);
  });

  test('every Ping is answered, in order', () => {
    const endpoint = server().receive('89 81 00000000 61  89 80 00000000  89 81 00000000 62');
    expect(endpoint.output()).toBe('8a 01 61 8a 00 8a 01 62');
  });

  test('a Ping is answered too while we wait for the answer to our Close frame (§5.5.2)', () => {
    const endpoint = server();
    endpoint.connection.close(1000);
    endpoint.receive('89 81 00000000 61');
    expect(endpoint.output()).toBe('88 02 03 e8 8a 01 61');
  });

  test('a Pong may be sent that answers no Ping (§5.5.3), with up to 125 bytes', () => {
    const endpoint = server();
    expect(endpoint.connection.pong(Uint8Array.of(0x61))).toBe(true);
    expect(() => endpoint.connection.pong(new Uint8Array(126))).toThrow(UsageError);
    expect(endpoint.output()).toBe('8a 01 61');
    endpoint.connection.close();
    expect(endpoint.connection.pong(Uint8Array.of(0x61))).toBe(false);
  });

  test('a receiver may answer Pings itself', () => {
    const endpoint = server();
    endpoint.answersPings = false;
    endpoint.receive('89 81 00000000 61');
    expect(endpoint.events).toEqual(['ping 61']);
    expect(endpoint.output()).toBe('');
  });

  test('a Pong that nobody asked for is handed over and not answered', () => {
    const endpoint = server().receive('8a 81 00000000 61');
    expect(endpoint.events).toEqual(['pong 61']);
    expect(endpoint.output()).toBe('');
  });

  test('while the transport is congested, only the latest Ping is answered, when it takes some again', () => {
    const endpoint = server();
    endpoint.connection.congested = true;
    endpoint.receive('89 81 00000000 61', '89 81 00000000 62');
    expect(endpoint.connection.outputLength).toBe(0);
    expect(endpoint.connection.hasOutput).toBe(true);
    endpoint.connection.congested = false;
    expect(endpoint.output()).toBe('8a 01 62');
    expect(endpoint.connection.hasOutput).toBe(false);
    expect(endpoint.output()).toBe('');
    expect(endpoint.events).toEqual(['ping 61', 'ping 62']);
  });

  test('a Pong never overtakes an older one: the answer to a later Ping is the answer to both', () => {
    const endpoint = server();
    endpoint.connection.congested = true;
    endpoint.receive('89 81 00000000 61');
    endpoint.connection.congested = false;
    endpoint.receive('89 81 00000000 62');
    expect(endpoint.output()).toBe('8a 01 62');
    expect(endpoint.output()).toBe('');
  });

  test('a Pong that is owed is not sent any more once the peer has closed or was failed', () => {
    for (const end of ['88 80 00000000', '83 80']) {
      const endpoint = server();
      endpoint.connection.congested = true;
      endpoint.receive('89 81 00000000 61', end);
      endpoint.connection.congested = false;
      const opcodes = readOutput(endpoint.connection.takeOutput(), 'server').map(({ opcode }) => opcode);
      expect(opcodes).toEqual([8]);
      expect(endpoint.connection.hasOutput).toBe(false);
      expect(endpoint.output()).toBe('');
    }
  });
});

describe('pausing', () => {
  test('stops before the next data frame and says where; control frames are read on', () => {
    const endpoint = client();
    endpoint.onEvent = () => {
      endpoint.connection.paused = true;
    };
    const chunk = fromHex('81 01 61  89 00  81 01 62');
    expect(endpoint.connection.receive(chunk)).toBe(5);
    expect(endpoint.events).toEqual(['text "a"', 'ping']);
    expect(endpoint.connection.receive(chunk, 5)).toBe(5);

    endpoint.connection.paused = false;
    expect(endpoint.connection.receive(chunk, 5)).toBe(8);
    expect(endpoint.events).toEqual(['text "a"', 'ping', 'text "b"']);
  });

  test('a control frame is read however it is cut, and a Close ends the pause', () => {
    const endpoint = client();
    endpoint.connection.paused = true;
    for (const byte of fromHex('8a 02 01 02  88 02 03 e8')) {
      expect(endpoint.connection.receive(Uint8Array.of(byte))).toBe(1);
    }
    expect(endpoint.events).toEqual(['pong 01 02']);
    expect(endpoint.connection.state).toBe('draining');
  });

  test('a data frame whose header has begun to come waits from there', () => {
    const endpoint = client().receive('81');
    endpoint.connection.paused = true;
    expect(endpoint.connection.receive(fromHex('01 61'))).toBe(0);
    endpoint.connection.paused = false;
    expect(endpoint.receive('01 61').events).toEqual(['text "a"']);
  });

  test('within a frame goes on with that frame afterwards', () => {
    const endpoint = client().receive('81 03 61');
    endpoint.connection.paused = true;
    expect(endpoint.connection.receive(fromHex('62 63'))).toBe(0);
    endpoint.connection.paused = false;
    expect(endpoint.receive('62 63').events).toEqual(['text "abc"']);
  });

  test('at the end of a chunk leaves nothing of it', () => {
    const endpoint = client();
    endpoint.onEvent = () => {
      endpoint.connection.paused = true;
    };
    expect(endpoint.connection.receive(fromHex('81 01 61'))).toBe(3);
  });

  test('does not keep a closing handshake from ending: what comes is read and dropped', () => {
    const endpoint = client();
    endpoint.connection.paused = true;
    endpoint.connection.close(1000);
    endpoint.receive('81 01 61  88 02 03e8');
    expect(endpoint.connection.state).toBe('draining');
    expect(endpoint.events).toEqual([]);
  });
});

test('bytes are read until the peer’s Close frame has come', () => {
  const endpoint = client();
  expect(endpoint.connection.isReading).toBe(true);
  endpoint.connection.close(1000);
  expect(endpoint.connection.isReading).toBe(true);
  endpoint.receive('88 02 03e8');
  expect(endpoint.connection.isReading).toBe(false);
});

describe('a bound on work', () => {
  test('stops after the frame that exceeds it, of whatever kind, and says where', () => {
    const endpoint = client();
    const { connection } = endpoint;
    const chunk = fromHex('81 01 61  89 00  02 00  80 00  81 01 62');
    connection.workAllowed = 1;
    expect(connection.receive(chunk)).toBe(3);
    expect(connection.workAllowed).toBe(1 - 1024 - 1 - 1); // a frame, a byte that was read, a byte that was delivered
    expect(connection.receive(chunk, 3)).toBe(3);
    for (const next of [5, 7]) {
      connection.workAllowed = 1;
      expect(connection.receive(chunk, next - 2)).toBe(next);
      expect(connection.workAllowed).toBe(1 - 1024);
    }
    connection.workAllowed = 5000;
    expect(connection.receive(chunk, 7)).toBe(12);
    expect(endpoint.events).toEqual(['text "a"', 'ping', 'binary', 'text "b"']);
    expect(connection.traffic.wireBytesReceived).toBe(12);
  });

  test('a piece of a frame counts with its bytes', () => {
    const { connection } = client();
    connection.workAllowed = 5000;
    connection.receive(fromHex('82 05 010203'));
    expect(connection.workAllowed).toBe(5000 - 1024 - 3);
    connection.receive(fromHex('0405'));
    expect(connection.workAllowed).toBe(5000 - 2 * 1024 - 5 - 5);
  });

  test.each([
    ['whole', false],
    ['in fragments', true],
  ])('a compressed message that is very long is inflated in steps: %s', (_, isFragmented) => {
    const text = 'a'.repeat(1_000_000);
    const direction = { windowBits: 15, contextTakeover: true };
    const compression = { outgoing: direction, incoming: direction, thresholdBytes: 0 };
    const sender = new Endpoint('server', { compression });
    const frames: TracedFrame[] = [];
    const endpoint = Object.assign(new Endpoint('client', { compression }), {
      frame: (frame: TracedFrame) => void frames.push(frame),
    });
    const { connection } = endpoint;
    sender.connection.send(text);
    let chunk: Uint8Array = new Uint8Array(sender.connection.takeOutput());
    if (isFragmented) {
      chunk[0]! &= 0x7f; // not the last fragment
      chunk = concat([chunk, fromHex('80 00')]);
    }

    let steps = 0;
    let most = 0;
    for (let at = 0; at < chunk.length; steps++) {
      connection.workAllowed = 1;
      at = connection.receive(chunk, at);
      if (endpoint.events.length === 0) most = Math.max(most, -connection.workAllowed);
    }
    expect(endpoint.events).toEqual([`text ${JSON.stringify(text)}`]);
    expect(steps).toBeGreaterThanOrEqual(30);
    expect(most).toBeLessThan(40_000);
    expect(frames).toHaveLength(isFragmented ? 2 : 1);
    expect(connection.traffic.wireBytesReceived).toBe(chunk.length);
    connection.workAllowed = 1_000_000;
    sender.connection.send('the next one'); // which refers to what was said before
    expect(endpoint.receive(sender.connection.takeOutput()).events.at(-1)).toBe('text "the next one"');
  });

  test('invalid text in a step closes with 1007, though the rest is not inflated yet', () => {
    const direction = { windowBits: 15, contextTakeover: true };
    const compression = { outgoing: direction, incoming: direction, thresholdBytes: 0 };
    const sender = new Endpoint('server', { compression });
    const endpoint = new Endpoint('client', { compression });
    sender.connection.send(new Uint8Array(1_000_000).fill(0xff));
    const chunk = new Uint8Array(sender.connection.takeOutput());
    chunk[0]! &= 0xfd; // text
    chunk[0]! |= 1;
    endpoint.connection.workAllowed = 1;
    endpoint.connection.receive(chunk);
    expect(endpoint.violation).toBe('invalid-utf8');
  });

  test('there is none without being asked for', () => {
    const endpoint = client();
    endpoint.receive(concat(Array.from({ length: 1000 }, () => fromHex('81 01 61'))));
    expect(endpoint.events).toHaveLength(1000);
    expect(endpoint.connection.workAllowed).toBeUndefined();
  });
});

describe('the closing handshake, begun here', () => {
  test('sends a Close frame and waits for the answer', () => {
    const endpoint = server();
    endpoint.connection.close(1000, 'bye');
    expect(endpoint.connection.state).toBe('closing');
    expect(endpoint.connection.sent).toEqual({ code: 1000, reason: 'bye' });
    expect(endpoint.output()).toBe('88 05 03 e8 62 79 65');

    endpoint.receive('88 82 00000000 03e8');
    expect(endpoint.connection.state).toBe('draining');
    expect(endpoint.connection.received).toEqual({ code: 1000, reason: '' });
    expect(endpoint.connection.closedBy).toBe('this side');
    expect(endpoint.connection.error).toBeUndefined();
    expect(endpoint.output()).toBe('');

    endpoint.connection.transportEnded();
    expect(endpoint.connection.state).toBe('closed');
  });

  test('sends no code when there is none', () => {
    const endpoint = server();
    endpoint.connection.close();
    expect(endpoint.output()).toBe('88 00');
    expect(endpoint.connection.sent).toEqual({ code: 1005, reason: '' });
  });

  test('takes a reason of up to 123 bytes', () => {
    const endpoint = server();
    endpoint.connection.close(1000, 'é'.repeat(61));
    expect(endpoint.output()).toBe(`88 7c 03 e8 ${'c3 a9 '.repeat(61)}`.trimEnd());
  });

  test.each<[string, number | undefined, string]>([
    ['a code that is only for reporting', 1006, ''],
    ['a code that is not registered', 2999, ''],
    ['a reason without a code', undefined, 'bye'],
    ['a reason of more than 123 bytes', 1000, 'é'.repeat(62)],
  ])('throws for %s, and nothing is sent', (_, code, reason) => {
    const endpoint = server();
    expect(() => endpoint.connection.close(code, reason)).toThrow(UsageError);
    expect(endpoint.connection.state).toBe('open');
    expect(endpoint.connection.sent).toBeUndefined();
    expect(endpoint.output()).toBe('');
  });

  test('happens once: a second close changes nothing', () => {
    const endpoint = server();
    endpoint.connection.close(1000, 'first');
    endpoint.output();
    endpoint.connection.close(1001, 'second');
    expect(endpoint.output()).toBe('');
    expect(endpoint.connection.sent).toEqual({ code: 1000, reason: 'first' });
  });

  test('drops messages that were under way, and still checks them', () => {
    const endpoint = server().receive('01 81 00000000 61');
    endpoint.connection.close(1000);
    endpoint.receive('80 81 00000000 62', '81 81 00000000 63');
    expect(endpoint.events).toEqual([]);
    endpoint.receive('81 81 00000000 ff');
    expect(endpoint.violation).toBe('invalid-utf8');
    expect(endpoint.connection.state).toBe('draining');
    expect(endpoint.output()).toBe('88 02 03 e8');
    expect(endpoint.connection.sent).toEqual({ code: 1000, reason: '' });
  });

  test('still delivers messages to a receiver that wants them, until the peer has closed; a pause holds them back', () => {
    const endpoint = server();
    endpoint.takesMessagesWhileClosing = true;
    endpoint.connection.close(1000);
    endpoint.receive('81 81 00000000 61');
    expect(endpoint.events).toEqual(['text "a"']);
    endpoint.connection.paused = true;
    expect(endpoint.connection.receive(fromHex('81 81 00000000 62'))).toBe(0);
    endpoint.connection.paused = false;
    endpoint.receive('88 82 00000000 03e8 81 81 00000000 63');
    expect(endpoint.events).toEqual(['text "a"']);
    expect(endpoint.connection.state).toBe('draining');
  });

  test('may begin while a message is handed over: the next one of the same chunk is not', () => {
    const endpoint = client();
    endpoint.onEvent = () => endpoint.connection.close(1001);
    endpoint.receive('81 01 61  81 01 62  88 02 03e9');
    expect(endpoint.events).toEqual(['text "a"']);
    expect(endpoint.connection.state).toBe('draining');
  });

  test('ends when both sides begin it at once, and both began it', () => {
    const [a, b] = [client(), server()];
    a.connection.close(1000);
    b.connection.close(1001);
    const [fromA, fromB] = [a.output(), b.output()];
    a.receive(fromB);
    b.receive(fromA);
    expect([a.connection.state, b.connection.state]).toEqual(['draining', 'draining']);
    expect([a.connection.received?.code, b.connection.received?.code]).toEqual([1001, 1000]);
    expect([a.connection.closedBy, b.connection.closedBy]).toEqual(['this side', 'this side']);
    expect([a.output(), b.output()]).toEqual(['', '']);
  });
});

describe('the closing handshake, begun by the peer', () => {
  test('is answered with the same code (§5.5.1), and the same reason', () => {
    const endpoint = server().receive('88 85 00000000 03e9 627965');
    expect(endpoint.connection.state).toBe('draining');
    expect(endpoint.connection.received).toEqual({ code: 1001, reason: 'bye' });
    expect(endpoint.connection.sent).toEqual({ code: 1001, reason: 'bye' });
    expect(endpoint.connection.closedBy).toBe('peer');
    expect(endpoint.connection.error).toBeUndefined();
    expect(endpoint.output()).toBe('88 05 03 e9 62 79 65');
  });

  test('is answered without a code when it has none', () => {
    const endpoint = server().receive('88 80 37fa213d');
    expect(endpoint.connection.received).toEqual({ code: 1005, reason: '' });
    expect(endpoint.output()).toBe('88 00');
  });

  test('may come byte by byte', () => {
    const endpoint = client().receive('88', '05', '03', 'e9', '62', '79', '65');
    expect(endpoint.connection.received).toEqual({ code: 1001, reason: 'bye' });
  });

  test('ends reading: what follows the Close frame is not looked at', () => {
    const endpoint = client().receive('88 00  81 01 61  83 00', '89 00');
    expect(endpoint.events).toEqual([]);
    expect(endpoint.connection.error).toBeUndefined();
    expect(endpoint.output()).toBe('88 80 00 00 00 00');
  });

  test('cannot be begun once more from here', () => {
    const endpoint = server().receive('88 82 00000000 03e8');
    endpoint.output();
    endpoint.connection.close(1001);
    endpoint.connection.fail(new Error('too late'));
    expect(endpoint.output()).toBe('');
    expect(endpoint.connection.error).toBeUndefined();
    expect(endpoint.connection.sent).toEqual({ code: 1000, reason: '' });
  });
});

describe('failing the connection', () => {
  test('for a rule of the protocol says which to the peer', () => {
    const endpoint = server();
    endpoint.connection.fail(new ProtocolError('reserved-opcode'));
    expect(endpoint.connection.state).toBe('draining');
    expect(endpoint.connection.sent).toEqual({ code: 1002, reason: 'the opcode is reserved' });
    expect(endpoint.connection.closedBy).toBe('this side');
  });

  test('for another reason says 1011 and not why: the text of an exception is not for strangers', () => {
    const endpoint = server();
    const error = new Error('the password of the database is wrong');
    endpoint.connection.fail(error);
    expect(endpoint.connection.error).toBe(error);
    expect(endpoint.output()).toBe('88 02 03 f3');
  });

  test('may be told another code', () => {
    const endpoint = server();
    endpoint.connection.fail(new Error('too slow'), 1008);
    expect(endpoint.output()).toBe('88 02 03 f0');
  });

  test('sends no second Close frame', () => {
    const endpoint = server();
    endpoint.connection.close(1000);
    endpoint.output();
    const error = new Error('no answer');
    endpoint.connection.fail(error);
    expect(endpoint.connection.state).toBe('draining');
    expect(endpoint.connection.error).toBe(error);
    expect(endpoint.connection.sent).toEqual({ code: 1000, reason: '' });
    expect(endpoint.output()).toBe('');
  });

  test('happens once: the first error stays', () => {
    const endpoint = server();
    const error = new Error('first');
    endpoint.connection.fail(error);
    endpoint.connection.fail(new Error('second'));
    expect(endpoint.connection.error).toBe(error);
    expect(endpoint.output()).toBe('88 02 03 f3');
  });

  test('sends what was queued before the Close frame', () => {
    const endpoint = server();
    endpoint.connection.send('a');
    endpoint.receive('83 80');
    expect(endpoint.output()).toMatch(/^81 01 61 88/);
  });

  test('while a message is handed over ends reading at once', () => {
    const endpoint = client();
    endpoint.onEvent = () => endpoint.connection.fail(new Error('enough'));
    expect(endpoint.connection.receive(fromHex('81 01 61  81 01 62'))).toBe(6);
    expect(endpoint.events).toEqual(['text "a"']);
  });
});

describe('a receiver', () => {
  test('hears of a broken rule at once, when the Close frame is written', () => {
    const heard: unknown[] = [];
    const connection: Connection = new Connection(
      { role: 'server', maxMessageBytes: 10 },
      {
        message: (data) => heard.push(data),
        failed({ violation, found }) {
          heard.push(violation, found, connection.state, toHex(connection.takeOutput()).slice(0, 11));
        },
      },
    );
    connection.receive(fromHex('81 81 00000000 61  83 80 00000000  81 81 00000000 62'));
    expect(heard).toEqual(['a', 'reserved-opcode', 3, 'draining', expect.stringMatching(/^88 .. 03 ea$/)]);
    connection.receive(fromHex('83 80 00000000'));
    expect(heard).toHaveLength(5);
  });

  test('hears of it after our own Close frame too, and of no other failure', () => {
    const heard: unknown[] = [];
    const receiver = {
      message() {},
      failed: ({ violation }: ProtocolError) => void heard.push(violation),
    };
    const connection = new Connection({ role: 'server', maxMessageBytes: 10 }, receiver);
    connection.close(1000);
    connection.receive(fromHex('01 00'));
    expect(heard).toEqual(['unmasked-frame']);
    new Connection({ role: 'server', maxMessageBytes: 10 }, receiver).fail(new Error('of the owner'));
    expect(heard).toHaveLength(1);
  });

  test('may want a failing Close frame without a reason', () => {
    const connection = new Connection(
      { role: 'server', maxMessageBytes: 10 },
      { message() {}, explainsFailures: false },
    );
    connection.receive(fromHex('01 00'));
    expect(toHex(connection.takeOutput())).toBe('88 02 03 ea');
    expect(connection.sent).toEqual({ code: 1002, reason: '' });
    expect(connection.error?.message).not.toBe('');
  });
});

describe('the end of the transport', () => {
  test('closes from every state', () => {
    const bring: ((endpoint: Endpoint) => void)[] = [
      () => {},
      ({ connection }) => connection.close(),
      (endpoint) => endpoint.receive('83 80'),
      ({ connection }) => connection.transportEnded(),
    ];
    for (const there of bring) {
      const endpoint = server();
      there(endpoint);
      endpoint.connection.transportEnded();
      expect(endpoint.connection.state).toBe('closed');
    }
  });

  test('without a Close frame was the doing of the network', () => {
    const { connection } = server();
    connection.transportEnded();
    expect(connection.closedBy).toBe('network');
    expect([connection.sent, connection.received, connection.error]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('ends reading: nothing is handed over and nothing fails any more', () => {
    const endpoint = client();
    endpoint.connection.transportEnded();
    expect(endpoint.connection.receive(fromHex('81 01 61  83 00'))).toBe(5);
    endpoint.connection.close(1000);
    endpoint.connection.fail(new Error('too late'));
    expect(endpoint.events).toEqual([]);
    expect(endpoint.connection.error).toBeUndefined();
    expect(endpoint.output()).toBe('');
  });
});

test('fails with no code that may not be sent', () => {
  const endpoint = client();
  expect(() => endpoint.connection.fail(new Error('x'), 1006)).toThrow(UsageError);
  expect(endpoint.connection.state).toBe('open');
});

describe('a message for many, sent by a client', () => {
  const text = 'a'.repeat(100);
  const direction = { windowBits: 15, contextTakeover: true };
  const compression = { outgoing: direction, incoming: direction, thresholdBytes: 0 };

  test('is masked, and not changed by that', () => {
    const endpoint = new Endpoint('client', { maskingKey: () => 0x01010101 });
    const message = new PreparedMessage(Uint8Array.of(0x61));
    for (let count = 0; count < 2; count++) expect(endpoint.connection.sendPrepared(message)).toBe(true);
    expect(endpoint.output()).toBe('82 81 01 01 01 01 60 82 81 01 01 01 01 60');
    expect(message.payload).toEqual(Uint8Array.of(0x61));
  });

  test('is compressed like any other, unless that is excluded', () => {
    const [endpoint, peer] = [
      new Endpoint('client', { compression }),
      new Endpoint('server', { compression }),
    ];
    const lengths = [true, false].map((compress) => {
      endpoint.connection.sendPrepared(new PreparedMessage(text), compress);
      const output = endpoint.connection.takeOutput();
      peer.receive(output);
      return output.length;
    });
    expect(lengths).toEqual([expect.toSatisfy((length) => length < 20), 106]);
    expect(peer.events).toEqual([`text "${text}"`, `text "${text}"`]);
  });
});

describe('compression', () => {
  const direction = { windowBits: 15, contextTakeover: true };
  const compressing = { compression: { outgoing: direction, incoming: direction, thresholdBytes: 0 } };

  test('inflates the examples of RFC 7692 §7.2.3, in one frame and in fragments, with the window of the first', () => {
    const endpoint = new Endpoint('client', compressing);
    endpoint.receive('c1 07 f2 48 cd c9 c9 07 00'); // §7.2.3.1
    endpoint.receive('41 03 f2 48 cd  80 04 c9 c9 07 00');
    endpoint.receive('c1 05 f2 00 11 00 00'); // §7.2.3.2
    endpoint.receive('c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00'); // §7.2.3.3, a stored block
    endpoint.receive('c1 08 f3 48 cd c9 c9 07 00 00'); // §7.2.3.4, BFINAL
    endpoint.receive('c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00'); // §7.2.3.5, two blocks
    expect(endpoint.violation).toBeUndefined();
    expect(endpoint.events).toEqual(Array(6).fill('text "Hello"'));
  });

  test('takes messages that are not compressed beside those that are', () => {
    const endpoint = new Endpoint('client', compressing);
    endpoint.receive('81 05 48 65 6c 6c 6f', 'c2 07 f2 48 cd c9 c9 07 00', '82 01 01');
    expect(endpoint.events).toEqual(['text "Hello"', 'binary 48 65 6c 6c 6f', 'binary 01']);
  });

  test('takes an empty message', () => {
    const endpoint = new Endpoint('client', compressing);
    endpoint.receive('c1 01 00', 'c2 01 00', '41 00 80 01 00');
    expect(endpoint.events).toEqual(['text ""', 'binary', 'text ""']);
  });

  test('checks text while it is inflated: a bad byte fails the connection before the frame is complete', () => {
    const endpoint = new Endpoint('client', compressing);
    endpoint.receive('c1 20 00 05 00 fa ff 48 65 ff');
    expect(endpoint.violation).toBe('invalid-utf8');
  });

  test('a message bigger than the shared buffer is taken whole, and keeps none of its memory', () => {
    const [sender, receiver] = [new Endpoint('server', compressing), new Endpoint('client', compressing)];
    const text = 'é'.repeat(100_000);
    for (let i = 0; i < 2; i++) {
      sender.connection.send(text);
      receiver.receive(sender.connection.takeOutput());
    }
    expect(receiver.events).toEqual(Array(2).fill(`text ${JSON.stringify(text)}`));
    sender.connection.send(crypto.getRandomValues(new Uint8Array(65_000)));
    sender.connection.send(crypto.getRandomValues(new Uint8Array(65_536)));
    sender.connection.send('x');
    receiver.receive(sender.connection.takeOutput());
    expect(receiver.events).toHaveLength(5);
  });

  test('what is sent in one direction is what comes in the other, for either role, in any window', () => {
    for (const windowBits of [8, 12, 15]) {
      for (const contextTakeover of [true, false]) {
        const agreed = { windowBits, contextTakeover };
        const compression = { outgoing: agreed, incoming: agreed, thresholdBytes: 10 };
        const [client, server] = [
          new Endpoint('client', { compression }),
          new Endpoint('server', { compression }),
        ];
        for (const text of ['short', 'a longer one, a longer one', 'a longer one again '.repeat(50)]) {
          client.connection.send(text);
          server.receive(client.connection.takeOutput());
          server.connection.send(text);
          client.receive(server.connection.takeOutput());
          expect(client.events.at(-1)).toBe(`text "${text}"`);
          expect(server.events.at(-1)).toBe(`text "${text}"`);
        }
      }
    }
  });
});

test('a message for many goes out as it was made, while the connection is open', () => {
  const endpoint = server();
  expect(endpoint.connection.sendPrepared(new PreparedMessage('hi'))).toBe(true);
  endpoint.connection.close();
  expect(endpoint.connection.sendPrepared(new PreparedMessage('hi'))).toBe(false);
  expect(endpoint.output()).toBe('81 02 68 69 88 00');
});

describe('traffic', () => {
  const NOTHING = {
    messagesSent: 0,
    messagesReceived: 0,
    payloadBytesSent: 0,
    payloadBytesReceived: 0,
    wireBytesSent: 0,
    wireBytesReceived: 0,
  };

  test('is nothing at first', () => {
    expect(server().connection.traffic).toEqual(NOTHING);
  });

  test.each([
    ['server', 0],
    ['client', 4],
  ] as const)('counts what a %s sends: payload as UTF-8, frames with their headers and keys', (role, key) => {
    const { connection } = new Endpoint(role);
    connection.send('é线'); // 5 bytes
    connection.send('x'.repeat(2000)); // measured before it is written
    connection.send(new Uint8Array(126));
    expect(connection.traffic).toEqual({
      ...NOTHING,
      messagesSent: 3,
      payloadBytesSent: 5 + 2000 + 126,
      wireBytesSent: 2 + 5 + (4 + 2000) + (4 + 126) + 3 * key,
    });
    expect(connection.takeOutput()).toHaveLength(connection.traffic.wireBytesSent);
  });

  test('counts control frames as bytes on the wire alone, in both directions', () => {
    const endpoint = client();
    endpoint.connection.ping(Uint8Array.of(1));
    endpoint.receive('89 02 0102  8a 00  88 02 03e8');
    expect(endpoint.connection.traffic).toEqual({
      ...NOTHING,
      wireBytesSent: 6 + 1 + (6 + 2) + (6 + 2), // the Ping, the Pong, the answer to the Close
      wireBytesReceived: 4 + 2 + 4,
    });
  });

  test('counts an owed Pong when it is written', () => {
    const endpoint = server();
    endpoint.connection.congested = true;
    endpoint.receive('89 81 00000000 61');
    expect(endpoint.connection.traffic.wireBytesSent).toBe(0);
    endpoint.output();
    expect(endpoint.connection.traffic.wireBytesSent).toBe(3);
  });

  test.each<[string, string[], number, number]>([
    ['of one frame', ['81 03 c3a961'], 3, 5],
    ['of one frame in two chunks', ['82 03 01', '0203'], 3, 5],
    ['in fragments', ['01 01 61  00 00  80 02 6263'], 3, 9],
    ['without a byte', ['81 00'], 0, 2],
  ])('counts a message that comes %s once, when it is whole', (_, chunks, payload, wire) => {
    const endpoint = client().receive(...chunks);
    expect(endpoint.connection.traffic).toEqual({
      ...NOTHING,
      messagesReceived: 1,
      payloadBytesReceived: payload,
      wireBytesReceived: wire,
    });
  });

  test('counts no message that nobody gets, but its bytes', () => {
    const endpoint = client();
    endpoint.connection.close();
    endpoint.receive('81 01 61');
    expect(endpoint.connection.traffic).toMatchObject({ messagesReceived: 0, payloadBytesReceived: 0 });
    expect(endpoint.connection.traffic.wireBytesReceived).toBe(3);
  });

  test('counts what is read, not what a pause leaves', () => {
    const endpoint = client();
    endpoint.onEvent = () => {
      endpoint.connection.paused = true;
    };
    const chunk = fromHex('81 01 61  81 02 6162');
    const stoppedAt = endpoint.connection.receive(chunk);
    expect(endpoint.connection.traffic).toMatchObject({ messagesReceived: 1, wireBytesReceived: 3 });
    endpoint.connection.paused = false;
    endpoint.connection.receive(chunk, stoppedAt);
    expect(endpoint.connection.traffic).toMatchObject({
      messagesReceived: 2,
      payloadBytesReceived: 3,
      wireBytesReceived: 7,
    });
  });

  test('does not count what is not sent any more', () => {
    const { connection } = server();
    connection.close();
    const { wireBytesSent } = connection.traffic;
    connection.send('late');
    connection.send(new Uint8Array(9));
    expect(connection.traffic).toEqual({ ...NOTHING, wireBytesSent });
  });
});

test('tells how many of the bytes written last are payload: exact in the output, in proportion before it', () => {
  const { connection } = server();
  /** Of the output, and of the output and 6 bytes before it. */
  const payload = () => [0, 6].map((before) => connection.payloadBytesOf(connection.outputLength + before));
  expect(payload()).toEqual([0, 0]);
  connection.send('12345678');
  connection.ping(new Uint8Array(0));
  expect(payload()).toEqual([8, 8]);
  connection.takeOutput();
  expect(payload()).toEqual([0, 4]);
  connection.send('1234');
  expect(payload()).toEqual([4, 8]);
});

describe('when the peer has ended its half of the transport', () => {
  const prepared = new PreparedMessage('a');
  const batch = new PreparedBatch();
  batch.add(prepared, true);

  test('nothing can be sent, though the state stays as it is', () => {
    const endpoint = server();
    const { connection } = endpoint;
    expect(connection.canSend).toBe(true);
    connection.peerEnded();
    expect([connection.state, connection.canSend]).toEqual(['open', false]);
    expect(connection.send('a')).toBe(false);
    expect(connection.send(utf8('a'))).toBe(false);
    expect(connection.sendPrepared(prepared)).toBe(false);
    expect(connection.sendBatch(batch, [], true)).toBeUndefined();
    expect(connection.ping(utf8('a'))).toBe(false);
    expect(endpoint.output()).toBe('');
    expect(() => connection.send(1 as never)).toThrow(UsageError);
  });

  test('what came before is read and delivered, and a Ping in it answered', () => {
    const endpoint = client();
    endpoint.connection.peerEnded();
    endpoint.receive('81 01 61 89 01 62 88 02 03e8');
    expect(endpoint.events).toEqual(['text "a"', 'ping 62']);
    expect(endpoint.output()).toBe('8a 81 00 00 00 00 62 88 82 00 00 00 00 03 e8');
    expect(endpoint.connection.state).toBe('draining');
  });

  test('a Close frame is sent all the same', () => {
    const endpoint = server();
    endpoint.connection.peerEnded();
    endpoint.connection.close(1000);
    expect(endpoint.output()).toBe('88 02 03 e8');
    expect(endpoint.connection.closedBy).toBe('this side');
  });
});

describe('the end of the transport', () => {
  const error = new Error('of this side');

  test.each<[string, (endpoint: Endpoint) => void, canSend: boolean, server: boolean, client: boolean]>([
    ['while the connection is open', () => {}, true, false, false],
    ['while a Close frame is not answered', ({ connection }) => connection.close(), false, false, false],
    ['after the closing handshake', closeBoth, false, true, false],
    ['when the connection was failed', ({ connection }) => connection.fail(error), false, true, true],
    ['when the peer has ended its half', ({ connection }) => connection.peerEnded(), false, true, true],
    ['when all of it is gone', ({ connection }) => connection.transportEnded(), false, false, false],
  ])('%s', (_, bring, canSend, ofServer, ofClient) => {
    for (const endpoint of [server(), client()]) {
      bring(endpoint);
      const { connection } = endpoint;
      expect(connection.canSend).toBe(canSend);
      expect(connection.endsTransport).toBe(connection.role === 'server' ? ofServer : ofClient);
    }
  });

  function closeBoth(endpoint: Endpoint): void {
    endpoint.connection.close();
    endpoint.receive(endpoint.connection.role === 'server' ? '88 80 00000000' : '88 00');
    expect(endpoint.connection.state).toBe('draining');
  }
});
