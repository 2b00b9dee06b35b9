// The command line: text in, a checked description of what to do out.
import { parseArgs } from 'node:util';
import { EXIT, RunError } from './errors.js';

export const HELP = `Usage: npm run autobahn -- server [options]

Runs the Autobahn testsuite (25.10.1, cases 1 to 7, 9 and 10) against barewire's echo server
and compares every case with autobahn/expected/server.json.

Options
  --url ws://HOST:PORT  test this server instead of our own, and compare with nothing
  --agent NAME          with --url: the name of the server and of the report folder (default: HOST-PORT)
  --cases 6.*,9.1.*     only these cases
  --update              make the outcome the expected one (own server, all cases, nothing FAILED)
  --timeout MINUTES     stop everything after this time (default: 15)
  --help                this text

The suite is found in this order
  1. wstest: the executable that WSTEST names, or wstest on the PATH
  2. a running Docker engine that has the image crossbario/autobahn-testsuite
  3. Python 2.7 or PyPy 2.7 with pip: the one that PYTHON27 names, or one on the PATH or in pyenv

Exit code: 0 as expected, 1 different or the run failed, 2 bad arguments, 3 no suite found.
See autobahn/README.md.`;

const OPTIONS = /** @type {const} */ ({
  url: { type: 'string' },
  agent: { type: 'string' },
  cases: { type: 'string' },
  update: { type: 'boolean' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
});

const DEFAULT_TIMEOUT_MINUTES = 15;
const LONGEST_TIMEOUT_MINUTES = 24 * 60;

/**
 * @typedef {object} ServerArguments
 * @property {'server'} command
 * @property {{ url: string, agent: string } | undefined} other the server to test instead of our own
 * @property {string[] | undefined} cases patterns; all cases if undefined
 * @property {boolean} update
 * @property {number} timeoutMinutes
 *
 * @typedef {ServerArguments | { command: 'help' }} Arguments
 */

/**
 * @param {readonly string[]} argv
 * @returns {Arguments}
 * @throws {RunError} one line, exit code 2
 */
export function parseArguments(argv) {
  const { values, positionals } = split(argv);
  if (values.help) return { command: 'help' };
  checkSide(positionals);
  const other = values.url === undefined ? undefined : otherServer(values.url, values.agent);
  if (!other && values.agent !== undefined) throw usage('--agent goes with --url');
  const cases = values.cases === undefined ? undefined : casePatterns(values.cases);
  const update = values.update ?? false;
  if (update && (other || cases))
    throw usage('--update needs a full run of our own server: no --url, no --cases');
  return { command: 'server', other, cases, update, timeoutMinutes: minutes(values.timeout) };
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

/** @param {readonly string[]} positionals */
function checkSide([side, ...rest]) {
  if (side === undefined) throw usage('say which side to test: server');
  if (side === 'client') throw usage('the client side is not there yet, only: server');
  if (side !== 'server') throw usage(`there is no side '${side}', only: server`);
  if (rest.length > 0) throw usage(`unexpected argument '${rest[0]}'`);
}

/**
 * @param {string} text
 * @param {string | undefined} agent
 */
function otherServer(text, agent) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^wss?:$/.test(url.protocol) || url.hostname === '') {
    throw usage(`--url: '${text}' is not a ws:// or wss:// URL`);
  }
  const name = agent ?? url.host.replace(/[^\w.]+/g, '-').replace(/^-/, '');
  // It becomes the name of a folder. 'server' and 'client' are the folders of our own reports.
  if (!/^\w[\w.-]*$/.test(name) || name === 'server' || name === 'client') {
    throw usage(
      `--agent: '${name}' is not a usable name (letters, digits, '.', '_' and '-'; not server or client)`,
    );
  }
  return { url: text, agent: name };
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
