import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import type { Refusal } from '../../src/protocol/handshake/refusal.ts';
import { ServerHandshake } from '../../src/server/handshake.ts';
import { type ServerOptions, serverSettings } from '../../src/server/options.ts';
import { accept, refuse } from '../../src/server/verdict.ts';
import type { SocketHooks } from '../../src/socket/hooks.ts';
import { INTERNAL } from '../../src/socket/internal.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { textFrame } from '../support/raw-client.ts';
import { startRaw } from '../support/raw-server.ts';
import { Transport, upgrade } from './transport.ts';

const NOTHING = new Uint8Array(0);

/** A handshake, and what its listener was told. */
function made<Data = undefined>(options: ServerOptions<Data> = {} as ServerOptions<Data>) {
  const opened: [WebSocket<Data>, IncomingMessage, Uint8Array, boolean][] = [];
  const refused: [IncomingMessage, Refusal][] = [];
  const failed: unknown[] = [];
  const settings = serverSettings(options);
  const hooks: SocketHooks<WebSocket<Data>> = {
    role: 'server',
    closeCodes: 'all',
    limits: settings.limits,
    thresholdBytes: settings.deflate?.thresholdBytes ?? 0,
    ended() {},
    report: (error) => failed.push(error),
  };
  const handshake = new ServerHandshake<Data>(settings, hooks, {
    onOpened: (...args) => void opened.push(args),
    onRefused: (...args) => void refused.push(args),
    onFailed: (error) => void failed.push(error),
  });
  const handle = (one = upgrade(), isByHand = false) =>
    handshake.handle(one.request, one.transport, NOTHING, isByHand);
  return { handshake, handle, opened, refused, failed };
}

