/** Processes of the benchmarks, each on a core of its own if `taskset` is available. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What a run may take in addition to its seconds: opening connections, warming up, the last answers. */
const RUN_MS = 60_000;

export const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));

export const isPinned =
  availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', process.execPath, '--version']).status === 0;

/** What is measured runs on the first core, what measures on the second. */
const CORE = { measured: '0', measuring: '1' };

/** @returns the command that runs all threads of the process on one core from the beginning */
export function pinned(/** @type {keyof typeof CORE} */ role, /** @type {string[]} */ command) {
  const [file = '', ...parameters] = isPinned ? ['taskset', '-c', CORE[role], ...command] : command;
  return /** @type {const} */ ([file, parameters]);
}

/** @typedef {{ seconds?: number, [name: string]: unknown }} Parameters of a load or a client */

/**
 * Runs a load or a client to its end.
 * @param onMessage called with each message that it sends; may answer
 * @returns the last message, its result
 */
export async function runModule(
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
  if (signal !== null) throw new Error(`${command.at(-1)} did not end in time: are answers missing?`);
  if (code !== 0) throw new Error(`${command.at(-1)} failed`);
  return last;
}
