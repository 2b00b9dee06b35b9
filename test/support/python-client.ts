/** A Python process that is told what to do and answers, both in lines of JSON. It ends with the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export class PythonProcess {
  readonly #child;
  readonly #answers: AsyncIterator<string>;
  #stderr = '';

  constructor(script: string, parameters: readonly string[]) {
    this.#child = spawn('python3', [script, ...parameters], { env: { ...process.env, no_proxy: '*' } });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#child.stdin.on('error', () => {}); // it has ended: the missing answer tells
    this.#answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    const ended = once(this.#child, 'close');
    onTestFinished(async () => {
      this.#child.kill('SIGKILL');
      await ended;
    });
  }

  /** The next line that it writes. */
  async answer(): Promise<unknown> {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`Python has ended: ${this.#stderr}`);
    return JSON.parse(value);
  }

  ask(command: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    return this.answer();
  }
}
