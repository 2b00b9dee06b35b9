import { once } from 'node:events';
import {
  ClosedError,
  CloseEvent,
  type CloseInfo,
  ErrorEvent,
  ProtocolError,
  type ServerOptions,
  UsageError,
  WebSocket,
  WebSocketServer,
} from 'barewire';
import { OPCODE } from 'barewire/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket as Client } from 'ws';
import { eventually } from '../support/eventually.ts';
import { closeFrame, frame, RawClient, request, textFrame } from '../support/raw-client.ts';
import { start, startEcho } from '../support/servers.ts';

/** A server whose function handler gets each socket, and a raw client that is open. */
async function pair(
  handler: (socket: WebSocket) => unknown = () => {},
  options: ConstructorParameters<typeof WebSocketServer>[0] = {},
) {
  const sockets: WebSocket[] = [];
  const server = new WebSocketServer(options, (socket) => {
    sockets.push(socket);
    return handler(socket);
  });
  const { port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close({ timeoutMs: 100 }));
  const client = await RawClient.open(port);
  await eventually(() => expect(sockets).toHaveLength(1));
  return { server, port, client, socket: sockets[0]! };
}

const hex = (text: string) => Buffer.from(text).toString('hex');
const tick = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('send', () => {
  test.each([
    ['a string', 'héllo', '810668c3a96c6c6f'],
    ['an empty string', '', '8100'],
    ['a lone surrogate as U+FFFD', '\ud800', '8103efbfbd'],
    ['a Uint8Array', Uint8Array.of(1, 2), '82020102'],
    ['an ArrayBuffer', Uint8Array.of(1, 2).buffer, '82020102'],
    ['a view of a part', new Uint16Array(Uint8Array.of(9, 9, 1, 2).buffer, 2), '82020102'],
    ['a DataView', new DataView(Uint8Array.of(1, 2, 3).buffer, 1), '82020203'],
  ])('%s', async (_name, data, wire) => {
    const { client } = await pair((socket) => socket.send(data));
    expect(await client.take(wire.length / 2)).toBe(wire);
  });

  test.each<[unknown, string]>([
    [5, '5'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, '[object Object]'],
    [[1, 2], '1,2'],
    [{ toString: () => 'own' }, 'own'],
  ])('makes text of %o, as a browser does: never memory of so many bytes', async (data, text) => {
    const { client } = await pair((socket) => socket.send(data as string));
    const wire = `81${text.length.toString(16).padStart(2, '0')}${Buffer.from(text).toString('hex')}`;
    expect(await client.take(wire.length / 2)).toBe(wire);
  });

  test.each([[Symbol('x')], [Object.create(null)]])(
    'throws a TypeError for %o, which has no text',
    async (data) => {
      const { socket } = await pair();
      expect(() => socket.send(data as string)).toThrow(TypeError);
      expect(socket.bufferedAmount).toBe(0);
    },
  );

  test('takes a copy: bytes may be changed after it', async () => {
    const { client } = await pair((socket) => {
      const bytes = Uint8Array.of(1, 2);
      socket.send(bytes);
      bytes.fill(9);
    });
    expect(await client.take(4)).toBe('82020102');
  });

  test('everything that is sent in one turn goes out in one write', async () => {
    const { client } = await pair((socket) => {
      for (const text of ['a', 'b', 'c']) socket.send(text);
    });
    expect(await client.take(9)).toBe('810161810162810163');
    expect(client.chunks).toBeLessThanOrEqual(2); // the handshake and, unless it is in it, this
  });

  test('the answers to one chunk go out in one write', async () => {
    const { port } = await startEcho();
    const client = await RawClient.open(port);
    const before = client.chunks;
    client.write(Buffer.concat(Array.from({ length: 100 }, () => textFrame('x'))));
    await client.take(300);
    expect(client.chunks - before).toBe(1);
  });

  test('returns false, and sends nothing, once the connection closes', async () => {
    const { socket, client } = await pair();
    expect(socket.send('a')).toBe(true);
    socket.close(1000);
    expect(socket.send('b')).toBe(false);
    expect(await client.take(7)).toBe(`810161${closeFrame(1000)}`);
  });
});

