/**
 * Runs the tests of a program that depends on ws, with barewire-ws in the place of ws:
 * `npm run build`, and then `node consumers/suite.js NAME DIR [--on ws] [--only TEXT]`.
 * NAME is a row of consumers/suites/table.js, and DIR a checkout of its repository whose own tests run: with its dependencies, and built
 * if they need that. `--on ws` leaves ws where it is: the baseline. `--only` runs commands whose name contains TEXT.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { run, stop } from './suites/command.js';
import { findAll, putBack, replace } from './suites/place-of-ws.js';
import { readResults } from './suites/results.js';
import { SUITES } from './suites/table.js';

const { values, positionals } = parseArgs({
  options: { on: { type: 'string', default: 'barewire-ws' }, only: { type: 'string', default: '' } },
  allowPositionals: true,
});
const [name = '', checkout = ''] = positionals;
const suite = Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
if (suite === undefined || !existsSync(checkout) || !['ws', 'barewire-ws'].includes(values.on)) {
  console.error('usage: node consumers/suite.js NAME DIR [--on ws] [--only TEXT]\n');
  for (const [known, { repository, tag }] of Object.entries(SUITES))
    console.error(`  ${known.padEnd(20)} ${repository} ${tag}`);
  process.exit(2);
}

const copies = findAll(resolve(checkout));
if (copies.length === 0) {
  console.error(`there is no ws in the node_modules of ${checkout}`);
  process.exit(2);
}
const results = mkdtempSync(join(tmpdir(), 'suite-'));
process.on('exit', () => {
  for (const copy of copies) putBack(copy);
  rmSync(results, { recursive: true, force: true });
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => {
    stop();
    process.exit(1);
  });

if (values.on === 'barewire-ws') for (const copy of copies) replace(copy);
for (const { folder, version } of copies) console.log(`${values.on} in ${folder} (ws ${version})`);

let good = true;
for (const [title, command] of Object.entries(suite.commands)) {
  if (!title.includes(values.only)) continue;
  const file = join(results, `${title.replaceAll('/', '-')}.txt`);
  const { end, output } = await run(command, resolve(checkout), suite.folder ?? '.', file);
  const { passed, skipped, failures } = readResults(existsSync(file) ? readFileSync(file, 'utf8') : '');
  console.log(`${title}: ${passed} passed, ${failures.length} failed, ${skipped} skipped (${end})`);
  for (const { test, message } of failures) console.log(`  ${test}: ${message}`);
  if (passed === 0) console.log(output.split('\n').slice(-30).join('\n'));
  good &&= passed > 0 && end === 'exit 0';
}
process.exit(good ? 0 : 1);
