/** The `barewire` command as its user starts it: a child process, which ends with the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export type Variables = Readonly<Record<string, string>>;

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class BarewireCommand {
  stdout = '';
  stderr = '';
  readonly ended: Promise<End>;
  readonly #child;

  private constructor(program: string, parameters: readonly string[], variables: Variables) {
    const { PORT: _, ...inherited } = process.env;
    this.#child = spawn(program, parameters, {
      env: { ...inherited, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#child.emit('progress');
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#child.emit('progress');
      return { code, signal };
    });
    onTestFinished(async () => {
      this.#child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** `barewire` with these parameters. */
  static start(parameters: readonly string[], variables: Variables = {}): BarewireCommand {
    return new BarewireCommand(process.execPath, [MAIN, ...parameters], variables);
  }

  /** A line for a shell, as someone would paste it, that begins with `barewire`. */
  static paste(line: string, variables: Variables = {}): BarewireCommand {
    const script = `barewire() { exec "$NODE" "$MAIN" "$@"; }; ${line}`;
    return new BarewireCommand('sh', ['-c', script], { ...variables, NODE: process.execPath, MAIN });
  }

  /** The lines of stdout so far. */
  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1);
  }

  /** Waits for a line of stdout. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.lines.find((one) => pattern.test(one));
      if (line !== undefined) return line;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        await this.ended;
        throw new Error(`no line ${pattern} in:\n${this.stdout}\nstderr:\n${this.stderr}`);
      }
      await once(this.#child, 'progress');
    }
  }

  /** The port in the line that says where it listens. */
  async port(): Promise<number> {
    return Number(/:(\d+)\/$/.exec(await this.line(/:\d+\/$/))![1]);
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<End> {
    this.#child.kill(signal);
    return await this.ended;
  }

  /** Closes this end of its stdout, as `| head -1` does. */
  stopReading(): void {
    this.#child.stdout.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** Runs `barewire` to its end. */
export async function run(
  parameters: readonly string[],
  variables: Variables = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = BarewireCommand.start(parameters, variables);
  const { code } = await command.ended;
  return { code, stdout: command.stdout, stderr: command.stderr };
}
