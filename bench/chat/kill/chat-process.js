/** The real command, `node dist/cli/main.js chat`, as a process that can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { path } from '../../processes.js';
import { endsWithUs } from '../cleanup.js';

const COMMAND = path('../dist/cli/main.js');
const START_MS = 15_000;
const KEPT_LINES = 20;

export class ChatProcess {
  /** Where it listens; 0 while it does not. */
  port = 0;
  /** @type {string[]} the last lines of what it said on stderr */
  errors = [];
  #flags;
  #onCrash;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  #isKilled = false;

  /** @param onCrash called when it ends by itself */
  constructor(/** @type {string[]} */ flags, /** @type {(why: string) => void} */ onCrash) {
    this.#flags = flags;
    this.#onCrash = onCrash;
  }

  async start() {
    const words = [COMMAND, 'chat', '--port', '0', ...this.#flags];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#isKilled = false;
    endsWithUs(child);
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.errors = [...this.errors, line].slice(-KEPT_LINES);
    });
    child.once('exit', (code, signal) => {
      this.port = 0;
      if (!this.#isKilled)
        this.#onCrash(`the server ended by itself: ${signal ?? code}\n${this.errors.join('\n')}`);
    });
    const late = setTimeout(() => child.kill('SIGKILL'), START_MS);
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^barewire chat: https?:\/\/[^/]*:(\d+)\//.exec(line)?.[1];
      if (port === undefined) continue;
      this.port = Number(port);
      break;
    }
    clearTimeout(late);
    if (this.port === 0) throw new Error(`the server does not start: ${this.errors.join('\n')}`);
    child.stdout.resume();
  }

  /** `kill -9`. */
  async kill() {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#isKilled = true;
    this.port = 0;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
