/** Logs the requests that the chat refuses: once for each origin, host or path, with what to do about it. */

import { isOrigin } from '../protocol/index.ts';

/** How many different origins, hosts or paths are logged: a stranger must not fill the log. */
const MAX_LOGGED = 100;

/** A name or an address, with or without a port. */
const HOST = /^([a-z0-9_][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i;

const REDIS_PASSWORD = /^((?:--redis=)?rediss?:\/\/[^:/]*:).*@/i;

/** Whether a text is a host, with or without a port. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** Logs each refused origin once, with the command that allows it. */
export function originLogger(parameters: readonly string[]): (origin: string) => void {
  const { command, without } = commandLine(parameters);
  return onceEach((origin) => {
    if (!isOrigin(origin)) return `refused a request with the Origin ${quoted(origin)}, which is none`;
    const what = origin === 'null' ? 'null (a file opened directly, or a sandboxed page)' : origin;
    return `refused a page from ${what}; to let it in${without}: ${command} --allow-origin ${shellWord(origin)}`;
  });
}

/** Logs each refused host once, with the command that allows it. */
export function hostLogger(parameters: readonly string[]): (host: string) => void {
  const { command, without } = commandLine(parameters);
  return onceEach((host) => {
    if (!isHost(host)) return `refused a request with the Host ${quoted(host)}, which is none`;
    const todo = `to answer to it${without}: ${command} --allow-host ${shellWord(host)}`;
    return `refused a request to ${host}; if that is a name of yours, ${todo}`;
  });
}

/** Logs each path at which a WebSocket was asked for in vain, once. @param right where the chat has its own */
export function pathLogger(right: () => string): (path: string) => void {
  return onceEach((path) => `refused a WebSocket at ${quoted(path)}; that of the chat is at ${right()}`);
}

/**
 * Logs one line for each text, once.
 * @param say makes the line. It must show a text that is not an origin or a host as data, not as a command to type
 */
function onceEach(say: (text: string) => string): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (told.has(text) || told.size === MAX_LOGGED) return;
    told.add(text);
    console.log(say(text));
  };
}

/** The command as the user typed it, without the token, which a log is no place for, and what to say of that. */
function commandLine(parameters: readonly string[]): { command: string; without: string } {
  // Started by the script in package.json, where there may be no `barewire` on the PATH.
  const isNpmStart = process.env['npm_lifecycle_event'] === 'start';
  const shown = parameters.filter(
    (parameter, index) => parameters[index - 1] !== '--api-token' && !/^--api-token(=|$)/.test(parameter),
  );
  const words = shown.map((parameter) => shellWord(parameter.replace(REDIS_PASSWORD, '$1***@')));
  return {
    command: [isNpmStart ? 'npm start --' : 'barewire chat', ...words].join(' '),
    without: shown.length < parameters.length ? ' (the --api-token is left out here: add it)' : '',
  };
}

/** The beginning of an untrusted text. Characters that control a terminal are escaped (U+0080–U+009F included). */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200)).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
