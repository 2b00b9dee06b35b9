/** What a program sends just before it ends. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { textFrame } from '../support/raw-client.ts';

const ROOT = new URL('../..', import.meta.url);

/** Listens for one connection, on which it says `go`. @returns the port, and what comes on the connection, as hex */
async function listener() {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const received = once(server, 'connection').then(async ([socket]) => {
    socket.write(textFrame('go'));
    const chunks = [];
    for await (const chunk of socket) chunks.push(chunk);
    return Buffer.concat(chunks).toString('hex');
  });
  return { port: (server.address() as AddressInfo).port, received };
}

test.each([
  ['by a timer', `setTimeout(() => { socket.send('last'); process.exit(); }, 20);`],
  ['by the handler of the socket', `socket.onmessage = () => { socket.send('last'); process.exit(); };`],
  ['by a broadcast', `setTimeout(() => { server.broadcast('last'); process.exit(); }, 20);`],
  ['before terminate()', `setTimeout(() => { socket.send('last'); socket.terminate(); }, 20);`],
])('what is sent before process.exit() goes out: %s', async (_, end) => {
  const { port, received } = await listener();
  const program = `
    import { connect } from 'node:net';
    import { WebSocketServer } from 'barewire';
    const server = new WebSocketServer();
    const transport = connect(${port}, '127.0.0.1', () => {
      const socket = server.adopt(transport);
      ${end}
    });`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT });
  expect(await received).toBe('81046c617374');
});
