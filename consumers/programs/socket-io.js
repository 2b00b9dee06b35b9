/** socket.io and its client, on websocket alone: the wire is the one of ws on both sides. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io as connectTo } from 'socket.io-client';
import { check, end, until } from '../support/check.js';
import { bytes, listen } from '../support/net.js';

const http = createServer();
const server = new Server(http, {
  transports: ['websocket'],
  pingInterval: 200,
  perMessageDeflate: { threshold: 1024 },
  connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
  maxHttpBufferSize: 4e6,
});
server.use((socket, next) => {
  if (socket.handshake.auth.token !== 'stranger') return next();
  next(Object.assign(new Error('unknown token'), { data: { try: 'again' } }));
});
server.on('connection', (socket) => {
  socket.on('echo', (...words) => words.pop()(...words));
  socket.on('join', async (room, done) => done(await socket.join(room)));
  socket.on('to', (room, ...words) => socket.to(room).emit('said', ...words));
});
const url = `http://127.0.0.1:${await listen(http)}`;

/** @type {ReturnType<typeof connectTo>[]} */
const opened = [];
/** @param {object} [options] */
async function connect(options) {
  const socket = connectTo(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 50,
    ...options,
  });
  opened.push(socket);
  await once(socket, 'connect');
  return socket;
}

await check('connects by websocket, with the headers of the client', async () => {
  const socket = await connect({ extraHeaders: { 'X-Of-Client': 'yes' }, query: { a: 'b' } });
  assert.equal(socket.io.engine.transport.name, 'websocket');
  const { handshake } = server.sockets.sockets.get(socket.id);
  assert.equal(handshake.headers['x-of-client'], 'yes');
  assert.equal(handshake.query.a, 'b');
});

await check('acknowledges text, numbers, nested values and emoji', async () => {
  const words = ['é 🦊 \u0000', 12.5, null, { deep: [{ er: [] }] }];
  const socket = await connect();
  const answer = await new Promise((resolve) => socket.emit('echo', ...words, (...back) => resolve(back)));
  assert.deepEqual(answer, words);
  assert.deepEqual(await socket.timeout(5_000).emitWithAck('echo', 'x'), 'x');
});

await check('acknowledges binary inside objects, also a megabyte', async () => {
  const socket = await connect();
  const sent = { name: 'files', files: [bytes(10), bytes(1_000_000)], none: Buffer.alloc(0) };
  const back = await socket.emitWithAck('echo', sent);
  assert.deepEqual(back, sent);
});

await check('a long text goes both ways compressed', async () => {
  const socket = await connect();
  const text = 'compress me, please. '.repeat(50_000);
  assert.equal(await socket.emitWithAck('echo', text), text);
  assert.match(socket.io.engine.transport.ws.extensions, /permessage-deflate/);
});

await check('a thousand messages keep their order', async () => {
  const socket = await connect();
  const answers = [];
  for (let i = 0; i < 1_000; i++) socket.emit('echo', i, (n) => answers.push(n));
  await until(() => answers.length === 1_000, 'all answers');
  assert.deepEqual(answers, [...answers.keys()]);
});

await check('rooms: who is in it hears it, once, and nobody else', async () => {
  const sockets = await Promise.all(Array.from({ length: 6 }, () => connect()));
  const heard = sockets.map(() => []);
  for (const [i, socket] of sockets.entries()) socket.on('said', (word) => heard[i].push(word));
  await Promise.all(sockets.slice(0, 4).map((socket) => socket.emitWithAck('join', 'room')));
  sockets[0].emit('to', 'room', 'from a member');
  await until(() => heard.flat().length === 3, 'a word to the others of the room');
  server.to('room').except(sockets[1].id).emit('said', 'from the server');
  server.emit('said', 'to all');
  await until(() => heard.every((words) => words.includes('to all')), 'a word to all');
  assert.deepEqual(heard[0], ['from the server', 'to all']);
  assert.deepEqual(heard[1], ['from a member', 'to all']);
  assert.deepEqual(heard[3], ['from a member', 'from the server', 'to all']);
  assert.deepEqual(heard[5], ['to all']);
});

