/** Programs in the pages, run as they stand: only the port is changed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'barewire';
import { onTestFinished } from 'vitest';
import { WebSocket as Client } from 'ws';

const root = fileURLToPath(new URL('../../', import.meta.url));

export function snippets(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

/** The one snippet of the page that has all these words in it. */
export function snippetWith(page: string, ...words: string[]): string {
  const found = snippets(page).filter((code) => words.every((word) => code.includes(word)));
  if (found.length !== 1) throw new Error(`${found.length} snippets of ${page} have ${words.join(', ')}`);
  return found[0] ?? '';
}

export interface Running {
  readonly port: number;
  readonly process: ChildProcess;
  output(): string;
}

/** Starts a snippet within the package, so that `barewire` means what it means to those who have installed it. */
export async function run(code: string, given?: number): Promise<Running> {
  const port = given ?? (await freePort());
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'snippet-'));
  const file = join(folder, 'snippet.mjs');
  writeFileSync(file, code.replaceAll('8080', String(port)));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  return { port, process: child, output: () => output };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Connects as soon as the snippet listens. What is said at once may come together with `open`, so listen before. */
export async function connect(
  running: Running,
  path = '/',
  options: object = {},
  onMessage: (text: string) => void = () => {},
): Promise<Client> {
  for (;;) {
    const client = new Client(`ws://127.0.0.1:${running.port}${path}`, options);
    client.on('message', (data) => onMessage(String(data)));
    try {
      await once(client, 'open');
      return client;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      if (running.process.exitCode !== null) throw new Error(`the snippet ended: ${running.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export async function answer(client: Client, message: string): Promise<string> {
  const answered = once(client, 'message');
  client.send(message);
  return String((await answered)[0]);
}

/** The port of a server that echoes. */
export async function echoPort(): Promise<number> {
  const server = new WebSocketServer({}, { message: (socket, data) => socket.send(data) });
  const { port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close({ timeoutMs: 100 }));
  return port;
}
