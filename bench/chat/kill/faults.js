/** What is done to the chat in a round: each fault breaks something, waits, and mends it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, pick } from '../random.js';

/**
 * @typedef {object} Scene
 * @property {import('./chat-process.js').ChatProcess[]} chats
 * @property {import('../redis-server.js').RedisServer | undefined} redis
 * @property {() => number} random
 *
 * @typedef {(scene: Scene) => Promise<void>} Fault
 */

const away = (/** @type {Scene} */ { random }) => sleep(between(random, 0, 300));

/** @type {Fault} */
async function killChat(scene) {
  const chat = pick(scene.random, scene.chats);
  await chat.kill();
  await away(scene);
  await chat.start();
}

/** @type {Fault} */
async function killAllChats(scene) {
  await Promise.all(scene.chats.map((chat) => chat.kill()));
  await away(scene);
  await Promise.all(scene.chats.map((chat) => chat.start()));
}

/** @type {Fault} Drops the connections of one kind, or of both. */
async function dropConnections({ redis, random }) {
  const kinds = pick(random, [['normal'], ['pubsub'], ['normal', 'pubsub']]);
  for (const kind of kinds) await redis?.command(`CLIENT KILL TYPE ${kind}`);
}

/** @type {Fault} */
async function pauseClients({ redis, random }) {
  const ms = Math.round(between(random, 100, 2_000));
  await redis?.command(`CLIENT PAUSE ${ms} ${pick(random, ['ALL', 'WRITE'])}`);
  await sleep(ms);
}

/** @type {Fault} */
async function stopRedisForAWhile({ redis, random }) {
  redis?.signal('SIGSTOP');
  await sleep(between(random, 100, 4_000));
  redis?.signal('SIGCONT');
}

/** @type {Fault} */
async function restartRedis({ redis, random }) {
  await redis?.stop(pick(random, ['SIGKILL', 'SIGTERM']));
  await sleep(between(random, 0, 1_500));
  await redis?.start();
}

/** @type {Fault} */
const killChatWhileRedisIsAway = async (scene) =>
  void (await Promise.all([restartRedis(scene), killChat(scene)]));

/** @type {Record<'sqlite' | 'redis', Record<string, Fault>>} */
export const FAULTS = {
  sqlite: { killChat },
  redis: {
    killChat,
    killAllChats,
    dropConnections,
    pauseClients,
    stopRedisForAWhile,
    restartRedis,
    killChatWhileRedisIsAway,
  },
};
