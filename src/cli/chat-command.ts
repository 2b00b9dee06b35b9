/** `barewire chat`: the chat, with the page that barewire ships or with your own. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PAGE_HEADERS, startChat } from '../chat/chat-server.ts';
import { isOrigin } from '../protocol/index.ts';
import { hostLogger, isHost, originLogger } from './refusal-log.ts';
import { CommandError, closeOnSignal, listening, parseFlags, parsePort, urlHost } from './server-command.ts';

const SHIPPED_PAGE = fileURLToPath(new URL('../../public/', import.meta.url));

export async function chatCommand(parameters: string[]): Promise<void> {
  const flags = parseFlags(parameters, {
    port: { type: 'string', default: process.env['PORT'] || '8080' },
    host: { type: 'string', default: '127.0.0.1' },
    public: { type: 'string' },
    'allow-origin': { type: 'string', multiple: true, default: [] },
    'allow-host': { type: 'string', multiple: true, default: [] },
  });
  const { host, 'allow-origin': allowedOrigins, 'allow-host': allowedHosts } = flags;
  const port = parsePort(flags.port);
  for (const origin of allowedOrigins) {
    const what = 'what browsers send, http://localhost:5173 or null';
    if (!isOrigin(origin)) throw new CommandError(`--allow-origin takes ${what}, got "${origin}"`, 2);
  }
  for (const allowedHost of allowedHosts) {
    const what = 'a host, chat.example or chat.example:8080';
    if (!isHost(allowedHost)) throw new CommandError(`--allow-host takes ${what}, got "${allowedHost}"`, 2);
  }
  const publicFolder = flags.public === undefined ? SHIPPED_PAGE : await folder(flags.public);
  const starting = startChat(
    {
      publicFolder,
      headers: flags.public === undefined ? PAGE_HEADERS : {},
      allowedOrigins,
      allowedHosts,
      onForeignOrigin: originLogger(parameters),
      onForeignHost: hostLogger(parameters),
    },
    port,
    host,
  );
  const chat = await listening(starting, port, host);
  closeOnSignal(() => chat.close());
  console.log(`barewire chat: http://${shownHost(host)}:${chat.address.port}/`);
}

/** The host to type into a browser. Documentation and articles use localhost. */
function shownHost(host: string): string {
  return ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host) ? 'localhost' : urlHost(host);
}

async function folder(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return resolve(path);
  throw new CommandError(`--public ${path}: there is no such folder`, 2);
}
