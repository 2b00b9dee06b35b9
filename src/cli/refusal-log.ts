/** What the chat's log says of requests that were refused: once for each origin or host, and what to type. */

/** How many different ones are written to the log: a stranger must not fill it. */
const MAX_LOGGED = 100;

/** As browsers write it in the Origin header: a scheme, a host, a port if it is not the scheme's; no path. */
const ORIGIN = /^(null|[a-z][a-z0-9+.-]{0,30}:\/\/[a-zA-Z0-9.\-_[\]:]{1,260})$/;

/** A name or an address, and a port if there is one. */
const HOST = /^([a-z0-9_][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i;

/** Whether a text is an origin, `null` included. */
export function isOrigin(text: string): boolean {
  return ORIGIN.test(text);
}

/** Whether a text is a host, with or without a port. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** Tells once for each origin that was refused, and what to type to let it in. */
export function originLogger(parameters: readonly string[]): (origin: string) => void {
  const command = commandLine(parameters);
  return onceEach((origin) => {
    if (!isOrigin(origin)) return `refused a request with the Origin ${quoted(origin)}, which is none`;
    const what = origin === 'null' ? 'null (a file opened directly, or a sandboxed page)' : origin;
    return `refused a page from ${what}; to let it in: ${command} --allow-origin ${shellWord(origin)}`;
  });
}

/** Tells once for each host that was refused, and what to type to answer to it. */
export function hostLogger(parameters: readonly string[]): (host: string) => void {
  const command = commandLine(parameters);
  return onceEach((host) => {
    if (!isHost(host)) return `refused a request with the Host ${quoted(host)}, which is none`;
    const flag = `--allow-host ${shellWord(host)}`;
    return `refused a request to ${host}; if that is a name of yours, to answer to it: ${command} ${flag}`;
  });
}

/**
 * Logs what is said of each text, once.
 * @param say one line. Whatever is not of its kind is a stranger's text: to be shown as data, and nothing to type
 */
function onceEach(say: (text: string) => string): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (told.has(text) || told.size === MAX_LOGGED) return;
    told.add(text);
    console.log(say(text));
  };
}

/** The command as it was typed. */
function commandLine(parameters: readonly string[]): string {
  // The script of package.json that a newcomer has started, where there is no `barewire` on the PATH.
  const isNpmStart = process.env['npm_lifecycle_event'] === 'start';
  return [isNpmStart ? 'npm start --' : 'barewire chat', ...parameters.map(shellWord)].join(' ');
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