await check('a broadcast with acknowledgements of all', async () => {
  const socket = await connect();
  const other = await connect();
  for (const each of [socket, other]) {
    each.on('ask', (done) => done(each.id));
    await each.emitWithAck('join', 'asked');
  }
  const answers = await server.to('asked').timeout(5_000).emitWithAck('ask');
  assert.deepEqual(answers.sort(), [socket.id, other.id].sort());
});

await check('a middleware refuses, with what it says', async () => {
  const socket = connectTo(url, { transports: ['websocket'], forceNew: true, auth: { token: 'stranger' } });
  opened.push(socket);
  const [error] = await once(socket, 'connect_error');
  assert.equal(error.message, 'unknown token');
  assert.deepEqual(error.data, { try: 'again' });
  assert.equal(socket.connected, false);
});

await check('namespaces share one connection, and are as separate as they should be', async () => {
  server.of('/admin').on('connection', (socket) => socket.emit('who', 'admin'));
  const socket = await connect({ forceNew: true });
  const admin = socket.io.socket('/admin');
  opened.push(admin);
  assert.equal((await once(admin, 'who'))[0], 'admin');
  assert.equal(admin.io.engine, socket.io.engine);
});

await check('volatile: arrives when connected, is dropped when not', async () => {
  const socket = await connect();
  let last = 0;
  server.sockets.sockets.get(socket.id).on('v', (n) => (last = n));
  await until(() => {
    socket.volatile.emit('v', 1);
    return last === 1;
  }, 'a volatile message');
  socket.disconnect();
  socket.volatile.emit('v', 2);
  const reconnected = once(socket, 'connect');
  socket.connect();
  await reconnected;
  await socket.emitWithAck('echo', 'a round');
  assert.equal(last, 1);
});

await check('says why it ended, on both sides', async () => {
  const socket = await connect();
  const there = server.sockets.sockets.get(socket.id);
  const reasons = Promise.all([once(socket, 'disconnect'), once(there, 'disconnect')]);
  there.disconnect(true);
  assert.deepEqual(
    (await reasons).map(([reason]) => reason),
    ['io server disconnect', 'server namespace disconnect'],
  );
  const second = await connect();
  const end = once(server.sockets.sockets.get(second.id), 'disconnect');
  second.disconnect();
  assert.equal((await end)[0], 'client namespace disconnect');
});

await check('a connection that breaks is recovered: same id, rooms, and what was missed', async () => {
  const socket = await connect();
  await socket.emitWithAck('join', 'recovered');
  const { id } = socket;
  const said = [];
  socket.on('said', (word) => said.push(word));
  server.to('recovered').emit('said', 'before');
  await until(() => said.length === 1, 'the first');
  const lost = once(socket, 'disconnect');
  socket.io.engine.close();
  await lost;
  server.to('recovered').emit('said', 'meanwhile');
  const back = once(socket, 'connect');
  if (!socket.active) socket.connect();
  await back;
  await until(() => said.length === 2, 'what was missed');
  assert.deepEqual([socket.recovered, socket.id, said], [true, id, ['before', 'meanwhile']]);
});

await check('a transport that is terminated is a transport close, and the client comes back', async () => {
  const socket = await connect();
  const ended = once(socket, 'disconnect');
  const again = new Promise((resolve) => socket.once('disconnect', () => socket.once('connect', resolve)));
  server.sockets.sockets.get(socket.id).conn.transport.socket.terminate();
  assert.equal((await ended)[0], 'transport close');
  await again;
  assert.equal(await socket.emitWithAck('echo', 'here'), 'here');
});

await check('a message over maxHttpBufferSize ends the connection with 1009', async () => {
  const socket = await connect({ reconnection: false });
  const ended = once(socket, 'disconnect');
  socket.emit('echo', bytes(4_100_000), () => {});
  const [reason, details] = await ended;
  assert.equal(reason, 'transport close');
  assert.equal(details.context.code, 1009);
});

await check('heartbeats keep a silent client', async () => {
  const socket = await connect();
  let pings = 0;
  socket.io.on('ping', () => pings++);
  await until(() => pings >= 3, 'three pings');
  assert.equal(socket.connected, true);
});

await check('all leave when the server closes', async () => {
  const socket = await connect({ reconnection: false });
  const ended = once(socket, 'disconnect');
  for (const each of opened) each.io.reconnection(false);
  await server.close();
  await ended;
  assert.equal(server.engine.clientsCount, 0);
  for (const each of opened) each.disconnect();
});

end();
