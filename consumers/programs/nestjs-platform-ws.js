/** @nestjs/platform-ws: a gateway of NestJS on its adapter for ws. Decorators are called by hand: this is plain JavaScript. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import { from, interval, map, take } from 'rxjs';
import { WebSocket } from 'ws';
import { check, end, until } from '../support/check.js';
import { bytes } from '../support/net.js';

const seen = { connected: 0, disconnected: 0 };

class Gateway {
  handleConnection(socket, request) {
    seen.connected++;
    if (request.url.includes('stranger')) socket.close(4401, 'who are you?');
  }
  handleDisconnect() {
    seen.disconnected++;
  }
  echo(data) {
    return { event: 'echo', data };
  }
  count({ to }) {
    return interval(2).pipe(
      take(to),
      map((data) => ({ event: 'count', data })),
    );
  }
  burst({ to }) {
    return from(Array.from({ length: to }, (_, data) => ({ event: 'burst', data })));
  }
  binary(_data, socket) {
    socket.send(bytes(1_000));
  }
  all(data) {
    for (const client of this.server.clients) client.send(JSON.stringify({ event: 'all', data }));
  }
}
WebSocketGateway({ path: '/live', maxPayload: 100_000 })(Gateway);
WebSocketServer()(Gateway.prototype, 'server');
for (const name of ['echo', 'count', 'burst', 'binary', 'all']) {
  MessageBody()(Gateway.prototype, name, 0);
  if (name === 'binary') ConnectedSocket()(Gateway.prototype, name, 1);
  SubscribeMessage(name)(Gateway.prototype, name, Object.getOwnPropertyDescriptor(Gateway.prototype, name));
}
class App {}
Module({ providers: [Gateway] })(App);

const app = await NestFactory.create(App, { logger: false });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, '127.0.0.1');
const url = `ws://127.0.0.1:${app.getHttpServer().address().port}/live`;
async function open() {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  return Object.assign(socket, { ask: (event, data) => socket.send(JSON.stringify({ event, data })) });
}
const next = async (socket) => JSON.parse((await once(socket, 'message'))[0].toString());

await check('an event and its answer', async () => {
  const socket = await open();
  socket.ask('echo', { text: 'Zoë 🦊' });
  assert.deepEqual(await next(socket), { event: 'echo', data: { text: 'Zoë 🦊' } });
  socket.close();
});

await check('a stream of answers, and many in one turn', async () => {
  const socket = await open();
  const got = [];
  socket.on('message', (data) => got.push(JSON.parse(data.toString()).data));
  socket.ask('count', { to: 20 });
  await until(() => got.length === 20, 'all answers');
  socket.ask('burst', { to: 500 });
  await until(() => got.length === 520, 'all answers');
  assert.deepEqual(got.slice(20), [...Array(500).keys()]);
  socket.close();
});

await check('binary, sent by the gateway', async () => {
  const socket = await open();
  socket.ask('binary');
  const [data, isBinary] = await once(socket, 'message');
  assert.equal(isBinary, true);
  assert.deepEqual(data, bytes(1_000));
  socket.close();
});

await check('a word to all clients of the server', async () => {
  await until(() => seen.connected === seen.disconnected, 'all have left');
  const sockets = await Promise.all(Array.from({ length: 15 }, open));
  const heard = Promise.all(sockets.map(next));
  sockets[0].ask('all', 'hello');
  assert.deepEqual(await heard, Array(15).fill({ event: 'all', data: 'hello' }));
  for (const socket of sockets) socket.close();
});

await check('connections and their ends are told', async () => {
  await until(() => seen.connected === seen.disconnected, 'all ends');
  assert.equal(seen.connected, 18);
});

await check('a gateway that closes', async () => {
  const [code, reason] = await once(new WebSocket(`${url}?stranger`), 'close');
  assert.deepEqual([code, reason.toString()], [4401, 'who are you?']);
});

await check('another path is refused with 400', async () => {
  const socket = new WebSocket(url.replace('live', 'elsewhere'));
  const [error] = await once(socket, 'error');
  assert.match(error.message, /400|hang up/);
});

await check('app.close ends the sockets', async () => {
  const socket = await open();
  const closed = once(socket, 'close');
  await app.close();
  await closed;
});

end();
