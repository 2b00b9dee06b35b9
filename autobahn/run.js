// The command line of the conformance runner: `npm run autobahn`. See README.md in this folder.
import { constants } from 'node:os';
import path from 'node:path';
import { HELP, parseArguments } from './arguments.js';
import { EXIT, RunError } from './errors.js';
import { testSides } from './sides.js';

const ROOT = path.dirname(import.meta.dirname);
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @param {readonly string[]} argv */
async function main(argv) {
  const options = parseArguments(argv);
  if (options.command === 'help') {
    console.log(HELP);
    return EXIT.ok;
  }
  const stop = new AbortController();
  const { timeoutMinutes } = options;
  const timer = setTimeout(() => {
    stop.abort(new RunError(`stopped: not done within ${timeoutMinutes} min (--timeout sets the limit)`));
  }, timeoutMinutes * 60_000);
  for (const signal of SIGNALS) {
    // Not once(): a second Ctrl-C must not end this process before its children have ended.
    process.on(signal, () =>
      stop.abort(new RunError(`stopped by ${signal}`, 128 + constants.signals[signal])),
    );
  }
  try {
    return await testSides(options, {
      root: ROOT,
      env: process.env,
      signal: stop.signal,
      print: (text) => console.log(text),
      log: (text) => console.error(`autobahn: ${text}`),
    });
  } finally {
    clearTimeout(timer);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  console.error(`autobahn: ${error.message}`);
  process.exitCode = error.exitCode;
}
