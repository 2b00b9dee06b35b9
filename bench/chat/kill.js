/**
 * `node bench/chat/kill.js [--rounds 100] [--writers 50] [--engine sqlite|redis] [--processes 1] [--fsync always] [--seed N]`:
 * the real command is killed with `kill -9` at random moments while members talk. With Redis, which it starts itself, that is
 * killed, paused and cut off too. Checks in each round and at the end that everything acknowledged is in the log, once, in
 * order, and that nobody saw a duplicate, a wrong order, or a gap that was not announced. Exits with 1 if it is not so.
 * Build first, and run `npm --prefix bench ci`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endAfter, temporaryFolder } from './cleanup.js';
import { Client, signIn } from './client.js';
import { Follower } from './follower.js';
import { ChatProcess } from './kill/chat-process.js';
import { FAULTS } from './kill/faults.js';
import { Truth } from './kill/truth.js';
import { Writer } from './kill/writer.js';
import { between, pick, seeded } from './random.js';
import { RedisServer } from './redis-server.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    writers: { type: 'string', default: '50' },
    readers: { type: 'string', default: '6' },
    engine: { type: 'string', default: 'sqlite' },
    processes: { type: 'string' },
    fsync: { type: 'string', default: 'always' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const { engine, fsync } = values;
if (engine !== 'sqlite' && engine !== 'redis') throw new Error('--engine is sqlite or redis');
if (fsync !== 'always' && fsync !== 'everysec' && fsync !== 'no')
  throw new Error('--fsync is always, everysec or no');
const rounds = Number(values.rounds);
const processes = Number(values.processes ?? (engine === 'redis' ? 3 : 1));
if (engine === 'sqlite' && processes !== 1) throw new Error('SQLite is for one process');
const ROOMS = ['alpha', 'beta', 'gamma'];
/** A round ends its fault and its check within it, or the proof has failed. */
const ROUND_SECONDS = 15;
const SETTLE_MS = 30_000;

console.log(
  `seed ${values.seed}: ${rounds} rounds, ${values.writers} writers, ${engine}, ${processes} process(es)`,
);
endAfter(rounds * ROUND_SECONDS + 120);
/** For the faults, which the seed repeats. */
const random = seeded(Number(values.seed));
/** For those who talk and read, whose order nobody knows. */
const anyOrder = seeded(Number(values.seed) + 1);
const truth = new Truth();
const broken = (/** @type {string} */ what) => truth.violation(what);

const redis = engine === 'redis' ? new RedisServer(fsync) : undefined;
await redis?.start();
const flags = ['--data', temporaryFolder(), ...(redis === undefined ? [] : ['--redis', redis.url])];
const chats = Array.from({ length: processes }, () => new ChatProcess(flags, broken));
for (const chat of chats) await chat.start();
/** The port of any server that is up; one where nothing listens, if none is. */
const port = () =>
  pick(
    random,
    chats.filter((chat) => chat.port > 0),
  )?.port ?? 1;

const storage = engine === 'redis' ? 'redis' : 'disk';
const common = { port, random: anyOrder, broken, storage };
const roomOf = (/** @type {number} */ number) => /** @type {string} */ (ROOMS[number % ROOMS.length]);
/** @type {Writer[]} */
const writers = [];
/** @type {Client[]} */
const readers = [];
for (let i = 0; i < Number(values.writers); i++) {
  const name = `writer ${i}`;
  const window = i % 2 === 0 ? 1 : 4;
  const options = {
    name,
    room: roomOf(i),
    cookie: await signIn(port(), name),
    window,
    port,
    random: anyOrder,
  };
  writers.push(new Writer(options, truth));
}
for (let i = 0; i < Number(values.readers); i++) {
  const follower = new Follower(`reader ${i}`, truth.judgeOf(roomOf(i)));
  const cookie = await signIn(port(), follower.who);
  readers.push(new Client({ ...common, room: roomOf(i), cookie, follower }));
}
const auditorCookie = await signIn(port(), 'auditor');

/** Waits, at most for a while. @returns whether it came true */
async function until(/** @type {() => boolean} */ isTrue, ms = SETTLE_MS) {
  for (const from = performance.now(); !isTrue(); await sleep(10))
    if (performance.now() - from > ms) return false;
  return true;
}

