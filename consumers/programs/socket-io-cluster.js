/** socket.io on two processes, joined by its cluster adapter: socket.io-adapter, and sockets that came to either. */
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createAdapter, setupPrimary } from '@socket.io/cluster-adapter';
import { Server } from 'socket.io';
import { io as connectTo } from 'socket.io-client';
import { check, end, until } from '../support/check.js';
import { listen } from '../support/net.js';

const WORKERS = 2;

if (cluster.isWorker) await serve();
else await tryAll();

async function serve() {
  const http = createServer();
  const server = new Server(http, { transports: ['websocket'], adapter: createAdapter() });
  server.on('connection', async (socket) => {
    await socket.join('room');
    socket.on('to room', (word) => server.to('room').emit('said', word));
    socket.on('leave all', () => server.in('room').disconnectSockets(true));
    socket.on('how many', async (done) => done((await server.in('room').fetchSockets()).length));
    socket.on('ask workers', async (done) =>
      done(process.pid, await server.serverSideEmitWithAck('your pid')),
    );
    socket.emit('ready');
  });
  server.on('your pid', (done) => done(process.pid));
  process.send({ port: await listen(http) });
}

async function tryAll() {
  setupPrimary();
  cluster.setupPrimary({ exec: fileURLToPath(import.meta.url), serialization: 'advanced' });
  const workers = Array.from({ length: WORKERS }, () => cluster.fork());
  // They share a port, and connections go to one and the other in turn.
  const [port] = await Promise.all(
    workers.map(
      (worker) => new Promise((resolve) => worker.on('message', (told) => told.port && resolve(told.port))),
    ),
  );
  const options = { transports: ['websocket'], forceNew: true };
  const sockets = Array.from({ length: 10 }, () => connectTo(`http://127.0.0.1:${port}`, options));
  const ready = Promise.all(sockets.map((socket) => once(socket, 'ready')));

  await check('clients of both processes are in one room', async () => {
    await ready;
    await until(async () => (await sockets[0].emitWithAck('how many')) === 10, 'ten sockets');
  });

  await check('what is said in one process is heard in both, binary too', async () => {
    for (const word of ['text', Buffer.from([0, 255])]) {
      const heard = Promise.all(sockets.map((socket) => once(socket, 'said')));
      sockets[0].emit('to room', word);
      for (const [got] of await heard) assert.deepEqual(got, word);
    }
  });

  await check('one process asks the other', async () => {
    const [asking, answers] = await new Promise((resolve) => {
      sockets[0].emit('ask workers', (...pids) => resolve(pids));
    });
    assert.deepEqual([asking, ...answers].sort(), workers.map((worker) => worker.process.pid).sort());
  });

  await check('one process sends away the clients of both', async () => {
    const ended = Promise.all(sockets.map((socket) => once(socket, 'disconnect')));
    sockets[9].emit('leave all');
    for (const [reason] of await ended) assert.equal(reason, 'io server disconnect');
  });

  for (const socket of sockets) socket.disconnect();
  for (const worker of workers) worker.kill();
  end();
}
