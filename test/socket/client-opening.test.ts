import { once } from 'node:events';
import { WebSocket } from 'barewire';
import { describe, expect, test, vi } from 'vitest';
import type { ClientOptions } from '../../src/client/options.ts';
import { HandshakeError, UsageError } from '../../src/protocol/errors.ts';
import { openClient } from '../../src/socket/client-opening.ts';
import { iterate } from '../../src/socket/message-iterator.ts';
import { Answering, acceptance, head } from '../client/answering.ts';
import { type RawGuest, serverText, startRaw } from '../support/raw-server.ts';
import { start } from '../support/servers.ts';
import { turn } from './inner.ts';

/** An inner socket that connects through a transport, with an EventTarget in front. */
function opening(transport: Answering, options: ClientOptions = {}, subprotocols: string | string[] = []) {
  const inner = openClient<EventTarget>('ws://user@example.com/path?query', subprotocols, {
    createConnection: () => transport,
    ...options,
  });
  inner.socket = new EventTarget();
  return inner;
}

describe('arguments', () => {
  test.each<[string, () => unknown, string]>([
    ['the URL', () => openClient('no URL', 'no token', { maxRedirects: -1 }), 'SyntaxError'],
    ['the subprotocols', () => openClient('ws://a', 'no token', { maxRedirects: -1 }), 'SyntaxError'],
    ['the options of the opening', () => openClient('ws://a', 'token', { maxRedirects: -1 }), 'UsageError'],
    ['the limits', () => openClient('ws://a', 'token', { maxMessageBytes: -1 }), 'UsageError'],
  ])('%s are verified at once', (_name, open, name) => {
    expect(open).toThrow(expect.objectContaining({ name }));
  });

  test('nothing is connected when one of them is wrong', async () => {
    const createConnection = vi.fn();
    expect(() => openClient('ws://a', [], { createConnection, pingIntervalMs: -1 })).toThrow(UsageError);
    await turn();
    expect(createConnection).not.toHaveBeenCalled();
  });

  test('in the turn of the call the socket is connecting, and has what is known', () => {
    const inner = openClient('http://example.com:80/a', [], { createConnection: () => new Answering() });
    expect(inner).toMatchObject({
      readyState: 0,
      agreement: { url: 'ws://example.com/a', protocol: '', extensions: '' },
      binaryType: 'blob',
      hasMessageHandler: false,
      frame: undefined,
      traffic: undefined,
    });
    inner.socket = new EventTarget();
    inner.terminate();
  });

  test('a transport that is there at once is told of in a later turn', async () => {
    const inner = opening(new Answering());
    const order: string[] = [];
    inner.socket = new EventTarget();
    const opened = inner.opened().then(() => order.push('opened'));
    order.push('returned');
    await opened;
    expect(order).toEqual(['returned', 'opened']);
    inner.terminate();
  });

  test('without options there are defaults', () => {
    const inner = openClient('ws://127.0.0.1:1/', []);
    inner.socket = new EventTarget();
    inner.terminate();
    expect(inner.readyState).toBe(2);
  });
});

