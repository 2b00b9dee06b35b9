/** engine.io and its client: the transport below socket.io, closer to ws. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { Server } from 'engine.io';
import { Socket as Client } from 'engine.io-client';
import { WebSocket } from 'ws';
import { check, end, until } from '../support/check.js';
import { bytes, close, listen } from '../support/net.js';

const http = createServer();
const engine = new Server({
  pingInterval: 100,
  pingTimeout: 5_000,
  maxHttpBufferSize: 100_000,
  perMessageDeflate: { threshold: 512 },
  allowRequest: ({ url }, done) => done('not you', !url.includes('forbidden')),
});
engine.attach(http);
engine.on('connection', (socket) => {
  socket.on('message', (data) => {
    if (data === 'close') socket.close();
    else if (data === 'discard') socket.close(true);
    else if (data === 'drained') socket.once('drain', () => socket.send('drained'));
    socket.send(data);
  });
});
const url = `ws://127.0.0.1:${await listen(http)}`;
const connect = async (options) => {
  const client = new Client(url, { transports: ['websocket'], ...options });
  await once(client, 'open');
  return client;
};

await check('echoes text and binary', async () => {
  const client = await connect();
  for (const data of ['hello ✓', bytes(300), '🦊']) {
    client.send(data);
    assert.deepEqual((await once(client, 'message'))[0], data);
  }
  client.binaryType = 'arraybuffer';
  client.send(bytes(40_000));
  const [back] = await once(client, 'message');
  assert.ok(back instanceof ArrayBuffer);
  assert.deepEqual(Buffer.from(back), bytes(40_000));
  client.close();
});

await check('sends without compression where that is asked for', async () => {
  const client = await connect();
  client.send('x'.repeat(10_000), { compress: false });
  assert.equal((await once(client, 'message'))[0].length, 10_000);
  client.close();
});

await check('many packets in one turn arrive in order', async () => {
  const client = await connect();
  const got = [];
  client.on('message', (data) => got.push(Number(data)));
  for (let i = 0; i < 500; i++) client.send(String(i));
  await until(() => got.length === 500, 'all packets');
  assert.deepEqual(got, [...got.keys()]);
  client.close();
});

await check('a send callback, and drain on the server', async () => {
  const client = await connect();
  await new Promise((resolve) => client.send('drained', resolve));
  const got = [];
  client.on('message', (data) => got.push(data));
  await until(() => got.includes('drained') && got.length >= 2, 'a drain');
  client.close();
});

await check('heartbeats are answered', async () => {
  const client = await connect();
  let beats = 0;
  client.on('heartbeat', () => beats++);
  await until(() => beats >= 3, 'three heartbeats');
  assert.equal(client.readyState, 'open');
  client.close();
});

await check('a server that closes: transport close', async () => {
  for (const how of ['close', 'discard']) {
    const client = await connect();
    const ended = once(client, 'close');
    client.send(how);
    assert.equal((await ended)[0], 'transport close');
  }
});

await check('a client that closes: the server is told', async () => {
  const seen = once(engine, 'connection');
  const client = await connect();
  const ended = once((await seen)[0], 'close');
  client.close();
  assert.equal((await ended)[0], 'transport close');
});

await check('a packet over maxHttpBufferSize is 1009', async () => {
  const client = await connect();
  const ended = once(client, 'close');
  client.send('x'.repeat(200_000));
  const [reason, details] = await ended;
  assert.equal(reason, 'transport close');
  assert.equal(details.context.code, 1009);
});

await check('allowRequest refuses with 400 and its words', async () => {
  const socket = new WebSocket(`${url}/engine.io/?EIO=4&transport=websocket&forbidden=1`);
  const [, response] = await once(socket, 'unexpected-response');
  assert.equal(response.statusCode, 400);
  let text = '';
  for await (const chunk of response) text += chunk;
  assert.equal(text, 'not you');
});

await check('a request with a bad Sec-WebSocket-Key is answered 400', async () => {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'short',
  };
  const asking = request(`${url.replace('ws', 'http')}/engine.io/?EIO=4&transport=websocket`, { headers });
  asking.end();
  const [response] = await once(asking, 'response');
  assert.equal(response.statusCode, 400);
  response.resume();
});

await check('an upgrade for others is ended after a time', async () => {
  const socket = new WebSocket(`${url}/elsewhere`);
  const [error] = await once(socket, 'error');
  assert.match(error.message, /socket hang up|ECONNRESET/);
});

await check('a bare ws socket speaks the protocol by hand', async () => {
  const socket = new WebSocket(`${url}/engine.io/?EIO=4&transport=websocket`);
  const [first, isBinary] = await once(socket, 'message');
  assert.equal(isBinary, false);
  assert.equal(first[0], '0'.charCodeAt(0));
  const { maxPayload, upgrades } = JSON.parse(first.toString().slice(1));
  assert.deepEqual([maxPayload, upgrades], [100_000, []]);
  socket.close(1000);
  const [code] = await once(socket, 'close');
  assert.ok(code === 1000 || code === 1005);
});

engine.close();
close(http);
end();
