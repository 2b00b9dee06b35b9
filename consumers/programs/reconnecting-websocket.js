/** reconnecting-websocket, with the class of ws as its WebSocket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import ReconnectingWebSocket from 'reconnecting-websocket';
import { WebSocket, WebSocketServer } from 'ws';
import { check, end, until } from '../support/check.js';
import { bytes } from '../support/net.js';

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  handleProtocols: (offered) => offered.has('v2') && 'v2',
});
await once(server, 'listening');
const { port } = server.address();
const url = `ws://127.0.0.1:${port}/`;
const paths = [];
server.on('connection', (socket, request) => {
  paths.push(request.url);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
const options = { WebSocket, minReconnectionDelay: 20, maxReconnectionDelay: 50, connectionTimeout: 10_000 };
const next = (socket, name) =>
  new Promise((resolve) => socket.addEventListener(name, resolve, { once: true }));

await check('text and binary, by the listeners of the DOM', async () => {
  const socket = new ReconnectingWebSocket(url, [], options);
  await next(socket, 'open');
  socket.send('text ✓');
  assert.equal((await next(socket, 'message')).data, 'text ✓');
  socket.binaryType = 'arraybuffer';
  socket.send(bytes(100_000));
  const { data } = await next(socket, 'message');
  assert.ok(data instanceof ArrayBuffer);
  assert.deepEqual(Buffer.from(data), bytes(100_000));
  socket.close();
});

await check('what is sent before it is open goes out then', async () => {
  const socket = new ReconnectingWebSocket(url, [], options);
  for (const word of ['a', 'b', 'c']) socket.send(word);
  const got = [];
  socket.onmessage = ({ data }) => got.push(data);
  await until(() => got.length === 3, 'three messages');
  assert.deepEqual(got, ['a', 'b', 'c']);
  socket.close();
});

await check('comes back after an abnormal end, each time', async () => {
  const socket = new ReconnectingWebSocket(url, [], options);
  for (let i = 0; i < 3; i++) {
    await next(socket, 'open');
    const closed = next(socket, 'close');
    for (const each of server.clients) each.terminate();
    assert.equal((await closed).code, 1006);
  }
  await next(socket, 'open');
  socket.close();
});

await check('asks for its URL each time', async () => {
  let asked = 0;
  const socket = new ReconnectingWebSocket(async () => `${url}try-${++asked}`, 'v2', options);
  await next(socket, 'open');
  assert.equal(socket.protocol, 'v2');
  for (const each of server.clients) each.close(1012, 'a restart');
  assert.equal((await next(socket, 'close')).reason, 'a restart');
  await next(socket, 'open');
  assert.deepEqual(paths.slice(-2), ['/try-1', '/try-2']);
  socket.close();
});

await check('close is the end: code and reason reach the server, and nothing comes back', async () => {
  await until(() => server.clients.size === 0, 'all have left');
  const socket = new ReconnectingWebSocket(url, [], options);
  await next(socket, 'open');
  const there = once([...server.clients][0], 'close');
  socket.close(3001, 'done');
  const [code, reason] = await there;
  assert.deepEqual([code, reason.toString()], [3001, 'done']);
  await until(() => socket.readyState === WebSocket.CLOSED, 'the end');
});

await check('a server that is not there: errors, until it gives up', async () => {
  const socket = new ReconnectingWebSocket('ws://127.0.0.1:1/', [], { ...options, maxRetries: 2 });
  let errors = 0;
  socket.onerror = () => errors++;
  await until(() => errors === 3, 'three errors');
  socket.close();
});

server.close();
end();