/** Reads a room's log from where a follower is up to a number. */
async function readLog(
  /** @type {Follower} */ follower,
  /** @type {string} */ room,
  /** @type {number} */ target,
) {
  const client = new Client({ ...common, room, cookie: auditorCookie, follower });
  if (!(await until(() => follower.seq >= target)))
    broken(`the log of ${room} could be read up to ${follower.seq}, but ${target} was acknowledged`);
  client.end();
}

function auditors() {
  return ROOMS.map((room) => {
    const follower = new Follower(`the log of ${room}`, truth.auditorOf(room));
    follower.beginAfter('', 0);
    return { room, follower };
  });
}

/** Whether the log has all that was acknowledged up to now. */
async function audit(/** @type {ReturnType<typeof auditors>} */ all) {
  const { targets } = truth;
  const fresh = truth.takeFresh();
  await Promise.all(all.map(({ room, follower }) => readLog(follower, room, targets.get(room) ?? 0)));
  truth.compare(fresh);
}

const byRound = auditors();
/** @type {Record<string, number>} */
const faults = {};
const began = performance.now();
for (let round = 1; round <= rounds && truth.brokenCount === 0; round++) {
  await sleep(between(random, 50, 1_500));
  const [name, fault] = pick(random, Object.entries(FAULTS[engine]));
  faults[name] = (faults[name] ?? 0) + 1;
  if (random() < 0.3) pick(random, readers).drop();
  await fault({ chats, redis, random });
  await audit(byRound);
  if (truth.brokenCount > 0) broken(`this was round ${round}: ${name}`);
  if (round % 10 === 0)
    console.log(`round ${round}: ${truth.acked.size} acknowledged, ${truth.logged.size} in the log`);
}

// The end: all that was said is acknowledged, all who follow have come to the end, and the log is read anew from its beginning.
for (const writer of writers) writer.quiet();
if (!(await until(() => writers.every(({ client }) => client.waiting === 0))))
  broken(`${writers.filter(({ client }) => client.waiting > 0).length} writers wait for an acknowledgement`);
await audit(byRound);
/** @type {Map<string, number>} */
const heads = new Map(byRound.map(({ room, follower }) => [room, follower.seq]));
const followers = [...writers.map(({ client }) => client), ...readers];
const isBehind = (/** @type {Client} */ { room, follower }) => follower.seq !== heads.get(room);
await until(() => !followers.some(isBehind));
for (const { room, follower } of followers.filter(isBehind))
  broken(`${follower.who} came to ${follower.seq} of ${heads.get(room)} in ${room}`);
for (const chat of chats) await chat.kill();
for (const chat of chats) await chat.start();
const anew = auditors();
for (const { room, follower } of anew) await readLog(follower, room, heads.get(room) ?? 0);
for (const client of followers) client.end();
if (truth.logged.size !== truth.sent.size)
  broken(`${truth.sent.size} were said, ${truth.logged.size} are in the log`);

const sum = (/** @type {(client: Client) => number} */ of) =>
  followers.reduce((total, client) => total + of(client), 0);
/** @type {Record<string, number>} */
const errors = {};
for (const { stats } of followers)
  for (const [code, count] of Object.entries(stats.errors)) errors[code] = (errors[code] ?? 0) + count;
console.log({
  seconds: Math.round((performance.now() - began) / 1_000),
  faults,
  said: truth.sent.size,
  acknowledged: truth.acked.size,
  'entries read by members': sum(({ follower }) => follower.entries),
  'connections made': sum(({ stats }) => stats.connections),
  'messages sent again': sum(({ stats }) => stats.again),
  'connections given up in silence': sum(({ stats }) => stats.silences),
  'errors told': errors,
  'gaps announced': sum(({ follower }) => follower.gaps.trimmed + follower.gaps.reset),
  'gaps announced to the last reader of the log': anew.map(({ follower }) => follower.gaps),
});
for (const chat of chats) await chat.kill();
await redis?.stop('SIGKILL');
if (truth.brokenCount > 0)
  console.error(`BROKEN, ${truth.brokenCount} times (seed ${values.seed}):\n${truth.broken.join('\n')}`);
else console.log('nothing lost, nothing twice, nothing out of order');
process.exit(truth.brokenCount > 0 ? 1 : 0);
