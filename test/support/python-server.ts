/** A Python process that is a server: it writes the port that it has, and ends when it is told to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class PythonServer {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #firstLine: Promise<string>;
  #stderr = '';

  constructor(script: string) {
    const child = spawn('python3', [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#ended = once(child, 'close');
    this.#firstLine = new Promise((resolve) => createInterface(child.stdout).once('line', resolve));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
  }

  async port(): Promise<number> {
    const line = await Promise.race([this.#firstLine, this.#ended]);
    if (typeof line !== 'string') throw new Error(`Python has ended: ${this.#stderr}`);
    return Number(line);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
