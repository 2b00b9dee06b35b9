/** What a client does with an open connection: its frames, its end, and whose turn it is to end TCP. */
import { type ClientOptions, WebSocket } from 'barewire';
import { OPCODE } from 'barewire/protocol';
import { describe, expect, test } from 'vitest';
import { type RawGuest, serverClose, serverFrame, serverText, startRaw } from '../support/raw-server.ts';
import { connect, messagesOf, open } from './connect.ts';

/** A client that is open, and its server in bytes. */
async function pair(options: ClientOptions = {}, afterwards: (guest: RawGuest) => void = () => {}) {
  const server = await startRaw((guest) => {
    guest.accept();
    afterwards(guest);
  });
  const socket = await open(server.url, options);
  return { socket, guest: await server.guest, server };
}

/** Takes one masked frame of a short payload, and unmasks it. */
async function takeFrame(guest: RawGuest) {
  const header = Buffer.from(await guest.take(6), 'hex');
  expect(header[1]! & 0x80).toBe(0x80); // §5.1: masked
  const payload = Buffer.from(await guest.take(header[1]! & 0x7f), 'hex');
  const maskingKey = header.subarray(2);
  return {
    opcode: header[0]! & 0x0f,
    maskingKey: maskingKey.toString('hex'),
    masked: payload.toString('hex'),
    payload: Buffer.from(payload.map((byte, index) => byte ^ maskingKey[index % 4]!)),
  };
}

