/**
 * `node bench/chat/room.js [TARGET...] [--seconds 4] [--members 1000] [--crowd 10000] [--tick MS] [--no-search]`: a room of very many members, with SQLite,
 * with Redis and two processes, and Socket.IO 4 with connection state recovery beside them. For each: p99 from when something is
 * said to each member's socket at 100 messages a second, memory of a member, the largest rate that holds p99 under 250 ms, and
 * 10,000 members with 50 messages a second. All servers, and Redis, share one core; the load has another. A TARGET is the
 * beginning of a name. Build first, and run `npm --prefix bench ci`.
 */
import { parseArgs } from 'node:util';
import { isPinned } from '../processes.js';
import { endAfter } from './cleanup.js';
import { hasRedis } from './redis-server.js';
import { step } from './room/step.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '4' },
    members: { type: 'string', default: '1000' },
    crowd: { type: 'string', default: '10000' },
    tick: { type: 'string' },
    'no-search': { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const members = Number(values.members);
const crowd = Number(values.crowd);
const BOUND_MS = 250;
const FIRST_RATE = 100;
const CROWD_RATE = 50;
const MOST = 25_600;
/** The search ends when what holds and what does not are so near. */
const NEAR = 1.08;
const BYTES = 100;
const BUSY_CORES = 0.2;

/** How often a room for very many gets what was said, if it is not to be as by default. */
const limits = values.tick === undefined ? {} : { crowdTickMs: Number(values.tick) };
const chat = /** @type {const} */ ({ dialect: 'chat', processes: 1, isOnRedis: false, limits });
/** @type {import('./room/step.js').Target[]} */
const TARGETS = [
  { ...chat, name: 'SQLite' },
  { ...chat, name: 'at once, SQLite', limits: { crowd: 1_000_000 } },
  { ...chat, name: 'Redis, two processes', processes: 2, isOnRedis: true },
  { ...chat, name: 'Socket.IO', dialect: 'socketIo' },
];
const chosen = TARGETS.filter(
  ({ name, isOnRedis }) =>
    (hasRedis || !isOnRedis) &&
    (positionals.length === 0 || positionals.some((word) => name.startsWith(word))),
);

/** @typedef {import('./room/step.js').Figures} Figures */

const ms = (/** @type {number} */ value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const holds = (/** @type {Figures | undefined} */ it) =>
  it !== undefined && it.p99 <= BOUND_MS && it.missing === 0 && it.acks === it.said && it.wrong.length === 0;

let failed = false;

/** @returns undefined if members or answers were lost on the way, so that it came to no end */
async function measured(
  /** @type {import('./room/step.js').Target} */ target,
  /** @type {{ members: number, rate: number }} */ load,
) {
  const what = `${target.name}: ${load.members} members, ${load.rate}/s`;
  try {
    const it = await step(target, { ...load, seconds, bytes: BYTES });
    const errors = Object.entries(it.errors).map(([code, count]) => `, ${count} × ${code}`);
    const lost =
      it.missing + it.gaps + it.closed > 0
        ? `, ${it.missing} missing, ${it.gaps} gaps, ${it.closed} closed`
        : '';
    const cores = `cores: server ${it.serverCpu.toFixed(2)}, load ${it.loadCpu.toFixed(2)}, others ${it.otherCpu.toFixed(2)}`;
    console.log(
      `${what}: p50 ${ms(it.p50)}, p99 ${ms(it.p99)}, most ${ms(it.max)} ms; ${cores}${lost}${errors.join('')}`,
    );
    for (const wrong of it.wrong) console.error(`  WRONG: ${wrong}`);
    failed ||= it.wrong.length > 0;
    return it;
  } catch (error) {
    console.log(`${what}: ${/** @type {Error} */ (error).message}`);
    return undefined;
  }
}

/** Whether a rate holds. One that does not while the machine has other work is tried once more. */
async function canHold(/** @type {import('./room/step.js').Target} */ target, /** @type {number} */ rate) {
  const it = await measured(target, { members, rate });
  return holds(it) || ((it?.otherCpu ?? 0) > BUSY_CORES && holds(await measured(target, { members, rate })));
}

/** The largest rate that holds: doubled until it does not, then halfway between, as proportions go. */
async function largestRate(/** @type {import('./room/step.js').Target} */ target) {
  let low = 0;
  let high = FIRST_RATE;
  while (high <= MOST && (await canHold(target, high))) {
    low = high;
    high *= 2;
  }
  while (low === 0 && high > 1) {
    high = Math.floor(high / 2);
    if (await canHold(target, high)) [low, high] = [high, 2 * high];
  }
  while (low > 0 && low < MOST && high / low > NEAR) {
    const rate = Math.round(Math.sqrt(low * high));
    if (await canHold(target, rate)) low = rate;
    else high = rate;
  }
  return low;
}

endAfter(chosen.length * 900);
console.log(isPinned ? 'servers on one core, the load on another' : 'not pinned to cores');
/** @type {Record<string, Record<string, string | number>>} */
const rows = {};
for (const target of chosen) {
  const usual = await measured(target, { members, rate: FIRST_RATE });
  const largest = values['no-search'] ? '–' : await largestRate(target);
  const many = crowd === 0 ? undefined : await measured(target, { members: crowd, rate: CROWD_RATE });
  const kib = (/** @type {Figures | undefined} */ it) =>
    it === undefined ? '–' : (it.memberBytes / 1024).toFixed(1);
  rows[target.name] = {
    [`p50, p99 of ${members} × ${FIRST_RATE}/s, ms`]: usual ? `${ms(usual.p50)}, ${ms(usual.p99)}` : '–',
    [`largest rate with p99 ≤ ${BOUND_MS} ms, /s`]: largest,
    'KiB a member': kib(usual),
    [`p50, p99 of ${crowd} × ${CROWD_RATE}/s, ms`]: many ? `${ms(many.p50)}, ${ms(many.p99)}` : '–',
    [`missing of ${crowd}`]: many?.missing ?? '–',
    [`KiB a member of ${crowd}`]: kib(many),
  };
}
for (const [name, row] of Object.entries(rows)) console.log(name, row);
process.exit(failed ? 1 : 0);
