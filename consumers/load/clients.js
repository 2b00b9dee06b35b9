/**
 * Clients of load/server.js, all in this process. Each of those that talk says its next word when it has heard the last one, so that
 * the load is as fast as the server and this process are.
 */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { io } from 'socket.io-client';

const AT_ONCE = 50;
const [port, count] = process.argv.slice(2).map(Number);
const text = 'a word of sixty-four characters, as people write them in a chat..';

/** @typedef {{ socket: import('socket.io-client').Socket, room: string }} Member */

/** @type {Member[]} */
const members = [];
while (members.length < count) {
  const batch = Array.from({ length: Math.min(AT_ONCE, count - members.length) }, async () => {
    const socket = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    const [room] = await once(socket, 'joined');
    return { socket, room };
  });
  members.push(...(await Promise.all(batch)));
}

/** Who talks, and with which event. @type {Record<string, () => [talkers: Member[], event: string]>} */
const WORKLOADS = {
  'one talks': () => [
    members.filter(({ room }, i) => i === members.findIndex((other) => other.room === room)),
    'say',
  ],
  'all talk': () => [members, 'say'],
  broadcast: () => [members.slice(0, 1), 'say to all'],
};

/** @param {{ workload: string, seconds: number }} wanted */
async function run({ workload, seconds }) {
  const [talkers, event] = WORKLOADS[workload]();
  let heard = 0;
  let isOver = false;
  for (const { socket } of members) socket.on('said', () => heard++);
  for (const [i, { socket }] of talkers.entries()) {
    const mine = `${i} ${text}`;
    socket.on('said', (word) => {
      if (word === mine && !isOver) socket.emit(event, mine);
    });
    socket.emit(event, mine);
  }
  const began = performance.now();
  await wait(seconds * 1_000);
  isOver = true;
  // What is under way belongs to it: the server has worked for it.
  for (let before = -1; before !== heard; await wait(200)) before = heard;
  const lasted = (performance.now() - began) / 1_000;
  for (const { socket } of members) socket.removeAllListeners('said');
  return { heard, seconds: lasted };
}

process.on('message', async (/** @type {any} */ wanted) => process.send?.(await run(wanted)));
process.once('disconnect', () => process.exit());
process.send?.({ ready: members.length });
