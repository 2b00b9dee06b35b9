/** What the benchmarks share: servers in processes of their own, each on a core of its own where `taskset` is there. */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

export const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Pins a process to one core, so that server and load do not push each other around. */
export function pin(/** @type {number | undefined} */ pid, /** @type {number} */ core) {
  if (availableParallelism() < 2) return;
  try {
    execFileSync('taskset', ['-cp', String(core), String(pid)], { stdio: 'ignore' });
  } catch {
    // Not on this system: then the scheduler decides.
  }
}

/** @typedef {{ module: string, parameters: string[] }} ServerModule */

/** Starts a server that prints its ws: URL when it listens. */
export async function start(/** @type {ServerModule} */ { module, parameters }) {
  const execArgv = ['--expose-gc', '--import', new URL('servers/tell.js', import.meta.url).href];
  const child = fork(module, parameters, { execArgv, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  pin(child.pid, 0);
  const [line] = await once(/** @type {import('node:stream').Readable} */ (child.stdout), 'data');
  const url = /ws:\/\/\S+/.exec(String(line))?.[0] ?? '';
  const ask = async (/** @type {'cpu' | 'memory'} */ what) => {
    child.send(what);
    return /** @type {number} */ ((await once(child, 'message'))[0]);
  };
  return { url, cpu: () => ask('cpu'), memory: () => ask('memory'), stop: () => child.kill() };
}

export function median(/** @type {number[]} */ values) {
  const sorted = [...values].sort((a, b) => a - b);
  return /** @type {number} */ (sorted[Math.floor(sorted.length / 2)]);
}
