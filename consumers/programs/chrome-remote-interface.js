/** chrome-remote-interface, written for ws 7: the DevTools protocol without a layer above it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import CDP from 'chrome-remote-interface';
import { check, end, until } from '../support/check.js';
import { findChromium } from '../support/chromium.js';

const profile = mkdtempSync(join(tmpdir(), 'consumer-profile-'));
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];
const words = [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
const chromium = spawn(findChromium(), words, { stdio: ['ignore', 'ignore', 'pipe'] });
let port;
for await (const line of createInterface({ input: chromium.stderr })) {
  port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
  if (port !== undefined) break;
}
chromium.stderr.resume();
const where = { host: '127.0.0.1', port: Number(port) };
const client = await CDP(where);

await check('commands and their results', async () => {
  const { result } = await client.Runtime.evaluate({ expression: '6 * 7' });
  assert.equal(result.value, 42);
});

await check('an answer of 3 MB, and a question of 3 MB', async () => {
  const long = await client.Runtime.evaluate({ expression: '"x".repeat(3e6)' });
  assert.equal(long.result.value.length, 3_000_000);
  const { result } = await client.Runtime.evaluate({ expression: `"${'y'.repeat(3_000_000)}".length` });
  assert.equal(result.value, 3_000_000);
});

await check('events', async () => {
  const logged = [];
  client.Runtime.consoleAPICalled(({ args }) => logged.push(args[0].value));
  await client.Runtime.enable();
  await client.Runtime.evaluate({ expression: 'for (let i = 0; i < 50; i++) console.log(i)' });
  await until(() => logged.length === 50, 'all lines');
  assert.deepEqual(logged, [...logged.keys()]);
});

await check('a command that fails', async () => {
  await assert.rejects(client.send('No.such'), /wasn't found/);
});

await check('a target that does not exist: the handshake is refused', async () => {
  await assert.rejects(
    CDP({ ...where, target: `ws://127.0.0.1:${port}/devtools/page/none` }),
    /Unexpected server response: \d+/,
  );
});

await check('tells that it is disconnected when the browser ends', async () => {
  const told = once(client, 'disconnect');
  const exited = once(chromium, 'exit');
  await client.send('Browser.close').catch(() => {});
  await told;
  await exited;
});

rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
end();
