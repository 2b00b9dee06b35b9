/** `barewire chat`: the chat, with the page that barewire ships or with your own. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ChatOptions, PAGE_HEADERS, startChat } from '../chat/chat-server.ts';
import { isOrigin } from '../protocol/index.ts';
import { apiToken, KEEPING_FLAGS, makeDataFolder, proxies, secret, storage, tls } from './keeping-flags.ts';
import { hostLogger, isHost, originLogger, pathLogger } from './refusal-log.ts';
import { CommandError, closeOnSignal, listening, parseFlags, parsePort, urlHost } from './server-command.ts';

const SHIPPED_PAGE = fileURLToPath(new URL('../../public/', import.meta.url));

export async function chatCommand(parameters: string[]): Promise<void> {
  const flags = parseFlags(parameters, {
    port: { type: 'string', default: process.env['PORT'] || '8080' },
    host: { type: 'string', default: '127.0.0.1' },
    public: { type: 'string' },
    'allow-origin': { type: 'string', multiple: true, default: [] },
    'allow-host': { type: 'string', multiple: true, default: [] },
    ...KEEPING_FLAGS,
  });
  const { host, auth } = flags;
  const port = parsePort(flags.port);
  const access = { allowedOrigins: origins(flags['allow-origin']), allowedHosts: hosts(flags['allow-host']) };
  const publicFolder = flags.public === undefined ? SHIPPED_PAGE : await folder(flags.public);
  const certificate = await tls(flags);
  const secure = certificate === undefined ? '' : 's';
  let authority = '';
  const options: ChatOptions = {
    publicFolder,
    headers: flags.public === undefined ? PAGE_HEADERS : {},
    ...access,
    ...storage(flags),
    auth,
    apiToken: apiToken(flags),
    secret: secret(),
    proxies: proxies(flags.proxies),
    tls: certificate,
    log: (line) => console.log(line),
    onForeignOrigin: originLogger(parameters),
    onForeignHost: hostLogger(parameters),
    onWrongPath: pathLogger(() => `ws${secure}://${authority}/chat`),
  };
  await makeDataFolder(options);
  const chat = await listening(startChat(options, port, host), port, host);
  closeOnSignal(() => chat.close());
  authority = `${shownHost(host)}:${chat.address.port}`;
  console.log(`barewire chat: http${secure}://${authority}/`);
}

function origins(given: readonly string[]): readonly string[] {
  const what = 'what browsers send, http://localhost:5173 or null';
  const wrong = given.find((origin) => !isOrigin(origin));
  if (wrong !== undefined) throw new CommandError(`--allow-origin takes ${what}, got "${wrong}"`, 2);
  return given;
}

function hosts(given: readonly string[]): readonly string[] {
  const what = 'a host, chat.example or chat.example:8080';
  const wrong = given.find((host) => !isHost(host));
  if (wrong !== undefined) throw new CommandError(`--allow-host takes ${what}, got "${wrong}"`, 2);
  return given;
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
