/** mqtt.js over WebSockets, with aedes as its broker on a stream of ws: sessions, wills, QoS, and bytes in any pieces. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import { check, end, until } from '../support/check.js';
import { bytes, close, listen } from '../support/net.js';

const broker = await Aedes.createBroker({
  authenticate: (_client, name, _password, done) => done(null, name !== 'stranger'),
});
const http = createServer();
const sockets = new WebSocketServer({
  server: http,
  handleProtocols: (offered) => offered.has('mqtt') && 'mqtt',
});
sockets.on('connection', (socket, request) => broker.handle(createWebSocketStream(socket), request));
const url = `ws://127.0.0.1:${await listen(http)}`;
const connect = (options) => mqtt.connectAsync(url, { reconnectPeriod: 50, ...options });

await check('connects with the subprotocol mqtt', async () => {
  const client = await connect({ clientId: 'first' });
  assert.equal([...sockets.clients][0].protocol, 'mqtt');
  assert.ok(broker.clients.first);
  await client.endAsync();
});

await check('publishes and receives with each QoS', async () => {
  const client = await connect();
  const got = [];
  client.on('message', (topic, payload, { qos }) => got.push([topic, payload.toString(), qos]));
  await client.subscribeAsync('qos/#', { qos: 2 });
  for (const qos of [0, 1, 2]) await client.publishAsync(`qos/${qos}`, `with ${qos} ✓`, { qos });
  await until(() => got.length === 3, 'three messages');
  assert.deepEqual(
    got,
    [0, 1, 2].map((qos) => [`qos/${qos}`, `with ${qos} ✓`, qos]),
  );
  await client.endAsync();
});

await check('a payload of 5 MB, in any pieces', async () => {
  const client = await connect();
  await client.subscribeAsync('big');
  const came = once(client, 'message');
  await client.publishAsync('big', bytes(5_000_000));
  assert.ok((await came)[1].equals(bytes(5_000_000)));
  await client.endAsync();
});

await check('2,000 messages in order, to five subscribers', async () => {
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect()));
  const got = clients.map(() => []);
  for (const [i, client] of clients.entries()) {
    client.on('message', (_topic, payload) => got[i].push(Number(payload)));
    await client.subscribeAsync('many', { qos: 1 });
  }
  for (let i = 0; i < 2_000; i++) clients[0].publish('many', String(i), { qos: 1 });
  await until(() => got.every((list) => list.length === 2_000), 'all messages');
  for (const list of got) assert.deepEqual(list, [...list.keys()]);
  await Promise.all(clients.map((client) => client.endAsync()));
});

await check('retained messages, and a topic that is left', async () => {
  const client = await connect();
  await client.publishAsync('kept', 'still here', { retain: true });
  const came = once(client, 'message');
  await client.subscribeAsync('kept');
  assert.equal((await came)[1].toString(), 'still here');
  await client.unsubscribeAsync('kept');
  await client.endAsync();
});

await check('a will is published when the connection breaks', async () => {
  const watcher = await connect();
  await watcher.subscribeAsync('will');
  const came = once(watcher, 'message');
  const client = await connect({ will: { topic: 'will', payload: 'gone' }, reconnectPeriod: 0 });
  client.stream.destroy();
  assert.equal((await came)[1].toString(), 'gone');
  await Promise.all([client.endAsync(true), watcher.endAsync()]);
});

await check('a client that is refused is told', async () => {
  await assert.rejects(connect({ username: 'stranger', reconnectPeriod: 0 }), /Not authorized/);
});

await check('a broken connection comes back with its subscriptions', async () => {
  const client = await connect({ clientId: 'comes-back' });
  await client.subscribeAsync('again');
  const back = once(client, 'connect');
  for (const socket of sockets.clients) socket.terminate();
  await back;
  const came = once(client, 'message');
  await until(() => client.connected, 'a connection');
  await client.publishAsync('again', 'welcome');
  assert.equal((await came)[1].toString(), 'welcome');
  await client.endAsync();
});

await check('keepalive pings are answered', async () => {
  const client = await connect({ keepalive: 1 });
  let answers = 0;
  client.on('packetreceive', ({ cmd }) => (answers += cmd === 'pingresp' ? 1 : 0));
  await until(() => answers >= 1, 'a pingresp');
  await client.endAsync();
});

await check('bytes of the protocol one by one, each in a message of its own', async () => {
  const socket = new WebSocket(url, 'mqtt');
  await once(socket, 'open');
  const connectPacket = Buffer.from('100e00044d51545404020000000261', 'hex');
  const packet = Buffer.concat([connectPacket, Buffer.from('62')]);
  for (const byte of packet) socket.send(Buffer.of(byte));
  const answer = [];
  socket.on('message', (part) => answer.push(...part));
  await until(() => answer.length === 4, 'a CONNACK');
  assert.deepEqual(answer, [0x20, 2, 0, 0]);
  socket.close();
  await once(socket, 'close');
});

broker.close();
close(http);
end();
