/** How long opening may take, what gives it up, the promises `opened` and `closed`, and the request and its answer. */
import { getEventListeners, once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ClientOptions, ClosedError, HandshakeError, UsageError, WebSocket } from 'barewire';
import { describe, expect, test, vi } from 'vitest';
import { ClientHandshake } from '../../src/client/handshake.ts';
import { openingOptions } from '../../src/client/options.ts';
import { block } from '../support/block.ts';
import { eventually } from '../support/eventually.ts';
import { startRaw } from '../support/raw-server.ts';
import { startEcho } from '../support/servers.ts';
import { Answering, acceptance } from './answering.ts';
import { connect, failure, handshakeFailure, open } from './connect.ts';

const TIMEOUT = { openingTimeoutMs: 150 };

test('an agent that never has a connection to give does not keep it from giving up', async () => {
  const agent = new HttpAgent();
  agent.createConnection = () => undefined as never;
  const late = connect('ws://127.0.0.1:1/', { agent, openingTimeoutMs: 50 });
  expect((await late.closed).error).toBeInstanceOf(HandshakeError);
  const closed = connect('ws://127.0.0.1:1/', { agent });
  closed.close();
  expect(await closed.closed).toMatchObject({ code: 1006, closedBy: 'this side' });
});

test.each([
  ['signal', { signal: {} as AbortSignal }],
  ['message', { message: 'x' as never }],
  ['trace', { trace: 5 as never }],
  ['createConnection', { createConnection: 'x' as never }],
  ['perMessageDeflate', { perMessageDeflate: 'off' as never }],
])('%s of another kind is a UsageError at once', (_, options) => {
  expect(() => new WebSocket('ws://127.0.0.1:1/', [], options)).toThrow(UsageError);
});

