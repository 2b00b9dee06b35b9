/**
 * A room in which some members stop reading once they are in. The others must get everything, as quickly as without them. Then
 * those begin to read, and must get everything in order, or an announced gap.
 */
import { once } from 'node:events';
import { parameters, sleep, tell } from '../../load/run.js';
import { Client, signIn } from '../client.js';
import { Follower } from '../follower.js';
import { seeded } from '../random.js';
import { Latencies } from '../room/latencies.js';
import { Members } from '../room/members.js';

const SETTLE_MS = 1_500;
const DRAIN_MS = 10_000;
const REFILL_MS = 60_000;
const ROOM = 'room';

/** @type {{ port: number, readers: number, slow: number, rate: number, measured: number, bytes: number }} */
const { port, readers, slow, rate, measured: seconds, bytes } = parameters;

const latencies = new Latencies();
const members = new Members('chat', [port], Number.parseFloat, (at, now) => latencies.add(now - at));
/** @type {string[]} */
const wrong = [];
const judge = { entry: () => {}, broken: (/** @type {string} */ what) => void wrong.push(what) };
const cookies = await Promise.all(Array.from({ length: slow }, (_, i) => signIn(port, `slow ${i}`)));
const sleepers = cookies.map((cookie, i) => {
  const follower = new Follower(`slow ${i}`, judge);
  return new Client({
    room: ROOM,
    cookie,
    follower,
    port: () => port,
    random: seeded(i),
    broken: judge.broken,
  });
});
await members.openUntil(readers);
while (!sleepers.every(({ isJoined }) => isJoined)) await sleep(10);
await sleep(SETTLE_MS);
for (const sleeper of sleepers) sleeper.pause();

/** Lets the parent look at the server. */
async function stage(/** @type {string} */ name) {
  process.send?.(name);
  await once(process, 'message');
}

await stage('talk');
const from = performance.now();
let said = 0;
const padding = ' '.padEnd(bytes - 10, 'what is said in a room ');
await new Promise((resolve) => {
  const pace = setInterval(() => {
    for (const now = performance.now(); from + (1_000 * said) / rate <= now; said++) {
      if (said >= rate * seconds) {
        clearInterval(pace);
        return resolve(undefined);
      }
      members.say(said, (from + (1_000 * said) / rate).toFixed(1).padEnd(10) + padding);
    }
  }, 1);
});
const missing = () => members.all.reduce((sum, { got }) => sum + said - got, 0);
for (const until = performance.now() + DRAIN_MS; missing() > 0 && performance.now() < until; )
  await sleep(20);
await stage('said');
const gotBefore = sleepers.map(({ follower }) => follower.seq);
const resumed = performance.now();
for (const sleeper of sleepers) sleeper.resume();
const isBehind = () => sleepers.some(({ follower }) => follower.seq < said);
while (isBehind() && performance.now() - resumed < REFILL_MS) await sleep(20);
const refillMs = performance.now() - resumed;
await stage('read');
for (const sleeper of sleepers) sleeper.end();
tell({
  said,
  missing: missing(),
  acks: members.acks,
  gapsOfReaders: members.gaps,
  closedReaders: members.closed,
  errors: members.errors,
  wrong: [...members.wrong, ...wrong],
  p50: latencies.percentile(0.5),
  p99: latencies.percentile(0.99),
  max: latencies.max,
  slowGotWhilePaused: Math.max(0, ...gotBefore),
  slowGot: sleepers.map(({ follower }) => follower.entries),
  slowGaps: sleepers.reduce((sum, { follower }) => sum + follower.gaps.trimmed + follower.gaps.reset, 0),
  slowConnections: sleepers.map(({ stats }) => stats.connections),
  slowBehind: sleepers.filter(({ follower }) => follower.seq < said).length,
  refillMs,
});
