/**
 * Runs the tests of ws on `barewire/ws`: `npm run build`, a checkout of https://github.com/websockets/ws with `npm i` in it, and then
 * `node test/ws/suite.js DIR [--only NAME]`. The checkout stays as it is: its tests run in a copy, whose `lib` re-exports the adapter.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../../dist/ws/', import.meta.url));
const [checkout, , only] = process.argv.slice(2);
const FILES = [
  'websocket',
  'websocket-server',
  'create-websocket-stream',
  'event-target',
  'extension',
  'subprotocol',
];

/** The modules of ws's `lib`, by the export of the adapter's that each is. */
const MODULES = {
  websocket: 'WebSocket',
  'websocket-server': 'WebSocketServer',
  stream: 'createWebSocketStream',
  sender: 'Sender',
  receiver: 'Receiver',
  extension: 'extension',
  subprotocol: 'subprotocol',
  'permessage-deflate': 'PerMessageDeflate',
};

/** Constants that its tests compare by identity, taken from where the adapter has them. */
const CONSTANTS = `
const { EMPTY_BUFFER } = require('${dist}data.js');
const socket = new (require('${dist}index.js').WebSocket)(null);
socket.addEventListener('open', () => {});
const kListener = Object.getOwnPropertySymbols(socket.listeners('open')[0])
  .find(({ description }) => description === 'listener');
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
module.exports = { EMPTY_BUFFER, GUID, hasBlob: true, kListener, kStatusCode: Symbol('status'), NOOP() {} };
`;

if (checkout === undefined) {
  console.error('usage: node test/ws/suite.js DIR [--only NAME]');
  process.exit(2);
}

const copy = mkdtempSync(join(tmpdir(), 'ws-suite-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const name of ['test', 'index.js', 'package.json'])
  cpSync(resolve(checkout, name), join(copy, name), { recursive: true });
symlinkSync(resolve(checkout, 'node_modules'), join(copy, 'node_modules'));
mkdirSync(join(copy, 'lib'));
for (const [name, exported] of Object.entries(MODULES))
  writeFileSync(join(copy, 'lib', `${name}.js`), `module.exports = require('${dist}index.js').${exported};`);
writeFileSync(join(copy, 'lib', 'event-target.js'), `module.exports = require('${dist}events.js');`);
writeFileSync(join(copy, 'lib', 'constants.js'), CONSTANTS);

for (const name of FILES.filter((file) => only === undefined || file === only)) {
  // A test that fails may leave its server open, so the end is by `--exit`.
  const mocha = [join(copy, 'node_modules', 'mocha', 'bin', 'mocha'), '--exit', '--timeout', '5000'];
  const parameters = [...mocha, '--reporter', 'json', join('test', `${name}.test.js`)];
  const { stdout } = spawnSync(process.execPath, parameters, { cwd: copy, encoding: 'utf8' });
  /** @type {Record<'tests' | 'passes', { fullTitle: string, err: { message?: string } }[]>} */
  const { tests, passes } = JSON.parse(stdout.slice(stdout.indexOf('{\n')));
  const passed = new Set(passes.map(({ fullTitle }) => fullTitle));
  const failed = tests.filter(({ fullTitle, err }) => !passed.has(fullTitle) || Object.keys(err).length > 0);
  const titles = new Map(failed.map(({ fullTitle, err }) => [fullTitle, err.message ?? 'was left out']));
  const all = new Set(tests.map(({ fullTitle }) => fullTitle)).size;
  console.log(`${name}: ${all - titles.size} of ${all}`);
  for (const [title, message] of titles) console.log(`  ${title}: ${message.split('\n')[0]}`);
}
