/** One message in parts: its fragments, its place among the others, backpressure, and how it ends early. */
import { ClosedError, type CloseInfo, type WebSocket, WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { open } from '../client/connect.ts';
import { eventually } from '../support/eventually.ts';
import { frame, RawClient } from '../support/raw-client.ts';
import { type Started, start } from '../support/servers.ts';
import { started, turn, unconnected } from './inner.ts';

const hex = (text: string) => Buffer.from(text).toString('hex');
const part = (head: string, text: string) => `${head}${Buffer.of(text.length).toString('hex')}${hex(text)}`;

/** A client that collects its messages. */
async function listener({ port }: Started<undefined>): Promise<{ client: WebSocket; messages: unknown[] }> {
  const messages: unknown[] = [];
  const message = (data: unknown) => messages.push(data);
  return {
    client: await open(`ws://127.0.0.1:${port}/`, { message, maxMessageBytes: 100_000_000 }),
    messages,
  };
}

describe('the fragments', () => {
  test('are what is written, and an empty last one; empty parts are left out', async () => {
    const { socket, transport } = started();
    const writer = socket.sendStream('text').getWriter();
    for (const text of ['ab', '', 'c']) await writer.write(text);
    await writer.close();
    await turn();
    expect(transport.written).toBe(`${part('01', 'ab')}${part('00', 'c')}8000`);
    expect(socket.traffic).toMatchObject({ messagesSent: 1, payloadBytesSent: 3 });
  });

  test('of bytes are copied', async () => {
    const { socket, transport } = started();
    const writer = socket.sendStream('binary').getWriter();
    await writer.write(Uint8Array.of(1, 2).buffer);
    await writer.write(new DataView(Uint8Array.of(3, 4).buffer, 1));
    await writer.close();
    await turn();
    expect(transport.written).toBe('02020102' + '000104' + '8000');
  });

  test.each([
    ['text', '8100'],
    ['binary', '8200'],
  ] as const)('of a %s message without any part are one empty frame', async (type, written) => {
    const { socket, transport } = started();
    await socket.sendStream(type as 'text').close();
    await turn();
    expect(transport.written).toBe(written);
  });

  test('hold whole characters: a surrogate waits for its other half, and goes out alone at the end', async () => {
    const server = await start();
    const { messages } = await listener(server);
    const socket = await server.opened;
    const writer = socket.sendStream('text').getWriter();
    for (const unit of 'a😀é'.split('')) await writer.write(unit);
    await writer.write('\ud83d');
    await writer.close();
    await eventually(() => expect(messages).toEqual(['a😀é\ufffd']));
  });

  test('are masked by a client, and seen by its trace', async () => {
    const fins: boolean[] = [];
    const { port } = await start({}, { message: (socket, data) => socket.send(data) });
    const client = await open(`ws://127.0.0.1:${port}/`, {
      trace: ({ direction, fin, opcode }) => direction === 'sent' && opcode < 8 && fins.push(fin),
    });
    const writer = client.sendStream('text').getWriter();
    await writer.write('one ');
    await writer.write('message');
    await writer.close();
    const [message] = [await client[Symbol.asyncIterator]().next()];
    expect(message.value).toBe('one message');
    expect(fins).toEqual([false, false, true]);
  });

  test('are not compressed, where other messages are', async () => {
    const server = await start({ perMessageDeflate: { thresholdBytes: 0 } });
    const { messages } = await listener(server);
    const socket = await server.opened;
    const long = 'again '.repeat(1_000);
    const writer = socket.sendStream('text').getWriter();
    await writer.write(long);
    expect(socket.traffic?.wireBytesSent).toBeGreaterThan(6_000);
    await writer.close();
    socket.send(long);
    await eventually(() => expect(messages).toEqual([long, long]));
    expect(socket.traffic?.wireBytesSent).toBeLessThan(6_200);
  });
});

describe('other messages', () => {
  test('go first until the first part is written, and then wait for the last one; Pings do not', async () => {
    const { socket, transport } = started();
    const writer = socket.sendStream('text').getWriter();
    socket.send('1');
    await writer.write('a');
    socket.send('2');
    void socket.ping(Uint8Array.of(7));
    await turn();
    await writer.write('b');
    await turn();
    expect(transport.written).toBe(`${part('81', '1')}${part('01', 'a')}890107${part('00', 'b')}`);
    socket.close(1000);
    expect(socket.readyState).toBe(2);
    await writer.write('c');
    await writer.close();
    await turn();
    expect(transport.written).toMatch(new RegExp(`${part('00', 'c')}8000${part('81', '2')}880203e8$`));
  });

  test('in parts wait too, each for its turn', async () => {
    const { socket, transport } = started();
    const [first, second] = [socket.sendStream('text').getWriter(), socket.sendStream('text').getWriter()];
    await first.write('a');
    const later = Promise.all([second.write('x'), second.close()]);
    await turn();
    await first.write('b');
    await first.close();
    await later;
    await turn();
    expect(transport.written).toBe(`${part('01', 'a')}${part('00', 'b')}8000${part('01', 'x')}8000`);
  });

  test('that are published wait, and go on to others at once', async () => {
    const server = await start();
    const [one, two] = [await listener(server), await listener(server)];
    const [busy] = [...server.server.sockets];
    const writer = busy!.sendStream('text').getWriter();
    await writer.write('a');
    server.server.broadcast('news');
    await eventually(() => expect(two.messages).toEqual(['news']));
    expect(one.messages).toEqual([]);
    await writer.write('b');
    await writer.close();
    await eventually(() => expect(one.messages).toEqual(['ab', 'news']));
  });
});

describe('a big message', () => {
  test('goes through a small queue, as fast as the peer reads', async () => {
    const server = await start({ maxQueuedBytes: 200_000 });
    const client = await RawClient.open(server.port);
    client.socket.pause();
    const socket = await server.opened;
    const writer = socket.sendStream('binary').getWriter();
    let written = 0;
    const all = (async () => {
      for (let i = 0; i < 200; i++) {
        await writer.write(new Uint8Array(100_000).fill(i));
        written++;
      }
      await writer.close();
    })();
    let before = -1;
    await eventually(() => {
      const [last, now] = [before, written];
      before = now;
      expect(now).toBe(last); // it stands still
    });
    expect(written).toBeLessThan(200);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(200_000);
    client.socket.resume();
    await all;
    await eventually(() => expect(client.received.length).toBeGreaterThan(20_000_000));
    expect(socket.readyState).toBe(1);
  });

  test('may come from a pipe', async () => {
    const server = await start();
    const { messages } = await listener(server);
    const socket = await server.opened;
    await new Blob(['x'.repeat(3_000_000)]).stream().pipeTo(socket.sendStream('binary'));
    await eventually(() => expect(messages).toHaveLength(1));
    expect((messages[0] as Uint8Array).length).toBe(3_000_000);
  });

  test('in one part that is bigger than maxQueuedBytes goes out, as a message does', async () => {
    const { socket, transport } = started({}, { maxQueuedBytes: 1_000 });
    const writer = socket.sendStream('text').getWriter();
    await writer.write('x'.repeat(2_000));
    await writer.write('y'.repeat(2_000));
    await writer.close();
    await turn();
    expect(transport.written).toHaveLength(2 * (2 * (4 + 2_000) + 2));
  });
});

describe('the end before the end', () => {
  test('abort of a message that has begun closes with 1011, and its reason is the error', async () => {
    const server = await start();
    const { client } = await listener(server);
    const socket = await server.opened;
    const stream = socket.sendStream('text');
    const writer = stream.getWriter();
    await writer.write('a');
    const why = new Error('why');
    await writer.abort(why);
    expect(await client.closed).toMatchObject({ code: 1011, wasClean: true });
    expect(await socket.closed).toMatchObject({ sent: { code: 1011 }, error: why });
  });

  test('abort of one that has not begun changes nothing', async () => {
    const { socket, transport } = started();
    await socket.sendStream('text').abort();
    socket.send('a');
    await turn();
    expect(transport.written).toBe(part('81', 'a'));
  });

  test.each<['text' | 'binary', unknown]>([
    ['text', Uint8Array.of(1)],
    ['binary', 'a'],
    ['text', undefined],
  ])('a part of another type than %s is a TypeError: %o', async (type, wrong) => {
    const { socket } = started();
    const unbegun = socket.sendStream(type as 'text').getWriter();
    await expect(unbegun.write(wrong as string)).rejects.toThrow(TypeError);
    expect(socket.readyState).toBe(1);
  });

  test('a stream of another type cannot be made', () => {
    expect(() => started().socket.sendStream('blob' as 'text')).toThrow(TypeError);
  });

  test('a connection that ends errors the stream, whether a write is under way or not', async () => {
    const { socket, transport } = started();
    const idle = socket.sendStream('text').getWriter();
    await idle.write('a');
    const waiting = socket.sendStream('text').getWriter();
    const write = waiting.write('x');
    write.catch(() => {});
    transport.destroy();
    await expect(idle.closed).rejects.toThrow(ClosedError);
    await expect(write).rejects.toThrow(ClosedError);
    await expect(idle.write('b')).rejects.toThrow(ClosedError);
  });

  test('where the connection closes, is closed or was never open, writes are refused', async () => {
    const { socket, transport } = started();
    const begun = socket.sendStream('text').getWriter();
    await begun.write('a');
    transport.push(frame(8));
    await turn();
    await expect(begun.write('b')).rejects.toThrow(ClosedError);
    await expect(socket.sendStream('text').getWriter().write('c')).rejects.toThrow(ClosedError);
    await expect(begun.closed).rejects.toThrow(ClosedError);
    const closing = started().socket;
    const late = closing.sendStream('text').getWriter();
    closing.close();
    await expect(late.close()).rejects.toThrow(ClosedError);
    await expect(unconnected().socket.sendStream('text').close()).rejects.toThrow(ClosedError);
  });

  test('terminate ends it at once, and the server can close', async () => {
    const infos: CloseInfo[] = [];
    const server = new WebSocketServer({}, { message() {}, close: (_socket, info) => void infos.push(info) });
    const { port } = await server.listen(0, '127.0.0.1');
    const client = await RawClient.open(port);
    onTestFinished(() => void client.socket.destroy());
    const [socket] = [...server.sockets];
    await socket!.sendStream('text').getWriter().write('a');
    await server.close({ timeoutMs: 50 });
    expect(infos).toMatchObject([{ code: 1006 }]);
  });
});

test('`fin: false` names the right way, and `fin: true` changes nothing', async () => {
  const { socket, transport } = started();
  expect(() => socket.send('a', { fin: false } as never)).toThrow(/sendStream/);
  socket.send('b', { fin: true } as never);
  await turn();
  expect(transport.written).toBe(part('81', 'b'));
});
