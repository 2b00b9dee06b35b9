import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { WebSocket } from 'barewire/ws';
import { describe, expect, test } from 'vitest';
import type * as ws from 'ws';
import { eventsOf, pairOf, peerServerOf, serverOf, uncaught } from './sockets.ts';

/** `once` rejects with an error. */
const closed = (socket: WebSocket | ws.WebSocket) =>
  new Promise<[number, Buffer]>((resolve) => {
    socket.on('close', (...values: [number, Buffer]) => resolve(values));
  });

describe('what is sent', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  test.each<[what: string, data: unknown, options: object | undefined, got: string | Buffer]>([
    ['text', 'grüße', undefined, 'grüße'],
    ['a number', 5, undefined, '5'],
    ['nothing', undefined, undefined, Buffer.alloc(0)],
    ['no text', '', undefined, ''],
    ['bytes', bytes, undefined, Buffer.from(bytes)],
    ['an ArrayBuffer', bytes.buffer, undefined, Buffer.from(bytes)],
    ['a DataView', new DataView(bytes.buffer, 1), undefined, Buffer.from([2, 3])],
    ['a list', [4, 5], undefined, Buffer.from([4, 5])],
    ['a Blob', new Blob(['b']), undefined, Buffer.from('b')],
    ['a Blob as text', new Blob(['b']), { binary: false }, 'b'],
    ['a Blob that is no UTF-8 as text', new Blob([Uint8Array.of(0x61, 0xff)]), { binary: false }, 'a\ufffd'],
    ['text as bytes', 'a', { binary: true }, Buffer.from('a')],
    ['bytes as text', Buffer.from('a'), { binary: false }, 'a'],
    ['bytes that are no UTF-8 as text', Buffer.from([0x61, 0xff]), { binary: false }, 'a\ufffd'],
    ['uncompressed text', 'aaaa'.repeat(500), { compress: false }, 'aaaa'.repeat(500)],
  ])('%s comes to ws', async (_what, data, options, got) => {
    const { server, url } = await peerServerOf({ perMessageDeflate: true });
    const socket = new WebSocket(url);
    const [[accepted]] = (await Promise.all([once(server, 'connection'), once(socket, 'open')])) as [
      [ws.WebSocket],
      unknown,
    ];
    if (options === undefined) socket.send(data);
    else socket.send(data, options);
    const [message, isBinary] = (await once(accepted, 'message')) as [Buffer, boolean];
    expect(isBinary ? message : message.toString()).toEqual(got);
    socket.close();
    await closed(socket);
  });

  test('may be given in parts, which are one message', async () => {
    const { accepted, client } = await pairOf();
    const events = eventsOf(accepted, 'message');
    const called: unknown[] = [];
    client.send('o', { fin: false }, () => called.push('o'));
    client.send(Buffer.from('n'), { fin: false });
    client.send('e');
    client.send(Buffer.from([1]), { fin: false });
    client.send(Buffer.from([2]), { fin: true }, () => called.push('2'));
    client.send('last');
    await expect
      .poll(() => events)
      .toEqual([
        ['message', Buffer.from('one'), false],
        ['message', Buffer.from([1, 2]), true],
        ['message', Buffer.from('last'), false],
      ]);
    expect(called).toEqual(['o', '2']);
  });

  test('calls back when the system has it, or with an error', async () => {
    const { accepted, client } = await pairOf();
    const called: unknown[] = [];
    await new Promise<void>((resolve) => client.send('a', () => resolve()));
    await new Promise<void>((resolve) => client.send('a', {}, () => resolve()));
    await new Promise<void>((resolve) => client.send(new Blob(['b']), () => resolve()));
    await new Promise<void>((resolve) => client.ping('p', true, () => resolve()));
    await new Promise<void>((resolve) => client.pong(() => resolve()));
    client.pause();
    accepted.send(Buffer.alloc(1 << 26), (error) => called.push(error?.message));
    accepted.terminate();
    accepted.send('late', (error) => called.push(error?.message));
    expect(accepted.bufferedAmount).toBeGreaterThan(4);
    await closed(accepted);
    accepted.ping((error: Error) => called.push(error.message));
    await expect.poll(() => called.length).toBe(3);
    expect(called.sort()).toEqual([
      'The socket was closed while data was being sent',
      'WebSocket is not open: readyState 2 (CLOSING)',
      'WebSocket is not open: readyState 3 (CLOSED)',
    ]);
  });

  test('an error in a callback is an uncaught exception, and the next callback is called', async () => {
    const errors = uncaught();
    const { client } = await pairOf();
    const error = new Error('in a callback');
    client.send('a', () => {
      throw error;
    });
    await new Promise<void>((resolve) => client.send('b', () => resolve()));
    expect(errors).toEqual([error]);
  });

  test('a Blob that cannot be read ends the connection with its error', async () => {
    const { accepted, client } = await pairOf();
    const events = eventsOf(client, 'error', 'close');
    const error = new Error('not readable');
    const blob = new Blob(['b']);
    blob.arrayBuffer = () => Promise.reject(error);
    const called: unknown[] = [];
    client.send(blob, (failed) => called.push(failed));
    client.send('behind it', (failed) => called.push(failed));
    expect(await closed(accepted)).toEqual([1006, Buffer.alloc(0)]);
    await expect.poll(() => events.map(([name]) => name)).toEqual(['error', 'close']);
    expect(called).toEqual([error, error]);
  });

  test('before it is open, nothing can be', async () => {
    const { url } = await serverOf();
    const socket = new WebSocket(url);
    const notOpen = 'WebSocket is not open: readyState 0 (CONNECTING)';
    for (const send of [() => socket.send('a'), () => socket.ping(), () => socket.pong()])
      expect(send).toThrow(notOpen);
    socket.pause();
    socket.resume();
    expect(socket.isPaused).toBe(false);
    await once(socket, 'open');
    expect(() => socket.ping(Buffer.alloc(126))).toThrow(
      new RangeError('The data size must not be greater than 125 bytes'),
    );
    socket.close();
    await closed(socket);
  });
});

