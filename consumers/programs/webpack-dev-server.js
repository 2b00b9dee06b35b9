/** webpack-dev-server: what its clients in browsers are told while a program is compiled again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import webpack from 'webpack';
import WebpackDevServer from 'webpack-dev-server';
import { WebSocket } from 'ws';
import { check, end, until } from '../support/check.js';

const folder = mkdtempSync(join(tmpdir(), 'consumer-webpack-'));
const entry = join(folder, 'index.js');
writeFileSync(entry, 'document.title = "first";');
const compiler = webpack({
  mode: 'development',
  context: folder,
  entry,
  output: { path: join(folder, 'dist') },
  stats: 'none',
  infrastructureLogging: { level: 'none' },
});
const options = {
  port: 0,
  host: '127.0.0.1',
  hot: true,
  allowedHosts: ['127.0.0.1'],
  static: false,
  client: { progress: true },
};
const server = new WebpackDevServer(options, compiler);
// Without a client there is no need to rewrite what hot replacement asks for.
await server.start();
const { port } = server.server.address();
const url = `ws://127.0.0.1:${port}/ws`;

/** A client as the page has it, and the types of what it was told. */
async function open(headers = { Origin: `http://127.0.0.1:${port}` }) {
  const socket = new WebSocket(url, { headers });
  const messages = [];
  socket.on('message', (data) => messages.push(JSON.parse(data.toString())));
  await once(socket, 'open');
  return { socket, messages, types: () => messages.map(({ type }) => type) };
}
const first = await open();

await check('says what a client has to know, and that the program is compiled', async () => {
  await until(() => first.types().includes('ok'), 'ok');
  assert.deepEqual(first.types().slice(0, 1), ['hot']);
  assert.ok(first.types().includes('hash'));
});

await check('the program is served, with the client in it', async () => {
  const text = await (await fetch(`http://127.0.0.1:${port}/main.js`)).text();
  assert.match(text, /first/);
  assert.match(text, /WebSocketClient/);
});

await check('a change is told to all: invalid, then a new hash and ok', async () => {
  const others = await Promise.all(Array.from({ length: 5 }, () => open()));
  await until(() => others.every(({ types }) => types().includes('ok')), 'all are up to date');
  for (const { messages } of [first, ...others]) messages.length = 0;
  writeFileSync(entry, 'document.title = "second";');
  await until(() => [first, ...others].every(({ types }) => types().includes('ok')), 'ok');
  assert.ok(first.types().includes('invalid') && first.types().includes('hash'));
  for (const { socket } of others) socket.terminate();
});

await check('an error of the program comes with its words', async () => {
  first.messages.length = 0;
  writeFileSync(entry, 'document.title = ;');
  await until(() => first.types().includes('errors'), 'errors');
  assert.match(JSON.stringify(first.messages.find(({ type }) => type === 'errors')), /Unexpected token/);
});

await check('a page of another origin is refused', async () => {
  const { socket, messages } = await open({ Origin: 'http://elsewhere.example' });
  await once(socket, 'close');
  assert.deepEqual(
    messages.map(({ data }) => data),
    ['Invalid Host/Origin header'],
  );
});

await check('stop ends the clients', async () => {
  const closed = once(first.socket, 'close');
  await server.stop();
  await closed;
});

rmSync(folder, { recursive: true, force: true });
end();
