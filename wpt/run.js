// The WebSocket tests of web-platform-tests against clients for Node:
// npm run wpt -- --dir DIR [--clients barewire,undici,node] [--filter TEXT] [--jobs N] [--write]
// DIR is a checkout of https://github.com/web-platform-tests/wpt. Python 3 (or what PYTHON names) runs its servers.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { CLIENTS } from './clients.js';
import { startFiles } from './files.js';
import { startHandlers } from './handlers.js';
import { runPage } from './page-process.js';
import { findPages } from './pages.js';
import { describeResults, writeTable } from './table.js';

/** @import { Page } from './pages.js' */
/** @import { Result } from './page-process.js' */

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    clients: { type: 'string', default: 'barewire' },
    filter: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});

/** @param {string} folder a certificate for localhost that only the pages trust */
async function makeCertificate(folder) {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  // The long one is of opening-handshake/003. Node takes no `*.localhost`.
  const names = 'subjectAltName=DNS:localhost,DNS:xn--n8j6ds53lwwkrqhv28a.localhost,IP:127.0.0.1';
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', key, '-out', cert];
  const args = ['req', '-x509', ...curve, '-days', '2', '-subj', '/CN=localhost', '-addext', names, ...files];
  await promisify(execFile)('openssl', args);
  return { key, cert };
}

/**
 * Runs all pages, a few at a time.
 * @param {string} client
 * @param {readonly Page[]} pages
 * @param {(page: Page) => Promise<Result[]>} run
 */
async function runAll(client, pages, run) {
  /** @type {Result[]} */
  const results = [];
  const waiting = [...pages];
  const work = async () => {
    for (let page = waiting.shift(); page !== undefined; page = waiting.shift()) {
      const ofPage = await run(page);
      results.push(...ofPage);
      for (const { name, status, message } of ofPage)
        if (status !== 'PASS') console.log(`${client}: ${status} ${name}: ${message}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  return results;
}

async function main() {
  if (values.dir === undefined) throw new Error('--dir DIR must name a checkout of web-platform-tests');
  const root = path.resolve(values.dir);
  const folder = await mkdtemp(path.join(tmpdir(), 'barewire-wpt-'));
  const certificate = await makeCertificate(folder);
  const [ws, wss] = await Promise.all([startHandlers(root), startHandlers(root, certificate)]);
  const files = await startFiles(root, { ws: ws.port, wss: wss.port });
  try {
    const { pages, leftOut } = await findPages(root, values.filter);
    console.log(
      `${pages.length} pages; ${leftOut.length} are left out, because they need a document or HTTP/2`,
    );
    /** @type {Map<string, Result[]>} */
    const all = new Map();
    for (const name of values.clients.split(',')) {
      const client = CLIENTS[name];
      if (client === undefined) throw new Error(`there is no client ${name}`);
      const run = (/** @type {Page} */ page) => runPage(client, page, files.origin, certificate.cert);
      all.set(name, await runAll(name, pages, run));
    }
    console.log(describeResults(all));
    if (values.write) await writeTable(all);
  } finally {
    for (const server of [ws, wss, files]) server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
await main();
