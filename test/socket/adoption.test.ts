import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { adopt, UsageError, WebSocketServer } from 'barewire';
import { OPCODE } from 'barewire/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { frame, textFrame } from '../support/raw-client.ts';
import { socketPair } from '../transport/socket-pair.ts';
import { turn } from './inner.ts';

const DEFLATE = 'permessage-deflate; server_max_window_bits=12; client_no_context_takeover';

/** A server without a port. */
function serverOf(handlers: ConstructorParameters<typeof WebSocketServer<undefined>>[1] = {}) {
  const server = new WebSocketServer({ perMessageDeflate: true }, handlers);
  onTestFinished(() => server.close({ timeoutMs: 200 }));
  return server;
}

describe('both ends of a connection without an opening handshake', () => {
  test.each(['', DEFLATE])('talk, with the extensions %o', async (extensions) => {
    const [near, far] = await socketPair();
    const agreed = { url: 'ws://example.com/live', protocol: 'chat.v1', extensions };
    const accepted = serverOf({ message: (socket, data) => socket.send(data) }).adopt(far, agreed);
    const client = adopt(near, agreed);
    for (const socket of [accepted, client])
      expect(socket).toMatchObject({ ...agreed, readyState: 1, responseHeaders: undefined });
    const answers: unknown[] = [];
    client.onmessage = ({ data }) => answers.push(data);
    const texts = ['a', 'long '.repeat(100), 'long '.repeat(100)];
    for (const text of texts) client.send(text);
    await expect.poll(() => answers).toEqual(texts);
    expect(client.traffic!.wireBytesReceived < 400).toBe(extensions !== '');
    client.close(1000, 'done');
    expect(await client.closed).toMatchObject({ wasClean: true, closedBy: 'this side' });
    expect(await accepted.closed).toMatchObject({ wasClean: true, code: 1000, reason: 'done' });
  });
});

describe('an adopted socket', () => {
  test('belongs to its server: its data, topics and broadcasts, and its end', async () => {
    const [near, far] = await socketPair();
    const ended: unknown[] = [];
    const server = new WebSocketServer<{ name: string }>(
      { authorize: () => ({ name: 'unused' }) },
      { open: () => ended.push('never'), close: (socket) => ended.push(socket.data) },
    );
    const socket = server.adopt(far, { data: { name: 'Ann' } });
    expect(socket.data).toEqual({ name: 'Ann' });
    expect([...server.sockets]).toEqual([socket]);
    expect(server.broadcast('to all')).toBe(1);
    await once(near, 'data');
    await server.close({ timeoutMs: 200 });
    expect(ended).toEqual([{ name: 'Ann' }]);
    expect(() => server.adopt(near, { data: { name: 'late' } })).toThrow(
      new UsageError('this server is closed'),
    );
  });

  test('reads nothing in the turn in which it is made, and the head first then', async () => {
    const [near, far] = await socketPair();
    near.write(textFrame('second'));
    await once(far, 'readable');
    const socket = serverOf().adopt(far, { head: textFrame('first') });
    const got: unknown[] = [];
    await Promise.resolve();
    await new Promise((resolve) => process.nextTick(resolve));
    socket.addEventListener('message', ({ data }) => got.push(data));
    await expect.poll(() => got).toEqual(['first', 'second']);
  });

  test('may be closed in the turn in which it is made: the answer is read, whatever the transport', async () => {
    const [near, far] = await socketPair();
    const [left, right] = [new PassThrough(), new PassThrough()];
    const transport = Duplex.from({ readable: left, writable: right });
    right.pipe(far);
    far.pipe(left);
    const socket = adopt(transport, {}, { closeTimeoutMs: 60_000 });
    socket.close(1000);
    await once(near, 'data');
    near.end(Buffer.from('880203e8', 'hex'));
    expect(await socket.closed).toMatchObject({ wasClean: true, code: 1000 });
  });

  test('without a handler or a listener holds messages back for a loop', async () => {
    const [near, far] = await socketPair();
    const socket = adopt(far, {}, { closeCodes: 'all' });
    near.write(Buffer.from('810161', 'hex'));
    await turn();
    for await (const message of socket) {
      expect(message).toBe('a');
      break;
    }
    socket.close(1011);
    const [bytes] = (await once(near, 'data')) as [Buffer];
    expect(bytes[0]).toBe(0x80 | OPCODE.close);
  });

  test('of a transport that is gone already ends', async () => {
    const [near, far] = await socketPair();
    far.destroy();
    await once(far, 'close');
    const socket = serverOf().adopt(far);
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false });
    near.destroy();
  });

  test('of a transport whose other end has ended before ends', async () => {
    const [near, far] = await socketPair();
    near.end();
    far.resume();
    await once(far, 'end');
    const socket = serverOf().adopt(far);
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false });
  });

  test('can be ended in the turn in which it is made', async () => {
    const [near, far] = await socketPair();
    const events: string[] = [];
    const socket = adopt(far);
    for (const type of ['open', 'close']) socket.addEventListener(type, () => events.push(type));
    socket.send('last');
    socket.terminate();
    expect(await socket.closed).toMatchObject({ closedBy: 'network' });
    await turn();
    expect(events).toEqual(['close']);
    near.destroy();
  });

  test.each(['x-unknown', 'permessage-deflate, x-other', 'permessage-deflate; client_max_window_bits', ';'])(
    'cannot have the extensions %o',
    async (extensions) => {
      const [near, far] = await socketPair();
      const message = `extensions must be an answer with permessage-deflate alone, got ${JSON.stringify(extensions)}`;
      expect(() => serverOf().adopt(far, { extensions })).toThrow(new UsageError(message));
      expect(() => adopt(near, { extensions })).toThrow(UsageError);
    },
  );

  test('refuses names and options that do not exist', async () => {
    const [near, far] = await socketPair();
    expect(() => serverOf().adopt(far, { subprotocol: 'a' } as object)).toThrow(
      'there is no property subprotocol',
    );
    expect(() => adopt(near, {}, { headers: {} } as object)).toThrow('there is no option headers');
    expect(() => adopt(near, {}, { closeCodes: 'some' as 'all' })).toThrow(
      "closeCodes must be 'browser' or 'all'",
    );
    expect(() => adopt(near, {}, { maskingKey: 5 as never })).toThrow('maskingKey must be a function');
  });

  test('masks with keys of its own, where it is told to', async () => {
    const [near, far] = await socketPair();
    const socket = adopt(far, {}, { maskingKey: () => 0x01020304 });
    socket.send('a');
    const [bytes] = (await once(near, 'data')) as [Buffer];
    expect(bytes.toString('hex')).toBe(textFrame('a').toString('hex'));
  });
});

