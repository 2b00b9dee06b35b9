/**
 * `node bench/chat/durability.js [--seconds 5]`: what it costs to keep a message before it is acknowledged. For SQLite with each
 * durability, and Redis with each `appendfsync`: messages a second that one server acknowledges to 50 members, and how long each
 * waits. With few on their way, and with many. Build first, and run `npm --prefix bench ci`.
 */
import { parseArgs } from 'node:util';
import { path, pinned, runModule } from '../processes.js';
import { NODE, startCommand } from '../server.js';
import { endAfter, temporaryFolder } from './cleanup.js';
import { hasRedis, RedisServer } from './redis-server.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } });
const seconds = Number(values.seconds);
/** How many members talk, and how many messages each has on its way. */
const LOADS = [
  { members: 1, window: 1 },
  { members: 50, window: 1 },
  { members: 50, window: 20 },
];

/** @typedef {{ name: string, options: object, fsync?: import('./redis-server.js').Fsync }} Case */
/** @type {Case[]} */
const CASES = [
  { name: 'memory', options: { data: undefined } },
  { name: 'SQLite, --durability process', options: { durability: 'process' } },
  { name: 'SQLite, --durability power', options: { durability: 'power' } },
  { name: 'Redis, appendfsync no', options: {}, fsync: 'no' },
  { name: 'Redis, appendfsync everysec', options: {}, fsync: 'everysec' },
  { name: 'Redis, appendfsync always', options: {}, fsync: 'always' },
];

async function measure(/** @type {Case} */ { name, options, fsync }) {
  const [file, words] = pinned('measured', []);
  const redis = fsync && new RedisServer(fsync, [file, ...words].filter(Boolean));
  await redis?.start();
  const all = { data: temporaryFolder(), ...options, ...(redis && { redis: redis.url }) };
  const server = await startCommand(name, [...NODE, path('chat/serve.js'), JSON.stringify(all)]);
  /** @type {Record<string, string>} */
  const row = {};
  try {
    for (const load of LOADS) {
      const storage = fsync ? 'redis' : 'data' in options ? 'memory' : 'disk';
      const parameters = { ...load, port: server.port, seconds, storage };
      const result = await runModule('measuring', [path('chat/durability/load.js')], parameters);
      const { rate, p50, p99 } = /** @type {{ rate: number, p50: number, p99: number }} */ (result);
      row[`${load.members} × ${load.window} on their way`] =
        `${Math.round(rate)}/s, p50 ${p50} ms, p99 ${p99} ms`;
    }
  } finally {
    await server.stop();
    await redis?.stop('SIGKILL');
  }
  return row;
}

endAfter(CASES.length * (LOADS.length * (seconds + 20) + 20));
for (const it of CASES.filter(({ fsync }) => fsync === undefined || hasRedis))
  console.log(it.name, await measure(it));
process.exit();
