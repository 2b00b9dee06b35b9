/** What a reader's two terminals do: one runs a server, the other one the commands. All on the loopback interface. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 10_000;

/** The port that the pages name; a free one takes its place. */
const PAGE_PORT = '8080';

export class Terminal {
  /** A folder in which `import 'barewire'` works, as after `npm install`. */
  readonly #folder: string;
  readonly #files: ReadonlyMap<string, string>;
  #server: ChildProcess | undefined;
  #port = 0;

  /** @param files the programs of the page, by name */
  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
    this.#folder = mkdtempSync(join(tmpdir(), 'barewire-docs-'));
    mkdirSync(join(this.#folder, 'node_modules'));
    symlinkSync(ROOT, join(this.#folder, 'node_modules', 'barewire'), 'junction');
  }

  /** Starts a server in place of the one before. @returns what it prints when it listens, or why it does not */
  async serve(command: string): Promise<string> {
    await this.#stopServer();
    const server = spawn(process.execPath, this.#argumentsOf(command, 0), { cwd: this.#folder });
    this.#server = server;
    const lines = createInterface(server.stdout);
    let complaint = '';
    server.stderr.setEncoding('utf8').on('data', (text) => {
      complaint += text;
    });
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const [line] = await Promise.race([
      once(lines, 'line', { signal }),
      once(server, 'close').then(() => [`(it has ended) ${complaint}`]),
    ]);
    this.#port = Number(/:(\d+)\//.exec(line)?.[1] ?? 0);
    return this.#asOnThePage(line);
  }

  /** Runs a command to its end. @returns what it prints; what it says on stderr only if there is nothing else */
  async run(command: string): Promise<string> {
    const [program, args] = command.startsWith('node ')
      ? [process.execPath, this.#argumentsOf(command, this.#port)]
      : ['sh', ['-c', command.replaceAll(PAGE_PORT, String(this.#port))]];
    const env = { HOME: this.#folder, PATH: process.env['PATH'] }; // nobody's ~/.curlrc, nobody's proxy
    const options = { cwd: this.#folder, env, timeout: TIMEOUT_MS };
    return new Promise((resolve) => {
      execFile(program, args, options, (_error, stdout, stderr) => {
        resolve(this.#asOnThePage(stdout === '' ? stderr : stdout));
      });
    });
  }

  /** Sends bytes to the server. @returns what comes back, until it is `byteLength` long and nothing follows */
  async exchange(bytes: Uint8Array, byteLength: number): Promise<Buffer> {
    const socket = connect(this.#port, '127.0.0.1');
    let received = Buffer.alloc(0);
    const isComplete = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.length >= byteLength) resolve();
      });
      socket.on('error', () => resolve()).on('close', () => resolve());
    });
    socket.write(bytes);
    await Promise.race([isComplete, setTimeout(TIMEOUT_MS, undefined, { ref: false })]);
    await setTimeout(50);
    socket.destroy();
    return received;
  }

  async close(): Promise<void> {
    await this.#stopServer();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What to give to node; a program of the page is written to its file first. */
  #argumentsOf(command: string, port: number): string[] {
    const withPort = (text: string) => text.replaceAll(PAGE_PORT, String(port));
    const script = /^node -e "([^"]*)"$/.exec(command)?.[1];
    if (script !== undefined) return ['-e', withPort(script)];
    const [program, ...args] = command.split(' ');
    if (program === 'npx') return [join(ROOT, 'dist/cli/main.js'), ...args.slice(1).map(withPort)];
    const [name = ''] = args;
    const file = join(this.#folder, name);
    writeFileSync(file, withPort(this.#files.get(name) ?? ''));
    return [file];
  }

  #asOnThePage(output: string): string {
    return output.replaceAll('\r', '').replaceAll(`:${this.#port}`, `:${PAGE_PORT}`);
  }

  async #stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const isGone = once(server, 'exit');
    server.kill('SIGKILL');
    await isGone;
  }
}
