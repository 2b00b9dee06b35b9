/** A program that requires ws. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { check, end } from '../support/check.js';
import { node } from '../support/command.js';

const EXPECTED = ['Server', 'WebSocket', 'WebSocketServer', 'createWebSocketStream', 'Receiver', 'Sender'];

await check('a program in CommonJS runs', async () => {
  const { stdout, stderr } = await node('support/users/required.cjs');
  assert.deepEqual([stdout, stderr], ['hello true chat http://a.example\n', '']);
});

await check('without a warning, where Node can require ES modules', async () => {
  const { code, stderr } = await node('--eval', "require('ws')");
  assert.deepEqual([code, stderr], [0, '']);
});

await check('what is required has the members of ws', () => {
  const required = createRequire(import.meta.url)('ws');
  for (const name of EXPECTED) assert.equal(typeof required[name], 'function', name);
});

end();
