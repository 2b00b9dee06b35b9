/** @discordjs/ws: the gateway client of discord.js, against a small gateway that speaks as Discord's does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { constants, createDeflate } from 'node:zlib';
import { REST } from '@discordjs/rest';
import { CompressionMethod, WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { WebSocketServer } from 'ws';
import { check, end, until } from '../support/check.js';
import { close, listen } from '../support/net.js';

const [DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, HELLO, ACK] = [0, 1, 2, 6, 7, 10, 11];

const http = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  const limit = { total: 1_000, remaining: 999, reset_after: 1_000, max_concurrency: 16 };
  response.end(JSON.stringify({ url: `ws://127.0.0.1:${port}`, shards: 1, session_start_limit: limit }));
});
const gateway = new WebSocketServer({ server: http });
const port = await listen(http);

/** What shards have sent, and how the latest of them is reached. */
const seen = { ops: [], urls: [], heartbeats: 0, send: undefined, socket: undefined };
gateway.on('connection', (socket, { url }) => {
  const deflate = url.includes('compress=zlib-stream') ? createDeflate() : undefined;
  deflate?.on('data', (chunk) => socket.send(chunk));
  const send = (payload) => {
    const text = JSON.stringify(payload);
    if (deflate === undefined) socket.send(text);
    else {
      deflate.write(text);
      deflate.flush(constants.Z_SYNC_FLUSH);
    }
  };
  Object.assign(seen, { send, socket });
  seen.urls.push(url);
  socket.on('message', (data) => {
    const { op, d } = JSON.parse(data.toString());
    seen.ops.push(op);
    if (op === HEARTBEAT) seen.heartbeats++;
    if (op === HEARTBEAT) send({ op: ACK });
    if (op === IDENTIFY) send({ op: DISPATCH, s: 1, t: 'READY', d: readyOf(d) });
    if (op === RESUME) send({ op: DISPATCH, s: d.seq + 1, t: 'RESUMED', d: {} });
  });
  send({ op: HELLO, d: { heartbeat_interval: 200 } });
});
const readyOf = ({ token }) => ({
  v: 10,
  user: { id: '1', username: token },
  session_id: 'a session',
  resume_gateway_url: `ws://127.0.0.1:${port}/resumed`,
  guilds: [],
});

const rest = new REST({ api: `http://127.0.0.1:${port}`, version: '10' }).setToken('secret');
async function connect(options) {
  const manager = new WebSocketManager({ token: 'secret', intents: 0, rest, shardCount: 1, ...options });
  manager.on(WebSocketShardEvents.Error, () => {});
  const ready = once(manager, WebSocketShardEvents.Ready);
  await manager.connect();
  return { manager, ready: await ready };
}

const { manager, ready } = await connect();

await check('connects, identifies and is ready', () => {
  const [data] = ready;
  assert.equal((data.data ?? data).user.username, 'secret');
  assert.match(seen.urls[0], /v=10&encoding=json/);
  assert.ok(seen.ops.includes(IDENTIFY));
});

await check('beats, and hears the answer', async () => {
  const before = seen.heartbeats;
  await once(manager, WebSocketShardEvents.HeartbeatComplete);
  await until(() => seen.heartbeats > before, 'a heartbeat');
});

await check('500 dispatches in order', async () => {
  const got = [];
  manager.on(WebSocketShardEvents.Dispatch, (event) => {
    const { t, d } = event.data ?? event;
    if (t === 'MESSAGE_CREATE') got.push(d.n);
  });
  for (let n = 0; n < 500; n++)
    seen.send({ op: DISPATCH, s: n + 2, t: 'MESSAGE_CREATE', d: { n, text: 'x'.repeat(n) } });
  await until(() => got.length === 500, 'all dispatches');
  assert.deepEqual(got, [...got.keys()]);
});

await check('sends to the gateway', async () => {
  await manager.send(0, { op: 3, d: { status: 'idle' } });
  await until(() => seen.ops.includes(3), 'the presence');
});

await check('resumes at the other URL when told to reconnect', async () => {
  const resumed = once(manager, WebSocketShardEvents.Resumed);
  seen.send({ op: RECONNECT });
  await resumed;
  assert.match(seen.urls.at(-1), /^\/resumed/);
});

await check('resumes after a close code that allows it', async () => {
  const resumed = once(manager, WebSocketShardEvents.Resumed);
  seen.socket.close(4000, 'unknown error');
  await resumed;
});

await check('resumes after a connection that breaks', async () => {
  const resumed = once(manager, WebSocketShardEvents.Resumed);
  seen.socket.terminate();
  await resumed;
});

await check('leaves with 1000', async () => {
  const closed = once(seen.socket, 'close');
  await manager.destroy();
  assert.equal((await closed)[0], 1000);
});

await check('transport compression: one zlib stream in binary messages', async () => {
  const other = await connect({ compression: CompressionMethod.ZlibNative });
  const [data] = other.ready;
  assert.equal((data.data ?? data).session_id, 'a session');
  assert.match(seen.urls.at(-1), /compress=zlib-stream/);
  await other.manager.destroy();
});

await check('a close code that allows no other try ends it', async () => {
  const other = await connect();
  const closed = once(other.manager, WebSocketShardEvents.Closed);
  const before = seen.urls.length;
  seen.socket.close(4004, 'authentication failed');
  const [event] = await closed;
  assert.equal(event.code ?? event, 4004);
  assert.equal(seen.urls.length, before);
  await other.manager.destroy();
});

close(http);
end({ exit: 'the client of the REST API keeps timers' });
