/** rpc-websockets: JSON-RPC 2.0 with its server and its client, both on ws. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Client, Server } from 'rpc-websockets';
import { check, end, until } from '../support/check.js';

const server = new Server({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');
server.register('sum', ([a, b]) => a + b);
server.register('echo', (value) => value);
server.register('fails', () => {
  throw new Error('planned');
});
server.register('hidden', () => 'for those who have logged in').protected();
server.setAuth(({ name }) => name === 'Ada');
server.event('news');
const url = `ws://127.0.0.1:${server.wss.address().port}`;

async function connect(options) {
  const client = new Client(url, { reconnect_interval: 30, ...options });
  await once(client, 'open');
  return client;
}

await check('calls and answers', async () => {
  const client = await connect();
  assert.equal(await client.call('sum', [2, 3]), 5);
  assert.deepEqual(await client.call('echo', { text: 'Zoë 🦊' }), { text: 'Zoë 🦊' });
  client.close();
});

await check('300 calls at once, and an answer of 1 MB', async () => {
  const client = await connect();
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => client.call('sum', [i, 1])));
  assert.deepEqual(
    answers,
    Array.from({ length: 300 }, (_, i) => i + 1),
  );
  assert.equal((await client.call('echo', ['x'.repeat(1_000_000)]))[0].length, 1_000_000);
  client.close();
});

await check('errors: of the method, and of one that is not there', async () => {
  const client = await connect();
  await assert.rejects(client.call('fails'));
  await assert.rejects(client.call('none'), ({ code }) => code === -32_601);
  client.close();
});

await check('a protected method, before and after login', async () => {
  const client = await connect();
  await assert.rejects(client.call('hidden'));
  await client.login({ name: 'Ada' });
  assert.equal(await client.call('hidden'), 'for those who have logged in');
  client.close();
});

await check('events to those who have subscribed', async () => {
  const [a, b] = [await connect(), await connect()];
  const heard = [];
  a.on('news', (...words) => heard.push(words));
  b.on('news', () => heard.push('not subscribed'));
  await a.subscribe('news');
  for (let i = 0; i < 50; i++) server.emit('news', i, 'word');
  await until(() => heard.length === 50, 'all events');
  assert.deepEqual(heard[49], [49, 'word']);
  a.close();
  b.close();
});

await check('comes back when the connection breaks', async () => {
  const client = await connect();
  const back = once(client, 'open');
  for (const socket of server.wss.clients) socket.terminate();
  await back;
  assert.equal(await client.call('sum', [1, 1]), 2);
  client.close();
});

await check('close codes reach the other side', async () => {
  await until(() => server.wss.clients.size === 0, 'all have left');
  const client = await connect();
  const there = once([...server.wss.clients][0], 'close');
  client.close(4001, 'done');
  const [code, reason] = await there;
  assert.deepEqual([code, reason.toString()], [4001, 'done']);
});

await server.close();
end();
