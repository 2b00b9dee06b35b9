/** What waits behind a Blob: its order, its limits, and its errors. First of a socket, then of the queue alone. */
import { BarewireError, type WebSocket } from 'barewire';
import { describe, expect, test, vi } from 'vitest';
import { OutgoingQueue } from '../../src/socket/outgoing-queue.ts';
import { eventually } from '../support/eventually.ts';
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
    void socket.drained().then(drained);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(drained).not.toHaveBeenCalled();
    blob.give();
    await eventually(() => expect(drained).toHaveBeenCalled());
  });

  test('drained does not wait for a Blob when the connection is gone', async () => {
    const { socket } = await pair();
    socket.send(new LateBlob(['blob']));
    const drained = socket.drained();
    socket.terminate();
    await drained;
  });

  test('a Blob that is longer than it says is held to the limit when it is sent', async () => {
    class Liar extends Blob {
      override async arrayBuffer(): Promise<ArrayBuffer> {
        return new ArrayBuffer(50_000_000);
      }
    }
    const { socket, errors } = await pair({ maxQueuedBytes: 20_000, closeTimeoutMs: 100 });
    socket.send(new Liar(['x'])); // the queue is empty
    socket.send(new Liar(['x']));
    expect((await socket.closed).error).toBeInstanceOf(BarewireError);
    expect(errors).toEqual([]);
  });
});

/** A queue, what it has done in order, and the errors that it has told. */
function queue() {
  const done: unknown[] = [];
  const errors: unknown[] = [];
  const outgoing = new OutgoingQueue({ userFailed: (error) => void errors.push(error) });
  const send = (message: unknown) => done.push(message);
  return { outgoing, done, errors, send };
}

describe('OutgoingQueue', () => {
  test('is empty at first', async () => {
    const { outgoing } = queue();
    expect(outgoing).toMatchObject({ isEmpty: true, byteLength: 0, roomNeeded: 0, endsWithClose: false });
    await outgoing.done();
  });

  test('counts what waits until it is sent', async () => {
    const { outgoing, done, send } = queue();
    outgoing.addMessage(new Blob(['blob']), 4, send);
    outgoing.addMessage('text', 4, send);
    outgoing.addMessage('', 0, send);
    outgoing.add(7, () => done.push('other'));
    expect(outgoing).toMatchObject({ isEmpty: false, byteLength: 15, roomNeeded: 15 + 4 * 128 });
    await outgoing.done();
    expect(done).toEqual([new Uint8Array(Buffer.from('blob')), 'text', '', 'other']);
    expect(outgoing).toMatchObject({ isEmpty: true, byteLength: 0, roomNeeded: 0 });
  });

  test('an entry that runs is no longer counted, and those behind it are', async () => {
    const { outgoing, done } = queue();
    const count = () => done.push(outgoing.byteLength);
    outgoing.add(1, count);
    outgoing.add(2, count);
    await outgoing.done();
    expect(done).toEqual([2, 0]);
  });

  test('copies bytes when they are added', async () => {
    const { outgoing, done, send } = queue();
    const bytes = Uint8Array.of(1, 2);
    outgoing.addMessage(bytes, 2, send);
    bytes.fill(9);
    await outgoing.done();
    expect(done).toEqual([Uint8Array.of(1, 2)]);
  });

  test('sends an empty Blob', async () => {
    const { outgoing, done, send } = queue();
    outgoing.addMessage(new Blob([]), 0, send);
    await outgoing.done();
    expect(done).toEqual([new Uint8Array(0)]);
  });

  test('goes on after a Blob that cannot be read, which is told and not sent', async () => {
    class Rejecting extends Blob {
      override arrayBuffer = () => Promise.reject('rejected');
    }
    class Throwing extends Blob {
      override arrayBuffer = () => {
        throw 'thrown';
      };
    }
    const { outgoing, done, errors, send } = queue();
    outgoing.addMessage(new Rejecting(['a']), 1, send);
    outgoing.addMessage(new Throwing(['b']), 1, send);
    outgoing.addMessage('text', 4, send);
    await outgoing.done();
    expect(errors).toEqual(['rejected', 'thrown']);
    expect(done).toEqual(['text']);
    expect(outgoing.byteLength).toBe(0);
  });

  test('goes on after an entry that throws, which is told', async () => {
    const { outgoing, done, errors, send } = queue();
    outgoing.add(1, () => {
      throw 'why';
    });
    outgoing.addMessage('text', 4, send);
    await outgoing.done();
    expect(errors).toEqual(['why']);
    expect(done).toEqual(['text']);
  });

  test('clear drops everything, and frees those who wait', async () => {
    const { outgoing, done, send } = queue();
    const blob = new LateBlob(['blob']);
    outgoing.addMessage(blob, 4, send);
    outgoing.addMessage('text', 4, send);
    const all = Promise.all([outgoing.done(), outgoing.done()]);
    outgoing.clear();
    expect(await all).toEqual([false, false]);
    expect(outgoing).toMatchObject({ isEmpty: true, byteLength: 0 });
    blob.give();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toEqual([]);
    expect(outgoing.byteLength).toBe(0);
  });

  test('what is added after clear is sent once, though an earlier Blob is still read', async () => {
    const { outgoing, done, send } = queue();
    const blob = new LateBlob(['blob']);
    outgoing.addMessage(blob, 4, send);
    outgoing.clear();
    outgoing.addMessage('text', 4, send);
    await outgoing.done();
    blob.give();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toEqual(['text']);
  });

  test('what an entry adds comes last', async () => {
    const { outgoing, done, send } = queue();
    outgoing.add(0, () => outgoing.addMessage('from the first', 14, send));
    outgoing.addMessage('second', 6, send);
    await outgoing.done();
    await outgoing.done(); // added by the first, behind the other wait
    expect(done).toEqual(['second', 'from the first']);
  });
});

describe('a message in parts', () => {
  /** Parts that are complete when a test says so. */
  function parts() {
    const calls: string[] = [];
    let finish: () => void = () => {};
    const complete = new Promise<void>((resolve) => {
      finish = resolve;
    });
    return {
      calls,
      finish,
      begin() {
        calls.push('begin');
        return complete;
      },
      drop: () => void calls.push('drop'),
    };
  }

  test('begins in its turn, at once where nothing waits, and holds what comes after it', async () => {
    const queue = new OutgoingQueue({ userFailed() {} });
    const [first, second] = [parts(), parts()];
    queue.addParts(first);
    expect(first.calls).toEqual(['begin']);
    const later = vi.fn();
    queue.addParts(second);
    queue.add(0, later);
    expect(second.calls).toEqual([]);
    first.finish();
    await eventually(() => expect(second.calls).toEqual(['begin']));
    expect(later).not.toHaveBeenCalled();
    second.finish();
    await queue.done();
    expect(later).toHaveBeenCalledOnce();
  });

  test('is told when it is dropped', () => {
    const queue = new OutgoingQueue({ userFailed() {} });
    const [first, second] = [parts(), parts()];
    for (const one of [first, second]) queue.addParts(one);
    queue.clear();
    expect([first.calls, second.calls]).toEqual([['begin', 'drop'], ['drop']]);
  });
});
