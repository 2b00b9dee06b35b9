/** `barewire chat`: the chat, with the page that comes with it or with one's own. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PAGE_HEADERS, startChat } from '../chat/chat-server.ts';
import { CommandError, closeOnSignal, listening, parseFlags, parsePort, urlHost } from './server-command.ts';

const SHIPPED_PAGE = fileURLToPath(new URL('../../public/', import.meta.url));

/** How many different origins are written to the log: a stranger must not fill it. */
const MAX_LOGGED_ORIGINS = 100;

export async function chatCommand(parameters: string[]): Promise<void> {
  const flags = parseFlags(parameters, {
    port: { type: 'string', default: process.env['PORT'] || '8080' },
    host: { type: 'string', default: '127.0.0.1' },
    public: { type: 'string' },
    'allow-origin': { type: 'string', multiple: true, default: [] },
  });
  const { host, 'allow-origin': allowedOrigins } = flags;
  const port = parsePort(flags.port);
  for (const origin of allowedOrigins) checkOrigin(origin);
  const publicFolder = flags.public === undefined ? SHIPPED_PAGE : await folder(flags.public);
  const starting = startChat(
    {
      publicFolder,
      headers: flags.public === undefined ? PAGE_HEADERS : {},
      allowedOrigins,
      onForeignOrigin: originLogger(parameters),
    },
    port,
    host,
  );
  const chat = await listening(starting, port, host);
  closeOnSignal(() => chat.close());
  console.log(`barewire chat: http://${shownHost(host)}:${chat.address.port}/`);
}

/** What to write into a browser: pages and articles say localhost. */
function shownHost(host: string): string {
  return ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host) ? 'localhost' : urlHost(host);
}

async function folder(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return resolve(path);
  throw new CommandError(`--public ${path}: there is no such folder`, 2);
}

/** As browsers write it in the Origin header: a scheme, a host, a port if it is not the scheme's; no path. */
const ORIGIN = /^(null|[a-z][a-z0-9+.-]{0,30}:\/\/[a-zA-Z0-9.\-_[\]:]{1,260})$/;

function checkOrigin(origin: string): void {
  if (ORIGIN.test(origin)) return;
  throw new CommandError(
    `--allow-origin takes what browsers send, http://localhost:5173 or null, not ${origin}`,
    2,
  );
}

/** Tells once for each origin that was refused, and what to type to let it in. */
function originLogger(parameters: readonly string[]): (origin: string) => void {
  const told = new Set<string>();
  // The script of package.json that a newcomer has started, where there is no `barewire` on the PATH.
  const isNpmStart = process.env['npm_lifecycle_event'] === 'start';
  const command = [isNpmStart ? 'npm start --' : 'barewire chat', ...parameters.map(shellWord)].join(' ');
  return (origin) => {
    if (told.has(origin) || told.size === MAX_LOGGED_ORIGINS) return;
    told.add(origin);
    // Whatever is not an origin is a stranger's text: shown as data, and nothing to type.
    if (ORIGIN.test(origin)) {
      const what = origin === 'null' ? 'null (a file opened directly, or a sandboxed page)' : origin;
      console.log(
        `refused a page from ${what}; to let it in: ${command} --allow-origin ${shellWord(origin)}`,
      );
    } else {
      console.log(`refused a request with the Origin ${quoted(origin)}, which is none`);
    }
  };
}

/** The beginning of a stranger's text, without a character that a terminal would obey (U+0080–U+009F among them). */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200)).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