describe('messages', () => {
  test('text is a string, binary is bytes of the receiver’s own', async () => {
    const messages: unknown[] = [];
    const { client } = await pair((socket) =>
      socket.addEventListener('message', ({ data }) => messages.push(data)),
    );
    client.write(Buffer.concat([textFrame('a'), frame(OPCODE.binary, Uint8Array.of(1, 2)), textFrame('')]));
    await eventually(() => expect(messages).toEqual(['a', Uint8Array.of(1, 2), '']));
    expect((messages[1] as Uint8Array).buffer.byteLength).toBe(2);
  });

  test("with binaryType 'arraybuffer' events carry that", async () => {
    const messages: unknown[] = [];
    const { client } = await pair((socket) => {
      socket.binaryType = 'arraybuffer';
      socket.onmessage = ({ data }) => messages.push(data);
    });
    client.write(frame(OPCODE.binary, Uint8Array.of(1, 2)));
    await eventually(() => expect(messages).toEqual([Uint8Array.of(1, 2).buffer]));
  });

  test('wait for a handler that is not ready', async () => {
    const heard: unknown[] = [];
    const { client } = await pair(async (socket) => {
      await tick();
      socket.onmessage = ({ data }) => heard.push(data);
    });
    client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
    await eventually(() => expect(heard).toEqual(['a', 'b']));
  });

  test('wait for the promise of an open handler beside a message handler', async () => {
    const order: unknown[] = [];
    const { port } = await start(
      {},
      {
        open: async () => {
          await tick();
          order.push('open');
        },
        message: (_socket, data) => order.push(data),
      },
    );
    const client = await RawClient.connect(port);
    client.write(Buffer.concat([Buffer.from(request()), textFrame('a')]));
    await eventually(() => expect(order).toEqual(['open', 'a']));
  });

  test('are dropped when the handler is done and nobody listens, so that the connection lives on', async () => {
    const { client, socket } = await pair();
    client.write(Buffer.concat([textFrame('nobody hears this'), frame(OPCODE.ping, Uint8Array.of(7))]));
    expect(await client.take(3)).toBe('8a0107');
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  test('come no more after close', async () => {
    const heard: unknown[] = [];
    const { client } = await pair((socket) => {
      socket.onmessage = ({ data }) => {
        heard.push(data);
        socket.close(1000);
      };
    });
    client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
    await client.take(4);
    await tick();
    expect(heard).toEqual(['a']);
  });
});

describe('events', () => {
  test('message, then close with what the peer said', async () => {
    const events: Event[] = [];
    const { client } = await pair((socket) => {
      for (const type of ['message', 'error', 'close'])
        socket.addEventListener(type, (event) => events.push(event));
    });
    client.write(textFrame('a'));
    client.write(frame(OPCODE.close, Buffer.from('\x0f\xa0bye', 'latin1')));
    await client.ended();
    client.socket.end();
    await eventually(() => expect(events.map(({ type }) => type)).toEqual(['message', 'close']));
    expect(events[1]).toBeInstanceOf(CloseEvent);
    expect(events[1]).toMatchObject({ code: 4000, reason: 'bye', wasClean: true });
  });

  test('error, then close with 1006, when the peer breaks the protocol', async () => {
    const events: Event[] = [];
    const { client } = await pair((socket) => {
      for (const type of ['error', 'close']) socket.addEventListener(type, (event) => events.push(event));
    });
    client.write(Buffer.from('8101', 'hex')); // unmasked
    await client.ended();
    client.socket.end();
    await eventually(() => expect(events.map(({ type }) => type)).toEqual(['error', 'close']));
    expect(events[0]).toBeInstanceOf(ErrorEvent);
    expect((events[0] as ErrorEvent).error).toMatchObject({
      name: 'ProtocolError',
      violation: 'unmasked-frame',
    });
    expect(events[1]).toMatchObject({ code: 1006, reason: '', wasClean: false });
  });

  test('once, handleEvent objects, removal and signals work as in any EventTarget', async () => {
    const calls: string[] = [];
    const abort = new AbortController();
    const { client } = await pair((socket) => {
      const removed = () => calls.push('removed');
      socket.addEventListener('message', removed);
      socket.removeEventListener('message', removed);
      socket.addEventListener('message', () => calls.push('once'), { once: true });
      socket.addEventListener('message', { handleEvent: () => calls.push('object') });
      socket.addEventListener('message', () => abort.abort(), { once: true });
      socket.addEventListener('message', () => calls.push('aborted'), { signal: abort.signal });
      socket.addEventListener('message', null);
      socket.addEventListener('message', undefined as unknown as null);
    });
    client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
    await eventually(() => expect(calls).toEqual(['once', 'object', 'object']));
  });

  test('an on… handler keeps its place when it is replaced, and null takes it away', async () => {
    const calls: string[] = [];
    const { client, socket } = await pair((socket) => {
      socket.onmessage = () => calls.push('first');
      socket.addEventListener('message', () => calls.push('listener'));
      socket.onmessage = () => calls.push('second');
    });
    client.write(textFrame('a'));
    await eventually(() => expect(calls).toEqual(['second', 'listener']));
    socket.onmessage = null;
    expect(socket.onmessage).toBeNull();
    client.write(textFrame('b'));
    await eventually(() => expect(calls).toEqual(['second', 'listener', 'listener']));
  });

  test('an on… handler may begin with null', async () => {
    const heard: unknown[] = [];
    const { client } = await pair((socket) => {
      socket.onmessage = null;
      socket.onmessage = ({ data }) => heard.push(data);
    });
    client.write(textFrame('a'));
    await eventually(() => expect(heard).toEqual(['a']));
  });

  test('who begins to listen in a handler hears from the next message on', async () => {
    const heard: unknown[] = [];
    const { port } = await start(
      {},
      {
        message: (socket, data) => {
          if (data === 'a') socket.addEventListener('message', (event) => heard.push(event.data));
        },
      },
    );
    const client = await RawClient.open(port);
    client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
    await eventually(() => expect(heard).toEqual(['b']));
  });

  test('the constants are on the class and on its instances', async () => {
    const { socket } = await pair();
    expect([WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED]).toEqual([0, 1, 2, 3]);
    expect([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED]).toEqual([0, 1, 2, 3]);
  });
});

describe('close', () => {
  test.each([[1000], [1001], [1003], [1007], [1014], [3000], [4999]])('sends %i', async (code) => {
    const { client } = await pair((socket) => socket.close(code, 'why'));
    expect(await client.take(7)).toBe(closeFrame(code, 'why'));
  });

  test.each([
    [0],
    [999],
    [1004],
    [1005],
    [1006],
    [1015],
    [1016],
    [2999],
    [5000],
    [Number.NaN],
    [null],
    [-1],
    [65_536 + 1000],
  ])('throws for %o, as a browser does', async (code) => {
    const { socket } = await pair();
    expect(() => socket.close(code as number)).toThrow(
      expect.objectContaining({ name: 'InvalidAccessError' }),
    );
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  test.each<[unknown, unknown, string]>([
    ['1000', undefined, '880203e8'],
    [1000.5, undefined, '880203e8'],
    [999.5, undefined, '880203e8'],
    [{ valueOf: () => 3000 }, undefined, '88020bb8'],
    [1000, 5, '880303e835'],
    [1000, null, '880603e86e756c6c'],
    [undefined, { toString: () => 'x' }, '880303e878'],
  ])('converts the code %o and the reason %o, as a browser does', async (code, reason, wire) => {
    const { client } = await pair((socket) => socket.close(code as number, reason as string));
    expect(await client.take(wire.length / 2)).toBe(wire);
  });

  test('throws a TypeError for what cannot be converted', async () => {
    const { socket } = await pair();
    for (const value of [Symbol('x'), Object.create(null)]) {
      expect(() => socket.close(value as number)).toThrow(TypeError);
      expect(() => socket.close(1000, value as string)).toThrow(TypeError);
    }
    expect(() => socket.close(1000n as unknown as number)).toThrow(TypeError);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  test('a reset after the closing handshake is no error', async () => {
    const { client, socket } = await pair((socket) => socket.close(1000));
    await client.take(4);
    client.write(frame(OPCODE.close, Uint8Array.of(3, 0xe8)));
    client.socket.resetAndDestroy();
    expect(await socket.closed).toMatchObject({ error: undefined });
  });

  test('throws for a reason of 124 bytes, and sends one of 123', async () => {
    const { socket, client } = await pair();
    expect(() => socket.close(1000, `${'é'.repeat(62)}`)).toThrow(
      expect.objectContaining({ name: 'SyntaxError' }),
    );
    socket.close(1000, `${'é'.repeat(61)}x`);
    expect(await client.take(127)).toBe(closeFrame(1000, `${'é'.repeat(61)}x`));
  });

  test('a reason without a code goes with 1000, for a Close frame cannot have it alone', async () => {
    const { client } = await pair((socket) => socket.close(undefined, 'bye'));
    expect(await client.take(7)).toBe(closeFrame(1000, 'bye'));
  });

  test('without a code the frame is empty, and so is the answer to one', async () => {
    const { client, socket } = await pair((socket) => socket.close());
    expect(await client.take(2)).toBe('8800');
    client.write(frame(OPCODE.close));
    client.socket.end();
    expect(await socket.closed).toMatchObject({ code: 1005, wasClean: true, closedBy: 'this side' });
  });

  test('closed tells who closed, how and why', async () => {
    const { client, socket } = await pair();
    expect(socket.closed).toBe(socket.closed);
    client.write(frame(OPCODE.close, Buffer.from('\x03\xe9gone', 'latin1')));
    client.socket.end();
    const info: CloseInfo = await socket.closed;
    expect(info).toEqual({
      code: 1001,
      reason: 'gone',
      wasClean: true,
      closedBy: 'peer',
      sent: { code: 1001, reason: 'gone' },
      received: { code: 1001, reason: 'gone' },
      error: undefined,
      unclaimedMessages: 0,
    });
    expect(await socket.closed).toBe(info);
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });

  test('closed after a reset', async () => {
    const { client, socket } = await pair();
    client.socket.resetAndDestroy();
    expect(await socket.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      closedBy: 'network',
      sent: undefined,
    });
    expect((await socket.closed).error).toMatchObject({ code: 'ECONNRESET' });
  });

  test('a peer that does not answer is cut off after closeTimeoutMs', async () => {
    const { client, socket } = await pair((socket) => socket.close(1000), { closeTimeoutMs: 100 });
    await client.ended();
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false, closedBy: 'this side' });
  });

  test('a peer that ends TCP without a Close frame is let go', async () => {
    const { client, socket } = await pair();
    client.socket.end();
    expect(await socket.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      closedBy: 'network',
      error: undefined,
    });
  });

  test('terminate ends TCP at once', async () => {
    const { client, socket } = await pair();
    socket.terminate();
    await client.ended();
    expect(await socket.closed).toMatchObject({ code: 1006, closedBy: 'network' });
    socket.terminate();
    socket.close(1000);
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });

  test('a broken rule is answered with its code and sentence, after what was answered before', async () => {
    const { port } = await startEcho();
    const client = await RawClient.open(port);
    client.write(Buffer.concat([textFrame('ok'), Buffer.from('8101', 'hex'), textFrame('late')]));
    expect(await client.rest()).toBe(`8102${hex('ok')}${closeFrame(1002, 'a client must mask all frames')}`);
  });
});

describe('ping', () => {
  test('resolves with the round trip in milliseconds', async () => {
    const { port, opened } = await start();
    const client = new Client(`ws://127.0.0.1:${port}`);
    await once(client, 'open');
    const socket = await opened;
    expect(socket.roundTripMs).toBeUndefined();
    const milliseconds = await socket.ping(Uint8Array.of(1, 2, 3));
    expect(milliseconds).toBeGreaterThan(0);
    expect(socket.roundTripMs).toBe(milliseconds);
  });

  test('one pong for the latest ping answers those before it; others mean nothing', async () => {
    const { client, socket } = await pair();
    const answers = [socket.ping(Uint8Array.of(1)), socket.ping(Uint8Array.of(2))];
    expect(await client.take(6)).toBe('890101890102');
    client.write(Buffer.concat([frame(OPCODE.pong, Uint8Array.of(9)), frame(OPCODE.pong, Uint8Array.of(2))]));
    await Promise.all(answers);
  });

  test('rejects with a ClosedError when the connection closes first', async () => {
    const { client, socket } = await pair();
    const answer = socket.ping();
    void socket.ping(); // nobody looks at this one: that must not end the process
    client.write(frame(OPCODE.close, Buffer.from('\x03\xe8', 'latin1')));
    client.socket.end();
    const error = await answer.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ClosedError);
    expect(error).toMatchObject({ received: { code: 1000, reason: '' } });
    await expect(socket.ping()).rejects.toThrow(ClosedError);
  });

  test('rejects when the queue is full, so that pings have a limit too', async () => {
    const { socket, client } = await pair(() => {}, { maxQueuedBytes: 100_000 });
    client.socket.pause();
    const block = new Uint8Array(125);
    let full = false;
    for (let i = 0; i < 200_000 && !full; i++) {
      socket.ping(block).catch((error: Error) => {
        full ||= error.message === 'the queue is full';
      });
      if (i % 500 === 0) await new Promise(setImmediate);
    }
    expect(full).toBe(true);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(100_000);
  });

  test('throws for 126 bytes and for what is no bytes', async () => {
    const { socket } = await pair();
    await expect(socket.ping(new Uint8Array(126))).rejects.toThrow(UsageError);
    for (const [wrong, kind] of [
      [100, 'a number'],
      [0, 'a number'],
      ['', 'a string'],
      [null, 'null'],
    ])
      expect(() => socket.ping(wrong as unknown as Uint8Array)).toThrow(
        new TypeError(`the payload of a Ping must be an ArrayBuffer or a view of one, got ${kind}`),
      );
  });

  test('pings go out by themselves, and the answer is the round trip', async () => {
    const { port, opened } = await start({ pingIntervalMs: 50 });
    const client = new Client(`ws://127.0.0.1:${port}`);
    await once(client, 'ping');
    const socket = await opened;
    await eventually(() => expect(socket.roundTripMs).toBeGreaterThan(0));
    client.terminate();
  });
});

describe('for await', () => {
  test('gives the messages in order and ends with the connection', async () => {
    const heard: unknown[] = [];
    const { client } = await pair(async (socket) => {
      for await (const message of socket) heard.push(message);
      heard.push('end');
    });
    client.write(Buffer.concat([textFrame('a'), frame(OPCODE.binary, Uint8Array.of(1)), textFrame('b')]));
    client.write(frame(OPCODE.close));
    client.socket.end();
    await eventually(() => expect(heard).toEqual(['a', Uint8Array.of(1), 'b', 'end']));
  });

  test('holds the peer back while the body is busy', async () => {
    let release: () => void = () => {};
    const busy = new Promise<void>((resolve) => {
      release = resolve;
    });
    let count = 0;
    const { client } = await pair(async (socket) => {
      for await (const _message of socket) {
        count++;
        await busy;
      }
    });
    const message = frame(OPCODE.binary, Buffer.alloc(60_000));
    let written = 0;
    while (client.socket.write(message) || client.socket.writableLength < 8_000_000)
      if (++written > 400) break;
    await tick();
    expect(count).toBe(1);
    expect(client.socket.writableLength).toBeGreaterThan(0); // TCP is full: the server does not read
    release();
    await eventually(() => expect(count).toBeGreaterThan(100));
  });

  test('leaving the loop leaves the socket open, and what comes waits for the next loop', async () => {
    const heard: unknown[] = [];
    const { client } = await pair(async (socket) => {
      for await (const message of socket) {
        heard.push(['first', message]);
        break;
      }
      await tick();
      for await (const message of socket) {
        heard.push(['second', message]);
        if (message === 'c') break;
      }
    });
    client.write(Buffer.concat([textFrame('a'), textFrame('b'), textFrame('c')]));
    await eventually(() =>
      expect(heard).toEqual([
        ['first', 'a'],
        ['second', 'b'],
        ['second', 'c'],
      ]),
    );
  });

  test('what came before the end is still delivered to a slow loop', async () => {
    const heard: unknown[] = [];
    let goOn: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { client, socket } = await pair(async (socket) => {
      for await (const message of socket) {
        heard.push(message);
        if (message === 'a') await gone;
      }
    });
    client.write(Buffer.concat([textFrame('a'), textFrame('b'), textFrame('c')]));
    await eventually(() => expect(heard).toEqual(['a']));
    client.socket.resetAndDestroy();
    await tick();
    goOn();
    await socket.closed;
    await eventually(() => expect(heard).toEqual(['a', 'b', 'c']));
  });

  test('two loops at once are a mistake; a loop on a closed socket ends at once', async () => {
    const { socket } = await pair();
    const first = socket[Symbol.asyncIterator]();
    expect(() => socket[Symbol.asyncIterator]()).toThrow(UsageError);
    const waiting = first.next();
    socket.terminate();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await first.next()).toEqual({ done: true, value: undefined });
    await socket.closed;
    for await (const _message of socket) expect.unreachable();
  });
});

