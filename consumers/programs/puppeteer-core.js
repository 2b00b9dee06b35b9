/** puppeteer-core: a real Chromium by the DevTools protocol, over its NodeWebSocketTransport, which is made of ws. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import puppeteer from 'puppeteer-core';
import { WebSocketServer } from 'ws';
import { check, end, until } from '../support/check.js';
import { findChromium } from '../support/chromium.js';
import { close, listen } from '../support/net.js';

const executablePath = findChromium();
const http = createServer((_request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end('<!doctype html><title>a page</title><h1>hello ✓</h1>');
});
const server = new WebSocketServer({ server: http, perMessageDeflate: true });
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    if (data.toString() === 'close') socket.close(4321, 'as agreed');
    else socket.send(data, { binary: isBinary });
  });
});
const url = `http://127.0.0.1:${await listen(http)}/`;

const browser = await puppeteer.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  timeout: 60_000,
});
const page = await browser.newPage();

await check('launches, and asks for the version', async () => {
  assert.match(await browser.version(), /^(?:Headless)?Chrom/);
  assert.match(browser.wsEndpoint(), /^ws:\/\/127\.0\.0\.1:/);
});

await check('opens a page and reads it', async () => {
  await page.goto(url);
  assert.equal(await page.title(), 'a page');
  assert.equal(await page.$eval('h1', ({ textContent }) => textContent), 'hello ✓');
});

await check('values go both ways', async () => {
  const value = { text: 'Zoë 🦊', list: [1, [2, null]] };
  assert.deepEqual(await page.evaluate((given) => given, value), value);
});

await check('an answer of 5 MB', async () => {
  assert.equal((await page.evaluate(() => 'x'.repeat(5_000_000))).length, 5_000_000);
});

await check('200 commands at once, each with an answer of its own', async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => page.evaluate((n) => n + 1, i)));
  assert.deepEqual(
    answers,
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
});

await check('events of the page: its console', async () => {
  const logged = [];
  page.on('console', (message) => logged.push(message.text()));
  await page.evaluate(() => {
    for (let i = 0; i < 100; i++) console.log(`line ${i}`);
  });
  await until(() => logged.length === 100, 'all lines');
  assert.equal(logged[99], 'line 99');
});

await check('a picture of the page', async () => {
  const png = await page.screenshot();
  assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from('PNG')]);
});

await check(
  'the WebSocket of the browser talks to a server of ws: text, binary, compression, close',
  async () => {
    const result = await page.evaluate(
      async (address) => {
        const socket = new WebSocket(address);
        socket.binaryType = 'arraybuffer';
        const next = (name) =>
          new Promise((resolve) => socket.addEventListener(name, resolve, { once: true }));
        await next('open');
        socket.send('text '.repeat(10_000));
        const text = (await next('message')).data.length;
        socket.send(new Uint8Array(70_000).fill(7));
        const bytes = (await next('message')).data.byteLength;
        socket.send('close');
        const { code, reason, wasClean } = await next('close');
        return { text, bytes, code, reason, wasClean, extensions: socket.extensions };
      },
      url.replace('http', 'ws'),
    );
    const { extensions, ...rest } = result;
    assert.deepEqual(rest, { text: 50_000, bytes: 70_000, code: 4321, reason: 'as agreed', wasClean: true });
    assert.match(extensions, /permessage-deflate/);
  },
);

await check('a second client connects to the same browser, and leaves', async () => {
  const other = await puppeteer.connect({ browserWSEndpoint: browser.wsEndpoint() });
  assert.ok((await other.pages()).length >= 1);
  await other.disconnect();
  assert.equal(other.connected, false);
  assert.equal(browser.connected, true);
});

await check('a page that fails rejects, and the rest goes on', async () => {
  await assert.rejects(
    page.evaluate(() => Promise.reject(new Error('planned'))),
    /planned/,
  );
  await assert.rejects(page.goto('http://127.0.0.1:1/'), /ERR_/);
  await page.goto(url);
  assert.equal(await page.evaluate(() => 1), 1);
});

await check('the browser closes, and says so', async () => {
  let told = false;
  browser.on('disconnected', () => (told = true));
  await browser.close();
  await until(() => told, 'disconnected');
});

close(http);
end();
