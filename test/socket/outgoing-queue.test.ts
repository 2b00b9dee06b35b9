/** What waits behind a Blob: its order, its bounds, and what goes wrong with it. */
import { UsageError, type WebSocket } from 'barewire';
import { describe, expect, test, vi } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';

/** A Blob whose bytes come when the test wants. */
class LateBlob extends Blob {
  give: () => void = () => {};
  readonly #given = new Promise<void>((resolve) => {
    this.give = resolve;
  });
  override async arrayBuffer(): Promise<ArrayBuffer> {
    await this.#given;
    return super.arrayBuffer();
  }
}

async function pair(
  options: Parameters<typeof start>[0] = {},
): Promise<{ socket: WebSocket; client: RawClient; errors: unknown[] }> {
  const errors: unknown[] = [];
  const { port, opened } = await start(options, { error: (error) => errors.push(error) });
  const client = await RawClient.open(port);
  return { socket: (await opened) as WebSocket, client, errors };
}

const hex = (text: string) => Buffer.from(text).toString('hex');

describe('behind a Blob', () => {
  test('messages wait, in their order, and then the Close', async () => {
    const { socket, client } = await pair();
    const blob = new LateBlob(['blob']);
    socket.send(blob);
    socket.send('text');
    socket.close(1000);
    expect(client.received.length).toBe(0);
    blob.give();
    expect(await client.take(6 + 6 + 4)).toBe(`8204${hex('blob')}8104${hex('text')}880203e8`);
  });

  test('no more waits than may be queued, empty messages counted', async () => {
    const { socket } = await pair({ maxQueuedBytes: 20_000, whenQueueIsFull: 'drop' });
    const blob = new LateBlob(['blob']);
    socket.send(blob);
    let count = 0;
    while (socket.send('') && count < 10_000) count++;
    expect(count).toBeLessThan(200);
    blob.give();
  });

  test('what send has said true to goes out, whatever the queue holds then', async () => {
    const { socket, client } = await pair({ maxQueuedBytes: 20_000, whenQueueIsFull: 'drop' });
    const blob = new LateBlob(['blob']);
    socket.send(blob);
    let count = 0;
    while (socket.send('x') && count < 10_000) count++;
    blob.give();
    expect(await client.take(6 + 3 * count)).toBe(`8204${hex('blob')}${'810178'.repeat(count)}`);
  });

  test('drained waits until it was read', async () => {
    const { socket } = await pair();
    const blob = new LateBlob(['blob']);
    socket.send(blob);
    const drained = vi.fn();
    socket.drained().then(drained);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(drained).not.toHaveBeenCalled();
    blob.give();
    await vi.waitFor(() => expect(drained).toHaveBeenCalled());
  });

  test('drained does not wait for a Blob when the connection is gone', async () => {
    const { socket } = await pair();
    socket.send(new LateBlob(['blob']));
    const drained = socket.drained();
    socket.terminate();
    await drained;
  });

  test('a Blob that is longer than it says fails its own socket and is reported', async () => {
    class Liar extends Blob {
      override async arrayBuffer(): Promise<ArrayBuffer> {
        return new ArrayBuffer(50_000);
      }
    }
    const { socket, errors } = await pair({ maxQueuedBytes: 20_000, closeTimeoutMs: 100 });
    socket.send(new Liar(['x']));
    socket.send('behind it');
    expect((await socket.closed).error).toBeInstanceOf(UsageError);
    expect(errors).toEqual([expect.any(UsageError)]);
  });
});
