import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { WebSocket } from 'barewire/ws';
import { describe, expect, test } from 'vitest';
import { pairOf } from './sockets.ts';

describe('members of ws that are private, and used all the same', () => {
  test('tell what they tell in ws', async () => {
    const { accepted, client } = await pairOf();
    expect([accepted._isServer, client._isServer]).toEqual([true, false]);
    expect(accepted._sender!._socket).toBe(accepted._socket);
    expect(Reflect.get(client, '_readyState')).toBe(WebSocket.OPEN);
    expect(Object.keys(client)).not.toContain('_isServer');
  });

  test('_isServer makes setSocket take a transport whose handshake a client has done', async () => {
    const [near, far] = duplexPair();
    const socket = new WebSocket(null, undefined, {});
    socket._isServer = false;
    socket.setSocket(near, Buffer.alloc(0), { generateMask: (mask) => mask.fill(0) });
    far.write(Buffer.from('810161', 'hex'));
    expect(await once(socket, 'message')).toEqual([Buffer.from('a'), false]);
    socket.send('b');
    expect(await once(far, 'data')).toEqual([Buffer.from('81810000000062', 'hex')]);
  });
});
