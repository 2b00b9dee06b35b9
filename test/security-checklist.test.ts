/** What has gone wrong in other implementations of WebSocket, line by line, on real sockets and on both sides. */
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { constants, deflateRawSync } from 'node:zlib';
import { HandshakeError, refuse, UsageError, WebSocket, WebSocketServer } from 'barewire';
import { OPCODE, serializeFrame } from 'barewire/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openingOptions } from '../src/client/options.ts';
import { redirected as redirectedTo } from '../src/client/redirect.ts';
import { eventually } from './support/eventually.ts';
import { closeFrame, frame, RawClient, request, textFrame } from './support/raw-client.ts';
import { type RawGuest, startRaw } from './support/raw-server.ts';
import { start, startEcho } from './support/servers.ts';

const MIB = 1024 * 1024;
const DEFLATE = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
const OBJECT_MEMBERS = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];
const TOO_BIG = closeFrame(1009, 'the message is bigger than this endpoint accepts');
const BAD_DEFLATE = closeFrame(
  1007,
  'a compressed message must be what DEFLATE makes within the agreed window',
);

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => unhandled.push(error);

beforeAll(() => {
  process.on('uncaughtException', onUnhandled).on('unhandledRejection', onUnhandled);
});

afterAll(() => {
  process.off('uncaughtException', onUnhandled).off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

/** A client of ours that takes its messages, and ends with the test. */
function connectTo(address: string, options?: ConstructorParameters<typeof WebSocket>[2]): WebSocket {
  const socket = new WebSocket(`ws://${address}/`, [], options);
  socket.addEventListener('message', () => {});
  onTestFinished(() => socket.terminate());
  return socket;
}

function deflated(message: Uint8Array | string): Uint8Array {
  return deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, level: 9 }).subarray(0, -4);
}

/** A compressed binary frame; masked where a client sends it. */
function compressedFrame(payload: Uint8Array, sender: 'client' | 'server' = 'client'): Uint8Array {
  return serializeFrame(true, OPCODE.binary, payload, sender === 'client' ? 0x01020304 : undefined, true);
}

/** A server made of bytes. @returns where it listens, as `host:port` */
async function startBytes(
  onVisit: (
    visit: Pick<RawGuest, 'socket'> & { head: string; answer: (...lines: string[]) => string },
  ) => void,
): Promise<string> {
  const { port } = await startRaw((guest) => {
    const answer = (...lines: string[]) =>
      guest.acceptance(Object.fromEntries(lines.map((line) => line.split(': ', 2))));
    onVisit({ socket: guest.socket, head: guest.request, answer });
  });
  return `127.0.0.1:${port}`;
}

