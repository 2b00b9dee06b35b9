import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type CloseInfo, ProtocolError, type TracedFrame, WebSocket } from 'barewire';
import { OPCODE } from 'barewire/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { RawClient } from '../support/raw-client.ts';
import { start, startEcho } from '../support/servers.ts';

const url = (port: number) => `ws://127.0.0.1:${port}/`;

/** Everything that is published on a channel while the test runs. */
function published<T>(name: string): T[] {
  const messages: T[] = [];
  const listener = (message: unknown) => messages.push(message as T);
  subscribe(name, listener);
  onTestFinished(() => void unsubscribe(name, listener));
  return messages;
}

describe('diagnostics channels', () => {
  test('tell of the opening and the end of both sides, with what went through', async () => {
    const opened = published<{ socket: WebSocket }>('barewire:open');
    const closed = published<{ socket: WebSocket; info: CloseInfo }>('barewire:close');
    const errors = published('barewire:error');
    const { port, opened: accepted } = await startEcho();
    const client = await new WebSocket(url(port)).opened;
    client.send('hello');
    client.close(3000, 'done');
    await client.closed;
    await eventually(() => expect(closed).toHaveLength(2));
    expect(opened.map(({ socket }) => socket)).toEqual(expect.arrayContaining([client, await accepted]));
    for (const { info } of closed) expect(info).toMatchObject({ code: 3000, wasClean: true });
    expect(closed.find(({ socket }) => socket !== client)?.socket.traffic?.messagesReceived).toBe(1);
    expect(errors).toEqual([]);
  });

  test('tell of pings and pongs, with the round trip', async () => {
    const pings = published<{ payload: Uint8Array }>('barewire:ping');
    const pongs = published<{ payload: Uint8Array; roundTripMs: number }>('barewire:pong');
    const { port } = await startEcho();
    const client = await new WebSocket(url(port)).opened;
    await client.ping(Uint8Array.of(7));
    expect(pings).toEqual([{ socket: expect.anything(), payload: Uint8Array.of(7) }]);
    expect(pongs).toEqual([{ socket: client, payload: Uint8Array.of(7), roundTripMs: client.roundTripMs }]);
    client.terminate();
  });

  test('tell of a broken rule', async () => {
    const errors = published<{ error: Error }>('barewire:error');
    const { port } = await startEcho();
    const client = await RawClient.open(port);
    client.write(Buffer.from('8300', 'hex'));
    client.socket.end();
    await eventually(() => expect(errors).toHaveLength(1));
    expect(errors[0]!.error).toBeInstanceOf(ProtocolError);
  });

  test('tell of a connection that never opened', async () => {
    const closed = published<{ info: CloseInfo }>('barewire:close');
    const { port } = await start({ path: '/elsewhere' });
    await new WebSocket(url(port)).closed;
    expect(closed).toMatchObject([{ info: { code: 1006, closedBy: 'peer' } }]);
  });
});

describe('a trace', () => {
  test('sees every frame of a server and of a client, both ways', async () => {
    const seen: string[] = [];
    const note =
      (who: string) =>
      ({ direction, opcode, fin, payloadLength, payload }: TracedFrame) => {
        const text = Buffer.from(payload ?? []).toString();
        seen.push(`${who} ${direction} ${opcode}${fin ? '' : ' more'} ${payloadLength} ${text}`);
      };
    const forServer = note('server');
    const { port } = await start(
      {},
      {
        message: (socket, data) => socket.send(data),
        frame: (_socket, frame) => forServer(frame),
      },
    );
    const client = new WebSocket(url(port), [], { perMessageDeflate: false, trace: note('client') });
    await client.opened;
    client.send('hello');
    for await (const _ of client) break;
    client.close(1000);
    await client.closed;
    const close = Buffer.of(3, 0xe8).toString();
    expect(seen.filter((line) => line.startsWith('client'))).toEqual([
      `client sent ${OPCODE.text} 5 hello`,
      `client received ${OPCODE.text} 5 hello`,
      `client sent ${OPCODE.close} 2 ${close}`,
      `client received ${OPCODE.close} 2 ${close}`,
    ]);
    expect(seen.filter((line) => line.startsWith('server'))).toEqual([
      `server received ${OPCODE.text} 5 hello`,
      `server sent ${OPCODE.text} 5 hello`,
      `server received ${OPCODE.close} 2 ${close}`,
      `server sent ${OPCODE.close} 2 ${close}`,
    ]);
  });

  test('that throws is reported once and sees no more of its socket, which goes on', async () => {
    const errors: unknown[] = [];
    const { port } = await start(
      {},
      {
        message: (socket, data) => socket.send(data),
        frame: () => {
          throw new Error('in the trace');
        },
        error: (error) => errors.push(error),
      },
    );
    const client = await new WebSocket(url(port)).opened;
    for (const text of ['one', 'two']) {
      client.send(text);
      for await (const message of client) {
        expect(message).toBe(text);
        break;
      }
    }
    client.terminate();
    expect(errors).toMatchObject([{ message: 'in the trace' }]);
  });

  test('may send: its frames come behind the one that it sees', async () => {
    const { port } = await start(
      {},
      {
        frame: (socket, { direction }) => {
          if (direction === 'received') socket.send('seen');
        },
      },
    );
    const client = await new WebSocket(url(port), [], { trace: () => {} }).opened;
    client.send('x');
    for await (const message of client) {
      expect(message).toBe('seen');
      break;
    }
    client.terminate();
  });

  test('whose promise is rejected is reported once too', async () => {
    const errors: unknown[] = [];
    const { port } = await start(
      {},
      {
        message: (socket, data) => socket.send(data),
        frame: () => Promise.reject(new Error('in the trace')),
        error: (error) => errors.push(error),
      },
    );
    const client = await new WebSocket(url(port)).opened;
    client.send('one');
    for await (const _ of client) break;
    client.terminate();
    await eventually(() => expect(errors).toHaveLength(1));
  });

  test('can send nothing behind a Close frame, and no second one', async () => {
    const sent: (boolean | undefined)[] = [];
    const { port } = await start(
      {},
      {
        message: (socket) => socket.close(1000),
        frame: (socket, { direction, opcode }) => {
          if (direction !== 'sent' || opcode !== OPCODE.close) return;
          sent.push(socket.send('too late'));
          socket.close(1001);
        },
      },
    );
    const client = await RawClient.open(port);
    client.write(Buffer.from('818000000000', 'hex'));
    expect(await client.take(4)).toBe('880203e8');
    client.socket.end();
    await client.ended();
    expect(client.received.length).toBe(0);
    expect(sent).toEqual([false]);
  });

  test('gets a copy of what goes to many: to change it changes nothing', async () => {
    const { server, port } = await start(
      {},
      {
        frame: (_socket, { payload }) => {
          payload?.fill(0x58);
        },
      },
    );
    const clients = [await RawClient.open(port), await RawClient.open(port)];
    await eventually(() => expect(server.sockets.size).toBe(2));
    server.broadcast('hello');
    for (const client of clients) expect(await client.take(7)).toBe('810568656c6c6f');
  });
});
