/** socket.io with the class that it is given as `wsEngine`, in place of the one that it finds. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io as connectTo } from 'socket.io-client';
import { WebSocketServer } from 'ws';
import { check, end } from '../support/check.js';
import { bytes, listen } from '../support/net.js';

/** How many handshakes came through it. */
let upgrades = 0;
class Engine extends WebSocketServer {
  /** @override */
  handleUpgrade(...all) {
    upgrades++;
    super.handleUpgrade(...all);
  }
}

const http = createServer();
const server = new Server(http, { wsEngine: Engine, perMessageDeflate: true });
server.on('connection', (socket) => {
  socket.on('echo', (value, done) => done(value));
});
const url = `http://127.0.0.1:${await listen(http)}`;

await check('the class is used', async () => {
  const socket = connectTo(url, { transports: ['websocket'], forceNew: true });
  await once(socket, 'connect');
  assert.equal(upgrades, 1);
  assert.ok(server.engine.ws instanceof Engine);
  assert.deepEqual(await socket.emitWithAck('echo', { a: bytes(70_000) }), { a: bytes(70_000) });
  socket.disconnect();
});

await check('begins by HTTP polling, and is upgraded without losing a message', async () => {
  const socket = connectTo(url, { transports: ['polling', 'websocket'], forceNew: true });
  const upgraded = new Promise((resolve) => {
    socket.io.once('open', () => socket.io.engine.once('upgrade', (transport) => resolve(transport.name)));
  });
  await once(socket, 'connect');
  const answers = [];
  for (let i = 0; i < 200; i++) {
    answers.push(socket.emitWithAck('echo', i));
    if (i % 10 === 0) await answers.at(-1);
  }
  assert.equal(await upgraded, 'websocket');
  for (let i = 200; i < 300; i++) answers.push(socket.emitWithAck('echo', i));
  assert.deepEqual(await Promise.all(answers), [...answers.keys()]);
  assert.equal(upgrades, 2);
  socket.disconnect();
});

await check('300 clients at once, each with an answer of its own', async () => {
  const sockets = Array.from({ length: 300 }, () =>
    connectTo(url, { transports: ['websocket'], forceNew: true }),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const answers = await Promise.all(sockets.map((socket, i) => socket.emitWithAck('echo', `number ${i}`)));
  assert.deepEqual(
    answers,
    sockets.map((_, i) => `number ${i}`),
  );
  for (const socket of sockets) socket.disconnect();
});

await check('one broadcast reaches all of them, encoded once', async () => {
  const sockets = Array.from({ length: 100 }, () =>
    connectTo(url, { transports: ['websocket'], forceNew: true }),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const heard = Promise.all(sockets.map((socket) => once(socket, 'news')));
  server.emit('news', 'x'.repeat(5_000), bytes(5_000));
  for (const [text, binary] of await heard) {
    assert.equal(text.length, 5_000);
    assert.deepEqual(binary, bytes(5_000));
  }
  for (const socket of sockets) socket.disconnect();
});

await server.close();
end();
