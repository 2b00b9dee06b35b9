// Child processes: started in their own process group, read line by line, and always ended.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Enough for a message about what went wrong, whatever a child prints. */
const KEPT_CHARACTERS = 64 * 1024;
const GRACE_MS = 5_000;

/**
 * @typedef {object} SpawnOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(line: string) => void} [onLine] called with every line of standard output
 *
 * @typedef {SpawnOptions & { signal?: AbortSignal, timeoutMs?: number }} RunOptions
 *
 * @typedef {object} Exit
 * @property {number | null} code null if a signal ended it or it could not start
 * @property {NodeJS.Signals | null} signal
 *
 * @typedef {Exit & { stdout: string, stderr: string }} Outcome
 */

export class Process {
  stdout = '';
  stderr = '';
  /** @type {Exit | undefined} */
  exit;
  #child;

  /**
   * @param {string} command
   * @param {readonly string[]} args
   * @param {SpawnOptions} [options]
   */
  constructor(command, args, options = {}) {
    const { cwd, env, onLine } = options;
    // Its own process group: stop() then reaches what the child started (npm → node, pip → cc), and Ctrl-C
    // in a terminal reaches only this process, which ends the children in order.
    this.#child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.#child;
    stdout.setEncoding('utf8').on('data', (text) => {
      this.stdout = (this.stdout + text).slice(-KEPT_CHARACTERS);
    });
    stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr = (this.stderr + text).slice(-KEPT_CHARACTERS);
    });
    if (onLine) createInterface({ input: stdout }).on('line', onLine);
    /** @type {Promise<Exit>} resolves when it has ended and all of its output has been read */
    this.exited = this.#watch();
  }

  /** @returns {Promise<Exit>} */
  #watch() {
    return new Promise((resolve) => {
      this.#child.once('error', (error) => {
        if (this.#child.pid !== undefined) return;
        this.stderr += error.message;
        this.exit = { code: null, signal: null };
        resolve(this.exit);
      });
      this.#child.once('close', (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  /**
   * SIGTERM, then SIGKILL after a grace period.
   * @param {number} [graceMs]
   * @returns {Promise<boolean>} whether SIGTERM was enough
   */
  async stop(graceMs = GRACE_MS) {
    if (this.exit) return true;
    let obeyed = true;
    this.#kill('SIGTERM');
    const timer = setTimeout(() => {
      obeyed = false;
      this.#kill('SIGKILL');
    }, graceMs);
    await this.exited;
    clearTimeout(timer);
    return obeyed;
  }

  /** @param {NodeJS.Signals} signal */
  #kill(signal) {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended in the meantime.
    }
  }
}

/**
 * Runs a command to its end. A command that cannot start or takes too long has the exit code null.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Outcome>}
 * @throws the signal's reason, once the command has ended
 */
export async function run(command, args, options = {}) {
  const { signal, timeoutMs, ...spawnOptions } = options;
  signal?.throwIfAborted();
  const child = new Process(command, args, spawnOptions);
  const stop = () => void child.stop();
  signal?.addEventListener('abort', stop, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs);
  const exit = await child.exited;
  clearTimeout(timer);
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  return { ...exit, stdout: child.stdout, stderr: child.stderr };
}

/**
 * How a process ended, for use in a sentence: "exit code 1", "SIGKILL".
 * @param {Exit} exit
 */
export function describeExit(exit) {
  if (exit.signal) return exit.signal;
  return exit.code === null ? 'it could not start' : `exit code ${exit.code}`;
}

/**
 * @param {string} text
 * @param {number} [count]
 */
export function lastLines(text, count = 15) {
  return text.trim().split('\n').slice(-count).join('\n');
}
