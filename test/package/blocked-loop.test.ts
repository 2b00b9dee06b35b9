/** The event loop of a process stands still for longer than its peers may be silent. They are alive all the same. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'barewire';
import { expect, onTestFinished, test } from 'vitest';

const SERVER = fileURLToPath(new URL('blocked-server.js', import.meta.url));

/** A server whose options come from here. @returns its URL, and a function that blocks it */
async function start(
  options: object,
): Promise<{ url: string; block: (milliseconds: number) => Promise<unknown> }> {
  const server = fork(SERVER, [JSON.stringify(options)]);
  onTestFinished(() => void server.kill());
  const [port] = await once(server, 'message');
  return {
    url: `ws://127.0.0.1:${port}/`,
    block: (milliseconds) => {
      server.send(milliseconds);
      return once(server, 'message');
    },
  };
}

/** Connects clients that say nothing, and answer Pings. @returns how they were closed so far */
async function connect(url: string): Promise<{ ends: number[]; pings: () => number }> {
  const ends: number[] = [];
  let pings = 0;
  const trace = ({ opcode }: { opcode: number }) => {
    if (opcode === 9) pings++;
  };
  for (let count = 0; count < 10; count++) {
    const socket = await new WebSocket(url, [], { trace }).opened;
    onTestFinished(() => socket.terminate());
    void socket.closed.then(({ code }) => ends.push(code));
  }
  return { ends, pings: () => pings };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('living peers stay when a turn takes longer than idleTimeoutMs, wherever in the interval it begins', async () => {
  const { url, block } = await start({ idleTimeoutMs: 800, pingIntervalMs: 300 });
  const { ends, pings } = await connect(url);
  for (let round = 0; round < 5; round++) {
    await pause(130);
    await block(1_500);
  }
  const before = pings();
  await pause(1_000);
  expect(ends).toEqual([]);
  expect(pings()).toBeGreaterThan(before);
});
