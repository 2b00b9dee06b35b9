// Parses the command line into a checked description of the run.
import { parseArgs } from 'node:util';
import { SIDES } from './context.js';
import { EXIT, RunError } from './errors.js';

/** @import { Side } from './context.js' */

export const HELP = `Usage: npm run autobahn -- [server | client] [options]

Runs the Autobahn testsuite (25.10.1, 517 cases) against barewire's echo server, its client, or both at
once, and compares every case with autobahn/expected/server.json or client.json.

Options
  --url ws://HOST:PORT  server: test this one instead of our own, and compare with nothing
  --command 'CLIENT {url} {agent}'
                        client: test the one that this runs instead of our own, and compare with nothing;
                        it goes through all cases of the server at that URL (no shell, words end at spaces)
  --agent NAME          with --url or --command: what to call it, and the report folder (default: HOST-PORT
                        or other)
  --cases 6.*,9.1.*     only these cases
  --update              make the outcome the expected one (our own, all cases, nothing FAILED)
  --timeout MINUTES     stop everything after this time (default: 60)
  --help                this text

The suite is found in this order
  1. wstest: the executable that WSTEST names, or wstest on the PATH
  2. a running Docker engine that has the image crossbario/autobahn-testsuite
  3. Python 2.7 or PyPy 2.7 with pip: the one that PYTHON27 names, or one on the PATH or in pyenv

Exit code: 0 as expected, 1 different or the run failed, 2 bad arguments, 3 no suite found.
See autobahn/README.md.`;

const OPTIONS = /** @type {const} */ ({
  url: { type: 'string' },
  command: { type: 'string' },
  agent: { type: 'string' },
  cases: { type: 'string' },
  update: { type: 'boolean' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
});

const DEFAULT_TIMEOUT_MINUTES = 60;
const LONGEST_TIMEOUT_MINUTES = 24 * 60;

/**
 * @typedef {{ url: string, agent: string }} OtherServer
 * @typedef {{ command: string, agent: string }} OtherClient
 *
 * @typedef {object} TestArguments
 * @property {'test'} command
 * @property {readonly Side[]} sides
 * @property {OtherServer | undefined} server the one to test instead of our own; then it is the only side
 * @property {OtherClient | undefined} client the same on the other side
 * @property {string[] | undefined} cases patterns; all cases if undefined
 * @property {boolean} update
 * @property {number} timeoutMinutes
 *
 * @typedef {TestArguments | { command: 'help' }} Arguments
 */

/**
 * @param {readonly string[]} argv
 * @returns {Arguments}
 * @throws {RunError} one line, exit code 2
 */
export function parseArguments(argv) {
  const { values, positionals } = split(argv);
  if (values.help) return { command: 'help' };
  const sides = sidesOf(positionals);
  const server = values.url === undefined ? undefined : otherServer(values.url, values.agent, sides);
  const client = values.command === undefined ? undefined : otherClient(values.command, values.agent, sides);
  const isOther = (server ?? client) !== undefined;
  if (!isOther && values.agent !== undefined) throw usage('--agent goes with --url or --command');
  const cases = values.cases === undefined ? undefined : casePatterns(values.cases);
  const update = values.update ?? false;
  if (update && (isOther || cases))
    throw usage('--update needs a full run of our own: no --url, no --command, no --cases');
  return { command: 'test', sides, server, client, cases, update, timeoutMinutes: minutes(values.timeout) };
}

/** @param {string} message */
function usage(message) {
  return new RunError(`${message} (see --help)`, EXIT.usage);
}

/** @param {readonly string[]} argv */
function split(argv) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // parseArgs adds advice about "--" after the first sentence, which does not help here.
    const [sentence = ''] = String(/** @type {Error} */ (error).message).split(/\.\s|\n/);
    throw usage(sentence);
  }
}

/**
 * @param {readonly string[]} positionals
 * @returns {readonly Side[]} both if none is named
 */
function sidesOf([name, ...rest]) {
  if (rest.length > 0) throw usage(`unexpected argument '${rest[0]}'`);
  if (name === undefined) return SIDES;
  const side = SIDES.find((known) => known === name);
  if (side === undefined) throw usage(`there is no side '${name}', only: ${SIDES.join(', ')}`);
  return [side];
}

/**
 * @param {string} text
 * @param {string | undefined} agent
 * @param {readonly Side[]} sides
 * @returns {OtherServer}
 */
function otherServer(text, agent, sides) {
  if (sides.join() !== 'server') throw usage('--url goes with: server');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^wss?:$/.test(url.protocol) || url.hostname === '') {
    throw usage(`--url: '${text}' is not a ws:// or wss:// URL`);
  }
  return { url: text, agent: agentName(agent ?? url.host.replace(/[^\w.]+/g, '-').replace(/^-/, '')) };
}

/**
 * @param {string} text
 * @param {string | undefined} agent
 * @param {readonly Side[]} sides
 * @returns {OtherClient}
 */
function otherClient(text, agent, sides) {
  if (sides.join() !== 'client') throw usage('--command goes with: client');
  if (!text.includes('{url}') || !text.includes('{agent}'))
    throw usage(`--command: '${text}' has no place for {url} and {agent}`);
  return { command: text, agent: agentName(agent ?? 'other') };
}

/** @param {string} name */
function agentName(name) {
  // It becomes the name of a folder. 'server' and 'client' are the folders of our own reports.
  if (!/^\w[\w.-]*$/.test(name) || SIDES.some((side) => side === name)) {
    throw usage(
      `--agent: '${name}' is not a usable name (letters, digits, '.', '_' and '-'; not server or client)`,
    );
  }
  return name;
}

/** @param {string} text */
function casePatterns(text) {
  const patterns = text.split(',').map((pattern) => pattern.trim());
  const bad = patterns.find((pattern) => !/^[\d.*]+$/.test(pattern));
  if (bad !== undefined) throw usage(`--cases: '${bad}' is not a case or a pattern like 6.* or 9.1.2`);
  return patterns;
}

/** @param {string | undefined} text */
function minutes(text) {
  if (text === undefined) return DEFAULT_TIMEOUT_MINUTES;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > LONGEST_TIMEOUT_MINUTES) {
    throw usage(`--timeout: '${text}' is not a number of minutes from 1 to ${LONGEST_TIMEOUT_MINUTES}`);
  }
  return value;
}