test('a client may have handlers for what comes, which close it with 1011 when they throw', async () => {
  const [near, far] = await socketPair();
  const got: string[] = [];
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
  const socket = adopt(
    far,
    {},
    {
      bytes: (data, isText) => got.push(`${isText} ${text(data)}`),
      ping: (payload) => got.push(`ping ${text(payload)}`),
      pong: (payload) => {
        got.push(`pong ${text(payload)}`);
        throw new Error('of the handler');
      },
    },
  );
  near.write(Buffer.from('810161' + '890162' + '8a0163', 'hex'));
  const { sent, error } = await socket.closed;
  expect(got).toEqual(['true a', 'ping b', 'pong c']);
  expect([sent?.code, error?.message]).toEqual([1011, 'of the handler']);
});

describe('messages of bytes', () => {
  test.each([
    { messageMemory: 'own', isBuffer: false },
    { messageMemory: 'pool', isBuffer: true },
  ] as const)('have their memory from where messageMemory says: $messageMemory', async (given) => {
    const { messageMemory, isBuffer } = given;
    const [near, far] = await socketPair();
    const got: unknown[] = [];
    const server = new WebSocketServer({ messageMemory }, { message: (_, data) => got.push(data) });
    const socket = server.adopt(far);
    near.write(
      Buffer.concat([frame(OPCODE.binary, Buffer.of(1, 2)), frame(OPCODE.close, Buffer.of(3, 0xe8))]),
    );
    await socket.closed;
    const [message] = got as Uint8Array[];
    expect(Buffer.from(message!)).toEqual(Buffer.of(1, 2));
    expect(Buffer.isBuffer(message)).toBe(isBuffer);
    expect(message!.buffer.byteLength > 2).toBe(isBuffer);
  });
});

test('an ArrayBuffer holds the message alone, wherever its memory is from', async () => {
  const [near, far] = await socketPair();
  const socket = new WebSocketServer({ messageMemory: 'pool' }).adopt(far);
  socket.binaryType = 'arraybuffer';
  const message = new Promise<unknown>((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve(data), { once: true });
  });
  near.write(frame(OPCODE.binary, Buffer.of(1, 2)));
  expect(await message).toEqual(Uint8Array.of(1, 2).buffer);
  socket.terminate();
});

describe('messages that come after close()', () => {
  test.each([false, true])('are delivered until the peer has closed: %s', async (messagesWhileClosing) => {
    const [near, far] = await socketPair();
    const got: unknown[] = [];
    const server = new WebSocketServer({ messagesWhileClosing }, { message: (_, data) => got.push(data) });
    const socket = server.adopt(far);
    socket.close(1000);
    near.write(
      Buffer.concat([textFrame('late'), frame(OPCODE.close, Buffer.of(3, 0xe8)), textFrame('too late')]),
    );
    expect(await socket.closed).toMatchObject({ wasClean: true });
    expect(got).toEqual(messagesWhileClosing ? ['late'] : []);
  });

  test('wait for a busy loop', async () => {
    const [near, far] = await socketPair();
    const server = new WebSocketServer({ messagesWhileClosing: true });
    const socket = server.adopt(far);
    socket.close(1000);
    near.write(Buffer.concat([textFrame('a'), textFrame('b'), frame(OPCODE.close, Buffer.of(3, 0xe8))]));
    const got: unknown[] = [];
    for await (const message of socket) {
      got.push(message);
      await turn();
    }
    expect(got).toEqual(['a', 'b']);
    expect(await socket.closed).toMatchObject({ wasClean: true });
  });
});
