/** jsdom: the WebSocket of its windows, which is made of ws. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { CookieJar, JSDOM, VirtualConsole } from 'jsdom';
import { WebSocketServer } from 'ws';
import { check, end, until } from '../support/check.js';
import { bytes, close, listen } from '../support/net.js';

const http = createServer();
const server = new WebSocketServer({
  server: http,
  handleProtocols: (offered) => offered.has('v2') && 'v2',
  perMessageDeflate: true,
});
const requests = [];
server.on('connection', (socket, request) => {
  requests.push(request);
  socket.on('message', (data, isBinary) => {
    if (data.toString() === 'close') socket.close(4321, 'as agreed ✓');
    else if (data.toString() === 'break') socket.terminate();
    else socket.send(data, { binary: isBinary });
  });
});
const port = await listen(http);
const url = `ws://127.0.0.1:${port}/`;
const cookieJar = new CookieJar();
cookieJar.setCookieSync('session=42', `http://127.0.0.1:${port}/`);
const { window } = new JSDOM('', {
  url: `http://127.0.0.1:${port}/page`,
  cookieJar,
  virtualConsole: new VirtualConsole(),
});

/** The next event of this name. */
const next = (socket, name) =>
  new Promise((resolve) => socket.addEventListener(name, resolve, { once: true }));
async function open(...options) {
  const socket = new window.WebSocket(url, ...options);
  await next(socket, 'open');
  return socket;
}

await check('opens, with the origin, the cookies and the user agent of the window', async () => {
  const socket = await open();
  assert.equal(socket.readyState, window.WebSocket.OPEN);
  const { headers } = requests.at(-1);
  assert.equal(headers.origin, `http://127.0.0.1:${port}`);
  assert.equal(headers.cookie, 'session=42');
  assert.match(headers['user-agent'], /jsdom/);
  socket.close();
});

await check('the URL is resolved', async () => {
  const socket = new window.WebSocket(url.slice(0, -1));
  assert.equal(socket.url, url);
  await next(socket, 'open');
  socket.close();
});

await check('text, Blob and ArrayBuffer, as binaryType says', async () => {
  const socket = await open();
  socket.send('text ✓');
  assert.equal((await next(socket, 'message')).data, 'text ✓');
  socket.send(new window.Uint8Array(bytes(70_000)));
  const { data: blob } = await next(socket, 'message');
  assert.ok(blob instanceof window.Blob);
  assert.equal(blob.size, 70_000);
  socket.binaryType = 'arraybuffer';
  socket.send(new window.Blob(['of a blob']));
  const { data, origin } = await next(socket, 'message');
  assert.ok(data instanceof window.ArrayBuffer);
  assert.equal(Buffer.from(data).toString(), 'of a blob');
  assert.equal(origin, `ws://127.0.0.1:${port}`);
  socket.close();
});

await check('many messages in order, by onmessage', async () => {
  const socket = await open();
  const got = [];
  socket.onmessage = ({ data }) => got.push(Number(data));
  for (let i = 0; i < 500; i++) socket.send(String(i));
  await until(() => got.length === 500, 'all messages');
  assert.deepEqual(got, [...got.keys()]);
  socket.close();
});

await check('a subprotocol', async () => {
  const socket = await open(['v1', 'v2']);
  assert.equal(socket.protocol, 'v2');
  socket.close();
});

await check('the close of the server: code, reason, wasClean', async () => {
  const socket = await open();
  socket.send('close');
  const { code, reason, wasClean } = await next(socket, 'close');
  assert.deepEqual([code, reason, wasClean], [4321, 'as agreed ✓', true]);
  assert.equal(socket.readyState, window.WebSocket.CLOSED);
});

await check('its own close', async () => {
  const socket = await open();
  const there = once([...server.clients].at(-1), 'close');
  socket.close(3001, 'mine');
  assert.equal(socket.readyState, window.WebSocket.CLOSING);
  const [code, reason] = await there;
  assert.deepEqual([code, reason.toString()], [3001, 'mine']);
  assert.throws(() => socket.close(1001), /InvalidAccessError|code/);
});

await check('a connection that breaks: 1006', async () => {
  const socket = await open();
  socket.send('break');
  assert.equal((await next(socket, 'close')).code, 1006); // jsdom calls any end clean once it was open
});

await check('nobody answers: error, then close with 1006', async () => {
  const socket = new window.WebSocket('ws://127.0.0.1:1/');
  const events = [];
  for (const name of ['open', 'error', 'close']) socket.addEventListener(name, () => events.push(name));
  assert.equal((await next(socket, 'close')).code, 1006);
  assert.deepEqual(events, ['error', 'close']);
});

await check('bufferedAmount, and closing while it connects', async () => {
  const socket = await open();
  socket.send('12345');
  assert.equal(socket.bufferedAmount, 5);
  await until(() => socket.bufferedAmount === 0, 'sent');
  socket.close();
  const hasty = new window.WebSocket(url);
  hasty.close();
  assert.equal((await next(hasty, 'close')).code, 1006);
});

await check('window.close ends its sockets', async () => {
  await until(() => server.clients.size === 0, `none open: ${[...server.clients].map((c) => c.readyState)}`);
  await open();
  window.close();
  await until(() => server.clients.size === 0, 'the end');
});

close(http);
end();
