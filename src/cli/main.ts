#!/usr/bin/env node
/** The `barewire` command: selects the subcommand, and reports the user's mistakes in one line. */
import { readFile } from 'node:fs/promises';
import { chatCommand } from './chat-command.ts';
import { echoCommand } from './echo-command.ts';
import { CommandError } from './server-command.ts';

const HELP = `barewire: RFC 6455 WebSockets for Node

  barewire chat [--port 8080] [--host 127.0.0.1] [--public DIR] [--allow-origin ORIGIN]... [--allow-host HOST]...
                [--data DIR] [--durability process|power] [--redis URL] [--auth] [--api-token TOKEN]
                [--cert FILE --key FILE] [--proxies N]
      Serves a chat: the page at /, the WebSocket at /chat, rooms over HTTP at /api/rooms/ROOM/messages.
      --port PORT            where to listen; 0 for any free port (default: the variable PORT, or 8080)
      --host HOST            the address to listen on; 0.0.0.0 for every network (default: 127.0.0.1)
      --public DIR           serve your own folder in place of the page that comes with barewire
      --allow-origin ORIGIN  let pages from another origin connect, such as http://localhost:5173;
                             null for a page that was opened as a file; may be repeated
      --allow-host HOST      answer to this name too, such as chat.example behind a proxy; may be repeated.
                             On 127.0.0.1 the chat answers only to localhost, 127.0.0.1 and [::1]; on other
                             addresses to every name, or with this flag to the given ones and these
      --data DIR             the folder for messages, accounts and the secret that sessions are signed with
                             (default: .barewire); none keeps all in memory
      --durability power     messages survive a power cut too, and take longer to be kept (default: process)
      --redis URL            keep messages in Redis, for several processes, such as redis://localhost:6379. All of
                             them need the same secret: the file "secret" in the folder, or the variable
                             BAREWIRE_SECRET, at least 32 characters
      --auth                 people make accounts with passwords; without it any name will do
      --api-token TOKEN      lets programs that send it read and post over HTTP, at least 16 characters. Others on
                             this machine can see it here: better set the variable BAREWIRE_API_TOKEN
      --cert FILE --key FILE https and wss, with this certificate and its key, both in PEM
      --proxies N            how many reverse proxies stand in front, which say in X-Forwarded-For where requests
                             come from (default: 0)

  barewire echo --port PORT [--host 127.0.0.1] [--broadcast] [--no-deflate]
      Sends every message back to its sender, or with --broadcast to everyone. Any origin may connect. Messages are
      compressed for clients that ask for it, unless --no-deflate.

  barewire --help
  barewire --version
`;

const COMMANDS: Readonly<Record<string, (parameters: string[]) => Promise<void>>> = {
  chat: chatCommand,
  echo: echoCommand,
};

async function main([name = '', ...parameters]: string[]): Promise<void> {
  const isAsked = (flag: string) => name === flag || parameters.includes(flag);
  if (isAsked('--help') || name === '-h' || name === 'help') {
    process.stdout.write(HELP);
  } else if (name === '--version') {
    process.stdout.write(`${await version()}\n`);
  } else {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) {
      const what = name === '' ? 'a command is missing' : `there is no command "${name}"`;
      throw new CommandError(`${what}; see barewire --help`, 2);
    }
    await command(parameters);
  }
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

// The reader of the output may exit (`| head -1`). A log line after that must not end a server.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`barewire: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
