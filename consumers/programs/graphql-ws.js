/** graphql-ws: subscriptions over graphql-transport-ws, its server on ws and its client with the class of ws. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { CloseCode, createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { check, end, until } from '../support/check.js';
import { close, listen } from '../support/net.js';

let ended = 0;
async function* countTo(_root, { to }) {
  try {
    for (let i = 1; i <= to; i++) {
      yield { count: i };
      await wait(1);
    }
  } finally {
    ended++;
  }
}
const to = { to: { type: GraphQLInt } };
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      greet: {
        type: GraphQLString,
        args: { who: { type: GraphQLString } },
        resolve: (_root, { who }) => `hello ${who}`,
      },
      fails: {
        type: GraphQLString,
        resolve() {
          throw new Error('that was planned');
        },
      },
    },
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: { count: { type: GraphQLInt, args: to, subscribe: countTo } },
  }),
});

const http = createServer();
const sockets = new WebSocketServer({ server: http, path: '/graphql', perMessageDeflate: true });
const closed = [];
const used = useServer(
  {
    schema,
    connectionInitWaitTimeout: 4_000,
    onConnect: ({ connectionParams }) => connectionParams?.token !== 'bad',
    onClose: (_context, code, reason) => void closed.push([code, reason]),
  },
  sockets,
  2_000,
);
const url = `ws://127.0.0.1:${await listen(http)}/graphql`;
const newClient = (options) => createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });

/** All results of an operation. */
async function results(client, query, variables) {
  const all = [];
  for await (const { data, errors } of client.iterate({ query, variables }))
    all.push(errors ? errors[0].message : data);
  return all;
}

/** A socket that speaks the protocol by hand, and how it was closed. */
async function byHand(messages, protocol = 'graphql-transport-ws') {
  const socket = new WebSocket(url, protocol);
  const got = [];
  socket.on('message', (data) => got.push(JSON.parse(data)));
  const end = once(socket, 'close');
  await once(socket, 'open');
  for (const message of messages)
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const [code, reason] = await end;
  return { got, code, reason: reason.toString() };
}

await check('a query, with variables and an error', async () => {
  const client = newClient();
  assert.deepEqual(await results(client, 'query ($w: String) { greet(who: $w) }', { w: 'Zoë 🦊' }), [
    { greet: 'hello Zoë 🦊' },
  ]);
  assert.deepEqual(await results(client, '{ fails }'), ['that was planned']);
  await client.dispose();
});

await check('a subscription, to its end', async () => {
  const client = newClient();
  const counts = await results(client, 'subscription { count(to: 50) }');
  assert.deepEqual(
    counts,
    Array.from({ length: 50 }, (_, i) => ({ count: i + 1 })),
  );
  await client.dispose();
});

await check('many subscriptions at once on one connection', async () => {
  const client = newClient();
  const lengths = [1, 5, 20, 40].map(
    async (n) => (await results(client, `subscription { count(to: ${n}) }`)).length,
  );
  assert.deepEqual(await Promise.all(lengths), [1, 5, 20, 40]);
  assert.equal(sockets.clients.size, 1);
  await client.dispose();
});

await check('a subscription that the client completes ends on the server', async () => {
  const client = newClient({ lazy: false });
  const before = ended;
  for await (const { data } of client.iterate({ query: 'subscription { count(to: 100000) }' }))
    if (data.count === 3) break;
  await until(() => ended === before + 1, 'the end of the generator');
  await client.dispose();
});

await check('dispose is a Close with 1000', async () => {
  const before = closed.length;
  const client = newClient({ lazy: false });
  await new Promise((resolve) => client.on('connected', resolve));
  await client.dispose();
  await until(() => closed.length === before + 1, 'a close');
  assert.deepEqual(closed.at(-1), [1000, 'Normal Closure']);
});

await check('pings of the protocol, from both sides', async () => {
  const pongs = [];
  const client = newClient({ lazy: false, keepAlive: 50 });
  client.on('pong', (received) => pongs.push(received));
  await until(() => pongs.includes(true), 'an answer to a ping');
  await client.dispose();
});

await check('the keep-alive of the server is a Ping frame, which the client answers', async () => {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await once(socket, 'ping');
  await once(socket, 'ping'); // without a Pong in between, it would have terminated the socket
  assert.equal(socket.readyState, WebSocket.OPEN);
  socket.close();
  await once(socket, 'close');
});

await check('4403 to a token that is refused, and the client is told', async () => {
  const client = newClient({ connectionParams: { token: 'bad' } });
  await assert.rejects(
    results(client, '{ greet }'),
    (event) => event.code === CloseCode.Forbidden && event.reason === 'Forbidden',
  );
});

await check('4401 to an operation before connection_init', async () => {
  const { code, reason } = await byHand([{ type: 'subscribe', id: '1', payload: { query: '{ greet }' } }]);
  assert.deepEqual([code, reason], [4401, 'Unauthorized']);
});

await check('4400 to what is no message, 4408 to silence, 4429 to a second connection_init', async () => {
  assert.equal((await byHand(['no JSON'])).code, 4400);
  const late = await byHand([]);
  assert.deepEqual([late.code, late.reason], [4408, 'Connection initialisation timeout']);
  const twice = await byHand([{ type: 'connection_init' }, { type: 'connection_init' }]);
  assert.deepEqual([twice.code, twice.reason], [4429, 'Too many initialisation requests']);
});

await check('4409 to an id that is in use', async () => {
  const subscribe = {
    type: 'subscribe',
    id: 'same',
    payload: { query: 'subscription { count(to: 100000) }' },
  };
  const socket = new WebSocket(url, 'graphql-transport-ws');
  const ack = once(socket, 'message');
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await ack;
  const end = once(socket, 'close');
  for (let i = 0; i < 2; i++) socket.send(JSON.stringify(subscribe));
  const [code, reason] = await end;
  assert.deepEqual([code, reason.toString()], [4409, 'Subscriber for same already exists']);
});

await check(
  'a subprotocol that it does not speak is not chosen: the client fails, and 4406 to one without',
  async () => {
    const [error] = await once(new WebSocket(url, 'graphql-ws'), 'error');
    assert.equal(error.message, 'Server sent no subprotocol');
    const { code, reason } = await byHand([], []);
    assert.deepEqual([code, reason], [4406, 'Subprotocol not acceptable']);
  },
);

await check('a client whose connection breaks tries again, and goes on', async () => {
  let broken = false;
  const client = newClient({ retryAttempts: 3, retryWait: () => wait(20) });
  client.on('connected', () => {
    if (!broken) setTimeout(() => [...sockets.clients].at(-1).terminate(), 20);
    broken = true;
  });
  let connections = 0;
  client.on('connected', () => connections++);
  const counts = await results(client, 'subscription { count(to: 60) }');
  assert.deepEqual([connections, counts.at(-1)], [2, { count: 60 }]);
  await client.dispose();
});

await check('a server that is disposed says 1001 to all', async () => {
  const client = newClient({ lazy: false, onNonLazyError: () => {} });
  await new Promise((resolve) => client.on('connected', resolve));
  const event = new Promise((resolve) => client.on('closed', resolve));
  await used.dispose();
  const { code, reason } = await event;
  assert.deepEqual([code, reason], [1001, 'Going away']);
});

close(http);
end();
