/** Errors in the user's own listeners: reported once each, and the socket's own end. */
import type { WebSocketEventMap } from 'barewire';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { start } from '../support/servers.ts';
import { connect, open } from './connect.ts';

/** What console.error is told during a test. */
function reports(): unknown[] {
  const told: unknown[] = [];
  const spy = vi.spyOn(console, 'error').mockImplementation((_message: unknown, error: unknown) => {
    told.push(error);
  });
  onTestFinished(() => spy.mockRestore());
  return told;
}

const error = new Error('in a listener');
const FAILING: [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw error;
    },
  ],
  ['rejects', () => Promise.reject(error)],
];

describe.each(FAILING)('a listener that %s', (_, fail) => {
  test('as the message option closes its socket with 1011, and is reported once', async () => {
    const told = reports();
    const { port } = await start({}, { open: (socket) => void socket.send('a') });
    const info = await connect(`ws://127.0.0.1:${port}`, { message: fail }).closed;
    expect(info).toMatchObject({ sent: { code: 1011 }, closedBy: 'this side', error });
    expect(told).toEqual([error]);
  });

  test.each(['open', 'message'] as const)(
    'of %s closes its own socket with 1011, and is reported once',
    async (type) => {
      const told = reports();
      const { port, opened } = await start({}, { open: (socket) => void socket.send('a') });
      const other = await open(`ws://127.0.0.1:${port}`);
      other.onmessage = () => {};
      const socket = connect(`ws://127.0.0.1:${port}`);
      socket.addEventListener(type, fail);
      const info = await socket.closed;
      expect(info).toMatchObject({ sent: { code: 1011 }, closedBy: 'this side' });
      expect(info.error).toBe(error);
      expect(told).toEqual([error]);
      expect(await other.ping()).toBeGreaterThanOrEqual(0);
      expect((await opened).readyState).toBe(1);
    },
  );

  test.each(['error', 'close'] as const)(
    'of %s is reported once, and all others hear of it',
    async (type) => {
      const told = reports();
      const socket = connect('ws://127.0.0.1:1/');
      const heard: string[] = [];
      socket.addEventListener(type, fail);
      for (const each of ['error', 'close'] satisfies (keyof WebSocketEventMap)[]) {
        socket.addEventListener(each, () => heard.push(each));
      }
      expect((await socket.closed).code).toBe(1006);
      await eventually(() => expect(told).toEqual([error]));
      expect(heard).toEqual(['error', 'close']);
    },
  );
});

test('a Blob that cannot be read closes the socket with 1011, and is reported once', async () => {
  class BrokenBlob extends Blob {
    override arrayBuffer(): Promise<ArrayBuffer> {
      return Promise.reject(error);
    }
  }
  class WorseBlob extends Blob {
    override arrayBuffer(): Promise<ArrayBuffer> {
      throw error;
    }
  }
  for (const blob of [new BrokenBlob(['abc']), new WorseBlob(['abc'])]) {
    const told = reports();
    const { port } = await start();
    const socket = await open(`ws://127.0.0.1:${port}`);
    socket.send(blob);
    expect(await socket.closed).toMatchObject({ sent: { code: 1011 }, error });
    expect(told).toEqual([error]);
  }
});
