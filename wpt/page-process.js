// Runs a page in a process of its own, so that each has fresh globals, and nothing of it outlives it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @import { Client } from './clients.js' */
/** @import { Page } from './pages.js' */

/** Longer than any test takes: the suite's own long timeout. */
const TIMEOUT_MS = 60_000;
const PAGE = fileURLToPath(new URL('page.js', import.meta.url));

/**
 * @typedef {object} Result
 * @property {string} name the page, its variant and the test
 * @property {string} status PASS, FAIL, TIMEOUT, NOTRUN, ERROR
 * @property {string} message
 */

/**
 * @param {Client} client
 * @param {Page} page
 * @param {string} origin of the files
 * @param {string} certificate the file of the one that pages trust
 * @returns {Promise<Result[]>}
 */
export function runPage(client, page, origin, certificate) {
  const url = `${origin}${page.path}`;
  const args = ['--expose-gc', '--no-warnings', ...client.flags, PAGE, url, client.module ?? ''];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve) => {
    /** @type {Result[]} */
    let results = [{ name: page.path, status: 'ERROR', message: 'the page ended without results' }];
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.on('message', (message) => {
      const tests = /** @type {Result[]} */ (message);
      results = tests.map((test) => ({ ...test, name: `${page.path} | ${test.name}` }));
    });
    child.on('exit', () => {
      clearTimeout(timer);
      resolve(results);
    });
  });
}
