/**
 * `node bench/bounds.js [WORD]`: measures how much memory peers can make a server hold, and for how long. The server and
 * each attacker run in processes of their own. Each attack runs twice, once for the memory that is held (measured after
 * garbage collections), once for that of the process. Exits with 1 if an attack exceeds the bound that docs/security.md
 * states. With a WORD, runs only the attacks that have it in their name.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ATTACKS } from './bounds/attacks.js';

const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));
const MIB = 1024 * 1024;
const [word = ''] = process.argv.slice(2);

/** What a server needs in addition under any attack: compiled code, shared blocks and codec tables. */
const HELD_OTHERWISE = 4 * MIB;
/** Memory that a process may have but no longer holds: garbage, and pages that are not returned to the system. */
const RSS_OTHERWISE = 48 * MIB;
/** Slack for a busy machine, and for those of Node's own timers that fire a second late. */
const LATE_MS = 2_000;

/** @typedef {{ extra: number, now: number, open: number, opened: number, ends: Record<string, number>, errors: string[] }} State */
/** @typedef {import('./bounds/attacks.js').Attack} Attack */

/** Runs one attack. @returns {Promise<State & { ms: number }>} */
async function make(/** @type {Attack} */ attack, /** @type {number} */ number, /** @type {string} */ what) {
  const parameters = [JSON.stringify(attack.options ?? {}), what];
  const server = fork(path('bounds/server.js'), parameters, { execArgv: ['--expose-gc'] });
  const [{ port }] = await once(server, 'message');
  const ask = async (/** @type {string} */ order) => {
    server.send(order);
    return (await once(server, 'message'))[0];
  };
  try {
    await ask('begin');
    const from = performance.now();
    const attacker = fork(path('bounds/attacker.js'), [String(port), String(number)]);
    const limit = setTimeout(() => attacker.kill(), attack.withinMs + 10_000);
    if (attack.broadcasts) {
      await once(attacker, 'message');
      await ask('broadcast');
    }
    await once(attacker, 'exit');
    clearTimeout(limit);
    /** @type {State} */
    let state = await ask('state');
    while (state.open > 0 && performance.now() - from < attack.withinMs + 10_000) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      state = await ask('state');
    }
    return { ...state, ms: performance.now() - from };
  } finally {
    server.kill();
  }
}

const mebibytes = (/** @type {number} */ bytes) => (bytes / MIB).toFixed(1);

function outcome(/** @type {State} */ { opened, ends }) {
  if (opened === 0) return 'never opened';
  return Object.entries(ends)
    .map(([end, count]) => `${count} × ${end}`)
    .join(', ');
}

/** Whether all connections ended as expected. */
function isAsExpected(/** @type {Attack} */ { expected }, /** @type {State} */ state) {
  const { open, opened, ends, errors } = state;
  if (open > 0 || errors.length > 0) return false;
  return expected === 'never opened' ? opened === 0 : opened > 0 && ends[expected] === opened;
}

const rows = [];
let failed = false;
for (const [number, attack] of ATTACKS.entries()) {
  if (!attack.name.includes(word)) continue;
  const held = await make(attack, number, 'held');
  const rss = await make(attack, number, 'rss');
  const bound = attack.bound + HELD_OTHERWISE;
  const isWithin =
    held.extra <= bound &&
    rss.extra <= bound + RSS_OTHERWISE &&
    Math.max(held.ms, rss.ms) <= attack.withinMs + LATE_MS &&
    isAsExpected(attack, held) &&
    isAsExpected(attack, rss);
  failed ||= !isWithin;
  rows.push({
    attack: attack.name,
    connections: attack.connections,
    outcome: outcome(rss),
    'held, MiB': mebibytes(held.extra),
    'bound, MiB': mebibytes(bound),
    'process, MiB': mebibytes(rss.extra),
    'over after, s': (rss.ms / 1_000).toFixed(1),
    'still held, MiB': mebibytes(held.now),
    'stayed within': isWithin ? 'yes' : 'NO',
  });
  for (const error of [...held.errors, ...rss.errors]) console.error(attack.name, 'uncaught:', error);
}
console.table(rows);
if (failed) process.exitCode = 1;
