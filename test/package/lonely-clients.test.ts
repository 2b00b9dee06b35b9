/** Built clients in a process that has nothing else to do: it must not end before they do. */
import { execFile } from 'node:child_process';
import { WebSocketServer } from 'barewire';
import { expect, onTestFinished, test } from 'vitest';

const LIBRARY = new URL('../../dist/index.js', import.meta.url).href;

/** Runs a client of a server that sends a message to each client and closes. */
async function run(script: string): Promise<{ code: unknown; output: string }> {
  const server = new WebSocketServer(
    {},
    {
      open(socket) {
        socket.send('one');
        socket.close(4001, 'done');
      },
    },
  );
  const { port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close({ timeoutMs: 100 }));
  const whole = `
    import { WebSocket } from ${JSON.stringify(LIBRARY)};
    const url = 'ws://127.0.0.1:${port}/';
    ${script}
  `;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', whole],
      { timeout: 15_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), output: stdout + stderr }),
    );
  });
}

test('one that only waits for `closed` hears of the end behind a message', async () => {
  const script = `
    const { code, unclaimedMessages } = await (await new WebSocket(url).opened).closed;
    console.log(code, unclaimedMessages);
  `;
  expect(await run(script)).toEqual({ code: 0, output: '4001 1\n' });
});

test('one that has paused lives on while a message waits', async () => {
  const script = `
    const socket = await new WebSocket(url).opened;
    socket.pause();
    setTimeout(() => socket.resume(), 500).unref();
    console.log((await socket.closed).code);
  `;
  expect(await run(script)).toEqual({ code: 0, output: '4001\n' });
});
