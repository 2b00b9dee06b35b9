import { once } from 'node:events';
import { WebSocket } from 'barewire';
import { describe, expect, test } from 'vitest';
import { WebSocket as Client } from 'ws';
import { eventually } from '../support/eventually.ts';
import { RawClient } from '../support/raw-client.ts';
import { type Started, start } from '../support/servers.ts';

const url = (port: number) => `ws://127.0.0.1:${port}/`;
const frameOf = (text: string) =>
  `81${Buffer.of(text.length).toString('hex')}${Buffer.from(text).toString('hex')}`;

async function members(port: number, count: number, perMessageDeflate: boolean): Promise<Client[]> {
  const clients = Array.from({ length: count }, () => new Client(url(port), { perMessageDeflate }));
  await Promise.all(clients.map((client) => once(client, 'open')));
  return clients;
}

function messagesOf(client: Client): string[] {
  const messages: string[] = [];
  client.on('message', (data) => messages.push(data.toString()));
  return messages;
}

describe('broadcast', () => {
  test('sends to every socket, and says to how many', async () => {
    const { server, port } = await start();
    const clients = [await RawClient.open(port), await RawClient.open(port)];
    await eventually(() => expect(server.sockets.size).toBe(2));
    expect(server.broadcast('hi')).toBe(2);
    expect(server.broadcast(Uint8Array.of(1, 2).buffer)).toBe(2);
    for (const client of clients) expect(await client.take(8)).toBe(`${frameOf('hi')}82020102`);
  });

  test('to nobody is to 0', async () => {
    const { server } = await start();
    expect(server.broadcast('hi')).toBe(0);
  });

  test('what is broadcast and what is sent stay in order, and go out in one write', async () => {
    const { server, port, opened }: Started<undefined> = await start(
      {},
      {
        message: (socket): void => {
          server.broadcast('1');
          socket.send('2');
          server.broadcast('3');
        },
      },
    );
    const client = await RawClient.open(port);
    await opened;
    const chunks = client.chunks;
    client.write(Buffer.from('818100000000', 'hex'));
    client.write(Buffer.from('61', 'hex'));
    expect(await client.take(9)).toBe(['1', '2', '3'].map(frameOf).join(''));
    expect(client.chunks - chunks).toBe(1);
  });

  test('everybody talks to everybody in one turn: each hears all, in the same order', async () => {
    const { server, port }: Started<undefined> = await start(
      {},
      {
        message: (_sender, data): void => {
          server.broadcast(data as string);
        },
      },
    );
    const clients = await members(port, 20, false);
    const heard = clients.map(messagesOf);
    for (const [i, client] of clients.entries()) client.send(`from ${i}`);
    await eventually(() => expect(heard.every((messages) => messages.length === 20)).toBe(true));
    for (const messages of heard) expect(messages).toEqual(heard[0]);
  });

  test('is compressed for those who have agreed on it, whatever they were sent before and after', async () => {
    const options = { perMessageDeflate: { thresholdBytes: 0 } };
    const { server, port } = await start(options, {
      message: (socket, data): void => {
        socket.send(`to you: ${data}`);
        server.broadcast(`to all: ${data}`);
        socket.send(`to you again: ${data}`);
      },
    });
    const [zipped] = await members(port, 1, true);
    const [plain] = await members(port, 1, false);
    const [fromZipped, fromPlain] = [messagesOf(zipped!), messagesOf(plain!)];
    const text = 'the same words over and over '.repeat(20);
    for (let i = 0; i < 3; i++) zipped!.send(text);
    const expected = ['to you', 'to all', 'to you again'].map((to) => `${to}: ${text}`);
    await eventually(() => expect(fromZipped).toEqual([...expected, ...expected, ...expected]));
    await eventually(() => expect(fromPlain).toEqual(Array(3).fill(expected[1])));
    const [first, second] = [...server.sockets];
    expect(first!.traffic!.wireBytesSent).toBeLessThan(500);
    expect(second!.traffic!.wireBytesSent).toBeGreaterThan(3 * text.length);
  });

  test('is not compressed where it is asked not to be', async () => {
    const { server, port } = await start({ perMessageDeflate: true });
    const [client] = await members(port, 1, true);
    const messages = messagesOf(client!);
    server.broadcast('x'.repeat(1000), { compress: false });
    await eventually(() => expect(messages).toEqual(['x'.repeat(1000)]));
    expect([...server.sockets][0]!.traffic!.wireBytesSent).toBe(1004);
  });

  test('copies: bytes may be changed after it', async () => {
    const { server, port, opened } = await start();
    const client = await RawClient.open(port);
    await opened;
    const bytes = Uint8Array.of(1, 2);
    server.broadcast(bytes);
    bytes.fill(9);
    expect(await client.take(4)).toBe('82020102');
  });

  test('waits behind a Blob that was sent before it', async () => {
    const { server, port } = await start(
      {},
      {
        open: (socket) => {
          socket.send(new Blob(['blob']));
          server.broadcast('after');
        },
      },
    );
    const client = await RawClient.open(port);
    expect(await client.take(6 + 7)).toBe(`8204${Buffer.from('blob').toString('hex')}${frameOf('after')}`);
  });

  test('a member that reads nothing is let go when its queue is full; the others miss nothing', async () => {
    const { server, port } = await start({ maxQueuedBytes: 1024 * 1024, closeTimeoutMs: 200 });
    const slow = await RawClient.open(port);
    slow.socket.pause();
    const [good] = await members(port, 1, false);
    let heard = 0;
    good!.on('message', () => heard++);
    const block = new Uint8Array(64 * 1024);
    let sent = 0;
    for (; server.sockets.size === 2 && sent < 1000; sent++) {
      server.broadcast(block);
      await eventually(() => expect(heard).toBe(sent + 1));
    }
    expect(sent).toBeLessThan(1000);
    expect(server.broadcast('still here')).toBe(1);
  });

  test('throws for what is no message', async () => {
    const { server, port } = await start();
    await RawClient.open(port);
    await eventually(() => expect(server.sockets.size).toBe(1));
    expect(() => server.broadcast(5 as unknown as string)).toThrow(
      new TypeError('a message for many must be a string, an ArrayBuffer or a view of one, got a number'),
    );
  });
});

