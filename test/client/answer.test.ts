/** Answers that open no connection: refusals with what they say, and every way of §4.1 to answer wrongly. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { HandshakeError } from 'barewire';
import { acceptKey, RESPONSE_FAILURES, type ResponseFailureId } from 'barewire/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorOfAnswer, handshakeResponse, headersOf } from '../../src/client/answer.ts';
import { type RawGuest, serverText, startRaw } from '../support/raw-server.ts';
import { start } from '../support/servers.ts';
import { connect, handshakeFailure, messagesOf } from './connect.ts';

/** How a client fails with a server that does this. */
async function failureWith(onRequest: (guest: RawGuest) => unknown, protocols: string[] = []) {
  const server = await startRaw(onRequest);
  const error = await handshakeFailure(connect(server.url, {}, protocols));
  await (await server.guest).ended(); // TCP is not left open
  return error;
}

describe('a refusal', () => {
  test('tells status, headers and body', async () => {
    const error = await failureWith((guest) =>
      guest.write(
        'HTTP/1.1 401 Who are you\r\nWWW-Authenticate: Basic\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-A: 1\r\nX-A: 2\r\n' +
          'Content-Length: 9\r\n\r\nsay it, é',
      ),
    );
    expect(error).toMatchObject({ status: 401, body: 'say it, �' });
    expect(error.message).toContain('401 Who are you');
    expect(error.headers).toEqual({
      'www-authenticate': 'Basic',
      'set-cookie': 'a, b',
      'x-a': '1, 2',
      'content-length': '9',
    });
  });

  test.each([200, 204, 400, 403, 404, 426, 500, 503])('may be %i', async (status) => {
    const error = await failureWith((guest) =>
      guest.write(`HTTP/1.1 ${status} \r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n`),
    );
    expect(error).toMatchObject({ status, body: '', headers: { upgrade: 'websocket' } });
  });

  test('of 200 with all that an upgrade needs is none', async () => {
    const error = await failureWith((guest) => guest.socket.end(guest.acceptance({}, '200 OK')));
    expect(error).toMatchObject({ status: 200 });
  });

  test('keeps the first kilobyte of a bigger body', async () => {
    const error = await failureWith((guest) =>
      guest.write(`HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`),
    );
    expect(error).toMatchObject({ status: 500, body: 'x'.repeat(1024) });
  });

  test('keeps the first kilobyte of a body that comes without end', async () => {
    const error = await failureWith((guest) => {
      guest.write('HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n');
      const timer = setInterval(() => guest.write('64\r\n0123456789\r\n'.replace('64', 'a')), 1);
      guest.socket.on('close', () => clearInterval(timer));
    });
    expect(error).toMatchObject({ status: 500, body: '0123456789'.repeat(103).slice(0, 1024) });
  });

  test('does not read on behind that kilobyte', async () => {
    let written = 0;
    const error = await failureWith((guest) => {
      guest.write('HTTP/1.1 500 Oh\r\n\r\n');
      const writeMore = (gone?: Error | null) => {
        if (gone || written === 128 * 65_536) return;
        written += 65_536;
        guest.socket.write('x'.repeat(65_536), writeMore);
      };
      writeMore();
    });
    expect(error).toMatchObject({ status: 500, body: 'x'.repeat(1024) });
    expect(written).toBeLessThan(128 * 65_536);
  });

  test('keeps what came of a body that stops coming', async () => {
    const error = await failureWith((guest) =>
      guest.write('HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nabc'),
    );
    expect(error).toMatchObject({ status: 500, body: 'abc' });
  });

  test('keeps what came of a body that is reset', async () => {
    const error = await failureWith((guest) => {
      guest.write('HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nabc');
      setTimeout(() => guest.socket.resetAndDestroy(), 50);
    });
    expect(error).toMatchObject({ status: 500, body: 'abc' });
  });

  test('of a plain HTTP server is one like any other', async () => {
    const http = createServer((_request, response) => response.writeHead(404).end('no such page'));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void http.close());
    const { port } = http.address() as AddressInfo;
    const error = await handshakeFailure(connect(`ws://127.0.0.1:${port}/`));
    expect(error).toMatchObject({ status: 404, body: 'no such page' });
  });

  test('that is given up while its body is awaited has the reason of that', async () => {
    const server = await startRaw((guest) => guest.write('HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nabc'));
    const controller = new AbortController();
    const socket = connect(server.url, { signal: controller.signal });
    await server.guest;
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(socket.opened).rejects.toThrow('enough');
  });
});