describe('masking (§5.3)', () => {
  test('two equal messages differ on the wire, each with a key of its own', async () => {
    const { socket, guest } = await pair();
    const seen = new Set<string>();
    for (let count = 0; count < 20; count++) {
      socket.send('the same again');
      const { maskingKey, masked, payload } = await takeFrame(guest);
      expect(payload.toString()).toBe('the same again');
      seen.add(maskingKey).add(masked);
    }
    expect(seen.size).toBeGreaterThan(36); // keys are random: one may well come twice in a million years
  });

  test('control frames are masked too', async () => {
    const { socket, guest } = await pair();
    void socket.ping(Buffer.from('abc'));
    expect(await takeFrame(guest)).toMatchObject({ opcode: OPCODE.ping, payload: Buffer.from('abc') });
    guest.write(serverFrame(OPCODE.ping, 'def'));
    expect(await takeFrame(guest)).toMatchObject({ opcode: OPCODE.pong, payload: Buffer.from('def') });
    socket.close(4000, 'x');
    expect(await takeFrame(guest)).toMatchObject({
      opcode: OPCODE.close,
      payload: Buffer.from('\x0f\xa0x', 'latin1'),
    });
  });

  test('what was given to send is not changed by it', async () => {
    const { socket, guest } = await pair();
    const bytes = Uint8Array.of(1, 2, 3);
    socket.send(bytes);
    await takeFrame(guest);
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('a masked frame from the server fails the connection with 1002 (§5.1)', async () => {
    const { socket, guest } = await pair();
    messagesOf(socket);
    guest.write(serverFrame(OPCODE.text, 'a', 0x01020304));
    const { opcode, payload } = await takeFrame(guest);
    expect(opcode).toBe(OPCODE.close);
    expect(payload.readUInt16BE()).toBe(1002);
    await guest.ended(); // §7.1.7: who fails the connection does not wait for the other end
    guest.socket.end();
    expect(await socket.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      closedBy: 'this side',
      error: { violation: 'masked-frame' },
    });
  });
});

describe('what came with the answer, in the same chunk', () => {
  test('is read: messages, and the end', async () => {
    const server = await startRaw((guest) => {
      guest.write(
        Buffer.concat([
          Buffer.from(guest.acceptance()),
          serverText('a'),
          serverText('b'),
          serverClose(4001, 'bye'),
        ]),
      );
      guest.socket.end();
    });
    const socket = connect(server.url);
    const messages = messagesOf(socket);
    const { code, reason, wasClean } = await socket.closed;
    expect(messages).toEqual(['a', 'b']);
    expect({ code, reason, wasClean }).toEqual({ code: 4001, reason: 'bye', wasClean: true });
  });

  test('may be half a frame', async () => {
    const frame = serverText('hello');
    const server = await startRaw((guest) => {
      guest.write(Buffer.concat([Buffer.from(guest.acceptance()), frame.subarray(0, 3)]));
      setTimeout(() => guest.write(frame.subarray(3)), 20);
    });
    const messages = messagesOf(connect(server.url));
    await expect.poll(() => messages).toEqual(['hello']);
  });

  test('waits for who listens after opened', async () => {
    const { socket } = await pair({}, (guest) =>
      guest.write(Buffer.concat([serverText('a'), serverText('b')])),
    );
    const messages = messagesOf(socket);
    await expect.poll(() => messages).toEqual(['a', 'b']);
  });
});

test('an answer and a message one byte at a time are read like any other', async () => {
  const server = await startRaw((guest) => {
    const bytes = Buffer.concat([Buffer.from(guest.acceptance()), serverText('hello')]);
    let at = 0;
    const timer = setInterval(() => {
      if (at === bytes.length) clearInterval(timer);
      else guest.write(bytes.subarray(at, ++at));
    }, 1);
    guest.socket.on('close', () => clearInterval(timer));
  });
  const messages = messagesOf(connect(server.url));
  await expect.poll(() => messages).toEqual(['hello']);
});

test('a reset or the end at every byte of a message is told as 1006, with an error', async () => {
  const message = Buffer.concat([serverText('first'), serverText('x'.repeat(200))]);
  const { length } = message;
  let at = 0;
  let how: 'end' | 'resetAndDestroy' = 'end';
  const server = await startRaw((guest) => {
    const [cut, ending] = [at, how];
    guest.accept();
    guest.socket.write(message.subarray(0, cut), () => guest.socket[ending]());
  });
  for (how of ['end', 'resetAndDestroy'] as const) {
    for (at = 0; at < length; at += at < 12 || at > length - 3 ? 1 : 37) {
      const socket = connect(server.url);
      const messages = messagesOf(socket);
      const { code, wasClean, closedBy, error } = await socket.closed;
      expect({ code, wasClean, closedBy }).toEqual({ code: 1006, wasClean: false, closedBy: 'network' });
      expect(error).toBeInstanceOf(Error);
      if (how === 'end') expect(messages).toEqual(at < 7 ? [] : ['first']);
    }
  }
});

describe('the end of TCP (§7.1.1)', () => {
  test('is the server’s to make: the client waits for it', async () => {
    const { socket, guest } = await pair();
    socket.close(1000);
    expect((await takeFrame(guest)).opcode).toBe(OPCODE.close);
    guest.write(serverClose(1000));
    await expect.poll(() => socket.traffic?.wireBytesReceived).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(guest.socket.readableEnded).toBe(false);
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    guest.socket.end();
    expect(await socket.closed).toMatchObject({
      code: 1000,
      wasClean: true,
      closedBy: 'this side',
      error: undefined,
    });
  });

  test('is waited for when the server began to close, too', async () => {
    const { socket, guest } = await pair();
    guest.write(serverClose(4000, 'bye'));
    expect(await takeFrame(guest)).toMatchObject({
      opcode: OPCODE.close,
      payload: Buffer.from('\x0f\xa0bye', 'latin1'),
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(guest.socket.readableEnded).toBe(false);
    guest.socket.end();
    expect(await socket.closed).toMatchObject({
      code: 4000,
      reason: 'bye',
      wasClean: true,
      closedBy: 'peer',
    });
  });

  test('is made by the client when closeTimeoutMs have passed: clean, for both have said so', async () => {
    const { socket, guest } = await pair({ closeTimeoutMs: 100 });
    socket.close(1000);
    guest.write(serverClose(1000));
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true, error: undefined });
    await guest.ended();
  });

  test('is made by the client when its Close frame is not answered in closeTimeoutMs', async () => {
    const { socket, guest } = await pair({ closeTimeoutMs: 100 });
    socket.close(1000);
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false, closedBy: 'this side' });
    await guest.ended();
  });

  test('without a Close frame before is an error: the connection was lost (§7.2.1)', async () => {
    const { socket, guest } = await pair();
    const types: string[] = [];
    for (const type of ['error', 'close']) socket.addEventListener(type, () => types.push(type));
    guest.socket.end();
    const { error } = await socket.closed;
    expect(error).toMatchObject({ name: 'ClosedError', sent: undefined, received: undefined });
    expect(types).toEqual(['error', 'close']);
  });

  test('by terminate() is no error, for it was wished', async () => {
    const { socket, guest } = await pair();
    socket.terminate();
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false, error: undefined });
    await guest.ended();
  });
});

