/** tRPC over WebSockets: its adapter for ws on the server, wsLink on the client. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC, TRPCError } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { check, end, until } from '../support/check.js';

const t = initTRPC.context().create();
let ended = 0;
const router = t.router({
  double: t.procedure.input((value) => Number(value)).query(({ input }) => input * 2),
  save: t.procedure.input((value) => value).mutation(({ input }) => ({ saved: input })),
  who: t.procedure.query(({ ctx }) => ctx),
  fails: t.procedure.query(() => {
    throw new TRPCError({ code: 'FORBIDDEN', message: 'not you' });
  }),
  ticks: t.procedure
    .input((value) => value)
    .subscription(async function* ({ input, signal }) {
      try {
        for (let i = input.from ?? 0; i < input.to; i++) {
          if (signal.aborted) return;
          yield i;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        ended++;
      }
    }),
});

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');
const handler = applyWSSHandler({
  wss: server,
  router,
  createContext: ({ req, info }) => ({ url: req.url, token: info.connectionParams?.token }),
  keepAlive: { enabled: true, pingMs: 50, pongWaitMs: 4_000 },
});
const url = `ws://127.0.0.1:${server.address().port}`;

function newClient(options) {
  const socket = createWSClient({ url, WebSocket, retryDelayMs: () => 20, ...options });
  return { socket, call: createTRPCClient({ links: [wsLink({ client: socket })] }) };
}

/** Values of a subscription, until it is complete or has so many. */
function subscribe(call, input, most = Infinity) {
  const values = [];
  return new Promise((resolve, reject) => {
    const subscription = call.ticks.subscribe(input, {
      onData(value) {
        values.push(value);
        if (values.length < most) return;
        subscription.unsubscribe();
        resolve(values);
      },
      onComplete: () => resolve(values),
      onError: reject,
    });
  });
}

await check('queries and mutations', async () => {
  const { socket, call } = newClient();
  assert.equal(await call.double.query(21), 42);
  assert.deepEqual(await call.save.mutate({ text: 'Zoë 🦊', list: [1, 2] }), {
    saved: { text: 'Zoë 🦊', list: [1, 2] },
  });
  await socket.close();
});

await check('300 calls in one turn, each with an answer of its own', async () => {
  const { socket, call } = newClient();
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => call.double.query(i)));
  assert.deepEqual(
    answers,
    Array.from({ length: 300 }, (_, i) => i * 2),
  );
  assert.equal(server.clients.size, 1);
  await socket.close();
});

await check('connectionParams reach the context', async () => {
  const { socket, call } = newClient({ connectionParams: async () => ({ token: 'secret' }) });
  assert.deepEqual(await call.who.query(), { url: '/?connectionParams=1', token: 'secret' });
  await socket.close();
});

await check('an error has its code', async () => {
  const { socket, call } = newClient();
  await assert.rejects(
    call.fails.query(),
    ({ data, message }) => data.code === 'FORBIDDEN' && message === 'not you',
  );
  await socket.close();
});

await check('a subscription to its end', async () => {
  const { socket, call } = newClient();
  assert.deepEqual(
    await subscribe(call, { to: 30 }),
    Array.from({ length: 30 }, (_, i) => i),
  );
  await socket.close();
});

await check('a subscription that is left ends on the server', async () => {
  const { socket, call } = newClient();
  const before = ended;
  assert.deepEqual(await subscribe(call, { to: 1e9 }, 3), [0, 1, 2]);
  await until(() => ended === before + 1, 'the end of the generator');
  await socket.close();
});

await check('a client that closes ends its subscriptions', async () => {
  const { socket, call } = newClient();
  const before = ended;
  const subscription = call.ticks.subscribe({ to: 1e9 }, { onData() {} });
  await call.double.query(1);
  subscription.unsubscribe();
  await socket.close();
  await until(() => ended === before + 1 && server.clients.size === 0, 'the end of the generator');
});

await check('PING and PONG of the protocol keep a silent client', async () => {
  const { socket, call } = newClient();
  await call.double.query(1);
  const [connection] = server.clients;
  let pongs = 0;
  connection.on('message', (data) => (pongs += data.toString() === 'PONG' ? 1 : 0));
  await until(() => pongs >= 3, 'three pongs');
  assert.equal(connection.readyState, WebSocket.OPEN);
  await socket.close();
});

await check('a client that answers no PING is ended', async () => {
  const socket = new WebSocket(url);
  const closed = once(socket, 'close');
  assert.equal((await once(socket, 'message'))[0].toString(), 'PING');
  assert.equal((await closed)[0], 1006);
});

await check('a broken connection comes back, and the subscription goes on', async () => {
  const { socket, call } = newClient();
  const values = [];
  const subscription = call.ticks.subscribe({ to: 1e9 }, { onData: (value) => values.push(value) });
  await until(() => values.length >= 3, 'three values');
  for (const each of server.clients) each.terminate();
  await until(() => values.lastIndexOf(0) > 0, 'a new beginning');
  subscription.unsubscribe();
  await socket.close();
});

await check('broadcastReconnectNotification: clients come back by themselves', async () => {
  let opened = 0;
  const { socket, call } = newClient({ onOpen: () => opened++ });
  await call.double.query(1);
  handler.broadcastReconnectNotification();
  await until(() => opened === 2, 'a second connection');
  assert.equal(await call.double.query(4), 8);
  await socket.close();
});

for (const each of server.clients) each.terminate();
server.close();
end();