describe('openingTimeoutMs', () => {
  test('does not count time in which this process did not run', async () => {
    const { port } = await startEcho();
    const socket = connect(`ws://127.0.0.1:${port}/`, { openingTimeoutMs: 1_000 });
    block(1_500);
    expect(await socket.opened).toBe(socket);
    socket.close();
  });

  test('ends a handshake with a server that says nothing, and lets go of TCP', async () => {
    const server = await startRaw();
    const error = await handshakeFailure(connect(server.url, TIMEOUT));
    expect(error.message).toBe('the connection did not open within 150 ms');
    await (await server.guest).ended();
  });

  test('ends one with a server that says one byte after the other', async () => {
    let written = 0;
    const server = await startRaw((guest) => {
      const timer = setInterval(() => {
        guest.write(guest.acceptance({ 'X-Padding': 'x'.repeat(10_000) })[written++]!);
      }, 5);
      guest.socket.on('close', () => clearInterval(timer));
    });
    const error = await handshakeFailure(connect(server.url, TIMEOUT));
    expect(error.message).toBe('the connection did not open within 150 ms');
    expect(written).toBeGreaterThan(1);
    await (await server.guest).ended();
  });

  test('ends one whose createConnection never resolves, and closes what comes of it later', async () => {
    const { port } = await startEcho();
    let give: (transport: Socket) => void = () => {};
    const made = new Promise<Socket>((resolve) => {
      give = resolve;
    });
    const error = await handshakeFailure(
      connect('ws://localhost/', { ...TIMEOUT, createConnection: () => made }),
    );
    expect(error.message).toContain('150 ms');
    const late = connectTcp(port, '127.0.0.1');
    give(late);
    await once(late, 'close');
    expect(late.destroyed).toBe(true);
  });

  test('ends one in which redirects follow each other without end', async () => {
    const server = await startRaw((guest) => {
      setTimeout(() => guest.write('HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'), 20);
    });
    const error = await handshakeFailure(connect(server.url, { ...TIMEOUT, maxRedirects: 1_000_000 }));
    expect(error.message).toContain('150 ms');
    expect(server.guests.length).toBeGreaterThan(1);
  });

  test('means nothing once the connection is open', async () => {
    const { port } = await startEcho();
    const socket = await open(`ws://127.0.0.1:${port}`, TIMEOUT);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('signal', () => {
  test('that is aborted already opens nothing', async () => {
    const reason = new Error('no need');
    let made = 0;
    const socket = connect('ws://localhost/', {
      signal: AbortSignal.abort(reason),
      createConnection() {
        made++;
        return new Promise(() => {});
      },
    });
    expect(await failure(socket)).toBe(reason);
    expect((await socket.closed).closedBy).toBe('this side');
    expect(made).toBe(0);
  });

  test('that is aborted while the server is silent gives it up', async () => {
    const server = await startRaw();
    const controller = new AbortController();
    const socket = connect(server.url, { signal: controller.signal });
    const guest = await server.guest;
    controller.abort();
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    expect(await failure(socket)).toMatchObject({ name: 'AbortError' });
    await guest.ended();
  });

  test('that is aborted while createConnection is under way gives it up', async () => {
    const controller = new AbortController();
    const socket = connect('ws://localhost/', {
      signal: controller.signal,
      createConnection: () => new Promise(() => {}),
    });
    controller.abort(new Error('enough'));
    expect((await failure(socket)).message).toBe('enough');
  });

  test('that is aborted as the transport is made leaves no transport behind', async () => {
    const { port } = await startEcho();
    const transport = connectTcp(port, '127.0.0.1');
    await once(transport, 'connect');
    const controller = new AbortController();
    const socket = connect('ws://localhost/', {
      signal: controller.signal,
      createConnection: () => transport,
    });
    controller.abort(new Error('enough'));
    expect((await failure(socket)).message).toBe('enough');
    await eventually(() => expect(transport.destroyed).toBe(true));
  });

  test('may be aborted with what is no Error', async () => {
    const server = await startRaw();
    for (const reason of ['enough', null, 0]) {
      const controller = new AbortController();
      const socket = connect(server.url, { signal: controller.signal });
      controller.abort(reason);
      expect((await failure(socket)).cause).toBe(reason);
    }
  });

  test('means nothing once the connection is open, and is not held on to', async () => {
    const { port } = await startEcho();
    const controller = new AbortController();
    const socket = await open(`ws://127.0.0.1:${port}`, { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
    expect(await socket.ping()).toBeGreaterThanOrEqual(0);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('a socket that is not open yet', () => {
  test.each(['close', 'terminate'] as const)('%s() gives it up, and TCP goes', async (method) => {
    const server = await startRaw();
    const socket = connect(server.url);
    const guest = await server.guest;
    socket[method]();
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    expect(await failure(socket)).toBeInstanceOf(ClosedError);
    expect((await socket.closed).closedBy).toBe('this side');
    await guest.ended();
  });

  test('close() wins over an answer that has just come, however many microtasks ago', async () => {
    const endings: string[] = [];
    for (let turns = 0; turns < 20; turns++) {
      let wasOpen = false;
      const transport: Duplex = new Answering(undefined, async () => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        wasOpen = socket.readyState === WebSocket.OPEN;
        socket.close();
        transport.push(null);
      });
      const socket = connect('ws://in.memory/', { createConnection: () => transport });
      const events: string[] = [];
      for (const type of ['open', 'error', 'close']) socket.addEventListener(type, () => events.push(type));
      await socket.closed;
      expect(events).toEqual(wasOpen ? ['open', 'close'] : ['error', 'close']);
      expect(transport.destroyed).toBe(true);
      endings.push(wasOpen ? 'open' : 'not open');
    }
    expect(new Set(endings)).toEqual(new Set(['open', 'not open'])); // so the border was tried
  });

  test('fails when its transport is gone in the moment in which the answer comes', async () => {
    const transport: Duplex = new Answering(undefined, () => transport.destroy());
    const socket = connect('ws://in.memory/', { createConnection: () => transport });
    expect(await handshakeFailure(socket)).toMatchObject({ status: 101 });
  });

  test('has no traffic, no round trip, and cannot ping', async () => {
    const server = await startRaw();
    const socket = connect(server.url);
    expect(socket.traffic).toBeUndefined();
    expect(socket.roundTripMs).toBeUndefined();
    await expect(socket.ping()).rejects.toThrow(ClosedError);
    expect(() => socket.ping('text' as unknown as Uint8Array)).toThrow(TypeError);
    await socket.drained();
    socket.pause();
    socket.resume();
  });

  test('is given up by the end of an await using block', async () => {
    const server = await startRaw();
    let socket: WebSocket | undefined;
    {
      await using early = connect(server.url);
      socket = early;
    }
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });
});

describe('opened', () => {
  test('resolves with the socket, whenever one asks', async () => {
    const { port } = await startEcho();
    const socket = connect(`ws://127.0.0.1:${port}`);
    expect(await socket.opened).toBe(socket);
    expect(await socket.opened).toBe(socket);
    const other = connect(`ws://127.0.0.1:${port}`);
    await once(other, 'open');
    expect(await other.opened).toBe(other);
    socket.terminate();
    await socket.closed;
    expect(await socket.opened).toBe(socket);
  });

  test('rejects whenever one asks', async () => {
    const socket = connect('ws://127.0.0.1:1');
    await socket.closed;
    await expect(socket.opened).rejects.toThrow(HandshakeError);
    await expect(socket.opened).rejects.toThrow('ECONNREFUSED');
  });

  test('comes before messages that came with the answer', async () => {
    const { port } = await startEcho();
    const order: string[] = [];
    const socket = connect(`ws://127.0.0.1:${port}`);
    socket.onopen = () => order.push('event');
    await socket.opened;
    order.push('promise');
    expect(order).toEqual(['event', 'promise']);
  });
});

test('await using closes with 1000 and waits for the end', async () => {
  const { port, opened } = await startEcho();
  {
    await using socket = await open(`ws://127.0.0.1:${port}`);
    socket.send('a');
  }
  expect(await (await opened).closed).toMatchObject({ code: 1000, wasClean: true, closedBy: 'peer' });
});

describe('ClientHandshake', () => {
  /** What came of a handshake: what it opened, or why it failed. */
  function handshake(transport: Duplex, options: ClientOptions = {}, subprotocols: string[] = []) {
    const told: unknown[] = [];
    const target = {
      url: new URL('ws://example.com/'),
      subprotocols,
      options: openingOptions({ createConnection: () => transport, ...options }),
    };
    const done = new Promise<void>((resolve) => {
      const tell = (what: unknown) => {
        told.push(what);
        resolve();
      };
      handshakes.push(new ClientHandshake(target, tell, tell));
    });
    const made = handshakes.at(-1)!;
    return { handshake: made, told, done };
  }
  const handshakes: ClientHandshake[] = [];

  test('opens with what was agreed on, and the bytes behind the answer', async () => {
    const transport = new Answering((request) =>
      Buffer.concat([
        Buffer.from(
          acceptance(request, {
            'Sec-WebSocket-Protocol': 'b',
            'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover',
          }),
        ),
        Buffer.from([0x89, 0]),
      ]),
    );
    const { told, done, handshake: made } = handshake(transport, {}, ['a', 'b']);
    expect(told).toEqual([]);
    expect(made.isAborted).toBe(false);
    await done;
    expect(told).toEqual([
      {
        url: new URL('ws://example.com/'),
        transport,
        head: Buffer.from([0x89, 0]),
        subprotocol: 'b',
        headers: expect.objectContaining({ 'sec-websocket-protocol': 'b' }),
        deflate: expect.objectContaining({
          incoming: { windowBits: 15, contextTakeover: false },
          outgoing: { windowBits: 12, contextTakeover: true },
        }),
      },
    ]);
  });

  test('without a subprotocol and extensions has an empty one and none', async () => {
    const { told, done } = handshake(new Answering());
    await done;
    expect(told).toMatchObject([{ subprotocol: '', deflate: undefined }]);
  });

  test.each<[string, ClientOptions, string[], Record<string, string>, string]>([
    ['no subprotocol', {}, ['a'], {}, 'the server chose none of the subprotocols'],
    [
      'a wrong answer to the offer',
      {},
      [],
      { 'Sec-WebSocket-Extensions': 'permessage-deflate; x' },
      'the answer to the offer of permessage-deflate is wrong (RFC 7692 §5.1)',
    ],
    [
      'an extension that was not offered',
      { perMessageDeflate: false },
      [],
      { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
      'the answer has an extension that was not offered (RFC 6455 §4.1 item 5)',
    ],
  ])(
    'an upgrade with %s fails, with its headers, and the transport goes',
    async (_name, options, list, headers, message) => {
      const transport = new Answering((request) => acceptance(request, headers));
      const { told, done } = handshake(transport, options, list);
      await done;
      expect(told).toEqual([expect.any(HandshakeError)]);
      expect(told[0]).toMatchObject({ message, status: 101, headers: { upgrade: 'websocket' } });
      expect(transport.destroyed).toBe(true);
    },
  );

  test('an abort is told once, with its reason, and the transport goes', async () => {
    const transport = new Answering(() => undefined);
    const { told, done, handshake: made } = handshake(transport);
    await eventually(() => expect(transport.request).not.toBe(''));
    made.abort('first');
    made.abort('second');
    expect(made.isAborted).toBe(true);
    await done;
    await new Promise(setImmediate);
    expect(told).toEqual(['first']);
    expect(transport.destroyed).toBe(true);
  });

  test('an abort in the turn of the call connects nothing', async () => {
    const connected = vi.fn();
    const agent = new HttpAgent();
    agent.createConnection = connected;
    const {
      told,
      done,
      handshake: made,
    } = handshake(new Answering(), {
      agent,
      createConnection: undefined as never,
    });
    made.abort('why');
    await done;
    expect(told).toEqual(['why']);
    await new Promise(setImmediate);
    for (const [, callback] of connected.mock.calls) expect(callback).toBeDefined();
  });

  test('an error of the transport after the answer does not end the process', async () => {
    const transport = new Answering();
    const { told, done } = handshake(transport);
    await done;
    transport.destroy(new Error('late'));
    await new Promise(setImmediate);
    expect(told).toHaveLength(1);
  });

  test('the path, headers, origin and user are those of the target', async () => {
    const transport = new Answering(() => undefined);
    const target = {
      url: new URL('ws://us%65r:p%zz@example.com:81/a%20b?c=d'),
      subprotocols: ['x', 'y'],
      options: openingOptions({
        createConnection: () => transport,
        headers: { 'X-A': ['1', '2'] },
        origin: 'https://b',
        perMessageDeflate: false,
      }),
    };
    const made = new ClientHandshake(
      target,
      () => {},
      () => {},
    );
    await eventually(() => expect(transport.request).toContain('\r\n\r\n'));
    made.abort(undefined);
    expect(transport.request.split('\r\n').filter((line) => !line.startsWith('Sec-WebSocket-Key'))).toEqual([
      'GET /a%20b?c=d HTTP/1.1',
      'Host: example.com:81',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Origin: https://b',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: x, y',
      `Authorization: Basic ${Buffer.from('user:p%zz').toString('base64')}`,
      'X-A: 1',
      'X-A: 2',
      '',
      '',
    ]);
  });
});
