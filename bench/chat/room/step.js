/** One measurement: new servers, new members, one rate. */

import { residentBytes } from '../../proc.js';
import { path, pinned, runModule } from '../../processes.js';
import { NODE, startCommand } from '../../server.js';
import { temporaryFolder } from '../cleanup.js';
import { RedisServer } from '../redis-server.js';

const FIRST = 100;
const MEMBERS_A_SECOND = 150;

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {'chat' | 'socketIo'} dialect
 * @property {number} processes
 * @property {boolean} isOnRedis
 * @property {object} limits
 *
 * @typedef {object} Figures
 * @property {number} said
 * @property {number} acks
 * @property {number} missing deliveries that did not come within 15 s
 * @property {number} gaps
 * @property {number} closed
 * @property {Record<string, number>} errors
 * @property {string[]} wrong
 * @property {number} p50 ms
 * @property {number} p99 ms
 * @property {number} max ms
 * @property {number} loadCpu cores
 * @property {number} serverCpu cores of all servers, Redis included
 * @property {number} otherCpu cores of everything else on this machine
 * @property {number} memberBytes resident bytes of all servers for one member
 * @property {number} residentAfter resident bytes of all servers when all has arrived
 */

/** Starts what a target needs. */
async function start(/** @type {Target} */ { name, dialect, processes, isOnRedis, limits }) {
  const [file, words] = pinned('measured', []);
  const redis = isOnRedis ? new RedisServer('everysec', [file, ...words].filter(Boolean)) : undefined;
  await redis?.start();
  const data = temporaryFolder();
  const options = JSON.stringify({ data, limits, ...(redis && { redis: redis.url }) });
  const command =
    dialect === 'chat' ? [path('chat/serve.js'), options] : [path('chat/room/socket-io-server.js')];
  /** @type {import('../../server.js').Server[]} */
  const servers = [];
  for (let i = 0; i < processes; i++) servers.push(await startCommand(name, [...NODE, ...command]));
  return {
    servers,
    redisPids: redis?.pid === undefined ? [] : [redis.pid],
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      await redis?.stop('SIGKILL');
    },
  };
}

/**
 * @param {Target} target
 * @param {{ members: number, rate: number, seconds: number, bytes: number }} load
 * @returns {Promise<Figures>}
 */
export async function step(target, load) {
  const { servers, redisPids, stop } = await start(target);
  /** @type {Record<string, number>} */
  const resident = {};
  const look = async (/** @type {string} */ stage) => {
    if (stage !== 'drained') for (const server of servers) await server.collect();
    resident[stage] = servers.reduce((sum, { pid }) => sum + (residentBytes(pid) ?? 0), 0);
  };
  try {
    const parameters = {
      ...load,
      dialect: target.dialect,
      ports: servers.map(({ port }) => port),
      pids: [...servers.map(({ pid }) => pid), ...redisPids],
      storage: target.dialect === 'socketIo' ? '' : target.isOnRedis ? 'redis' : 'disk',
      measured: load.seconds,
      seconds: load.seconds + load.members / MEMBERS_A_SECOND, // beyond which it is ended
    };
    const figures = await runModule(
      'measuring',
      [path('chat/room/load.js')],
      parameters,
      (message, answer) => {
        if (typeof message === 'string') void look(message).then(() => answer('go on'));
      },
    );
    const { first = 0, joined = 0, drained = 0 } = resident;
    const memberBytes = (joined - first) / Math.max(1, load.members - FIRST);
    return { .../** @type {Figures} */ (figures), memberBytes, residentAfter: drained };
  } finally {
    await stop();
  }
}
