/** http-proxy-3 between a client and a server of ws: handshakes, bytes and ends go through it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { WebSocket, WebSocketServer } from 'ws';
import { check, end, until } from '../support/check.js';
import { bytes, close, listen } from '../support/net.js';

const behind = createServer((_request, response) => response.end('a page'));
const server = new WebSocketServer({
  server: behind,
  perMessageDeflate: true,
  handleProtocols: (offered) => offered.has('v2') && 'v2',
  verifyClient: ({ req }) => req.url !== '/secret',
});
const requests = [];
server.on('headers', (headers) => headers.push('X-Behind: yes'));
server.on('connection', (socket, request) => {
  requests.push(request);
  if (request.url === '/first') socket.send('sent before anything came');
  socket.on('message', (data, isBinary) => {
    if (data.toString() === 'close') socket.close(4321, 'as agreed');
    else socket.send(data, { binary: isBinary });
  });
});
const proxy = createProxyServer({ target: `http://127.0.0.1:${await listen(behind)}`, ws: true, xfwd: true });
proxy.on('error', () => {});
const front = createServer((request, response) => proxy.web(request, response));
front.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
const url = `ws://127.0.0.1:${await listen(front)}`;
async function open(...options) {
  const socket = new WebSocket(`${url}/`, ...options);
  await once(socket, 'open');
  return socket;
}

await check('text and binary in both directions, compressed', async () => {
  const socket = await open();
  assert.match(socket.extensions, /permessage-deflate/);
  for (const data of ['text ✓', 'long '.repeat(50_000), bytes(10), bytes(500_000)]) {
    socket.send(data);
    const [back, isBinary] = await once(socket, 'message');
    assert.deepEqual(isBinary ? back : back.toString(), data);
  }
  socket.close();
});

await check('headers and the subprotocol, both ways', async () => {
  const socket = new WebSocket(`${url}/`, ['v1', 'v2'], { headers: { 'X-Mine': '1' } });
  const [[response]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')]);
  assert.equal(response.headers['x-behind'], 'yes');
  assert.equal(socket.protocol, 'v2');
  assert.equal(requests.at(-1).headers['x-mine'], '1');
  assert.equal(requests.at(-1).headers['x-forwarded-for'], '127.0.0.1');
  socket.close();
});

await check('what the server sends first, with its handshake', async () => {
  const [data] = await once(new WebSocket(`${url}/first`), 'message');
  assert.equal(data.toString(), 'sent before anything came');
  for (const socket of server.clients) socket.close();
});

await check('a Ping and its Pong', async () => {
  const socket = await open();
  socket.ping('are you there?');
  assert.equal((await once(socket, 'pong'))[0].toString(), 'are you there?');
  socket.close();
});

await check('close code and reason, from both sides', async () => {
  const socket = await open();
  socket.send('close');
  const [code, reason] = await once(socket, 'close');
  assert.deepEqual([code, reason.toString()], [4321, 'as agreed']);
  const second = await open();
  const there = once([...server.clients].at(-1), 'close');
  second.close(3001, 'mine');
  const [itsCode, itsReason] = await there;
  assert.deepEqual([itsCode, itsReason.toString()], [3001, 'mine']);
});

await check('a refused handshake has its status', async () => {
  const [, response] = await once(new WebSocket(`${url}/secret`), 'unexpected-response');
  assert.equal(response.statusCode, 401);
  response.destroy();
});

await check('a client that breaks off is noticed behind the proxy', async () => {
  const socket = await open();
  const there = once([...server.clients].at(-1), 'close');
  socket.terminate();
  assert.equal((await there)[0], 1006);
});

await check('50 clients at once, 100 messages each', async () => {
  const sockets = await Promise.all(Array.from({ length: 50 }, () => open()));
  const got = sockets.map(() => []);
  for (const [i, socket] of sockets.entries()) socket.on('message', (data) => got[i].push(Number(data)));
  for (let n = 0; n < 100; n++) for (const socket of sockets) socket.send(String(n));
  await until(() => got.every((list) => list.length === 100), 'all answers');
  for (const list of got) assert.deepEqual(list, [...list.keys()]);
  for (const socket of sockets) socket.close();
});

await check('pages go through it too', async () => {
  assert.equal(await (await fetch(url.replace('ws', 'http'))).text(), 'a page');
});

await until(() => server.clients.size === 0, 'all have left');
proxy.close();
close(front);
close(behind);
end();