describe('close codes', () => {
  test.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])(
    'of %i are taken from the server and sent back',
    async (code) => {
      const { socket, guest } = await pair();
      guest.write(serverClose(code));
      expect((await takeFrame(guest)).payload.readUInt16BE()).toBe(code);
      guest.socket.end();
      expect(await socket.closed).toMatchObject({ code, wasClean: true });
    },
  );

  test.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000])('of %i break the protocol', async (code) => {
    const { socket, guest } = await pair();
    guest.write(serverClose(code));
    expect((await takeFrame(guest)).payload.readUInt16BE()).toBe(1002);
    guest.socket.end();
    expect((await socket.closed).error).toMatchObject({ violation: 'invalid-close-code' });
  });
});

test('limits are those of the options: a message that is too big fails with 1009', async () => {
  const { socket, guest } = await pair({ maxMessageBytes: 10 });
  messagesOf(socket);
  guest.write(serverText('x'.repeat(11)));
  expect((await takeFrame(guest)).payload.readUInt16BE()).toBe(1009);
  guest.socket.end();
  expect((await socket.closed).error).toMatchObject({ violation: 'message-too-big' });
});

test('a server that falls silent is asked, and then given up', async () => {
  const { socket, guest } = await pair({ pingIntervalMs: 100, idleTimeoutMs: 400, closeTimeoutMs: 100 });
  expect((await takeFrame(guest)).opcode).toBe(OPCODE.ping);
  expect(await socket.closed).toMatchObject({ code: 1006, sent: { code: 1001 } });
});

test('ping tells the round trip, and a Pong that answers nothing means nothing', async () => {
  const { socket, guest } = await pair();
  guest.write(serverFrame(OPCODE.pong, 'unasked'));
  const answer = socket.ping(Buffer.from('abc'));
  expect((await takeFrame(guest)).opcode).toBe(OPCODE.ping);
  guest.write(serverFrame(OPCODE.pong, 'abc'));
  expect(await answer).toBe(socket.roundTripMs);
});

test('traffic counts messages, payload and frames of both directions, and is still there afterwards', async () => {
  const { socket, guest } = await pair();
  expect(socket.traffic).toEqual({
    messagesSent: 0,
    messagesReceived: 0,
    payloadBytesSent: 0,
    payloadBytesReceived: 0,
    wireBytesSent: 0,
    wireBytesReceived: 0,
  });
  const messages = messagesOf(socket);
  socket.send('é'); // 2 + 4 for the key + 2
  socket.send(new Uint8Array(200)); // 4 + 4 + 200
  guest.write(serverFrame(OPCODE.ping, 'abc')); // 2 + 3; and 2 + 4 + 3 for the Pong
  guest.write(serverText('线')); // 2 + 3
  await expect.poll(() => messages.length).toBe(1);
  guest.write(serverClose(1000)); // 4; and 4 + 4 for the answer
  guest.socket.end();
  await socket.closed;
  expect(socket.traffic).toEqual({
    messagesSent: 2,
    messagesReceived: 1,
    payloadBytesSent: 202,
    payloadBytesReceived: 3,
    wireBytesSent: 8 + 208 + 9 + 8,
    wireBytesReceived: 5 + 5 + 4,
  });
  expect(guest.received.length).toBe(8 + 208 + 9 + 8);
});
