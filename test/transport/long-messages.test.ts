/** Messages that are longer than what is given to a transport at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { RawClient, textFrame } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';

const MIB = 1024 * 1024;
const limits = { maxQueuedBytes: 32 * MIB, maxMessageBytes: 32 * MIB };

async function connect(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, [], limits);
  onTestFinished(() => socket.terminate());
  socket.binaryType = 'uint8array';
  return socket.opened;
}

/** What differs in every place where it could be cut. */
const bytes = (byteLength: number) =>
  Uint8Array.from({ length: byteLength }, (_, i) => i ^ (i >>> 8) ^ (i >>> 16));

describe('a long message', () => {
  test.each([262_144, 262_145, 524_275, 3 * MIB + 1])(
    'of %i bytes comes back as it was sent',
    async (length) => {
      const { port } = await start(limits, { message: (socket, data) => void socket.send(data) });
      const socket = await connect(port);
      const sent = bytes(length);
      const text = '😀é€a'.repeat(Math.ceil(length / 10));
      socket.send(sent);
      socket.send(text);
      const got: unknown[] = [];
      for await (const message of socket) if (got.push(message) === 2) break;
      expect(Buffer.compare(got[0] as Uint8Array, sent)).toBe(0);
      expect(got[1] === text).toBe(true);
    },
  );

  test('keeps its place among others', async () => {
    const { port } = await start(limits, {
      message(socket) {
        for (const length of [1, 800_000, 2, MIB, 3]) socket.send('x'.repeat(length));
        void socket.ping();
        socket.send(bytes(300_000));
        socket.close(1000);
      },
    });
    const socket = await connect(port);
    socket.send('go');
    const lengths: number[] = [];
    for await (const message of socket) lengths.push(message.length);
    expect(lengths).toEqual([1, 800_000, 2, MIB, 3, 300_000]);
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test('may be changed after it was sent, though the peer does not read yet', async () => {
    const length = 16 * MIB;
    const data = bytes(length);
    const sent = data.slice();
    const counts: number[] = [];
    const { port } = await start(limits, {
      message(socket) {
        socket.send(data);
        data.fill(0);
        counts.push(socket.bufferedAmount);
      },
    });
    const client = await RawClient.open(port);
    client.socket.pause();
    client.write(textFrame('go'));
    await eventually(() => expect(counts).toHaveLength(1));
    // The system has taken a part, and the rest waits.
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[0]).toBeLessThan(length);
    await sleep(50);
    const chunks: Buffer[] = [];
    client.socket.removeAllListeners('data').on('data', (chunk: Buffer) => chunks.push(chunk));
    client.socket.resume();
    const received = () => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    await eventually(() => expect(received()).toBe(10 + length));
    expect(Buffer.concat(chunks).subarray(10).equals(sent)).toBe(true);
  });
});
