/** Starts servers in processes of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { path, pinned } from './processes.js';

const START_MS = 10_000;
/** A folder for CPU profiles of the servers that run on Node. The profiler slows them down. */
const { PROFILE } = process.env;
export const NODE = [
  process.execPath,
  '--expose-gc',
  ...(PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`]),
];
const BUN = [path('node_modules/.bin/bun')];

/** What runs which file of `servers/`, and with which words in addition to those of the workload. */
const COMMANDS = {
  barewire: [...NODE, path('servers/barewire.js')],
  ws: [...NODE, path('servers/ws.js')],
  adapter: [...NODE, path('servers/ws.js'), 'adapter'],
  floor: [...NODE, path('servers/floor.js')],
  bun: [...BUN, path('servers/bun.js')],
  bunContext: [...BUN, path('servers/bun.js'), 'context'],
  uws: [...NODE, path('servers/uws.js')],
};

/** @typedef {keyof typeof COMMANDS} ServerName */
/** @typedef {Awaited<ReturnType<typeof startCommand>>} Server */

/** Starts a server with the words that servers/tell.js understands. */
export const startServer = (/** @type {ServerName} */ name, /** @type {string[]} */ words) =>
  startCommand(name, [...COMMANDS[name], ...words]);

/** Starts a server that speaks with its parent as servers/tell.js does. */
export async function startCommand(/** @type {string} */ name, /** @type {string[]} */ command) {
  const [file, parameters] = pinned('measured', command);
  const child = spawn(file, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').catch(() => {}); // there is no such program
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const late = setTimeout(() => child.kill(), START_MS);
    const { value } = await lines.next();
    clearTimeout(late);
    if (value === undefined) throw new Error(`the server ${name} has ended, or did not answer`);
    return value;
  };
  return {
    port: Number(await line()),
    pid: /** @type {number} */ (child.pid),
    async collect() {
      child.stdin.write('collect\n');
      await line();
    },
    async stop() {
      child.stdin.end(); // it ends by itself, and writes its profile
      const late = setTimeout(() => child.kill(), START_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Whether a peer's binary runs on this system. */
export async function canStart(/** @type {ServerName} */ name) {
  try {
    const server = await startServer(name, []);
    await server.stop();
    return true;
  } catch {
    return false;
  }
}
