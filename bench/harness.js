/** Processes of the benchmarks: servers, clients and loads, each on a core of its own where `taskset` is there. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_MS = 10_000;
/** What a run may take besides its seconds: opening connections, getting warm, the last answers. */
const RUN_MS = 60_000;

const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));

export const isPinned =
  availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', process.execPath, '--version']).status === 0;

/** What is measured runs on the first core, what measures on the second. */
const CORE = { measured: '0', measuring: '1' };

/** @returns what to spawn so that all threads of the process are on one core from the beginning */
function pinned(/** @type {keyof typeof CORE} */ role, /** @type {string[]} */ command) {
  const [file = '', ...parameters] = isPinned ? ['taskset', '-c', CORE[role], ...command] : command;
  return /** @type {const} */ ([file, parameters]);
}

/** @typedef {'barewire' | 'ws' | 'floor' | 'bun' | 'uws'} ServerName */
/** @typedef {'barewire' | 'ws' | 'node'} ClientName */
/** @typedef {{ seconds?: number, [name: string]: unknown }} Parameters of a load or a client */
/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */

/** Starts a server with words as {@link file://./servers/tell.js} knows them. */
export async function startServer(/** @type {ServerName} */ name, /** @type {string[]} */ words) {
  const runtime = name === 'bun' ? [path('node_modules/.bin/bun')] : [process.execPath, '--expose-gc'];
  const [file, parameters] = pinned('measured', [...runtime, path(`servers/${name}.js`), ...words]);
  const child = spawn(file, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
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
      child.kill();
      await ended;
    },
  };
}

/** Tells whether a peer's binary runs on this system. */
export async function canStart(/** @type {ServerName} */ name) {
  try {
    const server = await startServer(name, []);
    await server.stop();
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a load or a client to its end.
 * @param onMessage called with what it tells before its result; may answer
 * @returns what it tells last
 */
async function runModule(
  /** @type {keyof typeof CORE} */ role,
  /** @type {string[]} */ command,
  /** @type {Parameters} */ parameters,
  /** @type {(message: unknown, answer: (answer: string) => void) => void} */ onMessage = () => {},
) {
  const [file, words] = pinned(role, [process.execPath, ...command, JSON.stringify(parameters)]);
  const child = spawn(file, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  /** @type {unknown} */
  let last;
  child.on('message', (message) => {
    last = message;
    onMessage(message, (answer) => child.send(answer));
  });
  const late = setTimeout(() => child.kill(), RUN_MS + 1_000 * (parameters.seconds ?? 0));
  const [code, signal] = await once(child, 'exit');
  clearTimeout(late);
  if (signal !== null) throw new Error(`${command.at(-1)} was not over in time: are answers missing?`);
  if (code !== 0) throw new Error(`${command.at(-1)} failed`);
  return last;
}

/** Runs a load against a server. @returns what it measured */
export function runLoad(
  /** @type {string} */ load,
  /** @type {Parameters} */ parameters,
  /** @type {Server} */ { port, pid, collect },
) {
  return runModule(
    'measuring',
    [path(`load/${load}.js`)],
    { port, pid, ...parameters },
    (message, answer) => {
      if (message === 'collect') void collect().then(() => answer('collected'));
    },
  );
}

/** Runs a client against the server that only sends. @returns what the client measured of itself */
export async function runClient(
  /** @type {ClientName} */ name,
  /** @type {{ text: string, seconds: number }} */ parameters,
) {
  const flags = name === 'node' && !('WebSocket' in globalThis) ? ['--experimental-websocket'] : [];
  /** @type {Promise<unknown> | undefined} */
  let client;
  const withSlack = { ...parameters, seconds: parameters.seconds + 1 };
  const blast = await runModule('measuring', [path('load/blast.js')], withSlack, (message) => {
    const { port } = /** @type {{ port?: number }} */ (message);
    if (port === undefined) return;
    client = runModule('measured', [...flags, path(`clients/${name}.js`)], { ...parameters, port });
    client.catch(() => {}); // is told below
  });
  const { sent } = /** @type {{ sent: number }} */ (blast);
  const result = /** @type {import('./load/run.js').Rate & { received: number }} */ (await client);
  if (result.received !== sent) throw new Error(`${name} has lost ${sent - result.received} messages`);
  return result;
}
