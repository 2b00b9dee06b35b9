/** @fastify/websocket: routes, hooks, injected sockets and streams. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import { createWebSocketStream, WebSocket } from 'ws';
import { check, end, until } from '../support/check.js';
import { bytes } from '../support/net.js';

const app = Fastify();
await app.register(websocket, {
  options: {
    maxPayload: 200_000,
    perMessageDeflate: { threshold: 1024 },
    verifyClient: ({ req }, done) =>
      done(req.headers['x-refuse'] === undefined, 429, 'later', { 'Retry-After': '7' }),
    handleProtocols: (protocols) => (protocols.has('v2') ? 'v2' : false),
  },
  errorHandler(error, socket) {
    socket.close(4000, error.message);
  },
});
app.addHook('preValidation', async (request, reply) => {
  if (request.url === '/secret') await reply.code(401).send('who are you?');
});
app.get('/echo', { websocket: true }, (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
app.get('/secret', { websocket: true }, (socket) => socket.send('hidden'));
app.get('/room/:name', { websocket: true }, (socket, request) =>
  socket.send(JSON.stringify([request.params, request.query])),
);
app.get('/throws', { websocket: true }, () => {
  throw new Error('a handler failed');
});
app.get('/close', { websocket: true }, (socket) => socket.close(4321, 'as agreed'));
app.get('/stream', { websocket: true }, (socket) => {
  const stream = createWebSocketStream(socket);
  stream.pipe(stream);
});
app.route({
  method: 'GET',
  url: '/both',
  handler: async () => 'a page',
  wsHandler: (socket) => socket.send('a socket'),
});
await app.listen({ port: 0, host: '127.0.0.1' });
const url = `ws://127.0.0.1:${app.server.address().port}`;
const open = async (path, ...options) => {
  const socket = new WebSocket(url + path, ...options);
  await once(socket, 'open');
  return socket;
};
const first = async (socket) => String((await once(socket, 'message'))[0]);

await check('echoes text and binary, short and long', async () => {
  const socket = await open('/echo');
  for (const data of ['short ✓', 'long '.repeat(20_000), bytes(5), bytes(150_000)]) {
    socket.send(data);
    const [back, isBinary] = await once(socket, 'message');
    assert.equal(isBinary, typeof data !== 'string');
    assert.deepEqual(isBinary ? back : back.toString(), data);
  }
  socket.close();
});

await check('a route has its parameters and the query', async () => {
  const socket = new WebSocket(`${url}/room/kitchen?table=4`);
  assert.deepEqual(JSON.parse(await first(socket)), [{ name: 'kitchen' }, { table: '4' }]);
  socket.close();
});

await check('one URL is a page and a socket', async () => {
  assert.equal(await (await fetch(`${url.replace('ws', 'http')}/both`)).text(), 'a page');
  const socket = new WebSocket(`${url}/both`);
  assert.equal(await first(socket), 'a socket');
  socket.close();
});

await check('a hook refuses before the upgrade', async () => {
  const [, response] = await once(new WebSocket(`${url}/secret`), 'unexpected-response');
  assert.equal(response.statusCode, 401);
  response.destroy();
});

await check('verifyClient refuses with its status and headers', async () => {
  const refused = new WebSocket(`${url}/echo`, { headers: { 'X-Refuse': '1' } });
  const [, response] = await once(refused, 'unexpected-response');
  assert.deepEqual([response.statusCode, response.headers['retry-after']], [429, '7']);
  response.destroy();
});

await check('no route: 404', async () => {
  const [, response] = await once(new WebSocket(`${url}/nowhere`), 'unexpected-response');
  assert.equal(response.statusCode, 404);
  response.destroy();
});

await check('the subprotocol that handleProtocols chose', async () => {
  const socket = await open('/echo', ['v1', 'v2']);
  assert.equal(socket.protocol, 'v2');
  socket.close();
});

await check('close code and reason come to the client', async () => {
  const [code, reason] = await once(new WebSocket(`${url}/close`), 'close');
  assert.deepEqual([code, reason.toString()], [4321, 'as agreed']);
});

await check('the errorHandler closes the socket of a handler that throws', async () => {
  const [code, reason] = await once(new WebSocket(`${url}/throws`), 'close');
  assert.deepEqual([code, reason.toString()], [4000, 'a handler failed']);
});

await check('a message over maxPayload: 1009', async () => {
  const socket = await open('/echo');
  socket.send(bytes(200_001));
  assert.equal((await once(socket, 'close'))[0], 1009);
});

await check('a socket as a stream: 8 MB through a pipe and back', async () => {
  const stream = createWebSocketStream(await open('/stream', { maxPayload: 0 }));
  const [part, parts] = [bytes(64_000), 125];
  const received = [];
  stream.on('data', (chunk) => received.push(chunk));
  for (let i = 0; i < parts; i++) if (!stream.write(part)) await once(stream, 'drain');
  await until(
    () => received.reduce((sum, { length }) => sum + length, 0) === part.length * parts,
    'all bytes',
  );
  assert.ok(Buffer.concat(received).equals(Buffer.concat(Array(parts).fill(part))));
  stream.end();
  await once(stream, 'close');
});

await check('injectWS: a socket without a port', async () => {
  const other = Fastify();
  await other.register(websocket);
  other.get('/', { websocket: true }, (socket) =>
    socket.on('message', (data) => socket.send(`${data} back`)),
  );
  await other.ready();
  const socket = await other.injectWS('/');
  socket.send('injected');
  assert.equal(await first(socket), 'injected back');
  socket.terminate();
  await other.close();
});

await check('app.close closes the sockets with 1005 or 1001, and ends', async () => {
  const socket = await open('/echo');
  const ended = once(socket, 'close');
  await app.close();
  assert.ok([1001, 1005].includes((await ended)[0]));
});

end();
