/** y-websocket and its server, which was written for ws 6. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { WebSocket, WebSocketServer } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import { check, end, until } from '../support/check.js';
import { close, listen } from '../support/net.js';

// The server is CommonJS, and there must be one Yjs.
const require = createRequire(import.meta.url);
const { setupWSConnection, docs } = require('@y/websocket-server/utils');
const Y = await import('yjs');

const http = createServer();
const sockets = new WebSocketServer({ server: http });
sockets.on('connection', setupWSConnection);
const url = `ws://127.0.0.1:${await listen(http)}`;

/** @type {WebsocketProvider[]} */
const made = [];
async function join(room) {
  const options = { WebSocketPolyfill: WebSocket, disableBc: true, maxBackoffTime: 100 };
  const provider = new WebsocketProvider(url, room, new Y.Doc(), options);
  made.push(provider);
  await until(() => provider.synced, 'synced');
  return provider;
}

await check('two documents converge through the server', async () => {
  const [a, b] = [await join('room'), await join('room')];
  a.doc.getText('t').insert(0, 'hello');
  b.doc.getMap('m').set('bytes', new Uint8Array([0, 255]));
  await until(
    () => b.doc.getText('t').toString() === 'hello' && a.doc.getMap('m').has('bytes'),
    'both changes',
  );
  assert.deepEqual(a.doc.getMap('m').get('bytes'), new Uint8Array([0, 255]));
  assert.equal(docs.get('room').getText('t').toString(), 'hello');
});

await check('a document of 500 kB comes to who joins later', async () => {
  const a = await join('large');
  a.doc.getText('t').insert(0, 'word '.repeat(100_000));
  await until(() => docs.get('large').getText('t').length === 500_000, 'the server has it');
  const b = await join('large');
  assert.equal(b.doc.getText('t').length, 500_000);
});

await check('10 members who all write', async () => {
  const members = await Promise.all(Array.from({ length: 10 }, () => join('crowd')));
  for (let round = 0; round < 20; round++) for (const { doc } of members) doc.getArray('a').push([round]);
  await until(() => members.every(({ doc }) => doc.getArray('a').length === 200), 'all entries');
  assert.equal(new Set(members.map(({ doc }) => JSON.stringify(doc.getArray('a')))).size, 1);
});

await check('awareness, and its end with the connection', async () => {
  const [a, b] = [await join('aware'), await join('aware')];
  a.awareness.setLocalStateField('name', 'Ada');
  const names = () => [...b.awareness.getStates().values()].map(({ name }) => name);
  await until(() => names().includes('Ada'), 'her name');
  a.destroy();
  await until(() => !names().includes('Ada'), 'her leaving');
});

await check('a broken connection comes back with what was written meanwhile', async () => {
  const [a, b] = [await join('breaks'), await join('breaks')];
  for (const socket of sockets.clients) socket.terminate();
  a.doc.getText('t').insert(0, 'meanwhile');
  await until(() => b.doc.getText('t').toString() === 'meanwhile', 'the text');
  assert.ok(a.wsconnected);
});

for (const each of made) each.destroy();
for (const socket of sockets.clients) socket.terminate();
close(http);
end({ exit: 'awareness keeps a timer' });