describe('Parsers', () => {
  test.each(OBJECT_MEMBERS)(
    'a header, an extension and a subprotocol named %s are like any other',
    async (name) => {
      const chosen = vi.fn((offered: readonly string[]) => offered[0]);
      const { port, opened } = await start({ perMessageDeflate: true, subprotocols: chosen });
      const offer = `${name}; ${name}, permessage-deflate; ${name}, permessage-deflate`;
      const headers = { [name]: name, 'Sec-WebSocket-Protocol': name, 'Sec-WebSocket-Extensions': offer };
      const client = await RawClient.connect(port);
      client.write(request(Object.fromEntries(Object.entries(headers))));
      const answer = await client.answer();
      expect(answer).toContain(`Sec-WebSocket-Protocol: ${name}\r\n`);
      expect(answer).toContain('Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n');
      expect((await opened).protocol).toBe(name);
    },
  );

  test.each(OBJECT_MEMBERS)('a subprotocol named %s is not in a list that does not name it', async (name) => {
    const { port } = await start({ subprotocols: ['chat'] });
    const client = await RawClient.connect(port);
    client.write(request({ 'Sec-WebSocket-Protocol': name }));
    expect(await client.answer()).not.toContain('Sec-WebSocket-Protocol');
  });

  test.each(OBJECT_MEMBERS)(
    'an answer with a header and an extension named %s fails the client',
    async (name) => {
      const address = await startBytes(({ socket, answer }) => {
        socket.write(answer(`${name}: ${name}`, `Sec-WebSocket-Extensions: ${name}`));
      });
      await expect(connectTo(address).opened).rejects.toThrow('not offered');
    },
  );

  test.each(['Host', 'Upgrade', 'Connection', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version'])(
    'a request without %s, or with two of it, is answered, and the server goes on',
    async (name) => {
      const { port } = await startEcho();
      const line = new RegExp(`^${name}: .*\r\n`, 'm');
      for (const head of [request().replace(line, ''), request().replace(line, '$&$&')]) {
        const client = await RawClient.connect(port);
        client.write(head);
        expect(await client.answer()).toMatch(/^HTTP\/1.1 (101|4\d\d) /);
      }
      expect(await (await RawClient.open(port)).socket.readyState).toBe('open');
    },
  );

  test.each([
    'permessage-deflate; client_max_window_bits=7',
    'permessage-deflate; a; a',
    ';',
    'permessage-deflate="',
  ])('the offer %s is declined, and the client has its connection', async (offer) => {
    const { port } = await startEcho({ perMessageDeflate: true });
    const client = await RawClient.connect(port);
    client.write(request({ 'Sec-WebSocket-Extensions': offer }));
    expect(await client.answer()).not.toContain('Sec-WebSocket-Extensions');
    client.write(textFrame('a'));
    expect(await client.take(3)).toBe('810161');
  });
});

describe('Memory disclosure', () => {
  const mistakes: readonly [string, (socket: WebSocket) => unknown][] = [
    ['ping(100)', (socket) => socket.ping(100 as never)],
    ['ping with a list', (socket) => socket.ping([100] as never)],
    ['send with a symbol', (socket) => socket.send(Symbol('100') as never)],
    ['close(1000, symbol)', (socket) => socket.close(1000, Symbol('100') as never)],
  ];

  /** As in a browser, what is neither bytes nor a Blob becomes text: never a number of bytes. */
  const texts: readonly [string, (socket: WebSocket) => unknown, string][] = [
    ['send(100)', (socket) => socket.send(100 as never), '8103313030'],
    [
      'send with what has a length alone',
      (socket) => socket.send({ length: 100, toString: () => 'x' } as never),
      '810178',
    ],
    ['close(1000, number)', (socket) => socket.close(1000, 100 as never), '880503e8313030'],
    ['close(1000, TypedArray)', (socket) => socket.close(1000, new Uint8Array(2) as never), '880503e8302c30'],
  ];

  test.each(texts)('%s sends what it is as text', async (_, act, sent) => {
    const { port, opened } = await start();
    const client = await RawClient.open(port);
    act(await opened);
    expect(await client.take(sent.length / 2)).toBe(sent);
  });

  test.each(mistakes)('%s throws a TypeError on a server, and nothing is sent', async (_, act) => {
    const { port, opened } = await start();
    const client = await RawClient.open(port);
    const socket = await opened;
    expect(() => act(socket)).toThrow(TypeError);
    socket.send('b');
    expect(await client.take(3)).toBe('810162');
  });

  test.each(mistakes)('%s throws a TypeError on a client, and nothing is sent', async (_, act) => {
    const received = vi.fn();
    const { port } = await start({}, { message: (_socket, data) => received(data) });
    const socket = await connectTo(`127.0.0.1:${port}`).opened;
    expect(() => act(socket)).toThrow(TypeError);
    socket.send('b');
    await eventually(() => expect(received.mock.calls).toEqual([['b']]));
  });
});

describe('Counts, not only bytes', () => {
  const EMPTY = frame(OPCODE.continuation, new Uint8Array(0), false);
  const floods: readonly [string, Uint8Array][] = [
    ['empty', frame(OPCODE.binary, new Uint8Array(0), false)],
    ['empty and compressed', serializeFrame(false, OPCODE.binary, new Uint8Array(0), 1, true)],
  ];

  test.each(floods)('a flood of fragments that are %s ends with 1009', async (_, first) => {
    const { port } = await startEcho({ maxMessageBytes: 1000, perMessageDeflate: true });
    const client = await RawClient.open(port, DEFLATE);
    client.write(Buffer.concat([first, ...Array.from({ length: 5_000 }, () => EMPTY)]));
    expect(await client.rest()).toBe(
      closeFrame(1009, 'the message has more fragments than this endpoint accepts'),
    );
  });

  test('a frame that claims 100 MB is refused on its header, compressed or not', async () => {
    const { port } = await startEcho({ perMessageDeflate: true });
    for (const first of ['82', 'c2']) {
      const client = await RawClient.open(port, DEFLATE);
      client.write(Buffer.from(`${first}ff0000000005f5e10000000000`, 'hex'));
      expect(await client.rest()).toBe(TOO_BIG);
    }
  });

  test('limits that are not given, or given as undefined, are the default limits, on both sides', async () => {
    const options = { maxMessageBytes: undefined, maxQueuedBytes: undefined, closeTimeoutMs: undefined };
    const { port } = await startEcho(options as object);
    const claim = Buffer.from('82ff0000000000100001', 'hex'); // 1 MiB and a byte
    const client = await RawClient.open(port);
    client.write(Buffer.concat([claim, Buffer.alloc(4)]));
    expect(await client.rest()).toBe(TOO_BIG);

    const address = await startBytes(({ socket, answer }) => {
      socket.write(answer());
      socket.write(Buffer.from('827f0000000000100001', 'hex'));
    });
    for (const given of [undefined, options as object]) {
      expect(await connectTo(address, given).closed).toMatchObject({
        error: { violation: 'message-too-big' },
      });
    }
  });

  test('a slow reader of a fast broadcaster is closed with 1008, and the others miss nothing', async () => {
    const ended = vi.fn();
    const { server, port, opened } = await start(
      { maxQueuedBytes: MIB, closeTimeoutMs: 200 },
      { close: (_socket, info) => ended(info.code) },
    );
    const fast = await RawClient.open(port);
    let received = 0;
    fast.socket.on('data', (chunk) => {
      received += chunk.length;
      fast.received = Buffer.alloc(0);
    });
    const slow = await RawClient.open(port);
    slow.socket.pause();
    const message = new Uint8Array(64 * 1024);
    let sent = 0;
    while (ended.mock.calls.length === 0) {
      for (const socket of server.sockets) socket.send(message);
      sent++;
      await (await opened).drained(); // as fast as the fast one can read, however busy this machine is
      await new Promise(setImmediate);
    }
    await eventually(() => expect(received).toBeGreaterThanOrEqual(sent * message.length));
    expect(ended.mock.calls).toEqual([[1006]]); // our 1008 was queued for one who reads nothing
    expect(server.sockets.size).toBe(1);
  });
});

describe('permessage-deflate', () => {
  const bomb = deflated(new Uint8Array(10_000_000));

  test('a bomb of 10 MB in 10 KB ends with 1009, whole and in fragments', async () => {
    const { port } = await startEcho({ perMessageDeflate: true });
    const whole = await RawClient.open(port, DEFLATE);
    whole.write(compressedFrame(bomb));
    expect(await whole.rest()).toBe(TOO_BIG);
    const inFragments = await RawClient.open(port, DEFLATE);
    inFragments.write(serializeFrame(false, OPCODE.binary, bomb.subarray(0, 100), 1, true));
    for (let at = 100; at < bomb.length; at += 100)
      inFragments.write(frame(OPCODE.continuation, bomb.subarray(at, at + 100), false));
    expect(await inFragments.rest()).toBe(TOO_BIG);
  });

  test('a bomb from a server fails the client', async () => {
    const address = await startBytes(({ socket, answer }) => {
      socket.write(answer('Sec-WebSocket-Extensions: permessage-deflate'));
      socket.write(compressedFrame(bomb, 'server'));
    });
    const info = await connectTo(address).closed;
    expect(info).toMatchObject({ sent: { code: 1009 }, error: { violation: 'message-too-big' } });
  });

  test('a message spoilt at any byte closes its connection with 1007 or is another message; nothing is uncaught', async () => {
    const { port } = await startEcho({ perMessageDeflate: true });
    const payload = deflated('abcabcabcd'.repeat(30));
    for (let at = 0; at < payload.length; at++) {
      const spoilt = payload.slice();
      spoilt[at]! ^= 0xff;
      const client = await RawClient.open(port, DEFLATE);
      client.write(Buffer.concat([compressedFrame(spoilt), frame(OPCODE.close)]));
      expect((await client.rest()).endsWith('8800') || client.received.toString('hex') === BAD_DEFLATE).toBe(
        true,
      );
    }
  });

  test('what a server compresses wrongly closes the client with 1007', async () => {
    const address = await startBytes(({ socket, answer }) => {
      socket.write(answer('Sec-WebSocket-Extensions: permessage-deflate'));
      socket.write(compressedFrame(Uint8Array.of(6), 'server'));
    });
    const info = await connectTo(address).closed;
    expect(info).toMatchObject({ sent: { code: 1007 }, error: { violation: 'invalid-compressed-data' } });
  });

  test.each([
    'server_max_window_bits=7',
    'server_max_window_bits=16',
    'client_max_window_bits=7',
    'client_max_window_bits',
  ])('a server that answers %s fails the client', async (parameter) => {
    const address = await startBytes(({ socket, answer }) => {
      socket.write(answer(`Sec-WebSocket-Extensions: permessage-deflate; ${parameter}`));
    });
    await expect(connectTo(address).opened).rejects.toThrow('permessage-deflate');
  });
});

describe('Sockets', () => {
  const compressed = compressedFrame(deflated('a'.repeat(300)));

  test('resets at every byte of a compressed conversation leave nothing behind', async () => {
    const { server, port } = await startEcho({ perMessageDeflate: true });
    for (let cut = 0; cut <= compressed.length; cut++) {
      const client = await RawClient.open(port, DEFLATE);
      client.write(compressed.subarray(0, cut));
      if (cut % 2 === 0) await new Promise(setImmediate);
      client.socket.resetAndDestroy();
    }
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test('a server that resets at every byte of its answer and of a message costs the client no more than the connection', async () => {
    let cut = 0;
    const address = await startBytes(({ socket, answer }) => {
      const all = Buffer.concat([
        Buffer.from(answer()),
        serializeFrame(true, OPCODE.text, Buffer.from('abc')),
      ]);
      socket.write(all.subarray(0, cut), () => setImmediate(() => socket.resetAndDestroy()));
    });
    const outcomes = new Set<boolean>();
    for (; cut < 150; cut += 1) {
      const socket = connectTo(address);
      const errors = vi.fn();
      socket.addEventListener('error', errors);
      const info = await socket.closed;
      expect(info.code).toBe(1006);
      outcomes.add(info.error instanceof HandshakeError);
    }
    expect(outcomes).toEqual(new Set([true, false])); // it reached beyond the handshake
  });

  test('an error of the transport between the handshake and the handler is nobody’s uncaught exception', async () => {
    let decide: (data: undefined) => void = () => {};
    const open = vi.fn();
    const server = new WebSocketServer(
      {
        authorize: () =>
          new Promise<undefined>((resolve) => {
            decide = resolve;
          }),
      },
      { open },
    );
    const transport = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const headers = {
      host: 'a',
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    };
    const incoming = { method: 'GET', httpVersion: '1.1', url: '/', headers, socket: transport };
    const opened = server.handleUpgrade(incoming as never, transport, new Uint8Array(0));
    transport.destroy(new Error('reset by peer'));
    await new Promise((resolve) => transport.on('close', resolve));
    decide(undefined);
    expect(await opened).toBeUndefined();
    expect(open).not.toHaveBeenCalled();
  });
});

describe('Slow handshakes', () => {
  test('a request that comes byte by byte is ended after handshakeTimeoutMs', async () => {
    const { port } = await start({ handshakeTimeoutMs: 300 });
    const client = await RawClient.connect(port);
    client.write(request().slice(0, -2));
    const drip = setInterval(() => client.write('x'), 20);
    onTestFinished(() => clearInterval(drip));
    expect(Buffer.from(await client.rest(), 'hex').toString()).toMatch(/^HTTP\/1.1 408 /);
  });

  test('a connection that says nothing is ended after handshakeTimeoutMs', async () => {
    const { port } = await start({ handshakeTimeoutMs: 300 });
    const client = await RawClient.connect(port);
    await client.ended();
    expect(client.socket.readableEnded).toBe(true);
  });

  test('a request with more than 16 KiB of headers is refused before it has come', async () => {
    const { port } = await start();
    const client = await RawClient.connect(port);
    client.write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}`);
    expect(await client.answer()).toMatch(/^HTTP\/1.1 431 /);
  });

  test('an answer that comes byte by byte, or has more than 16 KiB of headers, fails the client', async () => {
    const slow = await startBytes(({ socket, answer }) => {
      const text = `${answer().slice(0, -2)}X: ${'x'.repeat(10_000)}`;
      let at = 0;
      const drip = setInterval(() => socket.write(text[at++] ?? ''), 10);
      socket.on('close', () => clearInterval(drip));
    });
    await expect(connectTo(slow, { openingTimeoutMs: 300 }).opened).rejects.toThrow('within 300 ms');
    const big = await startBytes(({ socket, answer }) => {
      socket.write(`${answer().slice(0, -2)}X: ${'x'.repeat(17_000)}`);
    });
    await expect(connectTo(big).opened).rejects.toThrow(HandshakeError);
  });
});

describe('CR and LF', () => {
  const EVIL = 'a\r\nSet-Cookie: b=c';

  test.each<[string, () => WebSocket]>([
    ['a header', () => connectTo('127.0.0.1:1', { headers: { 'X-A': EVIL } })],
    ['the name of a header', () => connectTo('127.0.0.1:1', { headers: { [EVIL]: 'a' } })],
    ['the origin', () => connectTo('127.0.0.1:1', { origin: EVIL })],
  ])('in %s of a request throw before anything is written', (_, connect) => {
    expect(connect).toThrow(UsageError);
  });

  test('in a subprotocol throw', () => {
    expect(() => new WebSocket('ws://127.0.0.1:1/', [EVIL])).toThrow('token');
  });

  test('in the path of a URL are taken out or escaped, as the URL standard has it', async () => {
    const heads: string[] = [];
    const address = await startBytes(({ socket, head }) => {
      heads.push(head);
      socket.destroy();
    });
    await new WebSocket(`ws://${address}/a\r\nX: b?c=%0d%0aY: d`).closed;
    expect(heads[0]?.split('\r\n')[0]).toBe('GET /aX:%20b?c=%0d%0aY:%20d HTTP/1.1');
  });

  test.each<[string, ConstructorParameters<typeof WebSocketServer>[0]]>([
    ['a header of a refusal', { authorize: () => refuse(401, 'no', { 'WWW-Authenticate': EVIL }) as never }],
    ['the name of a header of a refusal', { authorize: () => refuse(401, 'no', { [EVIL]: 'a' }) as never }],
    ['a subprotocol that a function chose', { subprotocols: () => EVIL }],
  ])('in %s are not written: the answer is a 500', async (_, options) => {
    const { port } = await start(options, { error: () => {} });
    const client = await RawClient.connect(port);
    client.write(request({ 'Sec-WebSocket-Protocol': 'chat' }));
    const answer = await client.answer();
    expect(answer).toMatch(/^HTTP\/1.1 500 /);
    expect(answer).not.toContain('Set-Cookie');
  });

  test('in the message of a refusal stay in its body', async () => {
    const { port } = await start({ authorize: () => refuse(401, EVIL) as never });
    const client = await RawClient.connect(port);
    client.write(request());
    expect(await client.answer()).not.toContain('Set-Cookie');
  });
});

describe('Origin and credentials', () => {
  test.each([
    'https://evil.example',
    'null',
    'http://server.example.com.evil.example',
    'http://server.example.com:81',
    '',
  ])('a page of the origin "%s" is refused with 403', async (origin) => {
    const { port } = await start();
    const client = await RawClient.connect(port);
    client.write(request({ Origin: origin }));
    expect(await client.answer()).toMatch(/^HTTP\/1.1 403 /);
  });

  /** Follows one redirect. @returns the head of the second request */
  async function redirected(isSameOrigin: boolean): Promise<string> {
    const heads: string[] = [];
    const target = await startBytes(({ socket, head, answer }) => {
      heads.push(head);
      socket.write(answer());
    });
    const first = await startBytes(({ socket, head, answer }) => {
      if (head.startsWith('GET /there ')) {
        heads.push(head);
        socket.write(answer());
      } else {
        const to = isSameOrigin ? '/there' : `ws://${target}/there`;
        socket.end(`HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      }
    });
    const headers = { Cookie: 'a=secret', 'Proxy-Authorization': 'secret', 'X-Kept': 'kept' };
    const socket = new WebSocket(`ws://user:secret@${first}/`, [], { headers, maxRedirects: 1 });
    onTestFinished(() => socket.terminate());
    await socket.opened;
    return heads[0] ?? '';
  }

  test('credentials go along to the same origin', async () => {
    const head = await redirected(true);
    expect(head).toContain('Cookie: a=secret');
    expect(head).toContain('Authorization: Basic ');
  });

  test('credentials stay behind when a redirect leads to another origin', async () => {
    const head = await redirected(false);
    expect(head).toContain('X-Kept: kept');
    expect(head).not.toMatch(/secret|authorization|cookie/i);
  });
});

describe('Credentials of TLS', () => {
  const answer = (location: string) =>
    ({ statusCode: 302, headers: { location } }) as unknown as IncomingMessage;
  const secrets = {
    cert: 'a',
    key: 'a',
    pfx: 'a',
    passphrase: 'a',
    secureContext: {},
    pskCallback: () => null,
  };
  const target = {
    url: new URL('wss://one.example/'),
    subprotocols: [],
    options: openingOptions({ tls: { ...secrets, session: Buffer.from('a'), ca: 'kept' } as object }),
  };

  test('stay behind when a redirect leads to another origin, however they were given', () => {
    expect(redirectedTo(target, answer('wss://two.example/'))?.options.tls).toEqual({ ca: 'kept' });
    expect(redirectedTo(target, answer('/two'))?.options.tls).toBe(target.options.tls);
  });

  test('a redirect from wss: to ws: is not followed at all', () => {
    expect(redirectedTo(target, answer('ws://one.example/'))).toBeUndefined();
  });
});

describe('Masking keys', () => {
  test('are fresh for every frame, and Math.random has no part in them', async () => {
    const { random } = Math;
    onTestFinished(() => {
      Math.random = random;
    });
    Math.random = () => {
      throw new Error('not a cryptographic source');
    };
    const chunks: Buffer[] = [];
    const address = await startBytes(({ socket, answer }) => {
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.write(answer());
    });
    const socket = await connectTo(address, { perMessageDeflate: false }).opened;
    for (let i = 0; i < 1000; i++) socket.send('');
    await eventually(() => expect(Buffer.concat(chunks).length).toBe(6_000));
    const keys = Array.from({ length: 1000 }, (_, i) => Buffer.concat(chunks).readUInt32BE(6 * i + 2));
    expect(new Set(keys).size).toBeGreaterThan(990);
  });
});
