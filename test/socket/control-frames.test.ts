import { OPCODE } from 'barewire/protocol';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import { sendPong } from '../../src/socket/control-frames.ts';
import { eventually } from '../support/eventually.ts';
import { frame, RawClient } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';
import { connected, started, turn, unconnected } from './inner.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('handlers of a server', () => {
  test('get each Ping, which is answered, and each Pong', async () => {
    const got: string[] = [];
    const { port } = await start(
      {},
      {
        ping: (_socket, bytes) => got.push(`ping ${text(bytes)}`),
        pong: (_, b) => got.push(`pong ${text(b)}`),
      },
    );
    const client = await RawClient.open(port);
    client.write(Buffer.concat([frame(OPCODE.ping, Buffer.from('a')), frame(OPCODE.pong, Buffer.from('b'))]));
    await eventually(() => expect(got).toEqual(['ping a', 'pong b']));
    await eventually(() => expect(client.received.toString('hex')).toBe('8a0161'));
  });

  test('that throw close the socket with 1011', async () => {
    const errors: unknown[] = [];
    const { port, opened } = await start(
      {},
      {
        ping() {
          throw new Error('of the handler');
        },
        error: (error) => errors.push(error),
      },
    );
    const client = await RawClient.open(port);
    client.write(frame(OPCODE.ping));
    const info = await (await opened).closed;
    expect(info.sent?.code).toBe(1011);
    expect(errors).toMatchObject([{ message: 'of the handler' }]);
  });
});

describe('Pings that are not answered by themselves', () => {
  test('are answered by hand', async () => {
    const { port } = await start(
      { answersPings: false },
      { ping: (socket, payload) => void (payload.length > 0 && socket.pong(payload)) },
    );
    const client = await RawClient.open(port);
    client.write(Buffer.concat([frame(OPCODE.ping), frame(OPCODE.ping, Buffer.from('a'))]));
    await eventually(() => expect(client.received.toString('hex')).toBe('8a0161'));
  });
});

describe('a Pong', () => {
  test('that answers no Ping has no payload unless it is given one', async () => {
    const { socket, transport } = started();
    expect(socket.pong()).toBe(true);
    expect(socket.pong(Uint8Array.of(1, 2))).toBe(true);
    await turn();
    expect(transport.written).toBe('8a00' + '8a020102');
  });

  test('is refused where it cannot be sent', async () => {
    expect(sendPong(unconnected().inner, Uint8Array.of(1))).toBe(false);
    const closing = started();
    closing.socket.close();
    expect(closing.socket.pong()).toBe(false);
    const full = connected({}, { maxQueuedBytes: 100 });
    full.transport.isStuck = true;
    full.inner.start(new Uint8Array(0));
    for (let sent = 0; sent < 40_000; sent += 100) full.socket.send(new Uint8Array(90));
    expect(full.socket.pong(Uint8Array.of(1))).toBe(false);
  });

  test('throws for 126 bytes and for what is no bytes', () => {
    const { socket } = started();
    expect(() => socket.pong(new Uint8Array(126))).toThrow(UsageError);
    for (const wrong of [5, 'a', null])
      expect(() => socket.pong(wrong as never)).toThrow('the payload of a Pong must be an ArrayBuffer');
  });
});
