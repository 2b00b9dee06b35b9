import { once } from 'node:events';
import { createWebSocketStream, type WebSocket } from 'barewire/ws';
import { describe, expect, test } from 'vitest';
import { pairOf, serverOf, uncaught } from './sockets.ts';

describe('createWebSocketStream', () => {
  test('sends what is written, and ends with the socket', async () => {
    const { accepted, client } = await pairOf();
    const [near, far] = [
      createWebSocketStream(client),
      createWebSocketStream(accepted, { encoding: 'utf8' }),
    ];
    near.end(Buffer.from('hello'));
    let got = '';
    for await (const chunk of far) got += chunk;
    expect(got).toBe('hello');
    far.end();
    if (!near.closed) {
      near.resume();
      await once(near, 'close');
    }
    expect(client.readyState).toBe(client.CLOSED);
  });

  test('waits until the socket is open', async () => {
    const { server, url } = await serverOf();
    const got: unknown[] = [];
    server.on('connection', (socket: WebSocket) => socket.on('message', (data) => got.push(`${data}`)));
    const { WebSocket: Socket } = await import('barewire/ws');
    const stream = createWebSocketStream(new Socket(url));
    stream.write('early');
    stream.end();
    stream.resume();
    await once(stream, 'close');
    expect(got).toEqual(['early']);
  });

  test('gives text as strings in object mode', async () => {
    const { accepted, client } = await pairOf();
    const stream = createWebSocketStream(client, { readableObjectMode: true });
    accepted.send('text');
    accepted.send(Buffer.from('bytes'));
    accepted.close();
    const got: unknown[] = [];
    for await (const chunk of stream) got.push(chunk);
    expect(got).toEqual(['text', Buffer.from('bytes')]);
    stream.end();
  });

  test('holds the peer back while nothing is read', async () => {
    const { accepted, client } = await pairOf();
    const stream = createWebSocketStream(client);
    for (let count = 0; count < 4; count++) accepted.send(Buffer.alloc(100_000));
    await expect.poll(() => client.isPaused).toBe(true);
    let length = 0;
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    await expect.poll(() => length).toBe(400_000);
    expect(client.isPaused).toBe(false);
    stream.destroy();
    await once(stream, 'close');
  });

  test('fails with the socket, also where nobody listens', async () => {
    const errors = uncaught();
    const { accepted, client } = await pairOf();
    const stream = createWebSocketStream(client);
    const other = createWebSocketStream(client);
    const failed = once(stream, 'error');
    accepted._socket!.write(Buffer.from([0x83, 0]));
    expect(await failed).toMatchObject([{ code: 'WS_ERR_INVALID_OPCODE' }]);
    await expect.poll(() => other.closed || other.destroyed).toBe(true);
    await expect.poll(() => errors).toMatchObject([{ code: 'WS_ERR_INVALID_OPCODE' }]);
  });

  test('can be destroyed, which ends the socket', async () => {
    const { accepted, client } = await pairOf();
    const stream = createWebSocketStream(client);
    const error = new Error('enough');
    const failed = once(stream, 'error');
    stream.destroy(error);
    expect(await failed).toEqual([error]);
    await once(accepted, 'close');
    expect(client.readyState).toBe(client.CLOSED);
    const late = createWebSocketStream(client);
    late.destroy();
    await once(late, 'close');
  });

  test('of a socket that does not open has its error', async () => {
    const { WebSocket: Socket } = await import('barewire/ws');
    const stream = createWebSocketStream(new Socket('ws://localhost:1'));
    stream.end();
    expect(await once(stream, 'error')).toMatchObject([{ code: 'ECONNREFUSED' }]);
  });
});
