/** subscriptions-transport-ws, the predecessor of graphql-ws, written for ws 5 to 7. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { buildSchema, execute, subscribe } from 'graphql';
import { SubscriptionClient, SubscriptionServer } from 'subscriptions-transport-ws';
import { WebSocket } from 'ws';
import { check, end, until } from '../support/check.js';
import { close, listen } from '../support/net.js';

const schema = buildSchema(
  'type Query { greet(who: String): String } type Subscription { count(to: Int): Int }',
);
const rootValue = {
  greet: ({ who }) => `hello ${who}`,
  async *count({ to }) {
    for (let i = 1; i <= to; i++) {
      yield { count: i };
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  },
};
const http = createServer();
let disconnected = 0;
const server = SubscriptionServer.create(
  {
    schema,
    rootValue,
    execute,
    subscribe,
    keepAlive: 100,
    onConnect(parameters) {
      if (parameters.token === 'bad') throw new Error('not you');
    },
    onDisconnect: () => disconnected++,
  },
  { server: http, path: '/subscriptions' },
);
const url = `ws://127.0.0.1:${await listen(http)}/subscriptions`;
const newClient = (options, ...rest) =>
  new SubscriptionClient(url, { timeout: 10_000, ...options }, WebSocket, ...rest);

/** All results of an operation. */
const results = (client, query, variables) =>
  new Promise((resolve, reject) => {
    const all = [];
    client.request({ query, variables }).subscribe({
      next: ({ data, errors }) => all.push(errors?.[0].message ?? data),
      complete: () => resolve(all),
      error: reject,
    });
  });

await check('speaks graphql-ws, the subprotocol of its time', async () => {
  const client = newClient();
  assert.deepEqual(await results(client, '{ greet(who: "Zoë 🦊") }'), [{ greet: 'hello Zoë 🦊' }]);
  assert.equal([...server.server.clients][0].protocol, 'graphql-ws');
  client.close();
});

await check('a subscription to its end', async () => {
  const client = newClient();
  const counts = await results(client, 'subscription { count(to: 30) }');
  assert.deepEqual(
    counts,
    Array.from({ length: 30 }, (_, i) => ({ count: i + 1 })),
  );
  client.close();
});

await check('10 clients at once', async () => {
  const clients = Array.from({ length: 10 }, () => newClient());
  const lengths = await Promise.all(
    clients.map(async (client) => (await results(client, 'subscription { count(to: 10) }')).length),
  );
  assert.deepEqual(lengths, Array(10).fill(10));
  for (const client of clients) client.close();
  await until(() => disconnected >= 12, 'all have left');
});

await check('a connection that is refused', async () => {
  const error = await new Promise((resolve) => {
    const client = newClient({
      connectionParams: { token: 'bad' },
      connectionCallback: (told) => told && resolve(told),
    });
    client.onDisconnected(() => client.close());
  });
  assert.equal(error.message ?? error, 'not you');
});

await check('comes back when the connection breaks', async () => {
  const client = newClient({ reconnect: true });
  await results(client, '{ greet }');
  const back = new Promise((resolve) => client.onReconnected(resolve));
  for (const socket of server.server.clients) socket.terminate();
  await back;
  assert.deepEqual(await results(client, '{ greet(who: "again") }'), [{ greet: 'hello again' }]);
  client.close();
});

await check('another subprotocol: closed with 1002', async () => {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  const code = await new Promise((resolve) => {
    socket.on('error', () => {});
    socket.on('close', resolve);
  });
  assert.ok(code === 1002 || code === 1006);
});

server.close();
for (const socket of server.server.clients) socket.terminate();
close(http);
end({ exit: 'its clients keep timers' });
