/** express-ws, written for ws 7: routes, routers, middleware and the set of clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';
import expressWs from 'express-ws';
import { WebSocket } from 'ws';
import { check, end, until } from '../support/check.js';
import { bytes, close } from '../support/net.js';

const { app, getWss, applyTo } = expressWs(express(), undefined, { wsOptions: { maxPayload: 50_000 } });
app.use((request, _response, next) => {
  request.seen = request.url;
  next();
});
app.get('/page', (_request, response) => void response.send('a page'));
app.ws('/echo', (socket) => {
  socket.on('message', (data) => socket.send(data));
  socket.on('error', () => {}); // 'close' follows
});
app.ws('/seen', (socket, request) => socket.send(request.seen));
app.ws('/all', (socket) => {
  socket.on('message', (data) => {
    for (const client of getWss().clients) client.send(`all: ${data}`);
  });
});
app.ws('/close', (socket) => socket.close(4999, 'bye'));
app.ws(
  '/guarded',
  (socket, request, next) => (request.query.key === 'right' ? next() : socket.close(4401, 'no key')),
  (socket) => socket.send('inside'),
);
const router = express.Router();
applyTo(router);
router.ws('/deep/:id', (socket, request) => socket.send(request.params.id));
app.use('/api', router);

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `ws://127.0.0.1:${server.address().port}`;
const first = async (socket) => String((await once(socket, 'message'))[0]);

await check('echoes, as bytes or as text', async () => {
  const socket = new WebSocket(`${url}/echo`);
  await once(socket, 'open');
  socket.send('text');
  assert.equal(await first(socket), 'text');
  socket.send(bytes(40_000));
  assert.deepEqual((await once(socket, 'message'))[0], bytes(40_000));
  socket.close();
});

await check('middleware ran before', async () => {
  const socket = new WebSocket(`${url}/seen?a=1`);
  assert.match(await first(socket), /^\/seen\/\.websocket\?a=1$/);
  socket.close();
});

await check('a router, with a parameter', async () => {
  const socket = new WebSocket(`${url}/api/deep/42`);
  assert.equal(await first(socket), '42');
  socket.close();
});

await check('pages are served beside it', async () => {
  assert.equal(await (await fetch(`${url.replace('ws', 'http')}/page`)).text(), 'a page');
});

await check('a guard closes with its own code, or lets in', async () => {
  const [code, reason] = await once(new WebSocket(`${url}/guarded`), 'close');
  assert.deepEqual([code, reason.toString()], [4401, 'no key']);
  const socket = new WebSocket(`${url}/guarded?key=right`);
  assert.equal(await first(socket), 'inside');
  socket.close();
});

await check('close code and reason', async () => {
  const [code, reason] = await once(new WebSocket(`${url}/close`), 'close');
  assert.deepEqual([code, reason.toString()], [4999, 'bye']);
});

await check('a path without a route is closed', async () => {
  const socket = new WebSocket(`${url}/none`);
  socket.on('error', () => {});
  const [code] = await once(socket, 'close');
  assert.ok(code === 1005 || code === 1006);
});

await check('getWss().clients: a word to all of 20', async () => {
  await until(() => getWss().clients.size === 0, 'an empty set');
  const sockets = Array.from({ length: 20 }, () => new WebSocket(`${url}/all`));
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  assert.equal(getWss().clients.size, 20);
  const heard = Promise.all(sockets.map(first));
  sockets[3].send('hello');
  assert.deepEqual(await heard, Array(20).fill('all: hello'));
  for (const socket of sockets) socket.close();
  await until(() => getWss().clients.size === 0, 'an empty set');
});

await check('wsOptions are used: maxPayload', async () => {
  const socket = new WebSocket(`${url}/echo`);
  await once(socket, 'open');
  socket.send(bytes(60_000));
  assert.equal((await once(socket, 'close'))[0], 1009);
});

close(server);
end();