describe('pause and resume', () => {
  test('pings are answered and a Close is seen while no message waits', async () => {
    const { client, socket } = await pair((socket) => {
      socket.onmessage = () => {};
      socket.pause();
    });
    client.write(frame(OPCODE.ping, Uint8Array.of(7)));
    expect(await client.take(3)).toBe('8a0107');
    client.write(frame(OPCODE.close, Uint8Array.of(3, 0xe8)));
    client.socket.end();
    expect(await socket.closed).toMatchObject({ code: 1000, closedBy: 'peer' });
  });

  test('nothing is delivered after terminate, whatever is called then', async () => {
    const heard: unknown[] = [];
    const { client, socket } = await pair((socket) => {
      socket.onmessage = ({ data }) => {
        heard.push(data);
        socket.terminate();
        socket.resume();
      };
    });
    client.write(
      Buffer.concat([textFrame('a'), textFrame('b'), frame(OPCODE.close, Uint8Array.of(3, 0xe8))]),
    );
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false, received: undefined });
    expect(heard).toEqual(['a']);
  });

  test('nothing is delivered between them, not even the rest of a chunk', async () => {
    const heard: unknown[] = [];
    const { client, socket } = await pair((socket) => {
      socket.onmessage = ({ data }) => {
        heard.push(data);
        if (data === 'a') socket.pause();
      };
    });
    client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
    client.write(textFrame('c'));
    await tick();
    expect(heard).toEqual(['a']);
    socket.resume();
    await eventually(() => expect(heard).toEqual(['a', 'b', 'c']));
  });

  test('a paused socket can still close', async () => {
    const { client, socket } = await pair((socket) => {
      socket.onmessage = () => {};
      socket.pause();
    });
    client.write(textFrame('a'));
    socket.close(1000);
    expect(await client.take(4)).toBe(closeFrame(1000));
    client.write(frame(OPCODE.close, Uint8Array.of(3, 0xe8)));
    client.socket.end();
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
  });
});

