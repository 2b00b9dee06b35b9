/**
 * A room: members enter, then messages are said evenly at a fixed rate, each by the next member, whether or not the one before
 * has arrived. Latency counts from when a message should have been said to each socket that gets it.
 */
import { once } from 'node:events';
import { parameters, sleep, tell } from '../../load/run.js';
import { cpuBetween, cpuTime } from '../../proc.js';
import { busySeconds } from './busy.js';
import { Latencies } from './latencies.js';
import { Members } from './members.js';

const FIRST = 100;
const SETTLE_MS = 1_500;
const WARM_MS = 1_000;
const DRAIN_MS = 15_000;
const TICK_MS = 1;

/**
 * @type {{ dialect: keyof typeof import('./dialects.js').DIALECTS, ports: number[], pids: number[], members: number, rate: number,
 *   measured: number, bytes: number, storage: string }}
 */
const { dialect, ports, pids, members: count, rate, measured: seconds, bytes, storage } = parameters;

const latencies = new Latencies();
let begin = Infinity;
let end = Infinity;
/** A text begins with when it should have been said. */
const members = new Members(dialect, ports, Number.parseFloat, (at, now) => {
  if (at >= begin && at < end) latencies.add(now - at);
});

/** Lets the parent look at the server. */
async function stage(/** @type {string} */ name) {
  await sleep(SETTLE_MS);
  process.send?.(name);
  await once(process, 'message');
}

await members.openUntil(Math.min(FIRST, count));
if (members.storage !== storage)
  throw new Error(`the server keeps rooms in ${members.storage}, not in ${storage}`);
await stage('first');
await members.openUntil(count);
await stage('joined');

const from = performance.now() + 50;
begin = from + WARM_MS;
end = begin + 1_000 * seconds;
let said = 0;
const padding = ' '.padEnd(bytes - 10, 'what is said in a room ');
let isDone = false;
const pace = setInterval(() => {
  for (const now = performance.now(); from + (1_000 * said) / rate <= now; said++) {
    const at = from + (1_000 * said) / rate;
    if (at >= end) {
      isDone = true;
      return clearInterval(pace);
    }
    members.say(said, at.toFixed(1).padEnd(10) + padding);
  }
}, TICK_MS);

await sleep(WARM_MS);
const own = cpuTime(process.pid);
const servers = pids.map(cpuTime);
const busy = busySeconds();
await sleep(1_000 * seconds);
const allCpu = (busySeconds() ?? Number.NaN) - (busy ?? Number.NaN);
const loadCpu = cpuBetween(own, cpuTime(process.pid));
const serverCpu = pids.reduce((sum, pid, i) => sum + (cpuBetween(servers[i], cpuTime(pid)) ?? 0), 0);
const missing = () => members.all.reduce((sum, { got }) => sum + said - got, 0);
for (const until = performance.now() + DRAIN_MS; (!isDone || missing() > 0) && performance.now() < until; )
  await sleep(20);
process.send?.('drained');
await once(process, 'message');
const { acks, gaps, closed, errors, wrong } = members;
tell({
  said,
  acks,
  missing: missing(),
  gaps,
  closed,
  errors,
  wrong,
  p50: latencies.percentile(0.5),
  p99: latencies.percentile(0.99),
  max: latencies.max,
  loadCpu: (loadCpu ?? Number.NaN) / seconds,
  serverCpu: serverCpu / seconds,
  otherCpu: (allCpu - serverCpu - (loadCpu ?? Number.NaN)) / seconds,
});
