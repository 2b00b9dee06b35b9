/** Runs packages that depend on ws with barewire-ws in its place: npm run consumers -- --help. */
import { HELP, parseArguments, UsageError } from './arguments.js';
import { CONSUMERS } from './consumers.js';
import { install } from './install.js';
import { runProgram } from './program.js';
import { describeResults } from './table.js';
import { verifyTree, versionOf } from './tree.js';

/** @import { Result } from './program.js' */

/** The package that stands for ws. */
const STANDS_FOR_WS = { barewire: 'barewire-ws', ws: 'ws' };

/**
 * Runs the programs, a few at a time.
 * @param {string} folder of the project
 * @param {ReturnType<typeof parseArguments>} wanted
 */
async function runAll(folder, { names, on, jobs, lines }) {
  /** @type {Map<string, Result>} */
  const results = new Map();
  const waiting = [...names];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const result = await runProgram(folder, name, on);
      results.set(name, result);
      for (const line of lines ? result.lines : result.failures) console.log(`${name}: ${line}`);
      if (result.stderr !== '') console.error(result.stderr);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return names.map((name) => ({ name, .../** @type {Result} */ (results.get(name)) }));
}

async function main() {
  const wanted = parseArguments(process.argv.slice(2), Object.keys(CONSUMERS));
  if (wanted.help) return console.log(HELP);
  if (wanted.list) return console.log(Object.keys(CONSUMERS).join('\n'));
  const began = Date.now();
  const folder = await install(wanted.on);
  const stands = STANDS_FOR_WS[wanted.on];
  const users = verifyTree(folder, stands);
  const seconds = ((Date.now() - began) / 1_000).toFixed(0);
  console.log(
    `Installed in ${seconds} s. ${stands} ${versionOf(folder, 'ws')} is the ws of ${users.join(', ')}.\n`,
  );
  const results = await runAll(folder, wanted);
  const rows = results.map((result) => {
    const name = CONSUMERS[result.name];
    return { ...result, consumer: name === undefined ? '' : `${name} ${versionOf(folder, name)}` };
  });
  console.log(describeResults(rows));
  if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message} (see --help)` : error);
  process.exitCode = isUsage ? 2 : 1;
}
