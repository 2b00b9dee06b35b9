/** WHATWG WebSockets §2, §3.1 and §4: establishing a connection, and when it is established. */
import { HandshakeError, WebSocket } from 'barewire';
import { describe, expect, test } from 'vitest';
import { connect, next, open, record } from './client.ts';
import { againstEachServer } from './servers.ts';

async function headersOf(socket: WebSocket): Promise<Record<string, string | undefined>> {
  socket.send('!headers');
  return JSON.parse((await next(socket, 'message')).data);
}

againstEachServer((url) => {
  test('a connection opens: the state, then a plain event, once', async () => {
    const socket = connect(url());
    const events = record(socket);
    expect(socket.readyState).toBe(WebSocket.CONNECTING);
    const event = await next(socket, 'open');
    expect(event.constructor).toBe(Event);
    expect(event).toMatchObject({ type: 'open', target: socket, bubbles: false, cancelable: false });
    socket.send('a');
    await next(socket, 'message');
    expect(events).toEqual(['open 1', 'message 1']);
  });

  test('no event comes in the turn in which the socket was made', async () => {
    const socket = connect(url());
    const events = record(socket);
    await Promise.resolve();
    expect(events).toEqual([]);
    await next(socket, 'open');
  });

  test('http: opens as ws: does', async () => {
    const socket = await open(url().replace('ws:', 'http:'));
    expect(socket.url).toBe(`${url()}/`);
  });

  test('the request is a GET of the path and query, with a fresh key and version 13', async () => {
    const [first, second] = await Promise.all([open(`${url()}/a/b?c=d`), open(url())]);
    const [a, b] = [await headersOf(first!), await headersOf(second!)];
    expect(a).toMatchObject({
      host: new URL(url()).host,
      upgrade: 'websocket',
      'sec-websocket-version': '13',
    });
    expect(Buffer.from(a['sec-websocket-key']!, 'base64')).toHaveLength(16);
    expect(a['sec-websocket-key']).not.toBe(b['sec-websocket-key']);
    expect(a['sec-websocket-protocol']).toBeUndefined();
    expect(a['origin']).toBeUndefined(); // this is no page
  });

  test('the user and password in the URL go as Basic authentication', async () => {
    const socket = await open(url().replace('//', '//foo:bar@'));
    expect((await headersOf(socket))['authorization']).toBe(`Basic ${btoa('foo:bar')}`);
  });

  describe('subprotocols', () => {
    test('the one that the server chose is told from open on', async () => {
      const socket = connect(url(), ['v1', 'v2', 'v3']);
      expect(socket.protocol).toBe('');
      await next(socket, 'open');
      expect(socket.protocol).toBe('v2');
      expect((await headersOf(socket))['sec-websocket-protocol']).toBe('v1, v2, v3');
    });

    test('one as a string is a list of one', async () => {
      expect((await open(url(), 'v1')).protocol).toBe('v1');
    });

    test('none asked for, none agreed on: the empty string', async () => {
      expect((await open(url())).protocol).toBe('');
      expect((await open(url(), [])).protocol).toBe('');
    });

    test('when the server chooses none of those asked for, the connection fails', async () => {
      const socket = connect(url(), ['v8', 'v9']);
      const events = record(socket);
      expect(await next(socket, 'close')).toMatchObject({ code: 1006, reason: '', wasClean: false });
      expect(events).toEqual(['error 3', 'close 3']);
      expect(socket.protocol).toBe('');
    });
  });

  test('extensions: the empty string at first and where none are in use, else those that were agreed on', async () => {
    const socket = connect(url());
    expect(socket.extensions).toBe('');
    await next(socket, 'open');
    expect(socket.extensions).toMatch(/^(permessage-deflate(; [a-z_]+(=\d+)?)*)?$/);
  });

  test('a refused connection fails: error, then close with 1006, and never open', async () => {
    const socket = connect(`${url()}/refused`);
    const events = record(socket);
    const failed = next(socket, 'error');
    expect(await next(socket, 'close')).toMatchObject({ code: 1006, reason: '', wasClean: false });
    expect(events).toEqual(['error 3', 'close 3']);
    const { error } = await failed;
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({ status: 403 }); // beyond the standard
  });
});

test('a server that is not there fails in the same way', async () => {
  const socket = connect('ws://127.0.0.1:1/');
  const events = record(socket);
  expect(await next(socket, 'close')).toMatchObject({ code: 1006, reason: '', wasClean: false });
  expect(events).toEqual(['error 3', 'close 3']);
});