test('a protocol error names its rule', async () => {
  const { client, socket } = await pair();
  client.write(frame(OPCODE.continuation));
  client.socket.end();
  const { error } = await socket.closed;
  expect(error).toBeInstanceOf(ProtocolError);
  expect(error).toMatchObject({
    violation: 'nothing-to-continue',
    closeCode: 1002,
    section: 'RFC 6455 §5.4',
  });
});

test('terminate in a handler drops the rest of the chunk too', async () => {
  const heard: unknown[] = [];
  const { client, socket } = await pair((socket) => {
    socket.onmessage = ({ data }) => {
      heard.push(data);
      socket.terminate();
    };
  });
  client.write(Buffer.concat([textFrame('a'), textFrame('b')]));
  await socket.closed;
  expect(heard).toEqual(['a']);
});

describe('data', () => {
  /** The socket of a server with these options. */
  async function accepted<Data>(options: ServerOptions<Data>): Promise<WebSocket<Data>> {
    const { port, opened } = await start<Data>(options);
    await RawClient.open(port);
    return opened;
  }

  test('without authorize is undefined', async () => {
    const socket = await accepted({});
    expect(socket.data).toBe(undefined);
  });

  test.each([[undefined], [null], [0], [''], [{ name: 'a' }]])(
    'is what authorize returned: %o',
    async (data) => {
      expect((await accepted({ authorize: () => data })).data).toBe(data);
      expect((await accepted({ authorize: async () => data })).data).toBe(data);
    },
  );

  test('is an own property, on both sides', async () => {
    const { port, opened } = await start({});
    const client = new WebSocket(`ws://127.0.0.1:${port}/`);
    const socket = await opened;
    for (const one of [socket, client]) {
      expect(Object.getOwnPropertyDescriptor(one, 'data')).toMatchObject({
        value: undefined,
        enumerable: true,
      });
    }
    client.terminate();
  });

  test('of a client is undefined', async () => {
    const { port } = await start({});
    const client = new WebSocket(`ws://127.0.0.1:${port}/`);
    expect(client.data).toBe(undefined);
    client.terminate();
  });
});