describe('an answer of 101 is not taken', () => {
  const wrong: [string, ResponseFailureId, Record<string, string | undefined>][] = [
    ['without Upgrade (item 2)', 'no-upgrade', { Upgrade: undefined }],
    ['with another Upgrade (item 2)', 'no-upgrade', { Upgrade: 'h2c' }],
    ['with more in Upgrade (item 2)', 'no-upgrade', { Upgrade: 'websocket, h2c' }],
    ['without Connection (item 3)', 'no-connection-upgrade', { Connection: undefined }],
    ['with another Connection (item 3)', 'no-connection-upgrade', { Connection: 'keep-alive' }],
    ['without Sec-WebSocket-Accept (item 4)', 'bad-accept', { 'Sec-WebSocket-Accept': undefined }],
    ['with an empty one (item 4)', 'bad-accept', { 'Sec-WebSocket-Accept': '' }],
    [
      "with another key's (item 4)",
      'bad-accept',
      { 'Sec-WebSocket-Accept': acceptKey('dGhlIHNhbXBsZSBub25jZQ==') },
    ],
    ['with another extension (item 5)', 'unasked-extension', { 'Sec-WebSocket-Extensions': 'x-other' }],
    [
      'with an extension header that is none (item 5)',
      'unasked-extension',
      { 'Sec-WebSocket-Extensions': ';;' },
    ],
    ['with another subprotocol (item 6)', 'unasked-subprotocol', { 'Sec-WebSocket-Protocol': 'v9' }],
    ['with two subprotocols (item 6)', 'unasked-subprotocol', { 'Sec-WebSocket-Protocol': 'v1, v2' }],
    ['with one in another case (item 6)', 'unasked-subprotocol', { 'Sec-WebSocket-Protocol': 'V1' }],
    ['with an empty subprotocol (item 6)', 'unasked-subprotocol', { 'Sec-WebSocket-Protocol': '' }],
  ];

  test.each([
    ['with an unknown parameter', 'permessage-deflate; x'],
    ['with a window that there cannot be', 'permessage-deflate; server_max_window_bits=16'],
    ['twice', 'permessage-deflate, permessage-deflate'],
  ])('with permessage-deflate %s (RFC 7692 §5.1)', async (_, extensions) => {
    const error = await failureWith(
      (guest) => guest.accept({ 'Sec-WebSocket-Protocol': 'v1', 'Sec-WebSocket-Extensions': extensions }),
      ['v1'],
    );
    expect(error.message).toContain('permessage-deflate');
    expect(error.status).toBe(101);
  });

  test.each(wrong)('%s', async (_, rule, headers) => {
    const error = await failureWith((guest) => guest.accept(headers), ['v1', 'v2']);
    expect(error.message).toContain(RESPONSE_FAILURES[rule].message);
    expect(error.status).toBe(101);
    const given = Object.entries(headers).filter(([, value]) => value !== undefined);
    for (const [name, value] of given) expect(error.headers[name.toLowerCase()]).toBe(value);
  });

  test('with the right accept twice (item 4)', async () => {
    const error = await failureWith((guest) => {
      const line = `Sec-WebSocket-Accept: ${acceptKey(guest.header('Sec-WebSocket-Key')!)}\r\n`;
      guest.write(guest.acceptance().replace(line, line + line));
    });
    expect(error.message).toContain(RESPONSE_FAILURES['bad-accept'].message);
  });

  test('with a subprotocol when none was asked for (item 6)', async () => {
    const error = await failureWith((guest) => guest.accept({ 'Sec-WebSocket-Protocol': 'v1' }));
    expect(error.message).toContain(RESPONSE_FAILURES['unasked-subprotocol'].message);
  });

  test('without a subprotocol when some were asked for, as the WHATWG standard has it', async () => {
    const error = await failureWith((guest) => guest.accept(), ['v1', 'v2']);
    expect(error.message).toContain('none of the subprotocols');
    expect(error.status).toBe(101);
  });
});

