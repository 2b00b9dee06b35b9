// barewire's own echo server, started as its users start it: built, then run from the command line.
import { access } from 'node:fs/promises';
import path from 'node:path';
import { RunError } from './errors.js';
import { describeExit, lastLines, Process, run } from './processes.js';

const START_LIMIT_MS = 15_000;
const ENTRY = 'dist/cli/main.js';

/**
 * The address in a line such as "echo server on ws://127.0.0.1:8080/ (stop with Ctrl-C)".
 * @param {string} line
 */
export function parseServerUrl(line) {
  return /ws:\/\/(?:\[[\da-f:]+\]|[\w.-]+):\d+(?:\/[\w~-]*)*/i.exec(line)?.[0];
}

/**
 * @param {string} root the checkout
 * @param {AbortSignal} signal
 */
export async function build(root, signal) {
  const outcome = await run('npm', ['run', '--silent', 'build'], { cwd: root, signal });
  if (outcome.code !== 0) {
    const output = lastLines(`${outcome.stdout}\n${outcome.stderr}`, 30);
    throw new RunError(`npm run build failed (${describeExit(outcome)}):\n${output}`);
  }
  await access(path.join(root, ENTRY)).catch(() => {
    throw new RunError(`npm run build did not make ${ENTRY}`);
  });
}

/**
 * @param {string} root
 * @param {AbortSignal} signal
 * @param {number} [limitMs]
 * @returns {Promise<{ url: string, server: Process }>} the server runs; the caller stops it
 */
export async function startEchoServer(root, signal, limitMs = START_LIMIT_MS) {
  signal.throwIfAborted();
  /** @type {(url?: string) => void} */
  let settle = () => {};
  /** @type {Promise<string | undefined>} */
  const settled = new Promise((resolve) => {
    settle = resolve;
  });
  const args = [path.join(root, ENTRY), 'echo', '--port', '0', '--host', '127.0.0.1'];
  const onLine = (/** @type {string} */ line) => {
    const url = parseServerUrl(line);
    if (url) settle(url);
  };
  const server = new Process(process.execPath, args, { cwd: root, onLine });
  const giveUp = () => settle();
  void server.exited.then(giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  const timer = setTimeout(giveUp, limitMs);
  const url = await settled;
  clearTimeout(timer);
  signal.removeEventListener('abort', giveUp);
  if (url !== undefined) return { url, server };
  throw await startFailure(server, signal, limitMs);
}

/**
 * @param {Process} server
 * @param {AbortSignal} signal
 * @param {number} limitMs
 */
async function startFailure(server, signal, limitMs) {
  if (server.exit) return serverEnded(server, 'before it named its URL');
  await server.stop();
  if (signal.aborted) return signal.reason;
  const printed = lastLines(`${server.stdout}\n${server.stderr}`).trim() || 'nothing';
  return new RunError(
    `the echo server named no ws:// URL within ${limitMs / 1000} s; it printed: ${printed}`,
  );
}

/**
 * The error for a server that has ended but should still be running.
 * @param {Process} server
 * @param {string} when
 */
export function serverEnded(server, when) {
  const how = server.exit ? describeExit(server.exit) : 'without a word';
  const output = lastLines(server.stderr, 30) || '(empty)';
  return new RunError(`the echo server ended ${when} (${how}); its standard error:\n${output}`);
}