describe('what comes', () => {
  test.each([
    ['nodebuffer', Buffer.from('ab')],
    ['arraybuffer', Uint8Array.from(Buffer.from('ab')).buffer],
    ['fragments', [Buffer.from('ab')]],
    ['blob', new Blob(['ab'])],
    ['no such type', Buffer.from('ab')],
  ])('is a %s, and a Buffer where it is text', async (type, expected) => {
    const { accepted, client } = await pairOf();
    client.binaryType = type as 'blob';
    accepted.send(Buffer.from('ab'));
    expect(await once(client, 'message')).toEqual([expected, true]);
    accepted.send('ab');
    expect(await once(client, 'message')).toEqual([Buffer.from('ab'), false]);
    client.binaryType = 'fragments';
    accepted.send(Buffer.alloc(0));
    expect(await once(client, 'message')).toEqual([[], true]);
  });

  test('is emitted once in a turn, where one wants that, and the end behind it', async () => {
    const { accepted, client } = await pairOf({ client: { allowSynchronousEvents: false } });
    const events = eventsOf(client, 'message', 'ping', 'pong', 'close');
    let turns = 0;
    const turnsOf: number[] = [];
    const count = () => {
      turns++;
      if (events.length < 5) setImmediate(count);
    };
    client.on('message', () => turnsOf.push(turns));
    accepted.send('a');
    accepted.send('b');
    accepted.ping('c');
    accepted.pong('d');
    accepted.close(1001);
    count();
    await closed(client);
    expect(events.map(([name]) => name)).toEqual(['message', 'message', 'ping', 'pong', 'close']);
    expect(turnsOf[1]).toBeGreaterThan(turnsOf[0]!);
  });

  test('waits while the socket is paused', async () => {
    const { accepted, client } = await pairOf();
    const events = eventsOf(client, 'message');
    accepted.send('a');
    await once(client, 'message');
    client.pause();
    accepted.send('b');
    await new Promise<void>((resolve) => accepted.send('c', () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([client.isPaused, events.length]).toEqual([true, 1]);
    client.resume();
    await expect.poll(() => events.length).toBe(3);
    expect(client.isPaused).toBe(false);
  });

  test('still comes behind our own close', async () => {
    const { accepted, client } = await pairOf();
    const events = eventsOf(client, 'message', 'close');
    accepted.on('message', () => {
      accepted.send('behind');
      accepted.close(1000, 'done');
    });
    client.send('go');
    client.close(4000, Buffer.from('bye'));
    expect(client.readyState).toBe(WebSocket.CLOSING);
    await closed(client);
    expect(events.map(([name]) => name)).toEqual(['message', 'close']);
  });

  test('an error of a listener is an uncaught exception, and the connection goes on', async () => {
    const errors = uncaught();
    const { accepted, client } = await pairOf();
    const thrown = new Error('in a listener');
    for (const name of ['message', 'ping', 'close'])
      client.on(name, () => {
        throw thrown;
      });
    accepted.send('a');
    accepted.send('b');
    accepted.ping();
    accepted.close(1000, 'fine');
    expect(await closed(accepted)).toEqual([1000, Buffer.from('fine')]);
    await expect.poll(() => errors.length).toBe(4);
    expect(new Set(errors)).toEqual(new Set([thrown]));
  });
});

describe('Pings', () => {
  test('are answered, and told', async () => {
    const { accepted, client } = await pairOf();
    const events = [...eventsOf(accepted, 'ping', 'pong')];
    accepted.on('ping', (data) => events.push(['ping', data]));
    client.ping('a');
    expect(await once(client, 'pong')).toEqual([Buffer.from('a')]);
    client.pong(new Blob(['b']) as never);
    expect(await once(accepted, 'pong')).toEqual([Buffer.from('b')]);
    expect(events).toEqual([['ping', Buffer.from('a')]]);
  });

  test('are not, without autoPong', async () => {
    const { accepted, client } = await pairOf({ server: { autoPong: false } });
    const events = eventsOf(client, 'pong');
    client.ping('a');
    await once(accepted, 'ping');
    accepted.pong('by hand');
    await once(client, 'pong');
    expect(events).toEqual([['pong', Buffer.from('by hand')]]);
  });
});

describe('the end', () => {
  test('takes the code and the reason to the other side and back', async () => {
    const { accepted, client } = await pairOf();
    const wasClean: unknown[] = [];
    client.onclose = (event) => wasClean.push(event.wasClean, event.code, event.reason);
    accepted.close(1012, 'restart');
    expect(await Promise.all([closed(client), closed(accepted)])).toEqual([
      [1012, Buffer.from('restart')],
      [1012, Buffer.from('restart')],
    ]);
    expect(wasClean).toEqual([true, 1012, 'restart']);
    for (const after of [() => client.close(), () => client.terminate(), () => client.pause()]) after();
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });

  test('cannot be told in every way', async () => {
    const { client } = await pairOf();
    expect(() => client.close(1005)).toThrow(
      new TypeError('First argument must be a valid error code number'),
    );
    expect(() => client.close('1000' as never)).toThrow(TypeError);
    expect(() => client.close(1000, 'x'.repeat(124))).toThrow(
      new RangeError('The message must not be greater than 123 bytes'),
    );
    expect(() => client.close(1000, { length: 1 } as never)).toThrow(TypeError);
    expect(client.readyState).toBe(WebSocket.OPEN);
  });

  test('terminate loses nothing that was sent before', async () => {
    const { accepted, client } = await pairOf();
    const events = eventsOf(accepted, 'message', 'close');
    client.send('last');
    client.terminate();
    expect(client.readyState).toBe(WebSocket.CLOSING);
    await closed(accepted);
    expect(events).toEqual([
      ['message', Buffer.from('last'), false],
      ['close', 1006, Buffer.alloc(0)],
    ]);
  });
});

describe("the DOM's side", () => {
  test('has the events, with what they are about', async () => {
    const { url, server } = await serverOf();
    server.on('connection', (socket: WebSocket) => {
      socket.send('text');
      socket.send(Buffer.from([1]), () => socket._socket!.write(Buffer.from([0x83, 0])));
    });
    const socket = new WebSocket(url);
    const events: unknown[] = [];
    socket.onopen = ({ type, target }) => events.push([type, target === socket]);
    socket.onmessage = ({ type, data }) => events.push([type, data]);
    socket.onerror = ({ type, message, error }) => events.push([type, message, error.code]);
    socket.onclose = ({ type, code, reason, wasClean }) => events.push([type, code, reason, wasClean]);
    await closed(socket);
    expect(events).toEqual([
      ['open', true],
      ['message', 'text'],
      ['message', Buffer.from([1])],
      ['error', 'Invalid WebSocket frame: invalid opcode 3', 'WS_ERR_INVALID_OPCODE'],
      ['close', 1006, '', false],
    ]);
  });

  test('has listeners that are added once, and removed', async () => {
    const { accepted, client } = await pairOf();
    const got: string[] = [];
    const listener = { handleEvent: ({ data }: { data: string }) => got.push(data) };
    const once_ = ({ data }: { data: string }) => got.push(`once ${data}`);
    client.addEventListener('message', listener as never);
    client.addEventListener('message', listener as never);
    client.addEventListener('message', once_ as never, { once: true });
    client.addEventListener('no such type' as 'open', () => got.push('never'));
    client.onmessage = () => got.push('first attribute');
    client.onmessage = () => got.push('attribute');
    accepted.send('a');
    accepted.send('b');
    await expect.poll(() => got).toEqual(['a', 'once a', 'attribute', 'b', 'attribute']);
    client.removeEventListener('message', listener as never);
    client.removeEventListener('message', () => {});
    expect(client.onmessage).toBeTypeOf('function');
    client.onmessage = null;
    expect(client.onmessage).toBeNull();
    expect(client.listenerCount('message')).toBe(0);
  });

  test('has the states on the class and on its objects', () => {
    expect([WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED]).toEqual([0, 1, 2, 3]);
    expect(WebSocket.prototype.CLOSED).toBe(3);
  });
});

test('a transport whose opening handshake is done elsewhere can be used', async () => {
  const [near, far] = duplexPair();
  const socket = new WebSocket(null, undefined, {});
  expect([socket.readyState, socket.url, socket.extensions, socket.protocol, socket._sender]).toEqual([
    0,
    undefined,
    '',
    '',
    null,
  ]);
  socket.terminate(); // there is nothing to end
  socket.setSocket(near, Buffer.alloc(0));
  expect(socket.readyState).toBe(WebSocket.OPEN);
  far.write(Buffer.from('81810000000061', 'hex'));
  expect(await once(socket, 'message')).toEqual([Buffer.from('a'), false]);
});