describe('an answer is taken', () => {
  test.each<[string, Record<string, string>]>([
    ['with Upgrade in another case', { Upgrade: 'WebSocket' }],
    ['with more in Connection', { Connection: 'keep-alive, UPGRADE' }],
    ['with headers that mean nothing', { 'X-A': 'b', Server: 'c' }],
    ['with a length, which means nothing', { 'Content-Length': '5' }],
  ])('%s', async (_, headers) => {
    const server = await startRaw((guest) => {
      guest.accept(headers);
      guest.write(serverText('hello'));
    });
    const socket = connect(server.url);
    const messages = messagesOf(socket);
    await socket.opened;
    await expect.poll(() => messages).toEqual(['hello']);
  });

  test('after others that only announce it', async () => {
    const server = await startRaw((guest) => {
      guest.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
      guest.accept();
    });
    await connect(server.url).opened;
  });
});

describe('what is no answer fails', () => {
  test.each<[string, (guest: RawGuest) => void]>([
    ['garbage', (guest) => guest.write('\0\x01\x02 what is this\r\n\r\n')],
    ['another protocol', (guest) => guest.write('SSH-2.0-OpenSSH_9.6\r\n')],
    ['a header that is none', (guest) => guest.write('HTTP/1.1 101 Switching Protocols\r\nno colon\r\n\r\n')],
    ['headers without end', (guest) => guest.write(`HTTP/1.1 101 Yes\r\nX: ${'x'.repeat(100_000)}`)],
    ['the end of TCP', (guest) => void guest.socket.end()],
    ['a reset', (guest) => void guest.socket.resetAndDestroy()],
    ['half an answer', (guest) => void guest.socket.end(guest.acceptance().slice(0, 50))],
  ])('%s', async (_, answer) => {
    const error = await failureWith(answer);
    expect(error.status).toBeUndefined();
    expect(error.headers).toEqual({});
    expect(error.cause).toBeInstanceOf(Error);
  });
});

test('a reset or the end at every byte of the answer fails, and leaves nothing behind', async () => {
  let at = 0;
  let how: 'end' | 'resetAndDestroy' = 'end';
  const server = await startRaw((guest) => {
    const [cut, ending] = [at, how];
    guest.socket.write(guest.acceptance().slice(0, cut), () => guest.socket[ending]());
  });
  const length = 129; // of the answer: headers of a fixed length
  for (how of ['end', 'resetAndDestroy'] as const) {
    for (at = 0; at < length; at += 1) {
      const error = await handshakeFailure(connect(server.url));
      expect(error.status).toBeUndefined();
    }
  }
});