/** A promise that a test settles. */
function decision<T>() {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

describe('without authorize', () => {
  test('the socket is there at once, and told of with all that came', () => {
    const { handshake, opened } = made();
    const { request, transport } = upgrade();
    const head = Uint8Array.of(1);
    const socket = handshake.handle(request, transport, head, true) as WebSocket<undefined>;
    expect(opened).toEqual([[socket, request, head, true]]);
    expect(opened[0]![0]).toBe(socket);
    expect(socket.readyState).toBe(1);
    expect(socket.data).toBe(undefined);
    expect(transport.written).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });

  test('a request that breaks a rule is refused at once', () => {
    const { handle, refused, opened } = made();
    const one = upgrade({ 'sec-websocket-key': undefined });
    expect(handle(one)).toBeUndefined();
    expect(one.transport).toMatchObject({ status: 400, writableEnded: true });
    expect(refused).toEqual([[one.request, expect.objectContaining({ id: 'bad-key' })]]);
    expect(opened).toEqual([]);
  });

  test('another path is refused with 404, and the query does not count', () => {
    const { handle, opened } = made({ path: '/a' });
    const one = upgrade({}, '/b');
    void handle(one);
    expect(one.transport.status).toBe(404);
    void handle(upgrade({}, '/a?b'));
    expect(opened[0]![0].url).toBe('ws://localhost/a?b');
  });

  test('everything is refused with 503 while the server closes, before any rule', () => {
    const { handshake, handle, refused } = made({ path: '/a' });
    handshake.refuseAll();
    const one = upgrade({ host: undefined });
    void handle(one);
    expect(one.transport.status).toBe(503);
    expect(refused).toHaveLength(1);
  });

  test('the origin of an http page is foreign over TLS, and the URL is wss', () => {
    const { handle, opened, refused } = made();
    const secure = (origin: string) => {
      const transport = Object.assign(new Transport(), { encrypted: true });
      return upgrade({ origin }, '/', transport);
    };
    void handle(secure('http://localhost'));
    expect(refused[0]![1].id).toBe('foreign-origin');
    void handle(secure('https://localhost'));
    expect(opened[0]![0].url).toBe('wss://localhost/');
  });
});

describe('a transport', () => {
  test('that is gone already is nothing to tell of', () => {
    const { handle, opened, refused, failed } = made();
    const one = upgrade();
    one.transport.destroy();
    expect(handle(one)).toBeUndefined();
    expect([opened, refused, failed]).toEqual([[], [], []]);
  });

  test('that was handled already is an error, and stays as it is', () => {
    const [first, second] = [made(), made()];
    const one = upgrade();
    const socket = first.handle(one) as WebSocket<undefined>;
    const { written } = one.transport;
    expect(second.handle(one)).toBeUndefined();
    expect(second.failed).toEqual([expect.any(UsageError)]);
    expect(one.transport.written).toBe(written);
    expect(socket.readyState).toBe(1);
  });

  test('has no listener that hides its errors once it is a socket’s', () => {
    const { handle } = made();
    const one = upgrade();
    void handle(one);
    expect(one.transport.listeners('error').map((listener) => listener.name)).toEqual(['onError']);
  });

  test('of TCP loses its timeout, and sends at once', async () => {
    const server = await startRaw();
    const socket = connect(server.port, '127.0.0.1');
    socket.setTimeout(5_000);
    const setNoDelay = vi.spyOn(socket, 'setNoDelay');
    const { handshake } = made();
    void handshake.handle(upgrade().request, socket, NOTHING, false);
    expect(socket.timeout).toBe(0);
    expect(setNoDelay).toHaveBeenCalledWith(true);
    socket.destroy();
  });
});

describe('authorize', () => {
  test('gets the request, and its result is the data', async () => {
    const requests: IncomingMessage[] = [];
    const { handle, opened } = made<string>({
      authorize(request) {
        requests.push(request);
        return 'data';
      },
    });
    const one = upgrade();
    const socket = handle(one);
    expect(opened).toEqual([]);
    expect((await socket)?.data).toBe('data');
    expect(requests).toEqual([one.request]);
  });

  test('is not asked about a request that breaks a rule', () => {
    const authorize = vi.fn();
    void made({ authorize }).handle(upgrade({ upgrade: undefined }));
    expect(authorize).not.toHaveBeenCalled();
  });

  test.each<[string, () => unknown, number]>([
    ['false', () => false, 403],
    ['a promise of false', async () => false, 403],
    ['a refusal', () => refuse(401, 'who'), 401],
  ])('%s refuses', async (_name, authorize, status) => {
    const { handle, refused, failed } = made<unknown>({ authorize });
    const one = upgrade();
    expect(await handle(one)).toBeUndefined();
    expect(one.transport.status).toBe(status);
    expect(refused[0]![1].status).toBe(status);
    expect(failed).toEqual([]);
  });

  test.each<[string, () => never | Promise<never>]>([
    [
      'throws',
      () => {
        throw 'why';
      },
    ],
    ['rejects', () => Promise.reject('why')],
  ])('that %s is a 500, and told', async (_name, authorize) => {
    const { handle, refused, failed } = made<never>({ authorize });
    const one = upgrade();
    one.transport.push('too early');
    expect(await handle(one)).toBeUndefined();
    expect(one.transport.status).toBe(500);
    expect(refused).toHaveLength(1);
    expect(failed).toEqual(['why']);
    await new Promise(setImmediate);
    expect(one.transport.readableLength).toBe(0); // read and dropped, as for every refusal
  });

  test('whose refusal cannot be sent is a 500, and told', async () => {
    const { handle, failed } = made<unknown>({ authorize: () => refuse(99, 'no') });
    const one = upgrade();
    await handle(one);
    expect(one.transport.status).toBe(500);
    expect(failed).toEqual([expect.any(UsageError)]);
  });

  test('that takes too long is a 503, and what it says later does not count', async () => {
    const { promise, settle } = decision<string>();
    const { handle, opened, refused } = made<string>({ authorize: () => promise, handshakeTimeoutMs: 20 });
    const one = upgrade();
    expect(await handle(one)).toBeUndefined();
    expect(one.transport.status).toBe(503);
    settle('late');
    await new Promise(setImmediate);
    expect(opened).toEqual([]);
    expect(refused).toHaveLength(1);
  });

  test('that decides when the server closes is a 503', async () => {
    const { promise, settle } = decision<string>();
    const { handshake, handle } = made<string>({ authorize: () => promise });
    const one = upgrade();
    const socket = handle(one);
    handshake.refuseAll();
    settle('data');
    expect(await socket).toBeUndefined();
    expect(one.transport.status).toBe(503);
  });

  test.each([
    ['accepts', 'data'],
    ['refuses', false],
  ] as const)(
    'that %s when the client has left answers nothing, and nothing is told',
    async (_name, verdict) => {
      const { promise, settle } = decision<string | false>();
      const { handle, opened, refused } = made<string>({ authorize: () => promise });
      const one = upgrade();
      const socket = handle(one);
      one.transport.destroy(new Error('reset'));
      settle(verdict);
      expect(await socket).toBeUndefined();
      expect(one.transport.written).toBe('');
      expect([opened, refused]).toEqual([[], []]);
    },
  );

  test('that fails when the client has left is told of as an error, and no more', async () => {
    const { handle, refused, failed } = made<string>({ authorize: () => Promise.reject('why') });
    const one = upgrade();
    const socket = handle(one);
    one.transport.destroy();
    expect(await socket).toBeUndefined();
    expect(failed).toEqual(['why']);
    expect(refused).toEqual([]);
  });

  test.each<[string, (transport: Transport) => void]>([
    ['whose connection is gone', (transport) => void transport.destroy()],
    ['who has ended its half', (transport) => void transport.push(null)],
  ])('does not hold a client %s', async (_name, leave) => {
    const { handle, refused } = made<string>({ authorize: () => new Promise<string>(() => {}) });
    const one = upgrade();
    const socket = handle(one);
    leave(one.transport);
    expect(await socket).toBeUndefined();
    expect(one.transport).toMatchObject({ destroyed: true, written: '' });
    expect(refused).toEqual([]);
  });

  test('that accepts while the end of its client is being read opens nothing', async () => {
    const { promise, settle } = decision<string>();
    const { handle, opened } = made<string>({ authorize: () => promise });
    const one = upgrade();
    const socket = handle(one);
    await new Promise(setImmediate);
    one.transport.push(null);
    one.transport.read(); // 'end' comes in the next tick
    settle('data');
    expect(await socket).toBeUndefined();
    expect(opened).toEqual([]);
  });

  test('leaves the transport as it was for the socket: it reads what came meanwhile, and the end', async () => {
    const { promise, settle } = decision<string>();
    const { handle } = made<string>({ authorize: () => promise });
    const one = upgrade();
    const pending = handle(one);
    one.transport.push(textFrame('meanwhile'));
    await new Promise(setImmediate);
    one.transport.push(null);
    await new Promise(setImmediate);
    settle('data');
    const socket = (await pending)!;
    expect(one.transport.readableLength).toBeGreaterThan(0);
    expect(one.transport.listenerCount('readable')).toBe(0);
    const messages: unknown[] = [];
    socket.addEventListener('message', ({ data }) => messages.push(data));
    socket[INTERNAL].start(NOTHING);
    expect(await socket.closed).toMatchObject({ code: 1006 });
    expect(messages).toEqual(['meanwhile']);
  });

  test('that has accepted just before the server closes is a 503', async () => {
    const { promise, settle } = decision<string>();
    const { handshake, handle } = made<string>({ authorize: () => promise });
    const one = upgrade();
    const socket = handle(one);
    settle('data');
    await promise;
    await Promise.resolve();
    handshake.refuseAll();
    expect(await socket).toBeUndefined();
    expect(one.transport.status).toBe(503);
  });

  test('that has not decided when the server closes is a 503 at once', async () => {
    const { handshake, handle, refused } = made<string>({ authorize: () => new Promise<string>(() => {}) });
    const one = upgrade();
    const socket = handle(one);
    handshake.refuseAll();
    expect(handshake.isClosing).toBe(true);
    expect(await socket).toBeUndefined();
    expect(one.transport.status).toBe(503);
    expect(refused).toHaveLength(1);
  });

  test('may add headers to the answer', async () => {
    const { handle } = made<{ user: string }>({
      authorize: () => accept({ user: 'ada' }, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Served-By': 'here' }),
    });
    const one = upgrade();
    expect((await handle(one))?.data).toEqual({ user: 'ada' });
    expect(one.transport.written).toMatch(
      /\r\nSec-WebSocket-Accept: .*\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Served-By: here\r\n\r\n$/,
    );
  });
});

describe('subprotocols', () => {
  const offering = () => upgrade({ 'sec-websocket-protocol': 'a, b, c' });

  test.each<[string, ServerOptions['subprotocols'], string]>([
    ['a list has the first of its own that is offered', ['x', 'c', 'b'], 'c'],
    ['a list without one that is offered has none', ['x'], ''],
    ['a function chooses', (offered) => offered[1], 'b'],
    ['a function may choose none', () => undefined, ''],
    ['there is none by default', undefined, ''],
  ])('%s', (_name, subprotocols, chosen) => {
    const { handle, opened } = made(subprotocols === undefined ? {} : { subprotocols });
    void handle(offering());
    expect(opened[0]![0].protocol).toBe(chosen);
  });

  test('a function gets the offer and the request, and is not asked without an offer', () => {
    const subprotocols = vi.fn(() => undefined);
    const { handle } = made({ subprotocols });
    void handle(upgrade());
    expect(subprotocols).not.toHaveBeenCalled();
    const one = offering();
    void handle(one);
    expect(subprotocols.mock.calls).toEqual([[['a', 'b', 'c'], one.request]]);
  });

  test.each<[string, () => string]>([
    [
      'throws',
      () => {
        throw 'why';
      },
    ],
    ['chooses what was not offered', () => 'x'],
  ])('a function that %s is a 500, and told', (_name, subprotocols) => {
    const { handle, failed } = made({ subprotocols });
    const one = offering();
    expect(handle(one)).toBeUndefined();
    expect(one.transport.status).toBe(500);
    expect(failed).toHaveLength(1);
  });
});

describe('compression', () => {
  const offering = () =>
    upgrade({ 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' });

  test('is agreed on where both want it', () => {
    const { handle, opened } = made({ perMessageDeflate: true });
    const one = offering();
    void handle(one);
    const extensions = 'permessage-deflate; server_max_window_bits=12; client_max_window_bits=12';
    expect(opened[0]![0].extensions).toBe(extensions);
    expect(one.transport.written).toContain(`\r\nSec-WebSocket-Extensions: ${extensions}\r\n`);
    void handle();
    expect(opened[1]![0].extensions).toBe('');
  });

  test('is not agreed on by default', () => {
    const { handle, opened } = made();
    const one = offering();
    void handle(one);
    expect(opened[0]![0].extensions).toBe('');
    expect(one.transport.written).not.toContain('Extensions');
  });
});

test('sockets that have agreed on the same share it, and others do not', () => {
  const { handle, opened } = made({ subprotocols: ['a', 'b'], perMessageDeflate: true });
  void handle();
  void handle();
  void handle(upgrade({}, '/b'));
  void handle(upgrade({ 'sec-websocket-protocol': 'a' }, '/b'));
  void handle(upgrade({ 'sec-websocket-protocol': 'b' }, '/b'));
  void handle(
    upgrade({ 'sec-websocket-protocol': 'b', 'sec-websocket-extensions': 'permessage-deflate' }, '/b'),
  );
  void handle(upgrade({ host: 'other' }));
  const agreements = opened.map(([socket]) => socket[INTERNAL].agreement);
  expect(agreements[1]).toBe(agreements[0]);
  expect(new Set(agreements).size).toBe(6);
  expect(agreements.map(({ url }) => url)).toEqual([
    'ws://localhost/',
    'ws://localhost/',
    ...Array(4).fill('ws://localhost/b'),
    'ws://other/',
  ]);
});

describe('the end', () => {
  test('endAnswered ends what was refused and answered, and nothing else', async () => {
    const { handshake, handle } = made<string>({
      path: '/a',
      authorize: () => new Promise<string>(() => {}),
    });
    const [refused, waiting] = [upgrade({}, '/b'), upgrade({}, '/a')];
    void handle(refused);
    void handle(waiting);
    handshake.endAnswered();
    expect(refused.transport.destroyed).toBe(false); // the answer is on its way
    await new Promise(setImmediate);
    handshake.endAnswered();
    expect(refused.transport.destroyed).toBe(true);
    expect(waiting.transport.destroyed).toBe(false);
  });

  test('endAll ends everything that is not a socket', async () => {
    const decided = decision<string>();
    const { handshake, handle, opened } = made<string>({ path: '/a', authorize: () => decided.promise });
    const [refused, accepted, waiting] = [upgrade({}, '/b'), upgrade({}, '/a'), upgrade({}, '/a')];
    void handle(refused);
    const socket = handle(accepted);
    decided.settle('data');
    await socket;
    const slow = made<string>({ authorize: () => new Promise<string>(() => {}) });
    void slow.handle(waiting);
    for (const one of [handshake, slow.handshake]) one.endAll();
    expect([refused, accepted, waiting].map(({ transport }) => transport.destroyed)).toEqual([
      true,
      false,
      true,
    ]);
    expect(opened).toHaveLength(1);
  });

  test('a transport that is closed is forgotten', async () => {
    const { handshake, handle } = made<string>({ authorize: () => new Promise<string>(() => {}) });
    const { request, transport } = upgrade();
    void handle({ request, transport });
    transport.destroy();
    await new Promise(setImmediate);
    const destroy = vi.spyOn(transport, 'destroy');
    handshake.endAll();
    expect(destroy).not.toHaveBeenCalled();
  });
});
