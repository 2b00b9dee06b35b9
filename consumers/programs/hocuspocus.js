/** Hocuspocus: its server on ws, its provider with the class of ws; documents of Yjs converge. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { Hocuspocus } from '@hocuspocus/server';
import { WebSocket, WebSocketServer } from 'ws';
import * as Y from 'yjs';
import { check, end, until } from '../support/check.js';
import { close, listen } from '../support/net.js';

const stored = new Map();
const hocuspocus = new Hocuspocus({
  quiet: true,
  debounce: 20,
  async onAuthenticate({ token }) {
    if (token === 'bad') throw new Error('no');
    return { user: token };
  },
  async onLoadDocument({ documentName, document }) {
    if (documentName === 'prefilled') document.getText('t').insert(0, 'loaded');
  },
  async onStoreDocument({ documentName, document }) {
    stored.set(documentName, document.getText('t').toString());
  },
  async onStateless({ payload, document }) {
    document.broadcastStateless(`${payload} to all`);
  },
});
const http = createServer();
const sockets = new WebSocketServer({ server: http });
sockets.on('connection', (socket, request) => hocuspocus.handleConnection(socket, request));
const url = `ws://127.0.0.1:${await listen(http)}`;

/** @type {{ destroy(): void }[]} */
const made = [];
async function open(name, options = {}) {
  const websocketProvider = new HocuspocusProviderWebsocket({
    url,
    WebSocketPolyfill: WebSocket,
    delay: 20,
    minDelay: 20,
    jitter: false,
  });
  const provider = new HocuspocusProvider({
    websocketProvider,
    name,
    document: new Y.Doc(),
    token: 'Ada',
    ...options,
  });
  provider.attach();
  made.push(provider, websocketProvider);
  if (options.token !== 'bad') await until(() => provider.isSynced, 'synced');
  return provider;
}
const text = ({ document }) => document.getText('t');

await check('two documents converge', async () => {
  const [a, b] = [await open('one'), await open('one')];
  text(a).insert(0, 'from a');
  text(b).insert(0, 'from b, ');
  await until(() => text(a).length === 14 && text(a).toString() === text(b).toString(), 'the same text');
});

await check('what was there before comes to who joins', async () => {
  assert.equal(text(await open('prefilled')).toString(), 'loaded');
});

await check('200 edits in one turn, and a text of 300 kB', async () => {
  const [a, b] = [await open('many'), await open('many')];
  for (let i = 0; i < 200; i++) text(a).insert(0, `${i} `);
  text(a).insert(0, 'x'.repeat(300_000));
  await until(() => text(b).length === text(a).length, 'all edits');
  assert.equal(text(b).toString(), text(a).toString());
});

await check('20 members of one document', async () => {
  const members = await Promise.all(Array.from({ length: 20 }, () => open('crowd')));
  for (const [i, member] of members.entries()) text(member).insert(0, String(i % 10));
  await until(() => members.every((member) => text(member).length === 20), 'all letters');
  assert.equal(new Set(members.map((member) => text(member).toString())).size, 1);
});

await check('who is there: awareness', async () => {
  const [a, b] = [await open('aware'), await open('aware')];
  a.setAwarenessField('name', 'Ada');
  await until(() => [...b.awareness.getStates().values()].some(({ name }) => name === 'Ada'), 'her name');
  a.destroy();
  await until(() => b.awareness.getStates().size === 1, 'her leaving');
});

await check('a token that is refused', async () => {
  let reason;
  await open('secret', { token: 'bad', onAuthenticationFailed: (event) => (reason = event.reason) });
  await until(() => reason !== undefined, 'a refusal');
  assert.equal(reason, 'permission-denied');
});

await check('stateless messages go to all', async () => {
  const heard = [];
  const onStateless = ({ payload }) => heard.push(payload);
  const a = await open('stateless', { onStateless });
  await open('stateless', { onStateless });
  a.sendStateless('hello');
  await until(() => heard.length === 2, 'two messages');
  assert.deepEqual(heard, ['hello to all', 'hello to all']);
});

await check('a connection that breaks comes back, with what was written meanwhile', async () => {
  const [a, b] = [await open('breaks'), await open('breaks')];
  for (const socket of sockets.clients) socket.terminate();
  text(a).insert(0, 'meanwhile');
  await until(() => text(b).toString() === 'meanwhile', 'the text');
});

await check('the server stores what was written', async () => {
  await until(() => stored.get('one')?.length === 14, 'the first document');
});

await check('closeConnections ends those of a document: the provider is told', async () => {
  const provider = await open('closed');
  const told = new Promise((resolve) => provider.on('close', resolve));
  hocuspocus.closeConnections('closed');
  const { event } = await told;
  assert.equal(event.code, 1000);
});

for (const each of made) each.destroy();
for (const socket of sockets.clients) socket.terminate();
close(http);
end({ exit: 'the provider keeps timers' });