describe('an opening', () => {
  test('has the agreement and the origin of the server', async () => {
    const transport = new Answering((request) =>
      acceptance(request, {
        'Sec-WebSocket-Protocol': 'b',
        'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits=9',
      }),
    );
    const inner = opening(transport, {}, ['a', 'b']);
    expect(await inner.opened()).toBe(inner.socket);
    expect(inner.agreement).toEqual({
      url: 'ws://user@example.com/path?query',
      protocol: 'b',
      extensions: 'permessage-deflate; client_max_window_bits=9',
      responseHeaders: {
        upgrade: 'websocket',
        connection: 'Upgrade',
        'sec-websocket-accept': expect.any(String),
        'sec-websocket-protocol': 'b',
        'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits=9',
      },
    });
    expect(inner.ownRareState()).toMatchObject({ origin: 'ws://example.com', handshake: undefined });
    expect(inner.readyState).toBe(1);
    inner.terminate();
  });

  test('resolves `opened` before the open event and before messages', async () => {
    const order: unknown[] = [];
    const transport = new Answering((request) =>
      Buffer.concat([Buffer.from(acceptance(request)), serverText('hello')]),
    );
    const inner = opening(transport, { message: (data) => order.push(data) });
    await inner.opened();
    order.push('opened');
    await turn();
    expect(order).toEqual(['opened', 'hello']);
    inner.terminate();
  });

  test('a TCP socket loses its timeout, and sends at once', async () => {
    const server = await startRaw((guest: RawGuest) => guest.accept());
    const { connect } = await import('node:net');
    const socket = connect(server.port, '127.0.0.1');
    socket.setTimeout(5_000);
    const setNoDelay = vi.spyOn(socket, 'setNoDelay');
    const inner = openClient(server.url, [], { createConnection: () => socket });
    inner.socket = new EventTarget();
    await inner.opened();
    expect(socket.timeout).toBe(0);
    expect(setNoDelay).toHaveBeenLastCalledWith(true);
    inner.terminate();
    await once(socket, 'close');
  });

  test('the trace sees frames, and has no socket', async () => {
    const frames: unknown[][] = [];
    const transport = new Answering();
    const inner = opening(transport, { trace: (...args) => void frames.push(args) });
    await inner.opened();
    inner.send('a');
    expect(frames).toEqual([[expect.objectContaining({ direction: 'sent', opcode: 1 })]]);
    inner.terminate();
  });

  test('messages wait where nothing takes them', async () => {
    const transport = new Answering((request) =>
      Buffer.concat([Buffer.from(acceptance(request)), serverText('hello')]),
    );
    const inner = opening(transport);
    await inner.opened();
    await turn();
    expect(inner.traffic?.messagesReceived).toBe(0);
    expect((await iterate(inner).next()).value).toBe('hello');
    inner.terminate();
  });

  test('an error of the user’s code goes to the console', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const error = new Error('why');
    const transport = new Answering((request) =>
      Buffer.concat([Buffer.from(acceptance(request)), serverText('hello')]),
    );
    const inner = opening(transport, {
      message: () => {
        throw error;
      },
    });
    await inner.opened();
    await turn();
    expect(log.mock.calls).toEqual([['barewire: a listener failed:', error]]);
    log.mockRestore();
    inner.terminate();
  });

  test.each([
    [undefined, 64],
    [true, 64],
    [{ thresholdBytes: 5 }, 5],
  ])(
    'with perMessageDeflate %o messages from %s bytes on are compressed',
    async (perMessageDeflate, bytes) => {
      const opcodes: [boolean, number][] = [];
      const transport = new Answering((request) =>
        acceptance(request, { 'Sec-WebSocket-Extensions': 'permessage-deflate' }),
      );
      const inner = opening(transport, {
        ...(perMessageDeflate !== undefined && { perMessageDeflate }),
        trace: ({ rsv1, payloadLength }) => opcodes.push([rsv1, payloadLength]),
      });
      await inner.opened();
      inner.send('x'.repeat(bytes - 1));
      inner.send('x'.repeat(bytes));
      inner.send('x'.repeat(bytes), { compress: false });
      expect(opcodes.map(([rsv1]) => rsv1)).toEqual([false, true, false]);
      inner.terminate();
    },
  );
});

describe('a failure', () => {
  test.each<[string, (signal: AbortController) => Answering, ClientOptions, string]>([
    [
      'a refusal is by the peer',
      () => new Answering(() => head('403 No', { 'Content-Length': '0' })),
      {},
      'peer',
    ],
    ['a broken answer is by the network', () => new Answering(() => 'no HTTP\r\n\r\n'), {}, 'network'],
    ['an answer that breaks a rule is by the peer', () => new Answering(() => head('101 OK')), {}, 'peer'],
    [
      'a timeout is by this side',
      () => new Answering(() => undefined),
      { openingTimeoutMs: 20 },
      'this side',
    ],
  ])('%s', async (_name, make, options, closedBy) => {
    const inner = opening(make(new AbortController()), options);
    const info = await inner.closed();
    expect(info).toMatchObject({ code: 1006, closedBy, error: expect.any(HandshakeError) });
    await expect(inner.opened()).rejects.toBe(info.error);
    expect(inner.readyState).toBe(3);
    expect(inner.ownRareState().handshake).toBeUndefined();
  });

  test.each<[string, unknown]>([
    ['an Error', new Error('why')],
    ['a string', 'why'],
  ])('by an abort with %s has it as its error, by this side', async (_name, reason) => {
    const controller = new AbortController();
    const inner = opening(new Answering(() => undefined), { signal: controller.signal });
    const opened = inner.opened();
    controller.abort(reason);
    const info = await inner.closed();
    expect(info).toMatchObject({ closedBy: 'this side', error: { message: 'why' } });
    await expect(opened).rejects.toBe(info.error);
  });
});

test('a listener that could not be added does not count: messages wait', async () => {
  const { port } = await start({}, { open: (socket) => socket.send('x') });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  expect(() => socket.addEventListener('message', () => {}, { signal: 'none' as never })).toThrow(TypeError);
  await socket.opened;
  await turn();
  const first = await socket[Symbol.asyncIterator]().next();
  expect(first.value).toBe('x');
  socket.terminate();
});