describe('headersOf', () => {
  test('joins repeated headers, with names in lower case', () => {
    const headers = { a: '1', 'set-cookie': ['b=c', 'd=e'] };
    expect(headersOf({ headers } as unknown as IncomingMessage)).toEqual({
      a: '1',
      'set-cookie': 'b=c, d=e',
    });
  });

  test('may have a header of any name', () => {
    const headers = JSON.parse('{"__proto__": "1", "constructor": "2"}');
    const joined = headersOf({ headers } as IncomingMessage);
    expect(Object.entries(joined)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });
});

describe('handshakeResponse', () => {
  test('has the status and headers', () => {
    const response = { statusCode: 101, headers: { a: '1', 'set-cookie': ['b', 'c'] } };
    const { status, header } = handshakeResponse(response as unknown as IncomingMessage);
    expect([status, header('a'), header('set-cookie'), header('x')]).toEqual([101, '1', 'b,c', undefined]);
  });

  test('has the status 0 where there is none', () => {
    expect(handshakeResponse({ headers: {} } as IncomingMessage).status).toBe(0);
  });
});

describe('errorOfAnswer', () => {
  const offer = { host: 'a', key: 'dGhlIHNhbXBsZSBub25jZQ==' };

  /** An answer of node:http whose body is these chunks. */
  function response(
    statusCode: number,
    chunks: (string | Error)[] = [],
    statusMessage = 'Why',
  ): IncomingMessage {
    const readable = new Readable({
      read() {
        const chunk = chunks.shift();
        if (chunk instanceof Error) this.destroy(chunk);
        else this.push(chunk === undefined ? null : Buffer.from(chunk));
      },
    });
    readable.on('error', () => {});
    return Object.assign(readable, {
      statusCode,
      statusMessage,
      headers: { a: '1' },
    }) as unknown as IncomingMessage;
  }

  const { signal } = new AbortController();

  test('has the status, the headers and the body', async () => {
    const answer = response(404, ['not ', 'here']);
    expect(await errorOfAnswer(answer, offer, signal)).toMatchObject({
      name: 'HandshakeError',
      message: 'the server did not upgrade the connection, but answered 404 Why',
      status: 404,
      headers: { a: '1' },
      body: 'not here',
    });
    expect(answer.destroyed).toBe(true);
  });

  test('without a reason phrase ends with the status', async () => {
    const error = (await errorOfAnswer(response(404, [], ''), offer, signal)) as Error;
    expect(error.message).toMatch(/answered 404$/);
  });

  test('keeps exactly 1024 bytes of the body', async () => {
    for (const chunks of [['x'.repeat(1023), 'yz'], ['x'.repeat(1023), 'y'], [`${'x'.repeat(1023)}yz`]]) {
      const { body } = (await errorOfAnswer(response(500, chunks), offer, signal)) as HandshakeError;
      expect(body).toBe(`${'x'.repeat(1023)}y`);
    }
  });

  test('keeps what came before the body broke', async () => {
    const broken = response(500, ['begin', new Error('reset')]);
    expect(await errorOfAnswer(broken, offer, signal)).toMatchObject({ body: 'begin', status: 500 });
  });

  test('of a 101 tells the rule that is broken, and reads nothing', async () => {
    const answer = response(101, ['frames']);
    expect(await errorOfAnswer(answer, offer, signal)).toMatchObject({
      message: 'the answer has no Upgrade: websocket (RFC 6455 §4.1 item 2)',
      body: '',
    });
    expect(answer.readableDidRead).toBe(false);
  });

  test('after an abort is the reason of that', async () => {
    expect(await errorOfAnswer(response(404), offer, AbortSignal.abort('why'))).toBe('why');
  });
});

describe('the headers of an answer that opens the connection', () => {
  test('are those of the last answer, when it is there, and stay', async () => {
    const last = await startRaw((guest) => guest.accept({ 'X-Node': '7', Vary: 'A\r\nVary: B' }));
    const first = await startRaw((guest) =>
      guest.write(`HTTP/1.1 307 There\r\nLocation: ${last.url}\r\nX-First: 1\r\n\r\n`),
    );
    const socket = connect(first.url, { maxRedirects: 1 });
    expect(socket.responseHeaders).toBeUndefined();
    await socket.opened;
    const headers = {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': expect.any(String),
      'x-node': '7',
      vary: 'A, B',
    };
    expect(socket.responseHeaders).toEqual(headers);
    socket.terminate();
    await socket.closed;
    expect(socket.responseHeaders).toEqual(headers);
  });

  test('are with the error where there is none', async () => {
    const server = await startRaw((guest) =>
      guest.socket.end('HTTP/1.1 503 Later\r\nRetry-After: 5\r\n\r\n'),
    );
    const socket = connect(server.url);
    const error = await handshakeFailure(socket);
    expect(error.headers).toEqual({ 'retry-after': '5' });
    expect(socket.responseHeaders).toBeUndefined();
  });

  test('are not on a socket of a server', async () => {
    const { port, opened } = await start();
    await connect(`ws://127.0.0.1:${port}`).opened;
    expect((await opened).responseHeaders).toBeUndefined();
  });
});
