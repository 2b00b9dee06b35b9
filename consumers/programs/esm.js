/** A program that imports ws. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as all from 'ws';
import { check, end } from '../support/check.js';
import { node } from '../support/command.js';

await check('a program in ES modules runs', async () => {
  const { stdout, stderr } = await node('support/users/imported.mjs');
  assert.deepEqual([stdout, stderr], ['4000 hello from /page\n', '']);
});

await check('import and require give one class', () => {
  const required = createRequire(import.meta.url)('ws');
  assert.equal(all.default, required);
  assert.equal(all.WebSocket, required.WebSocket);
  assert.equal(all.WebSocketServer, required.WebSocketServer);
});

end();
