/**
 * `node bench/run.js [WORKLOAD...] [--rounds 5] [--seconds 2] [--write]`: barewire beside ws, a bare node:net responder,
 * Bun and uWebSockets.js. Build first, and run `npm --prefix bench ci`. A WORKLOAD is a name or its beginning. Without
 * one, all of them run. bench/RESULTS.md and the charts are written where everything ran that is in them, and so is
 * bench/ADAPTER.md, which has the workloads `adapter`; else that needs `--write`. Rounds are interleaved, and the order of
 * the servers changes, because machines are noisy. Figures are medians.
 */
import { parseArgs } from 'node:util';
import { machine } from './machine.js';
import { write } from './report.js';
import { canStart } from './server.js';
import { rowsOf } from './table.js';
import { REPORTS, WORKLOADS } from './workloads/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
if (!(rounds >= 1) || !(seconds > 0)) throw new Error('--rounds and --seconds are numbers');

for (const word of positionals) {
  if (WORKLOADS.some(({ name }) => name.startsWith(word))) continue;
  throw new Error(`no workload is called ${word}; there are ${WORKLOADS.map(({ name }) => name).join(', ')}`);
}
const chosen = WORKLOADS.filter(
  ({ name }) => positionals.length === 0 || positionals.some((word) => name.startsWith(word)),
);

/** Peers that are binaries and do not run on this system. @type {import('./workloads/workload.js').Name[]} */
const leftOut = [];
if (!(await canStart('bun'))) leftOut.push('bun', 'bunContext');
if (!(await canStart('uws'))) leftOut.push('uws');
if (leftOut.length > 0) console.log(`left out: ${leftOut.join(', ')}`);

/** Runs a measurement, and once more if nothing was answered: a virtual machine may stall for a while. */
async function moved(/** @type {() => Promise<import('./compare.js').Figures>} */ run) {
  const figures = await run();
  if (figures.rate !== 0) return figures;
  const again = await run();
  if (again.rate === 0) throw new Error('nothing was answered in two measurements');
  return again;
}

/** @returns {Promise<import('./compare.js').Result>} */
async function measure(/** @type {import('./workloads/workload.js').Workload} */ workload) {
  const { names: all, run, ...description } = workload;
  const names = all.filter((name) => !leftOut.includes(name));
  /** @type {Partial<Record<import('./workloads/workload.js').Name, import('./compare.js').Figures[]>>} */
  const runs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)])
      runs[name]?.push(await moved(() => run(name, seconds)));
  }
  return { ...description, runs };
}

const here = machine();
const results = [];
for (const workload of chosen) {
  const result = await measure(workload);
  results.push(result);
  console.log(`\n${result.title} (${result.name})`);
  console.table(Object.fromEntries(rowsOf(result).map(({ '': who, ...row }) => [who, row])));
}

for (const { file, title, workloads } of REPORTS) {
  const own = results.filter(({ name }) => workloads.some((workload) => workload.name === name));
  if (own.length === 0 || !(values.write || own.length === workloads.length)) continue;
  const date = new Date().toISOString().slice(0, 10);
  write({ file, title, date, machine: here, rounds, seconds, leftOut, results: own });
  console.log(`\nwritten: bench/${file}`);
}
