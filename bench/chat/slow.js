/**
 * `node bench/chat/slow.js [--seconds 20] [--rate 100] [--bytes 8000] [--rounds 1]`: a room of 100 members of whom 10 never read,
 * beside one of the 90 others alone. Those must lose nothing and feel nothing, and the server's memory must stay flat. Then the
 * 10 begin to read, and must get everything in order, or an announced gap. Exits with 1 if messages are lost, or memory grows.
 * Build first, and run `npm --prefix bench ci`.
 */
import { parseArgs } from 'node:util';
import { residentBytes } from '../proc.js';
import { path, runModule } from '../processes.js';
import { NODE, startCommand } from '../server.js';
import { endAfter, temporaryFolder } from './cleanup.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
    bytes: { type: 'string', default: '8000' },
    rounds: { type: 'string', default: '1' },
  },
});
const seconds = Number(values.seconds);
const READERS = 90;
const SLOW = 10;
const MIB = 1024 * 1024;
const SAMPLE_MS = 100;
/**
 * What the server may hold more, after a collection of garbage, for members that have not read: for each of them the queue before
 * it is refilled from the log instead. What they have not read is many times as much. The most that was resident in between is
 * shown and not bounded: it is garbage, with or without slow members, and depends on how busy the machine is.
 */
const BOUND = 32 * MIB;
const EXTRA_SECONDS = 60;

/**
 * @typedef {{ said: number, missing: number, acks: number, gapsOfReaders: number, closedReaders: number,
 *   errors: Record<string, number>, wrong: string[], p50: number, p99: number, max: number, slowGotWhilePaused: number,
 *   slowGot: number[], slowGaps: number, slowConnections: number[], slowBehind: number, refillMs: number }} Figures
 */

async function run(/** @type {number} */ slow) {
  const server = await startCommand('the chat', [
    ...NODE,
    path('chat/serve.js'),
    JSON.stringify({ data: temporaryFolder() }),
  ]);
  const resident = () => residentBytes(server.pid) ?? Number.NaN;
  /** @type {Record<string, number>} after a collection of garbage */
  const collected = {};
  let most = 0;
  /** The most up to each stage, since the one before. @type {Record<string, number>} */
  const peaks = {};
  const sampling = setInterval(() => {
    most = Math.max(most, resident());
  }, SAMPLE_MS);
  const look = async (/** @type {string} */ stage) => {
    peaks[stage] = most;
    await server.collect();
    collected[stage] = resident();
    most = 0;
  };
  try {
    const load = { rate: Number(values.rate), bytes: Number(values.bytes), measured: seconds };
    const parameters = {
      ...load,
      port: server.port,
      readers: READERS,
      slow,
      seconds: seconds + EXTRA_SECONDS,
    };
    const result = await runModule(
      'measuring',
      [path('chat/slow/load.js')],
      parameters,
      (message, answer) => {
        if (typeof message === 'string') void look(message).then(() => answer('go on'));
      },
    );
    return { .../** @type {Figures} */ (result), peaks, collected };
  } finally {
    clearInterval(sampling);
    await server.stop();
  }
}

/** @returns what is wrong, in words */
function faultsOf(/** @type {Awaited<ReturnType<typeof run>>} */ it, /** @type {number} */ slow) {
  const faults = it.wrong.slice(0, 10);
  if (it.missing > 0) faults.push(`${it.missing} messages did not come to those who read`);
  if (it.acks !== it.said) faults.push(`${it.said} said, ${it.acks} acknowledged`);
  if (it.closedReaders + it.gapsOfReaders > 0)
    faults.push(`${it.closedReaders} connections closed, ${it.gapsOfReaders} gaps, of those who read`);
  if (it.slowBehind > 0) faults.push(`${it.slowBehind} of those who were slow did not come to the end`);
  if (slow > 0 && it.slowGaps === 0 && it.slowGot.some((got) => got !== it.said))
    faults.push('those who were slow got not everything, without a gap');
  if (slow > 0 && it.slowGotWhilePaused >= it.said) faults.push('nobody was slow: this has shown nothing');
  return faults;
}

endAfter(Number(values.rounds) * (2 * seconds + 240));
const mebibytes = (/** @type {number} */ bytes) => Number((bytes / MIB).toFixed(1));
const rows = [];
const faults = [];
for (let round = 0; round < Number(values.rounds); round++) {
  /** @type {number[]} */
  const held = [];
  for (const slow of [0, SLOW]) {
    const it = await run(slow);
    faults.push(...faultsOf(it, slow));
    held.push(it.collected['said'] ?? Number.NaN);
    rows.push({
      'members that do not read': slow,
      said: it.said,
      'p50, ms': it.p50,
      'p99, ms': it.p99,
      'most, ms': Math.round(it.max),
      'MiB before': mebibytes(it.collected['talk'] ?? 0),
      'at most while they do not read': mebibytes(it.peaks['said'] ?? 0),
      'MiB when all is said': mebibytes(it.collected['said'] ?? 0),
      'at most while they catch up': mebibytes(it.peaks['read'] ?? 0),
      'MiB at the end': mebibytes(it.collected['read'] ?? 0),
      'got while not reading': it.slowGotWhilePaused,
      'then all, after s': slow === 0 ? '–' : (it.refillMs / 1_000).toFixed(1),
      'gaps announced': it.slowGaps,
      'connections of each': Math.max(0, ...it.slowConnections),
    });
  }
  const [without = 0, withSlow = 0] = held;
  if (withSlow - without > BOUND)
    faults.push(`${mebibytes(withSlow - without)} MiB more are held with members that do not read`);
}
for (const row of rows) console.log(row);
const unread = (Number(values.rate) * seconds * Number(values.bytes) * SLOW) / MIB;
console.log(`what the ${SLOW} had not read: ${Math.round(unread)} MiB; bound: ${mebibytes(BOUND)} MiB`);
if (faults.length > 0) console.error(`BROKEN:\n${faults.join('\n')}`);
else console.log('nothing lost, what is held does not grow with what is not read');
process.exit(faults.length > 0 ? 1 : 0);