describe('traffic', () => {
  test('counts messages, their bytes and those on the wire, for each socket and for the server', async () => {
    const { server, port } = await start({}, { message: (socket, data) => socket.send(data) });
    for (let i = 0; i < 2; i++) {
      const client = await new WebSocket(url(port), [], { perMessageDeflate: false }).opened;
      client.send('héllo');
      client.send(Uint8Array.of(1, 2, 3));
      await eventually(() =>
        expect(client.traffic).toMatchObject({ messagesReceived: 0, messagesSent: 2, payloadBytesSent: 9 }),
      );
      client.resume();
      await eventually(() => expect(client.traffic?.messagesReceived).toBe(2));
      expect(client.traffic).toEqual({
        messagesSent: 2,
        messagesReceived: 2,
        payloadBytesSent: 9,
        payloadBytesReceived: 9,
        wireBytesSent: 9 + 2 * 6,
        wireBytesReceived: 9 + 2 * 2,
      });
      client.close();
      await client.closed;
    }
    await eventually(() => expect(server.sockets.size).toBe(0));
    expect(server.traffic).toEqual({
      messagesSent: 4,
      messagesReceived: 4,
      payloadBytesSent: 18,
      payloadBytesReceived: 18,
      wireBytesSent: 2 * (9 + 2 * 2 + 2),
      wireBytesReceived: 2 * (9 + 2 * 6 + 6),
    });
  });

  test('is not there before a connection is open', () => {
    const client = new WebSocket('ws://127.0.0.1:1/');
    expect(client.traffic).toBeUndefined();
  });
});
